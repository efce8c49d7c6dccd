/** What a sync of the iptables mode hands to iptables-restore, and what is in place after it. */
import { expect } from 'vitest';
import { isLargeCluster } from '../../../src/proxy/modes/iptables/revision-view.js';
import { tableCounts } from '../../../src/proxy/modes/iptables/table-counts.js';
import type { CaseWorld } from './case-world.js';
import type { Expectation } from './expectation.js';
import { knownFields, textOf, textsOf, type Fields } from './fields.js';

/** Fields that say something about other modes. */
const OTHER_MODES = ['transactionOperations', 'breakdown', 'operationsBeyondSetup'];

/** What one sync shows. */
interface Shown {
  readonly world: CaseWorld;
  /** The lines of the restore's table nat and of the whole. */
  readonly nat: readonly string[];
  readonly lines: readonly string[];
  readonly deleted: readonly string[];
}

/** By field: what is found. */
const FOUND: Readonly<Record<string, (shown: Shown, wanted: unknown) => unknown>> = {
  syncType: ({ world }) => (world.report?.full === true ? 'full' : 'partial'),
  natRulesTotal: ({ world }) => tableCounts(world.lab.node.netfilter).nat.rules,
  natRulesInRestore: ({ nat }) => nat.filter((line) => line.startsWith('-A ')).length,
  serviceChainsRewritten: (shown, wanted) => rewritten(shown, serviceChains(wanted)),
  endpointChainsRewritten: (shown) => rewritten(shown, ['KUBE-SEP-']),
  chainsDeleted: ({ deleted }) => [...deleted].sort(),
  filterRejectRules: ({ lines }) => count(lines, ' -j REJECT'),
  dnatRulesInRestore: ({ nat }) => count(nat, ' -j DNAT '),
  dnatRulesWithComment: ({ nat }) => count(nat, ' -j DNAT ', ' --comment '),
  sampleRule: ({ lines }, wanted) => lines.find((line) => line === wanted),
  largeClusterMode: ({ world: { lab } }) => isLargeCluster(lab.ledger.endpointCountAt(lab.ledger.revision)),
};

/** The sync of a case or step. */
export const iptablesSyncExpectation: Expectation = {
  field: 'expectSync',
  modes: ['iptables'],
  check(world, value) {
    const wanted = knownFields(value, [...Object.keys(FOUND), ...OTHER_MODES], 'expectSync');
    const fields = Object.keys(wanted).filter((field) => !OTHER_MODES.includes(field));
    const shown = show(world);
    const found = Object.fromEntries(fields.map((field) => [field, FOUND[field]!(shown, wanted[field])]));
    expect(found).toEqual(Object.fromEntries(fields.map((field) => [field, sorted(wanted, field)])));
  },
};

function show(world: CaseWorld): Shown {
  const lines = world.scripts
    .map(({ text }) => text)
    .join('')
    .split('\n');
  const nat = lines.slice(lines.indexOf('*nat'));
  const deleted = nat.filter((line) => line.startsWith('-X ')).map((line) => line.slice(3));
  return { world, nat, lines, deleted };
}

/** Chains are compared as sets. */
function sorted(wanted: Fields, field: string): unknown {
  const value = wanted[field];
  return Array.isArray(value) ? [...textsOf(value, `expectSync.${field}`)].sort() : value;
}

/** A case that names no other chains of services than KUBE-SVC does not speak of them. */
function serviceChains(wanted: unknown): string[] {
  const others = ['KUBE-SVL-', 'KUBE-EXT-', 'KUBE-FW-'];
  const named = textsOf(wanted, 'expectSync.serviceChainsRewritten');
  return ['KUBE-SVC-', ...others.filter((prefix) => named.some((name) => name.startsWith(prefix)))];
}

/** Chains that are written and not deleted. */
function rewritten({ nat, deleted }: Shown, prefixes: readonly string[]): string[] {
  return nat
    .filter((line) => prefixes.some((prefix) => line.startsWith(`:${prefix}`)))
    .map((line) => textOf(line.slice(1).split(' ')[0], 'chain'))
    .filter((name) => !deleted.includes(name))
    .sort();
}

function count(lines: readonly string[], ...parts: readonly string[]): number {
  return lines.filter((line) => line.startsWith('-A ') && parts.every((part) => line.includes(part))).length;
}
