/** The userspace mode in simulated time: endpoints are live when the node hears of them, service ports after a sync. */
import { expect, test } from 'vitest';
import { RuleStore } from '../../../src/kernel/iptables/rule-store.js';
import type { NftStore } from '../../../src/kernel/nftables/nft-store.js';
import { userspaceMode } from '../../../src/proxy/modes/userspace/mode.js';
import { NodeProxies } from '../../../src/proxy/node-proxy.js';
import type { NodeSync } from '../../../src/proxy/node-sync.js';
import { RandomStream, Simulation } from '../../../src/sim/index.js';
import { OPTIONS } from '../iptables/fixture.js';
import { endpoint, ledgerWorld } from '../ledger-world.js';
import { NO_FLOWS } from '../made-up-proxies.js';
import { UserspaceNode } from './userspace-fixture.js';

/** One node whose watch takes 10 ns and whose commands take 1 ns each. */
function world() {
  const { ledger, write } = ledgerWorld((begin) => begin.service('a'));
  const simulation = new Simulation();
  const rules = new RuleStore();
  const nft = undefined as unknown as NftStore;
  const node = new UserspaceNode(rules, 0, 4, 'index');
  const live: string[] = [];
  const done: number[] = [];
  const proxies = new NodeProxies({
    simulation,
    ledger,
    mode: userspaceMode.start({ family: 4, ledger, rules, nft, options: OPTIONS }),
    nodes: [node.proxyNode],
    conntrack: [NO_FLOWS],
    pricing: { syncDuration: (work) => work[0] ?? 0 },
    options: { minSyncPeriodNs: 1000, maxSyncPeriodNs: 1_000_000, burst: 2, watchDelayNs: 10, watchJitterNs: 0 },
    random: new RandomStream('1', 'proxies'),
    observer: {
      syncStarted: () => undefined,
      syncLive: ({ from, to }: NodeSync) => live.push(`${simulation.now}: ${from} to ${to}`),
      syncDone: () => done.push(simulation.now),
      programmed: () => undefined,
    },
  });
  proxies.syncAll();
  live.length = 0;
  done.length = 0;
  return { simulation, write, proxies, live, done };
}

test('changes of endpoints are live at once and run no sync', () => {
  const { simulation, write, proxies, live, done } = world();
  for (let n = 1; n <= 5; n++) {
    simulation.run(n * 100);
    write.slice('a', 's', [endpoint(n)]);
  }
  simulation.run(10_000);
  expect(live).toEqual(['110: 1 to 2', '210: 2 to 3', '310: 3 to 4', '410: 4 to 5', '510: 5 to 6']);
  expect([done, proxies.pendingChanges()]).toEqual([[], 0]);
});

test('a new Service waits for its sync, and endpoints that came meanwhile need no other one', () => {
  const { simulation, write, proxies, live, done } = world();
  simulation.run(100);
  write.service('b', { clusterIp: 2 });
  simulation.run(105);
  write.slice('a', 's', [endpoint(1)]);
  simulation.run(10_000);
  // Ten commands for chains and jumps, two for each of two rules, and one more for each of all four.
  expect(live).toEqual(['124: 1 to 2', '128: 2 to 3']);
  expect([done, proxies.pendingChanges()]).toEqual([[128], 0]);
});

test('a Service that changes back while a sync with its change is under way waits for a sync of its own', () => {
  const { simulation, write, proxies, live, done } = world();
  simulation.run(100);
  write.service('a', { affinitySeconds: 10 });
  simulation.run(102);
  write.service('a', { affinitySeconds: 0 });
  simulation.run(10_000);
  expect(live.map((line) => line.replace(/^\d+: /, ''))).toEqual(['1 to 2', '2 to 3']);
  expect([done.length, proxies.pendingChanges()]).toEqual([2, 0]);
});

test('endpoints that come during a sync are live at once, with what the sync brings of endpoints, and counted once', () => {
  const { simulation, write, proxies, live, done } = world();
  simulation.run(100);
  proxies.nodeChanged(0);
  write.slice('a', 's', [endpoint(1)]);
  simulation.run(102);
  write.slice('a', 's', [endpoint(2)]);
  simulation.run(10_000);
  expect(live.map((line) => line.replace(/^\d+: /, ''))).toEqual(['1 to 2', '2 to 3', '2 to 2']);
  expect([done.length, proxies.pendingChanges()]).toEqual([1, 0]);
});
