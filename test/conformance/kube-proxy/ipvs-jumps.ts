/** Rules that must exist: table, chain, target, and the set that they match where one is named. */
import { expect } from 'vitest';
import { printTables } from '../../../src/kernel/index.js';
import type { Expectation } from './expectation.js';
import { knownFields, listOf, textOf } from './fields.js';

/** What a rule comes to here. */
interface Jump {
  readonly table: string;
  readonly chain: string;
  readonly target: string;
  readonly matchSet: string;
}

/** Rules of the node's tables. */
export const jumpsExpectation: Expectation = {
  field: 'expectJumps',
  modes: ['ipvs'],
  check({ lab }, value) {
    const found = jumpsIn(printTables(lab.node.netfilter));
    for (const each of listOf(value, 'expectJumps')) {
      const wanted = knownFields(each, ['table', 'chain', 'matchSet', 'target'], 'jump');
      const jump = {
        table: textOf(wanted['table'], 'table'),
        chain: textOf(wanted['chain'], 'chain'),
        target: textOf(wanted['target'], 'target'),
        ...(wanted['matchSet'] === undefined ? {} : { matchSet: textOf(wanted['matchSet'], 'matchSet') }),
      };
      expect(found).toContainEqual(expect.objectContaining(jump));
    }
  },
};

function jumpsIn(text: string): Jump[] {
  const jumps: Jump[] = [];
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const rule = /^-A (\S+) .*-j (\S+)/.exec(line);
    if (rule === null) continue;
    const matchSet = /--match-set (\S+) /.exec(line)?.[1] ?? '';
    jumps.push({ table, chain: rule[1]!, target: rule[2]!, matchSet });
  }
  return jumps;
}
