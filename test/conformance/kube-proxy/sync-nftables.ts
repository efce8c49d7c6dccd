/** What a sync of the nftables mode hands to nft: operations of its transaction, and the chains that it is about. */
import { expect } from 'vitest';
import type { CaseWorld } from './case-world.js';
import type { Expectation } from './expectation.js';
import { fieldsOf, knownFields, textsOf } from './fields.js';

/** Fields that say something about the iptables mode. */
const OTHER_MODES = [
  'natRulesTotal',
  'natRulesInRestore',
  'filterRejectRules',
  'dnatRulesInRestore',
  'dnatRulesWithComment',
  'sampleRule',
  'largeClusterMode',
];
const CHAIN_LISTS = ['serviceChainsRewritten', 'endpointChainsRewritten', 'chainsDeleted'] as const;
const FIELDS = [
  'transactionOperations',
  'breakdown',
  'operationsBeyondSetup',
  'syncType',
  ...CHAIN_LISTS,
  ...OTHER_MODES,
];

/** The sync of a case or step. */
export const nftablesSyncExpectation: Expectation = {
  field: 'expectSync',
  modes: ['nftables'],
  check(world, value) {
    const wanted = knownFields(value, FIELDS, 'expectSync');
    const { report } = world;
    if (report === undefined) throw new Error('nothing has been synced');
    const { operations } = report;
    const lines = linesOf(world);
    // A transaction has a line for each operation; the deletion of chains is one of its own, before it.
    expect(lines.filter((line) => !line.startsWith('delete chain') || isBase(line)).length).toBe(operations);
    if (wanted['transactionOperations'] !== undefined) {
      expect(operations).toBe(wanted['transactionOperations']);
      const parts = partsOf(wanted['breakdown']);
      // Of a break-down only the sum is said by the schema; one of words says nothing that could be compared.
      if (parts.length > 0) expect(parts.reduce((sum, part) => sum + part, 0)).toBe(operations);
    }
    if (wanted['operationsBeyondSetup'] !== undefined) {
      expect(operations - setupLength(lines)).toBe(wanted['operationsBeyondSetup']);
    }
    if (wanted['syncType'] !== undefined) expect(report.full ? 'full' : 'partial').toBe(wanted['syncType']);
    for (const field of CHAIN_LISTS) {
      if (wanted[field] === undefined) continue;
      const names = textsOf(wanted[field], field);
      // Names of the iptables mode's chains are about that mode.
      if (names.some((name) => name.startsWith('KUBE-'))) continue;
      expect({ [field]: chainsIn(field, lines) }).toEqual({ [field]: [...names].sort() });
    }
  },
};

/** Numbers of a break-down, whatever they are called. */
function partsOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap(partsOf);
  return value === undefined || value === null || typeof value !== 'object'
    ? []
    : Object.values(fieldsOf(value, 'breakdown')).flatMap(partsOf);
}

function linesOf({ scripts }: CaseWorld): string[] {
  return scripts.flatMap(({ text }) => text.split('\n').filter((line) => line !== ''));
}

/** The set-up ends with the rule for node ports; without it there is no set-up. */
function setupLength(lines: readonly string[]): number {
  return lines.findIndex((line) => / services .*@service-nodeports$/.test(line)) + 1;
}

function chainsIn(field: (typeof CHAIN_LISTS)[number], lines: readonly string[]): string[] {
  const named = (verb: string): string[] =>
    lines.filter((line) => line.startsWith(`${verb} chain `) && !isBase(line)).map((line) => line.split(' ')[4] ?? '');
  if (field === 'chainsDeleted') return named('delete').sort();
  const isEndpoint = (name: string): boolean => name.startsWith('endpoint-');
  // Chains of services and endpoints have a slash in their names.
  const own = named('add').filter((name) => name.includes('/'));
  return own.filter((name) => isEndpoint(name) === (field === 'endpointChainsRewritten')).sort();
}

/** Base chains are made anew with the first set-up. */
function isBase(line: string): boolean {
  return !line.includes('/');
}
