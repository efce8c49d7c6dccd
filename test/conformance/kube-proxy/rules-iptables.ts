/** Rules of the iptables mode: whole rule lists, single chains, counts by chain, and the rule that guards loopback addresses. */
import { expect } from 'vitest';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { printTables } from '../../../src/kernel/iptables/print.js';
import { chainCounts, tableCounts } from '../../../src/proxy/modes/iptables/table-counts.js';
import type { CaseWorld } from './case-world.js';
import type { Expectation } from './expectation.js';
import { fieldsOf, flagOf, knownFields, listOf, numberOf, textOf, textsOf } from './fields.js';

const TABLES = ['nat', 'filter'] as const;
type TableName = (typeof TABLES)[number];

/** Rules by chain. */
type RuleLists = Map<string, string[]>;

/** Chains in which the order of services is free. */
const FREE_CHAINS = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL'];
const BUILT_IN = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
/** Begins the comment of the rules that must stand last. */
const LAST = 'kubernetes service nodeports;';

/** The whole rule list. */
export const rulesExpectation: Expectation = {
  field: 'expectRules',
  modes: ['iptables'],
  check(world, value) {
    const wanted = knownFields(value, TABLES, 'expectRules');
    const found = rulesOf(world);
    for (const table of TABLES) {
      if (wanted[table] === undefined) continue;
      const lists: RuleLists = new Map();
      for (const item of listOf(wanted[table], `expectRules.${table}`)) {
        const { chain, rule } = knownFields(item, ['chain', 'rule'], 'expectRules rule');
        add(lists, textOf(chain, 'chain'), textOf(rule, 'rule'));
      }
      for (const [chain, rules] of found[table]) expectLastToStandLast(chain, rules);
      expect(comparable(found[table])).toEqual(comparable(lists));
    }
  },
};

/** Exactly these rules in these chains. */
export const chainsExpectation: Expectation = {
  field: 'expectChains',
  modes: ['iptables'],
  check(world, value) {
    const wanted = knownFields(value, TABLES, 'expectChains');
    const found = rulesOf(world);
    for (const table of TABLES) {
      for (const [chain, rules] of Object.entries(fieldsOf(wanted[table] ?? {}, `expectChains.${table}`))) {
        const lists = new Map([[chain, [...textsOf(rules, `expectChains ${chain}`)]]]);
        const own = new Map([[chain, found[table].get(chain) ?? []]]);
        expect(comparable(own)).toEqual(comparable(lists));
      }
    }
  },
};

/** Rules by chain, and in all. */
export const countsExpectation: Expectation = {
  field: 'iptablesRuleCounts',
  modes: ['iptables'],
  check({ lab }, value) {
    const known = ['derivation', 'natTotal', 'filterTotal', ...TABLES];
    const wanted = knownFields(value, known, 'iptablesRuleCounts');
    const { netfilter } = lab.node;
    const totals = tableCounts(netfilter);
    for (const table of TABLES) {
      const total = wanted[`${table}Total`];
      if (total !== undefined) expect(totals[table].rules).toBe(numberOf(total, `${table}Total`));
      if (wanted[table] === undefined) continue;
      const expected = fieldsOf(wanted[table], `iptablesRuleCounts.${table}`);
      // A chain without rules may go without saying.
      const found = [...chainCounts(netfilter, Table[table])].filter(
        ([chain, rules]) => rules > 0 || expected[chain] !== undefined,
      );
      expect(Object.fromEntries(found)).toEqual(expected);
    }
  },
};

/** Whether KUBE-FIREWALL has its one rule. */
export const loopbackExpectation: Expectation = {
  field: 'expectLocalnetFirewallRule',
  modes: ['iptables'],
  check({ lab }, value) {
    const rules = chainCounts(lab.node.netfilter, Table.filter).get('KUBE-FIREWALL') ?? 0;
    expect(rules).toBe(flagOf(value, 'expectLocalnetFirewallRule', false) ? 1 : 0);
  },
};

/** kube-proxy's own rules of each table, as they are printed. */
function rulesOf({ lab }: CaseWorld): Record<TableName, RuleLists> {
  const tables = { nat: new Map<string, string[]>(), filter: new Map<string, string[]>() };
  let lists: RuleLists | undefined;
  for (const line of printTables(lab.node.netfilter).split('\n')) {
    if (line.startsWith('*')) lists = tables[line.slice(1) as TableName];
    const [, chain, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (chain !== undefined && rule !== undefined && !BUILT_IN.includes(chain)) add(lists!, chain, rule);
  }
  return tables;
}

function add(lists: RuleLists, chain: string, rule: string): void {
  const rules = lists.get(chain);
  if (rules === undefined) lists.set(chain, [rule]);
  else rules.push(rule);
}

function comparable(lists: RuleLists): Record<string, string[]> {
  const chains = [...lists.keys()].sort();
  return Object.fromEntries(
    chains.map((chain) => {
      const rules = lists.get(chain)!;
      const texts = rules.map(withoutWholePrefix);
      // Sorting is stable, so the rules of one service keep their order.
      return [chain, FREE_CHAINS.includes(chain) ? texts.sort(byService) : texts];
    }),
  );
}

/** A single address with its whole length as prefix is that address: kube-proxy writes so where it is given so. */
function withoutWholePrefix(rule: string): string {
  return rule.replace(/ (-[sd]) ([\d.]+)\/32 | (-[sd]) ([\da-f:]+)\/128 /g, ' $1$3 $2$4 ');
}

/** Rules that stand last, one for each address of node ports, come in no order. */
function byService(a: string, b: string): number {
  const [left, right] = [serviceOf(a), serviceOf(b)];
  if (left === LAST && right === LAST) return a < b ? -1 : 1;
  if (left === LAST || right === LAST) return left === LAST ? 1 : -1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The service port that a rule's comment begins with. */
function serviceOf(rule: string): string {
  const comment = /--comment "?([^"]*)/.exec(rule)?.[1] ?? '';
  return comment.startsWith(LAST) ? LAST : (comment.split(' ')[0] ?? '');
}

function expectLastToStandLast(chain: string, rules: readonly string[]): void {
  const first = rules.findIndex((rule) => serviceOf(rule) === LAST);
  if (first < 0) return;
  expect({ chain, behind: rules.slice(first).filter((rule) => serviceOf(rule) !== LAST) }).toEqual({
    chain,
    behind: [],
  });
}
