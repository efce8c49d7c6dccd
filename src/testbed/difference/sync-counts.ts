/**
 * What the two modes have in place and what their syncs write: after a start, and when one endpoint comes.
 *
 * Read from the syncs themselves: the laboratory's proxier plans them, nothing is estimated here.
 */
import { CostModel, type CostProfile } from '../../kernel/index.js';
import type { EndpointSlice, Node } from '../../kube/index.js';
import { ipPlus, type IpFamily } from '../../net/index.js';
import { findProxyMode, type SyncReport } from '../../proxy/index.js';
import type { ClusterLab } from '../cluster-lab.js';

/** Counts of one mode, all families together. */
export interface ModeCounts {
  readonly mode: string;
  /** How a new connection gets its endpoint. */
  readonly pick: string;
  readonly iptablesRules: number;
  readonly nftablesRules: number;
  readonly nftablesElements: number;
  readonly virtualServers: number;
  readonly realServers: number;
  readonly setEntries: number;
  /** Simulated time of the first sync, in nanoseconds. */
  readonly firstSyncNs: number;
  /** iptables rules and nftables operations written when one endpoint comes, and the simulated time of that sync. */
  readonly rulesForOneEndpoint: number;
  readonly operationsForOneEndpoint: number;
  readonly oneEndpointSyncNs: number;
}

/** Counts one mode on a node. */
export function modeCounts(clusterLab: ClusterLab, mode: string, node: Node, profile: CostProfile): ModeCounts {
  const cost = new CostModel(profile);
  const syncs = clusterLab.cluster.families.map((family) => syncsOf(clusterLab, mode, family, node));
  const sum = (of: (syncs: { readonly first: SyncReport; readonly one: SyncReport }) => number): number =>
    syncs.reduce((total, pair) => total + of(pair), 0);
  return {
    mode,
    pick: pickOf(clusterLab, mode),
    iptablesRules: sum(({ first }) => first.rulesTotal),
    nftablesRules: sum(({ first }) => first.nftRules),
    nftablesElements: sum(({ first }) => first.nftElements),
    virtualServers: sum(({ first }) => first.virtualServers),
    realServers: sum(({ first }) => first.realServers),
    setEntries: sum(({ first }) => first.setEntries),
    firstSyncNs: sum(({ first }) => cost.syncDuration(first.work)),
    rulesForOneEndpoint: sum(({ one }) => one.rulesWritten),
    operationsForOneEndpoint: sum(({ one }) => one.operations),
    oneEndpointSyncNs: sum(({ one }) => cost.syncDuration(one.work)),
  };
}

function pickOf(clusterLab: ClusterLab, name: string): string {
  const mode = findProxyMode(name);
  return mode?.hasScheduler === true ? `${mode.pick} ${clusterLab.scheduler}` : (mode?.pick ?? '');
}

function syncsOf(
  clusterLab: ClusterLab,
  mode: string,
  family: IpFamily,
  node: Node,
): { readonly first: SyncReport; readonly one: SyncReport } {
  const lab = clusterLab.lab(mode, family, node, { hasCopy: true });
  const first = lab.sync();
  lab.advance(1);
  const slice = [...lab.store.list('slice')].find((each) => each.family === family && each.endpoints.length > 0);
  if (slice !== undefined) lab.store.put('slice', withOneMore(slice));
  return { first, one: lab.sync() };
}

/** The slice with one endpoint more, far behind its last one. */
function withOneMore(slice: EndpointSlice): EndpointSlice {
  const more = slice.endpoints.slice(-1).map((last) => ({ ...last, address: ipPlus(last.address, 0x10000) }));
  return { ...slice, endpoints: [...slice.endpoints, ...more] };
}
