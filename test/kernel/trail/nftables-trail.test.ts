/** What a packet meets in nftables: base chains one after the other, what maps hold, which way `numgen` goes. */
import { beforeEach, expect, test } from 'vitest';
import { CostModel } from '../../../src/kernel/cost.js';
import { Hook } from '../../../src/kernel/hook.js';
import { NftStage } from '../../../src/kernel/nftables/nftables.js';
import { Meter } from '../../../src/kernel/trail/meter.js';
import { NftablesTrail } from '../../../src/kernel/trail/nftables-trail.js';
import type { ChainVisit } from '../../../src/kernel/trail/visit.js';
import { pricesOf } from '../../testbed/small-case.js';
import { NftTestNode } from '../nftables/nft-node.js';

const TO_SERVICE = { destination: 0x0a600001, port: 80 };
const SERVICE_KEY = (6 << 16) | 80;

let node: NftTestNode;
let trail: NftablesTrail;

beforeEach(() => {
  node = new NftTestNode('walk');
  const prices = pricesOf({ nftRule: 2, nftLookup: 5, nftChain: 100, nftNumgen: 7, jump: 3 });
  trail = new NftablesTrail(node.nftables, 4, new Meter(node.work, new CostModel(prices)));
});

function follow(packet = TO_SERVICE, stage: NftStage = NftStage.filter): readonly ChainVisit[] {
  const { evaluate } = node.nftables;
  const held: ChainVisit[] = [];
  node.nftables.evaluate = (...question) => {
    trail.begin();
    const verdict = evaluate.apply(node.nftables, question);
    held.push(...trail.end());
    return verdict;
  };
  node.ask(packet, stage, Hook.forward);
  node.nftables.evaluate = evaluate;
  return held;
}

/** A map that sends 10.96.0.1:80 to a chain. */
function mapTo(chain: number): number {
  const map = node.store.declareSet({ table: 't', name: 'service-ips', key: 'addr.proto.port', isMap: true });
  const version = node.store.withElement(map, 0, 0x0a600001, SERVICE_KEY, { kind: 'goto', chain });
  node.nftables.setContent(map, version);
  return map;
}

test('a map says what it holds, and the chain it leads to hangs below the rule', () => {
  const service = node.store.addChain('service-a', [{ protocol: 17 }, { protocol: 6, statement: { kind: 'drop' } }]);
  node.base([{ statement: { kind: 'vmap', map: mapTo(service) } }, { statement: { kind: 'accept' } }]);
  const [chain] = follow();
  expect(chain).toMatchObject({ tool: 'nftables', table: 'ip t', chain: 'base', verdict: 'drop' });
  expect(chain!.visits).toMatchObject([
    {
      ...{ kind: 'rule', position: 1, chainRules: 2, result: 'goto', target: 'service-a', element: 'goto service-a' },
      text: 'ip daddr . meta l4proto . th dport vmap @service-ips',
      visits: [
        { kind: 'unmatched', chain: 'service-a', count: 1 },
        { kind: 'rule', result: 'drop', text: 'meta l4proto tcp drop' },
      ],
    },
  ]);
  expect(chain!.effort).toEqual({ rules: 3, lookups: 1, ns: 100 + 3 * 2 + 5 + 3 });
});

test('a packet without an element goes on to the next rule', () => {
  const service = node.store.addChain('service-a', [{ statement: { kind: 'drop' } }]);
  node.base([{ statement: { kind: 'vmap', map: mapTo(service) } }, { statement: { kind: 'accept' } }]);
  const [chain] = follow({ destination: 0x0a600002, port: 80 });
  expect(chain!.visits).toMatchObject([{ element: 'no element', result: 'next' }, { result: 'accept' }]);
  expect(chain!.verdict).toBe('accept');
});

test.each([
  [0, 1],
  [0.7, 3],
])('of three endpoints, draw %d takes number %i', (draw, chosen) => {
  const chains = [1, 2, 3].map((i) => node.store.addChain(`endpoint-${i}`, []));
  node.base([{ statement: { kind: 'numgen', chains } }]);
  node.context.draws = [Math.floor(draw * 2 ** 32)];
  const [chain] = follow();
  expect(chain!.visits).toMatchObject([
    { result: 'goto', target: `endpoint-${chosen}`, pick: { chosen, of: 3, probability: 1 / 3 } },
  ]);
});

test('base chains come one after the other, each with its own effort', () => {
  node.base([{ protocol: 17 }], { name: 'late', priority: 1 });
  node.base([{ protocol: 6 }, { protocol: 17 }], { name: 'early' });
  const chains = follow();
  expect(chains.map(({ chain, effort }) => [chain, effort.rules, effort.ns])).toEqual([
    ['early', 2, 104],
    ['late', 1, 102],
  ]);
});
