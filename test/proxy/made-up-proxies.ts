/** Proxies of a made-up mode that notes what it is asked, on a ledger of its own: for tests of what happens when. */
import type { FlowTable } from '../../src/proxy/conntrack-cleanup.js';
import { NodeProxies, type NodeProxyOptions } from '../../src/proxy/node-proxy.js';
import type { NodeSync } from '../../src/proxy/node-sync.js';
import type { ModeRun, ProxyNode, SyncReport } from '../../src/proxy/proxier.js';
import { RandomStream, Simulation } from '../../src/sim/index.js';
import { endpoint, ledgerWorld, type Writer } from './ledger-world.js';

const OPTIONS = { minSyncPeriodNs: 100, maxSyncPeriodNs: 10_000, burst: 2, watchDelayNs: 10, watchJitterNs: 0 };

const NOTHING = {
  rulesWritten: 0,
  rulesTotal: 0,
  chainsTotal: 0,
  operations: 0,
  nftChains: 0,
  nftRules: 0,
  nftElements: 0,
  virtualServers: 0,
  realServers: 0,
  setEntries: 0,
};

/** A table without entries. */
export const NO_FLOWS: FlowTable = {
  entries: () => undefined,
  destroy: () => undefined,
  tuples: { source: () => 0, destination: () => 0, sourcePort: () => 0, destinationPort: () => 0, protocol: () => 0 },
};

/** What proxies are made of. */
export interface MadeUpProxies {
  readonly nodes?: number;
  /** Time of every sync, and from its beginning until it takes hold. */
  readonly durationNs?: number;
  readonly liveAfterNs?: number;
  readonly options?: Partial<NodeProxyOptions>;
  readonly conntrack?: FlowTable;
  /** What the store holds from the start, besides the Service `a`. */
  readonly prepare?: (write: Writer) => void;
}

/** Every sync takes the same time; looking for stale connections takes 1 ns and another for each entry. */
export function madeUpProxies({ nodes = 1, durationNs = 5, liveAfterNs = durationNs, ...more }: MadeUpProxies = {}) {
  const { ledger, write } = ledgerWorld((begin) => {
    begin.service('a');
    more.prepare?.(begin);
  });
  const simulation = new Simulation();
  const log: string[] = [];
  const live: NodeSync[] = [];
  const done: NodeSync[] = [];
  const ended: string[] = [];
  const programmed: (readonly [at: number, latencyNs: number])[] = [];
  let started = 0;
  const mode: ModeRun = {
    proxier: ({ index }) => {
      const instance = started++;
      let planned = '';
      return {
        prepare(revision, _now, full): SyncReport {
          planned = `node ${index} revision ${revision}${full && instance >= nodes ? ' full' : ''}`;
          const work = new Float64Array(16);
          work[0] = durationNs;
          const workBeforeLive = new Float64Array(16);
          workBeforeLive[0] = liveAfterNs;
          return { full, ...NOTHING, work, workBeforeLive };
        },
        script: () => [{ tool: 'nft', text: planned }],
        commit: () => log.push(`${simulation.now} ${planned}`),
      };
    },
  };
  const proxies = new NodeProxies({
    simulation,
    ledger,
    mode,
    nodes: Array.from({ length: nodes }, (_, index) => madeUpNode(index)),
    conntrack: Array.from({ length: nodes }, () => more.conntrack ?? NO_FLOWS),
    pricing: { syncDuration: (work) => (work[0] ?? 0) + (work[3] ?? 0) + (work[10] ?? 0) },
    options: { ...OPTIONS, ...more.options },
    random: new RandomStream('1', 'proxies'),
    observer: {
      syncStarted: () => undefined,
      syncLive: (sync) => live.push(sync),
      syncDone: (sync) => {
        done.push(sync);
        ended.push(`${simulation.now} node ${sync.node} revision ${sync.to}`);
      },
      programmed: (latencyNs) => programmed.push([simulation.now, latencyNs]),
    },
  });
  let writes = 0;
  /** Makes one change at a time. */
  const changeAt = (time: number): void => {
    simulation.run(time);
    write.slice('a', 's', [endpoint(++writes)]);
  };
  return { ledger, write, simulation, proxies, log, live, done, ended, programmed, changeAt };
}

/** A node whose kernel nobody touches. */
function madeUpNode(index: number): ProxyNode {
  const untouched: unknown = { netfilter: {}, ipvs: {}, nftables: {}, relay: {} };
  const kernel = untouched as Pick<ProxyNode, 'netfilter' | 'ipvs' | 'nftables' | 'relay'>;
  return { index, name: `node-${index}`, zone: '', ip: 1, localIps: [], ...kernel };
}
