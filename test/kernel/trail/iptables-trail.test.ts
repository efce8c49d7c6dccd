/** What a packet meets in iptables, as a tree: rules that match, runs that do not, picks by chance, what ended it. */
import { beforeEach, expect, test } from 'vitest';
import { CostModel } from '../../../src/kernel/cost.js';
import { CtState, Hook } from '../../../src/kernel/hook.js';
import { Netfilter, Owner, Table } from '../../../src/kernel/iptables/netfilter.js';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import { SetTable } from '../../../src/kernel/ipset.js';
import { IptablesTrail } from '../../../src/kernel/trail/iptables-trail.js';
import { Meter } from '../../../src/kernel/trail/meter.js';
import type { ChainVisit, Visit } from '../../../src/kernel/trail/visit.js';
import { Work } from '../../../src/kernel/work.js';
import { PacketPool } from '../../../src/net/index.js';
import { pricesOf } from '../../testbed/small-case.js';
import { Context } from '../iptables/context.js';

const SERVICE = { destination: { address: 0x0a600001, bits: 32 }, protocol: 6, destinationPort: 80 };
const OTHER = { destination: { address: 0x0a600002, bits: 32 } };

let store: RuleStore;
let work: Work;
let packets: PacketPool;
let netfilter: Netfilter;
let context: Context;
let trail: IptablesTrail;

beforeEach(() => {
  store = new RuleStore();
  work = new Work();
  packets = new PacketPool();
  context = new Context([]);
  netfilter = new Netfilter(store, packets, work, new SetTable(), 'walk');
  const prices = pricesOf({ rule: 2, jump: 3, table: 100, matchStatistic: 10 });
  trail = new IptablesTrail(netfilter, new Meter(work, new CostModel(prices)));
});

/** Takes a packet to 10.96.0.1:80 through PREROUTING of the nat table. */
function follow(): readonly ChainVisit[] {
  const packet = packets.take(0);
  packets.source[packet] = 0x0af40002;
  packets.destination[packet] = 0x0a600001;
  packets.destinationPort[packet] = 80;
  packets.protocol[packet] = 6;
  work.clear();
  trail.begin(Table.nat, Hook.prerouting);
  netfilter.evaluate(Table.nat, Hook.prerouting, packet, context);
  return trail.end();
}

/** The tree in short: what matched with its place, and in brackets what did not. */
function outline(visits: readonly Visit[]): unknown[] {
  return visits.map((visit) => {
    if (visit.kind === 'unmatched') return `(${visit.count} of ${visit.chain} from ${visit.position})`;
    const line = `${visit.chain} ${visit.position}/${visit.chainRules} ${visit.result}`;
    return visit.visits.length === 0 ? line : [line, ...outline(visit.visits)];
  });
}

test('rules that do not match are folded, those that match lead on, and what returns goes on behind the jump', () => {
  const aside = store.addChain('ASIDE', [OTHER, OTHER, { target: { kind: 'return' } }, OTHER]);
  const end = store.addChain('END', [OTHER, { ...SERVICE, target: { kind: 'dnat', address: 0x0af40105, port: 8080 } }]);
  const base = store.addChain('PREROUTING', [
    OTHER,
    { target: { kind: 'jump', chain: aside } },
    OTHER,
    { target: { kind: 'mark-or', bits: 0x4000 } },
    { ...SERVICE, target: { kind: 'jump', chain: end } },
    OTHER,
  ]);
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, base);
  const [chain] = follow();
  expect(outline(chain!.visits)).toEqual([
    '(1 of PREROUTING from 1)',
    ['PREROUTING 2/6 jump', '(2 of ASIDE from 1)', 'ASIDE 3/4 return'],
    '(1 of PREROUTING from 3)',
    'PREROUTING 4/6 next',
    ['PREROUTING 5/6 jump', '(1 of END from 1)', 'END 2/2 accept'],
  ]);
  expect(chain).toMatchObject({ tool: 'iptables', table: 'nat', chain: 'PREROUTING', verdict: 'accept' });
  const last = chain!.visits.at(-1);
  expect(last).toMatchObject({
    kind: 'rule',
    target: 'END',
    text: '-A PREROUTING -m tcp -p tcp -d 10.96.0.1 --dport 80 -j END',
  });
});

test('a rule has the effort of what it leads to, and a chain that of the table', () => {
  const below = store.addChain('BELOW', [OTHER, OTHER, OTHER]);
  const base = store.addChain('PREROUTING', [OTHER, { target: { kind: 'jump', chain: below } }, OTHER]);
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, base);
  const [chain] = follow();
  expect(chain!.effort).toEqual({ rules: 6, lookups: 0, ns: 100 + 6 * 2 + 3 });
  expect(chain!.visits.map(({ effort }) => effort.ns)).toEqual([2, 2 + 3 + 3 * 2, 2]);
});

test('fragments of two writers are one chain, numbered through', () => {
  const jump = store.addChain('EMPTY', []);
  const proxy = store.addChain('PREROUTING', [OTHER, { target: { kind: 'jump', chain: jump } }]);
  const overlay = store.addChain('OVERLAY', [OTHER, { ...SERVICE, target: { kind: 'drop' } }]);
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, proxy);
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.overlay, overlay);
  const [chain] = follow();
  expect(outline(chain!.visits)).toEqual([
    '(1 of PREROUTING from 1)',
    'PREROUTING 2/4 jump',
    '(1 of PREROUTING from 3)',
    'PREROUTING 4/4 drop',
  ]);
  expect(chain!.verdict).toBe('drop');
});

test.each([
  [0, 1],
  [0.6, 3],
  [0.99, 4],
])('of four endpoints, draw %d takes number %i, each with the same chance', (draw, chosen) => {
  const ends = [1, 2, 3, 4].map((i) => store.addChain(`SEP-${i}`, [{ target: { kind: 'accept' } }]));
  const rules = ends.map((chain, i) => ({
    ...(i < 3 && { probability: (1 / (4 - i)).toFixed(10) }),
    target: { kind: 'jump' as const, chain },
  }));
  // A rule in front, as the masquerade rule stands in front of a Service's endpoints, is no part of the choice.
  const base = store.addChain('SVC', [{ state: CtState.new }, ...rules]);
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, base);
  context.draws = [Math.floor(draw * 2 ** 32)];
  const [chain] = follow();
  const [first, ...rest] = chain!.visits.filter((visit) => visit.kind === 'rule');
  expect(first!.pick).toBeNull();
  expect(rest).toHaveLength(1);
  expect(rest[0]!.pick).toEqual({ chosen, of: 4, probability: expect.closeTo(0.25, 8) as number });
  expect(rest[0]!.target).toBe(`SEP-${chosen}`);
});

test('where no chain stands at a hook there is nothing to tell', () => {
  expect(follow()).toEqual([]);
});

test('packets that nobody follows go through unseen, and the next one starts afresh', () => {
  const base = store.addChain('PREROUTING', [OTHER, { ...SERVICE, target: { kind: 'accept' } }]);
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, base);
  const first = follow();
  const second = follow();
  expect(second).toEqual(first);
  expect(outline(second[0]!.visits)).toEqual(['(1 of PREROUTING from 1)', 'PREROUTING 2/2 accept']);
});
