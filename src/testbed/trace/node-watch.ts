/**
 * Watches a node: when a packet reaches it, when a core takes it up, and what comes of it.
 *
 * It stands in front of a few functions of this one world's objects (own properties that call what they hide), so that a run without a trace pays
 * nothing for it. A node's hooks are watched from its first packet on.
 */
import { Device, NO_EFFORT, together, type Effort, type IpPath, type NodeStack } from '../../kernel/index.js';
import { formatIp, isIpv6, type IpAddress } from '../../net/index.js';
import { invariant } from '../../sim/index.js';
import { deviceTo } from './device-watch.js';
import { tunnelDevice } from './frame-log.js';
import type { Headers } from './headers.js';
import { watchConntrack, watchHooks } from './hook-watch.js';
import { watchIpvs } from './ipvs-watch.js';
import type { PacketRecord } from './packet-log.js';
import type { Passage } from './trace.js';
import { watchTunnel } from './tunnel-watch.js';
import type { Watching } from './watching.js';

/** Watches all nodes. */
export function watchNodes(watching: Watching): void {
  const { world } = watching;
  const { nodes, probes } = world.base;
  nodes.forEach((node, index) => watchNode(watching, node, index));
  const processed = probes.processed.bind(probes);
  probes.processed = (packet, first, ns, outerRules) => {
    finish(watching, packet, ns);
    processed(packet, first, ns, outerRules);
  };
}

function watchNode(watching: Watching, stack: NodeStack, index: number): void {
  const { world, packets, frames, passage, steps } = watching;
  const { packets: pool, simulation } = world.base;
  const node = world.nodeName(index);
  const receive = stack.receive.bind(stack);
  const process = stack.process.bind(stack);
  let isWatched = false;
  stack.receive = (row) => {
    const record = packets.at(row);
    if (record !== undefined) {
      record.arrivedNs = simulation.now;
      const sight = { timeNs: simulation.now, device: `${node}/eth0`, isSent: false };
      frames.seeOnWire(record, sight, [record.lastHop, pool.nextHop[row]!]);
    }
    receive(row);
  };
  stack.process = (row, origin, core) => {
    if (!isWatched) watchInside(watching, stack);
    isWatched = true;
    const path = isIpv6(pool.destination[row]!) ? stack.ipv6 : stack.ipv4;
    Object.assign(passage, { row, origin, node, path, isRouted: false, rule: null, ipvs: '', answer: 0 });
    steps.routeTitle = (headers) => (path === null ? 'none' : routeTitle(path, headers));
    steps.start(row);
    const ns = process(row, origin, core);
    // A packet of a family that the node does not have is lost before it is counted.
    passage.row = -1;
    return ns;
  };
}

function watchInside(watching: Watching, stack: NodeStack): void {
  watchConntrack(watching, stack.conntrack);
  for (const path of stack.paths) {
    watchHooks(watching, path, path === stack.ipv6 ? 6 : 4);
    watchTunnel(watching, path);
    watchIpvs(watching, path.ipvs);
  }
}

/** The node has done with the packet, and the tally still stands. */
function finish(watching: Watching, leaving: number, ns: number): void {
  const { passage, packets, world, steps } = watching;
  const { simulation } = world.base;
  const { row, path } = passage;
  const record = packets.at(row) ?? packets.lastLost;
  if (row < 0 || record === undefined || path === null) return;
  const done = steps.finish();
  const effort = done.reduce((sum: Effort, step) => together(sum, step.effort), NO_EFFORT);
  invariant(effort.ns === ns, 'trace-adds-up', () => `steps take ${effort.ns} ns, the packet took ${ns}`);
  record.passages.push({
    node: passage.node,
    arrivedNs: record.arrivedNs,
    startedNs: simulation.now,
    leftNs: simulation.now + ns,
    effort,
    steps: done,
    to: leaving < 0 ? 'lost' : placeOf(watching, path.way),
    answer: passage.answer,
  });
  const departing = packets.at(leaving);
  if (departing !== undefined) depart(watching, path, departing, simulation.now + ns);
}

function placeOf({ world }: Watching, way: number): Passage['to'] {
  if (way < 0) return 'wire';
  return world.base.hosts.isNode[way] === 1 ? 'node' : 'pod';
}

/** The packet leaves when its core is done with it; on the wire it is seen then. */
function depart({ world, frames, passage }: Watching, path: IpPath, record: PacketRecord, timeNs: number): void {
  record.arrivedNs = timeNs;
  if (path.way >= 0) return;
  record.lastHop = path.parts.address;
  const nextHop = world.base.packets.nextHop[record.row]!;
  frames.seeOnWire(record, { timeNs, device: `${passage.node}/eth0`, isSent: true }, [record.lastHop, nextHop]);
}

function routeTitle(path: IpPath, { destination }: Headers): string {
  const { routes, address } = path.parts;
  const to = formatIp(destination);
  if (path.addresses.has(destination)) return `${to} is the node's own, by lo`;
  const route = routes.lookup(destination);
  const gateway: IpAddress = route === -1 ? 0 : routes.gateway(route);
  const via = gateway === 0 ? '' : ` via ${formatIp(gateway)}`;
  switch (deviceTo(path, destination)) {
    case Device.bridge:
      return `${to} by cni0`;
    case Device.tunnel:
      return `${to} by ${tunnelDevice(address)}${via}`;
    default:
      return `${to} by eth0${via}`;
  }
}
