/** Turns what the probes of a finished run hold into the figures of the metric list. */
import { ENDPOINT_PLACES, MetricValues, SampleSummary, jainIndex, maxOverMean } from '../measure/index.js';
import type { WatchFanout } from '../kube/index.js';
import { DROP_CAUSES } from '../net/index.js';
import { invariant } from '../sim/index.js';
import type { IngressTraffic } from './ingress/index.js';
import type { LookupProbes } from './lookups/lookup-probes.js';
import { SourceKind } from './source-log.js';
import type { InPlace } from './sync-probe.js';
import type { World } from './world.js';

/**
 * All figures of a run.
 * @param busyRatios share of the measured time that each core was busy
 */
export function collectMetrics(world: World, busyRatios: Float64Array): MetricValues {
  const values = new MetricValues();
  trafficMetrics(values, world);
  packetMetrics(values, world);
  cpuMetrics(values, world, busyRatios);
  loadMetrics(values, world);
  shareMetrics(values, world);
  if (world.base.probes.picks.count > 0) pickMetrics(values, world);
  if (world.lookups !== undefined) lookupMetrics(values, world, world.lookups.probes);
  if (world.ingress !== undefined) ingressMetrics(values, world.ingress);
  wayInMetrics(values, world);
  sourceMetrics(values, world);
  tableMetrics(values, world);
  controlMetrics(values, world);
  if (world.fanout !== undefined)
    fanoutMetrics(values, world.fanout, world.cluster.controllers.endpoints !== undefined);
  values.single('simulated_events', world.base.simulation.eventCount);
  return values;
}

function trafficMetrics(values: MetricValues, { base }: World): void {
  const { probes } = base;
  values.histogram('first_packet_latency_ns', probes.firstPacketLatencyNs);
  values.histogram('connect_latency_ns', probes.connectLatencyNs);
  values.histogram('request_latency_ns', probes.requestLatencyNs);
  values.single('request_rate_per_s', probes.answered / probes.measuredSeconds);
  values.single('requests_scheduled', probes.requests.scheduled);
  values.single('requests_completed', probes.requests.completed);
  values.single('requests_refused', probes.requests.refused);
  values.single('requests_timed_out', probes.requests.timedOut);
  values.single('requests_reset', probes.requests.reset);
  values.single('requests_without_port', probes.requests.noPort);
  values.single('requests_unfinished', unfinished(probes.requests));
}

/** Requests that were due in the measured time and neither answered nor failed when the run ended. */
function unfinished(requests: World['base']['probes']['requests']): number {
  const { scheduled, completed, refused, timedOut, reset, noPort, unresolved } = requests;
  return scheduled - completed - refused - timedOut - reset - noPort - unresolved;
}

function packetMetrics(values: MetricValues, { base }: World): void {
  const { probes, bridge, drops, transport, nodes } = base;
  const { first, established } = probes;
  values.histogram('first_packet_rules', first.rules);
  values.histogram('established_packet_rules', established.rules);
  values.histogram('first_packet_path_rules', probes.firstPathRules);
  values.single('first_packet_probes', first.probes / first.count);
  values.single('established_packet_probes', established.probes / established.count);
  values.histogram('first_packet_servers_walked', probes.firstServersWalked);
  values.single('packets_sent', transport.segments.sent + nodes.reduce((sum, node) => sum + node.originated, 0));
  values.single('packets_delivered', bridge.delivered);
  values.single('packets_dropped', drops.total);
  values.single('packets_retransmitted', transport.retransmissions);
  DROP_CAUSES.forEach((cause, index) => values.single(`packets_dropped_${cause}`, drops.byCause[index]!));
  values.single('icmp_errors_suppressed', base.errorLimits.suppressed);
}

function cpuMetrics(values: MetricValues, { base }: World, busyRatios: Float64Array): void {
  const { probes } = base;
  values.single('first_packet_cpu_ns', probes.first.cpuNs / probes.first.arrived);
  values.single('established_packet_cpu_ns', probes.established.cpuNs / probes.established.arrived);
  values.single('cpu_per_packet_ns', probes.cpuNs / probes.packets);
  // Cores are busy with nothing but packets, and with relays on behalf of packets.
  const busyNs = sum([...busyRatios]) * probes.measuredSeconds * 1e9;
  values.single('cpu_per_request_ns', probes.answered === 0 ? NaN : busyNs / probes.answered);
  values.sample('cpu_busy_ratio', busyRatios);
}

/** An endpoint that was ready for less than this share of the measured time says nothing about how load is spread. */
const LEAST_READY = 0.1;

