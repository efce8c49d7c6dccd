/** Turns what the probes of a finished run hold into the figures of the metric list. */
import { MetricValues, SampleSummary, jainIndex, maxOverMean } from '../measure/index.js';
import { DROP_CAUSES } from '../net/index.js';
import { invariant } from '../sim/index.js';
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
  tableMetrics(values, world);
  controlMetrics(values, world);
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
  const { scheduled, completed, refused, timedOut, reset, noPort } = requests;
  return scheduled - completed - refused - timedOut - reset - noPort;
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

function tableMetrics(values: MetricValues, { base, syncs }: World): void {
  const { nodes } = base;
  const peaks = new SampleSummary(nodes.map((node) => node.conntrack.peak));
  const ends = new SampleSummary(nodes.map((node) => node.conntrack.count));
  values.set('conntrack_entries', 'max', peaks.max);
  values.set('conntrack_entries', 'end', ends.max);
  values.single('conntrack_early_drops', sum(nodes.map((node) => node.conntrack.earlyDrops)));
  values.single('conntrack_drops', sum(nodes.map((node) => node.conntrack.drops)));
  values.single(
    'ipvs_connections',
    Math.max(...nodes.map((node) => sum(node.paths.map(({ ipvs }) => ipvs.connectionPeak)))),
  );
  values.single('connections_relayed', base.relays.begun);
  for (const [metric, count] of IN_PLACE) {
    const value = syncs.inPlace(count);
    invariant(value !== undefined, 'nodes-synced', 'node 0 was never synced');
    values.single(metric, value);
  }
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
  values.single('full_sync_duration_ns', syncs.fullSyncNs);
  values.histogram('change_live_ns', syncs.changeLiveNs);
  values.single('changes_pending', proxies.pendingChanges());
  let slices = 0;
  for (const slice of cluster.store.list('slice')) if (slice.endpoints.length > 0) slices++;
  values.single('endpoint_slices', slices);
  values.single('endpoint_slice_writes', world.sliceWrites() - world.slicesAtStart);
  values.single('endpoints_ready', cluster.slices.countReady());
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
