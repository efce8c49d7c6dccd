/** Watches the ends of packets' ways: who sends them, who takes them, and where they are lost. */
import { Device, type IpPath } from '../../kernel/index.js';
import { INGRESS_SERVICE } from '../../kube/index.js';
import { DROP_CAUSES, DropCause, isIpv6 } from '../../net/index.js';
import { causeWords } from './causes.js';
import { deviceTo } from './device-watch.js';
import type { PacketRecord } from './packet-log.js';
import type { Stop } from './trace.js';
import { momentOf, type Watching } from './watching.js';

/** The one device of machines outside of the cluster. */
const OUTSIDE = 'outside/eth0';

/** The trace's users of sockets; what others take goes to a relay of kube-proxy's. */
export interface TracedUsers {
  /** Client and servers. */
  readonly talk: number;
  /** Ingress proxies; undefined without. */
  readonly proxies: number | undefined;
}

/** Watches senders, receivers and losses. */
export function watchEnds(watching: Watching, users: TracedUsers): void {
  const { world, packets } = watching;
  const { base } = world;
  const { bridge, hosts, simulation } = base;
  let delivering: PacketRecord | undefined;
  const transmit = base.transmit.bind(base);
  base.transmit = (row, host) => {
    const record = packets.sent(row, host, senderOf(watching, host), simulation.now, delivering);
    if (record.inAnswerTo > 0 && delivering !== undefined) {
      watching.stop = stopOf(delivering, world.place(host).name, DropCause.noListener);
    }
    const isOutside = hosts.node[host]! < 0;
    if (!isOutside) seeFromPod(watching, record, host);
    transmit(row, host);
    // A machine outside learns its next hop only now; its packet is still on the wire.
    if (isOutside) {
      const sight = { timeNs: simulation.now, device: OUTSIDE, isSent: true };
      watching.frames.see(record, sight, [record.lastHop, base.packets.nextHop[row]!]);
    }
  };
  const deliver = bridge.deliver.bind(bridge);
  bridge.deliver = (row, host) => {
    const record = packets.at(row);
    if (record !== undefined) take(watching, record, host, users);
    const before = delivering;
    delivering = record;
    deliver(row, host);
    delivering = before;
  };
  watchLosses(watching);
}

function relayName(node: string): string {
  return `kube-proxy's relay on ${node}`;
}

/** Says who sends a packet from a host: a node's relay answers the first connection, and opens the next one; so does a proxy with its own. */
function senderOf({ world, relay, proxy }: Watching, host: number): (connection: number, isForward: boolean) => string {
  const { name, node } = world.place(host);
  const mayRelay = world.base.hosts.isNode[host] === 1 && relay === node;
  return (connection, isForward) => {
    if (proxy?.host === host && connection >= proxy.connection && isForward === connection > proxy.connection) {
      return proxy.name;
    }
    return mayRelay && isForward === connection > 1 ? relayName(name) : name;
  };
}

/** What an ingress proxy is called: as its pod, also where that is in its node's network. */
function proxyName({ world }: Watching, host: number): string {
  const { name } = world.place(host);
  if (world.base.hosts.isNode[host] === 0) return name;
  const { namespace, name: controller } = INGRESS_SERVICE;
  for (const { metadata, hostNetwork, node } of world.cluster.pods()) {
    const isTheirs = metadata.namespace === namespace && metadata.name.startsWith(controller);
    if (isTheirs && hostNetwork && world.base.nodeHosts[node] === host) return `${namespace}/${metadata.name}`;
  }
  return name;
}

function take(watching: Watching, record: PacketRecord, host: number, users: TracedUsers): void {
  const { world, packets, frames } = watching;
  const { hosts, packets: pool, simulation } = world.base;
  const { row } = record;
  const { name, node } = world.place(host);
  const destination = pool.destination[row]!;
  const taker = hosts.userAt(host, pool.protocol[row]!, pool.destinationPort[row]!, pool.source[row]!);
  if (taker >= 0 && taker === users.proxies) {
    watching.proxy ??= { host, name: proxyName(watching, host), connection: record.connection.number };
  }
  const isProxys = isTakenByProxy(watching, record, host);
  const isRelays = hosts.isNode[host] === 1 && taker >= 0 && taker !== users.talk && taker !== users.proxies;
  if (isRelays) watching.relay = node;
  if (hosts.isNode[host] === 0) {
    const device = node === '' ? OUTSIDE : podDevice(watching, host);
    frames.see(record, { timeNs: simulation.now, device, isSent: false }, [record.lastHop, destination]);
  }
  const at = isRelays ? relayName(name) : isProxys ? (watching.proxy?.name ?? name) : name;
  packets.ended(row, { kind: 'delivered', timeNs: simulation.now, at, cause: '' });
}

/** Whether a proxy takes a packet: of a client's connection, or an answer to one of its own. */
function isTakenByProxy({ proxy }: Watching, { connection, isForward }: PacketRecord, host: number): boolean {
  if (proxy?.host !== host || connection.number < proxy.connection) return false;
  return isForward === (connection.number === proxy.connection);
}

function seeFromPod(watching: Watching, record: PacketRecord, host: number): void {
  const { world, frames } = watching;
  const { hosts, packets: pool, simulation, nodes } = world.base;
  if (hosts.isNode[host] === 1) return;
  const destination = pool.destination[record.row]!;
  const node = nodes[hosts.node[host]!]!;
  const path = isIpv6(destination) ? node.ipv6 : node.ipv4;
  const nextHop = path === null ? destination : neighbour(path, destination);
  const sight = { timeNs: simulation.now, device: podDevice(watching, host), isSent: true };
  frames.see(record, sight, [record.lastHop, nextHop]);
}

/** Whom a pod sends a frame to: a pod of its node directly, everybody else through the bridge's own address. */
function neighbour(path: IpPath, destination: number): number {
  return deviceTo(path, destination) === Device.bridge ? destination : path.parts.bridgeAddress;
}

/** The node's end of a pod's veth pair; real ones have names by chance. */
function podDevice({ world }: Watching, host: number): string {
  const { name, node } = world.place(host);
  return `${node}/veth-${name.replaceAll(/[^\w.]+/g, '-')}`;
}

function watchLosses(watching: Watching): void {
  const { world, packets, passage, steps } = watching;
  const { drops, simulation } = world.base;
  const drop = drops.drop.bind(drops);
  drops.drop = (row, cause) => {
    const isHere = passage.row >= 0;
    if (isHere) steps.note('drop', causeWords(cause), { cause: DROP_CAUSES[cause] ?? '' });
    const at = isHere ? passage.node : 'the wire';
    const end = {
      kind: 'lost',
      timeNs: isHere ? momentOf(watching) : simulation.now,
      at,
      cause: DROP_CAUSES[cause] ?? '',
    } as const;
    const record = packets.ended(row, end);
    if (record !== undefined) {
      const said = isHere ? { rule: passage.rule, ipvs: passage.ipvs } : undefined;
      watching.stop = stopOf(record, at, cause, said);
    }
    drop(row, cause);
  };
}

function stopOf(
  record: PacketRecord,
  place: string,
  cause: number,
  said: Pick<Stop, 'rule' | 'ipvs'> = { rule: null, ipvs: '' },
): Stop {
  return { packet: record.number, place, cause: DROP_CAUSES[cause] ?? '', words: causeWords(cause), ...said };
}