/**
 * How evenly requests fall on the endpoints of a Service: their rates while ready, so that those that came or went
 * meanwhile count for what they were there for. With several Services in use the figures are means over them, each weighted by
 * its requests, since differences between Services are the clients' doing.
 */
function loadMetrics(values: MetricValues, { base, servers }: World): void {
  const { servedBy } = base.probes;
  const steady: number[] = [];
  let requests = 0;
  let jain = 0;
  let maximum = 0;
  for (const group of servers.groups()) {
    const total = sum(group.map((server) => servedBy[server] ?? 0));
    const present = group.filter((server) => servers.ready.share(server) >= LEAST_READY);
    const rates = present.map((server) => (servedBy[server] ?? 0) / servers.ready.share(server));
    if (total === 0 || sum(rates) === 0) continue;
    requests += total;
    jain += total * jainIndex(rates);
    maximum += total * maxOverMean(rates);
    for (const server of group) if (servers.ready.share(server) === 1) steady.push(servedBy[server] ?? 0);
  }
  values.single('endpoint_load_jain', jain / requests);
  values.single('endpoint_load_max_over_mean', maximum / requests);
  values.sample('endpoint_requests', steady);
}

/** Shares of single endpoints: where all requests went to one Service that never had more of them than there are statistics. */
function shareMetrics(values: MetricValues, { base, servers }: World): void {
  const counts = [...servers.groups()].map((group) => group.map((server) => base.probes.servedBy[server] ?? 0));
  const [used, other] = counts.filter((served) => sum(served) > 0);
  if (used === undefined || other !== undefined || used.length > ENDPOINT_PLACES.length) return;
  used.forEach((served, place) => values.set('endpoint_share_ratio', ENDPOINT_PLACES[place]!, served / sum(used)));
}

function pickMetrics(values: MetricValues, { base }: World): void {
  const { count, servers, serversMax, ns, nsMax } = base.probes.picks;
  values.single('ipvs_picks', count);
  values.set('ipvs_pick_servers', 'mean', servers / count);
  values.set('ipvs_pick_servers', 'max', serversMax);
  values.set('ipvs_pick_ns', 'mean', ns / count);
  values.set('ipvs_pick_ns', 'max', nsMax);
}

function lookupMetrics(values: MetricValues, { base }: World, { counts, latencyNs, queries }: LookupProbes): void {
  values.single('requests_unresolved', base.probes.requests.unresolved);
  values.single('lookups', counts.lookups);
  values.single('lookups_not_found', counts.notFound);
  values.histogram('lookup_latency_ns', latencyNs);
  values.histogram('queries_per_lookup', queries);
  values.single('dns_queries', counts.asked);
  values.single('dns_queries_tcp', counts.overTcp);
  values.single('dns_queries_unanswered', counts.unanswered);
  values.single('dns_answers_nxdomain', counts.nxdomain);
  values.single('dns_answers_nodata', counts.nodata);
  values.single('dns_timeouts', counts.timeouts);
}

function ingressMetrics(values: MetricValues, { counts, endpoints }: IngressTraffic): void {
  const { answers } = counts;
  values.single('ingress_requests_sent', counts.sent);
  values.single('ingress_connections_opened', counts.opened);
  values.single('ingress_retries', counts.retries);
  values.single('ingress_answers_404', answers.notFound);
  values.single('ingress_answers_502', answers.badGateway);
  values.single('ingress_answers_503', answers.unavailable);
  values.single('ingress_answers_504', answers.timedOut);
  values.single('ingress_syncs', endpoints.syncs);
}

/** What stood in front, where it did anything that is worth a figure. */
function wayInMetrics(values: MetricValues, { wayIn: { balancer, ecmp } }: World): void {
  if (balancer !== undefined) {
    values.single('balancer_connections_opened', balancer.counts.opened);
    values.single('balancer_connections_broken', balancer.counts.broken);
    values.single('proxy_header_bytes', balancer.counts.headerBytes);
  }
  if (ecmp?.isWatched === true) values.single('ecmp_flows_moved', ecmp.moved);
}

/** Shares of the requests that have reached servers; none in runs in which none has. */
function sourceMetrics(values: MetricValues, { sources }: World): void {
  const { counts } = sources;
  const total = sum([...counts]);
  if (total === 0) return;
  values.single('source_client_ratio', counts[SourceKind.client]! / total);
  values.single('source_proxy_ratio', counts[SourceKind.proxy]! / total);
  values.single('source_node_ratio', counts[SourceKind.node]! / total);
  values.single('source_tunnel_ratio', counts[SourceKind.tunnel]! / total);
  values.single('source_bridge_ratio', counts[SourceKind.bridge]! / total);
  if (sources.knowledge.isAsked) values.single('client_known_ratio', sources.known / total);
}

