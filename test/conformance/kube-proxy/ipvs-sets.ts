/** ipsets: type and entries of those that a case names. */
import { expect } from 'vitest';
import { ipsetEntryText, type IpSet, type SetTable } from '../../../src/kernel/index.js';
import { formatIp, formatIpPrefix, parseIpPrefix } from '../../../src/net/index.js';
import type { Expectation } from './expectation.js';
import { fieldsOf, knownFields, textOf, textsOf } from './fields.js';
import { addressOf } from './proxy-setup.js';

/** More sets than any mode has. */
const HANDLES = 64;

/** Exactly these entries; sets that are not named do not matter. */
export const setsExpectation: Expectation = {
  field: 'expectIPSets',
  modes: ['ipvs'],
  check({ lab }, value) {
    const sets = setsOf(lab.node.netfilter.sets);
    for (const [name, wanted] of Object.entries(fieldsOf(value, 'expectIPSets'))) {
      const { type, entries } = knownFields(wanted, ['type', 'entries'], name);
      const set = sets.find((each) => each.name === name);
      const found = set && {
        type: set.type,
        entries: set.entries().map((entry) => canonical(ipsetEntryText(set, entry))),
      };
      const texts = textsOf(entries, `${name} entries`).map(canonical);
      expect({ ...found, entries: found?.entries.sort() }, name).toEqual({
        type: textOf(type ?? found?.type, `${name} type`),
        entries: texts.sort(),
      });
    }
  },
};

function setsOf(table: SetTable): IpSet[] {
  const sets: IpSet[] = [];
  for (let handle = 0; handle < HANDLES; handle++) {
    const set = table.find(handle);
    if (set !== undefined) sets.push(set);
  }
  return sets;
}

/** The same text for the same entry, however its addresses and prefixes are written. */
function canonical(entry: string): string {
  return entry
    .split(',')
    .map((part) => {
      const prefix = parseIpPrefix(part);
      if (prefix !== undefined) return formatIpPrefix(prefix).replace(/^([\d.]+)\/32$|^(.*:.*)\/128$/, '$1$2');
      return /^[\d.]+\.[\d.]+$|^[\da-f:]*::?[\da-f:]+$/i.test(part) ? formatIp(addressOf(part)) : part;
    })
    .join(',');
}
