/** The table of the nftables mode: base chains, rules of chains, elements of sets and maps, and sets of session affinity. */
import { expect } from 'vitest';
import { nftLines } from '../../../src/kernel/nftables/print.js';
import type { CaseWorld } from './case-world.js';
import type { Expectation } from './expectation.js';
import { fieldsOf, knownFields, listOf, numberOf, textOf, textsOf, type Fields } from './fields.js';

const FIELDS = ['table', 'baseChains', 'chains', 'elements', 'affinitySets'];

/** A set whose elements time out. */
interface AffinitySet {
  readonly type: string;
  readonly flags: string;
  readonly timeout: number;
}

/** What a node has in its table. */
interface Table {
  readonly name: string;
  readonly baseChains: Map<string, Fields>;
  readonly chains: Map<string, string[]>;
  /** Keys with what they lead to; empty text for elements of sets. */
  readonly elements: Map<string, Map<string, string>>;
  readonly affinitySets: Map<string, AffinitySet>;
}

/** Whatever of the table a case speaks of. */
export const tableExpectation: Expectation = {
  field: 'expectNFTables',
  modes: ['nftables'],
  check(world, value) {
    const wanted = knownFields(value, FIELDS, 'expectNFTables');
    const found = tableOf(world);
    if (wanted['table'] !== undefined) expect(found.name).toBe(wanted['table']);
    if (wanted['baseChains'] !== undefined) {
      expect(Object.fromEntries(found.baseChains)).toEqual(fieldsOf(wanted['baseChains'], 'baseChains'));
    }
    for (const [chain, rules] of Object.entries(fieldsOf(wanted['chains'] ?? {}, 'chains'))) {
      const expected = textsOf(rules, `chains ${chain}`).map(normal);
      const own = found.chains.get(chain);
      // A chain of no use is empty until it is deleted, and no longer counts as being there.
      if (own === undefined && expected.length > 0) throw new Error(`there is no chain ${chain}`);
      expect({ [chain]: own ?? [] }).toEqual({ [chain]: expected });
    }
    for (const [set, elements] of Object.entries(fieldsOf(wanted['elements'] ?? {}, 'elements'))) {
      const own = found.elements.get(set) ?? new Map<string, string>();
      expect({ [set]: Object.fromEntries(own) }).toEqual({ [set]: elementsOf(elements, set) });
    }
    if (wanted['affinitySets'] !== undefined) checkAffinitySets(found.affinitySets, wanted['affinitySets']);
  },
};

/** A list of keys, or keys with what they lead to. */
function elementsOf(value: unknown, set: string): Record<string, string> {
  if (value === null || Array.isArray(value)) {
    return Object.fromEntries(listOf(value, `elements ${set}`).map((key) => [normal(keyText(key)), '']));
  }
  const pairs = Object.entries(fieldsOf(value, `elements ${set}`));
  return Object.fromEntries(
    pairs.map(([key, verdict]) => [normal(key), verdict === null ? '' : normal(keyText(verdict))]),
  );
}

/** A list of names, or of records with a name, or names with what is declared. */
function checkAffinitySets(found: ReadonlyMap<string, AffinitySet>, value: unknown): void {
  const wanted = new Map<string, unknown>();
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) {
      const name =
        typeof item === 'string' ? item : textOf(fieldsOf(item, 'affinitySets')['name'], 'affinitySets name');
      wanted.set(name, item);
    }
  } else for (const [name, declared] of Object.entries(fieldsOf(value, 'affinitySets'))) wanted.set(name, declared);
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [name, declared] of wanted) {
    expect({ [name]: found.get(name) }).toMatchObject({ [name]: declaredSet(declared, name) });
  }
}

/** What a case says of a set: seconds, a declaration as text, or its parts. */
function declaredSet(value: unknown, name: string): Partial<AffinitySet> {
  if (value === null || value === name) return {};
  if (typeof value === 'number') return { timeout: value };
  if (typeof value === 'string')
    return value.includes('type') ? parseDeclaration(value) : { timeout: secondsOf(value) };
  const fields = knownFields(value, ['name', 'type', 'flags', 'timeout', 'timeoutSeconds'], name);
  const { type, flags } = fields;
  const timeout = fields['timeout'] ?? fields['timeoutSeconds'];
  return {
    ...(type !== undefined && { type: textOf(type, name) }),
    ...(flags !== undefined && {
      flags: (Array.isArray(flags) ? textsOf(flags, name).join(',') : textOf(flags, name)).replaceAll(' ', ''),
    }),
    ...(timeout !== undefined && {
      timeout: typeof timeout === 'string' ? secondsOf(timeout) : numberOf(timeout, name),
    }),
  };
}

function tableOf({ lab, family }: CaseWorld): Table {
  const table: Table = {
    name: '',
    baseChains: new Map(),
    chains: new Map(),
    elements: new Map(),
    affinitySets: new Map(),
  };
  let name = '';
  for (const line of nftLines(lab.node.nftables, family)) {
    const match = /^add (\w+) (ip6? [^ ]+) ?([^ ]*) ?(.*)$/.exec(line);
    if (match === null) throw new Error(`no command of nft: ${line}`);
    const [, what = '', of = '', object = '', rest = ''] = match;
    name = of;
    take(table, what, object, rest.replace(/ ?comment "[^"]*"/, ''));
  }
  return { ...table, name };
}

function take(table: Table, what: string, name: string, rest: string): void {
  if (what === 'chain') {
    table.chains.set(name, []);
    const hook = /type (\w+) hook (\w+) priority (-?\d+)/.exec(rest);
    if (hook) table.baseChains.set(name, { type: hook[1], hook: hook[2], priority: Number(hook[3]) });
  } else if (what === 'rule') table.chains.get(name)?.push(normal(rest));
  else if (what === 'element') {
    const [key = '', verdict = ''] = rest.slice(1, -1).split(' : ');
    table.elements.get(name)?.set(normal(key), normal(verdict));
  } else if (what === 'set' || what === 'map') {
    if (rest.includes('timeout')) table.affinitySets.set(name, parseDeclaration(rest));
    else table.elements.set(name, new Map());
  }
}

function parseDeclaration(text: string): AffinitySet {
  const part = (name: string): string => new RegExp(`${name} ([^;}]+)`).exec(text)?.[1]?.trim() ?? '';
  return {
    type: part('type'),
    flags: part('flags').replaceAll(' ', ''),
    timeout: secondsOf(/timeout (\d[\w]*)/.exec(text)?.[1] ?? '0s'),
  };
}

/** Seconds of a span such as `10800s` or `3h`. */
function secondsOf(text: string): number {
  const units: Record<string, number> = { d: 86400, h: 3600, m: 60, s: 1, '': 1 };
  return [...text.matchAll(/(\d+)([dhms]?)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit ?? '']!,
    0,
  );
}

function keyText(value: unknown): string {
  return typeof value === 'number' ? String(value) : textOf(value, 'element');
}

/** One space between words, none before a comma, one behind it; single addresses without their whole length as prefix. */
function normal(text: string): string {
  const spaced = text
    .replace(/\s*,\s*/g, ', ')
    .replace(/\s+/g, ' ')
    .trim();
  return spaced.replace(/([\d.]+)\/32(?=[ ,]|$)|(:[\da-f:]*)\/128(?=[ ,]|$)/g, '$1$2');
}