function tableMetrics(values: MetricValues, world: World): void {
  const { base, syncs } = world;
  const { nodes } = base;
  const peaks = new SampleSummary(nodes.map((node) => node.conntrack.peak));
  const ends = new SampleSummary(nodes.map((node) => node.conntrack.count));
  values.set('conntrack_entries', 'max', peaks.max);
  values.set('conntrack_entries', 'end', ends.max);
  values.single('conntrack_early_drops', sum(nodes.map((node) => node.conntrack.earlyDrops)));
  values.single('conntrack_drops', sum(nodes.map((node) => node.conntrack.drops)));
  values.single(
    'ipvs_connections',
    // Both families of a node have one table.
    Math.max(...nodes.map((node) => Math.max(...node.paths.map(({ ipvs }) => ipvs.connectionPeak)))),
  );
  drainMetrics(values, world);
  values.single('connections_relayed', base.relays.begun);
  for (const [metric, count] of IN_PLACE) {
    const value = syncs.inPlace(count);
    invariant(value !== undefined, 'nodes-synced', 'node 0 was never synced');
    values.single(metric, value);
  }
}

function drainMetrics(values: MetricValues, { base }: World): void {
  const directors = base.nodes.flatMap(({ paths }) => paths.map(({ ipvs }) => ipvs));
  const durationsNs = directors.flatMap(({ services }) => services.drainer.durationsNs);
  if (durationsNs.length > 0) values.sample('ipvs_drain_ns', durationsNs);
  values.single('ipvs_servers_draining', sum(directors.map(({ servers }) => servers.drainingCount)));
}

/** Metrics of what is in place on a node, and the counts of a sync that they are. */
const IN_PLACE: readonly (readonly [metric: string, count: InPlace])[] = [
  ['rules_total', 'rulesTotal'],
  ['chains_total', 'chainsTotal'],
  ['nft_chains_total', 'nftChains'],
  ['nft_rules_total', 'nftRules'],
  ['nft_elements_total', 'nftElements'],
  ['virtual_servers', 'virtualServers'],
  ['real_servers', 'realServers'],
  ['set_entries', 'setEntries'],
];

function controlMetrics(values: MetricValues, world: World): void {
  const { syncs, cluster, proxies } = world;
  values.single('syncs', syncs.syncs);
  values.single('full_syncs', syncs.fullSyncs);
  values.set('rules_written', 'total', syncs.rulesWrittenTotal);
  values.set('rules_written', 'mean', syncs.rulesWritten.mean);
  values.set('rules_written', 'max', syncs.rulesWritten.max);
  values.set('nft_operations', 'total', syncs.operationsTotal);
  values.set('nft_operations', 'mean', syncs.operations.mean);
  values.set('nft_operations', 'max', syncs.operations.max);
  values.single('conntrack_entries_dumped', syncs.entriesDumped);
  values.single('conntrack_entries_deleted', syncs.entriesDeleted);
  values.histogram('sync_duration_ns', syncs.durationNs);
  values.single('sync_busy_ratio', syncs.busyNs / (world.base.nodes.length * world.base.simulation.now));
  values.histogram('proxy_start_live_ns', syncs.startLiveNs);
  values.single('full_sync_duration_ns', syncs.fullSyncNs);
  values.histogram('change_live_ns', syncs.changeLiveNs);
  values.histogram('network_programming_latency_ns', syncs.programmingNs);
  values.single('changes_pending', proxies.pendingChanges());
  let slices = 0;
  for (const slice of cluster.store.list('slice')) if (slice.endpoints.length > 0) slices++;
  values.single('endpoint_slices', slices);
  values.single('endpoint_slice_writes', world.sliceWrites() - world.slicesAtStart);
  values.single('endpoints_ready', cluster.slices.countReady());
}

/** What writes cost on their way to the nodes; of Endpoints where some are written. */
function fanoutMetrics(values: MetricValues, { slices, endpoints }: WatchFanout, withEndpoints: boolean): void {
  values.single('slice_watch_events', slices.events);
  values.single('slice_watch_bytes', slices.bytes);
  values.single('slice_largest_bytes', slices.largest);
  if (!withEndpoints) return;
  values.single('endpoints_writes', endpoints.writes);
  values.single('endpoints_watch_events', endpoints.events);
  values.single('endpoints_watch_bytes', endpoints.bytes);
  values.single('endpoints_largest_bytes', endpoints.largest);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
