/**
 * Long runs of small edits: an endpoint comes, goes or changes its condition, a traffic policy flips, a place is opened or closed. After
 * every sync the servers in place are those of a node that starts afresh, but for those that drain; those that stay keep their place in
 * the list, and what is open goes on.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IpvsVerdict } from '../../../src/kernel/index.js';
import { printIpvs } from '../../../src/kernel/ipvs/print.js';
import { formatIpPort, Protocol, TcpFlag } from '../../../src/net/index.js';
import { SECOND } from '../../../src/sim/index.js';
import { EndpointCondition, type ServicePort } from '../../../src/proxy/service-port.js';
import { restore, type ParsedTable } from '../../kernel/ipvs/ipvsadm-text.js';
import { CLUSTER_IPS, endpoints, ledgerOf, OUTSIDE, PODS, servicePort, TestCluster } from './ipvs-mode-fixture.js';
import type { TestNode } from './ipvs-mode-fixture.js';
import { freshNode, wanted } from './wanted-servers.js';

const NODES = 2;
const KEYS = [1, 2, 3];
const PROTOCOLS = [Protocol.tcp, Protocol.tcp, Protocol.udp];
const { ready, serving, terminating } = EndpointCondition;
const CONDITIONS = [ready | serving, serving | terminating, terminating, 0];
const EXTERNAL = 0xcb007100;

/** One small edit of the service port with a key. */
const edit = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('add', 'remove', 'condition') },
    { weight: 2, arbitrary: fc.constantFrom('internalLocal', 'externalLocal') },
    { weight: 1, arbitrary: fc.constantFrom('nodePort', 'external', 'affinity', 'service') },
  ),
  key: fc.constantFrom(...KEYS),
  pod: fc.nat(7),
  condition: fc.constantFrom(...CONDITIONS),
});

/** An edit, and what happens to one of the nodes after it. */
const step = fc.record({
  edit,
  node: fc.nat(NODES - 1),
  sync: fc.nat(2).map((n) => n > 0),
  restart: fc.nat(11).map((n) => n === 0),
  connections: fc.nat(2),
  waitSeconds: fc.constantFrom(0, 0, 1, 61, 130),
});

type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** What a service port is at present. */
interface PortState {
  isPresent: boolean;
  internalLocal: boolean;
  externalLocal: boolean;
  nodePort: boolean;
  external: boolean;
  affinity: boolean;
  /** Conditions by pod. */
  readonly pods: Map<number, number>;
}

/** Revisions, the first of which comes after the first edit; what an edit does not touch stays the same object. */
function revisionsOf(edits: readonly Edit[]): ServicePort[][] {
  const states = new Map(KEYS.map((key): [number, PortState] => [key, firstState()]));
  const ports = new Map(KEYS.map((key) => [key, portOf(key, states.get(key)!)]));
  return edits.map((each) => {
    const state = states.get(each.key)!;
    if (apply(state, each)) ports.set(each.key, portOf(each.key, state));
    return KEYS.filter((key) => states.get(key)!.isPresent).map((key) => ports.get(key)!);
  });
}

function firstState(): PortState {
  const places = { nodePort: true, external: false };
  const policies = { internalLocal: false, externalLocal: false, affinity: false };
  return { isPresent: true, ...places, ...policies, pods: new Map([0, 1, 2].map((pod) => [pod, ready | serving])) };
}

/** Does an edit; returns whether it changes anything. */
function apply(state: PortState, { kind, pod, condition }: Edit): boolean {
  const before = state.pods.get(pod);
  if (kind === 'add') state.pods.set(pod, before ?? ready | serving);
  else if (kind === 'remove') state.pods.delete(pod);
  else if (kind === 'condition') {
    if (before !== undefined) state.pods.set(pod, condition);
  } else {
    const name = kind === 'service' ? 'isPresent' : (kind as 'internalLocal');
    state[name] = !state[name];
    return true;
  }
  return state.pods.get(pod) !== before;
}

function portOf(key: number, state: PortState): ServicePort {
  const list = endpoints([...state.pods.keys()]);
  const conditions = Uint8Array.from(list.address, (address) => state.pods.get(address - PODS)!);
  return servicePort(key, [], {
    protocol: PROTOCOLS[key - 1]!,
    internalLocal: state.internalLocal,
    externalLocal: state.externalLocal,
    nodePort: state.nodePort ? 30000 + key : 0,
    externalIps: state.external ? [EXTERNAL + key] : [],
    affinitySeconds: state.affinity ? 100 : 0,
    endpoints: { ...list, conditions },
  });
}

/** Connections that clients opened on a node: where to, from which port, and which pod took them. */
type Opened = { port: ServicePort; clientPort: number; pod: number; openedNs: number }[];

/** Servers in place that do not drain, front of the list first, by virtual server; only of those that the node has state for. */
function placesOf(node: TestNode, ports: readonly ServicePort[]): Map<number, number[]> {
  const { draining, address } = node.ipvs.servers;
  return new Map(
    ports.map(({ key, protocol, clusterIp, port }) => {
      const { order, count } = node.ipvs.service(protocol, clusterIp, port)!;
      const rows = [...order.subarray(0, count)].reverse().filter((row) => draining[row] === 0);
      return [key, rows.map((row) => address[row]!)];
    }),
  );
}

/** Those that stay keep their order; those that come stand before them. */
function expectPlaces(before: readonly number[], after: readonly number[]): void {
  const stay = before.filter((server) => after.includes(server));
  expect(after.slice(after.length - stay.length)).toEqual(stay);
}

/** The servers in place are those of a fresh start with their weight of 1, and others that drain. */
function expectInPlace(node: TestNode, ports: readonly ServicePort[]): void {
  const placed = restore(printIpvs(node.ipvs));
  const fresh = restore(printIpvs(freshNode(ports, node.proxyNode).ipvs));
  expect(servicesOf(placed)).toEqual(servicesOf(fresh));
  const draining = drainingOf(node);
  for (const [name, { servers }] of placed) {
    const expected = fresh.get(name)!.servers;
    for (const [server, weight] of servers) {
      const drains = draining.has(`${name} ${server}`);
      expect({ name, server, weight, drains }).toEqual({
        name,
        server,
        weight: drains ? 0 : 1,
        drains: !expected.has(server),
      });
    }
    expect([...expected.keys()].filter((server) => !servers.has(server))).toEqual([]);
    expect([...expected.keys()].sort()).toEqual(wanted(ports, node)[name]);
  }
}

function servicesOf(table: ParsedTable): Record<string, unknown> {
  return Object.fromEntries([...table].map(([name, { servers: _, ...rest }]) => [name, rest]));
}

/** Servers that drain, of TCP and with connections all of them. */
function drainingOf({ ipvs, proxyNode }: TestNode): Set<string> {
  const names = new Set<string>();
  const places = [...KEYS.flatMap((key) => [CLUSTER_IPS + key, EXTERNAL + key].map((ip) => [ip, 80] as const))];
  for (const [ip, port] of [...places, ...KEYS.map((key) => [proxyNode.ip, 30000 + key] as const)]) {
    const service = ipvs.service(Protocol.tcp, ip, port);
    for (const row of service?.order.subarray(0, service.count) ?? []) {
      if (ipvs.servers.draining[row] === 0) continue;
      const server = formatIpPort(ipvs.servers.address[row]!, ipvs.servers.port[row]!);
      names.add(`tcp ${formatIpPort(ip, port)} ${server}`);
    }
  }
  return names;
}

/** Pod that a segment of an open connection goes to; -1 for none. */
function sendOn(node: TestNode, port: ServicePort, clientPort: number): number {
  const packet = node.packet(OUTSIDE, port.clusterIp, port.port, port.protocol);
  node.packets.sourcePort[packet] = clientPort;
  node.packets.flags[packet] = TcpFlag.ack;
  const verdict = node.ipvs.localIn(packet, true);
  return verdict === IpvsVerdict.forwarded ? node.packets.destination[packet]! - PODS : -1;
}

function wait(node: TestNode, seconds: number): void {
  node.simulation.run(node.simulation.now + seconds * SECOND);
}

test('small edits leave in place what a fresh start would put there, and what is open goes on', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
      const revisions = revisionsOf(steps.map((each) => each.edit));
      const { nodes, run } = new TestCluster(ledgerOf(...revisions), NODES);
      const at = nodes.map((): readonly ServicePort[] => []);
      const opened = nodes.map((): Opened => []);
      let clientPort = 1000;
      for (const [i, { node: index, sync, restart, connections, waitSeconds }] of steps.entries()) {
        const node = nodes[index]!;
        if (sync) {
          const ports = revisions[i]!;
          const stay = at[index]!.filter(({ key }) => ports.some((port) => port.key === key));
          const before = placesOf(node, stay);
          if (restart) node.proxier = run.proxier(node.proxyNode);
          node.sync(i + 1);
          at[index] = ports;
          expectInPlace(node, ports);
          for (const [key, servers] of placesOf(node, ports)) {
            if (!restart) expectPlaces(before.get(key) ?? [], servers);
          }
        }
        for (const port of at[index]!.slice(0, connections)) {
          const pod = node.connect(port.clusterIp, port.port, ++clientPort, port.protocol);
          if (pod >= 0) opened[index]!.push({ port, clientPort, pod, openedNs: node.simulation.now });
        }
        for (const { port, clientPort: from, pod, openedNs } of opened[index]!) {
          if (port.protocol !== Protocol.tcp || node.simulation.now > openedNs + 60 * SECOND) continue;
          // As long as its server is in the list, drained or not, a connection keeps it.
          if (node.list(port.clusterIp, port.port).includes(pod)) expect(sendOn(node, port, from)).toBe(pod);
        }
        wait(node, waitSeconds);
      }
      nodes.forEach((node, index) => {
        wait(node, 1200);
        expect([node.ipvs.connectionCount, node.ipvs.servers.drainingCount]).toEqual([0, 0]);
        for (const [key, servers] of placesOf(node, at[index]!)) {
          const { clusterIp, port, protocol } = at[index]!.find((each) => each.key === key)!;
          expect(node.list(clusterIp, port, protocol).map((pod) => PODS + pod)).toEqual(servers);
        }
      });
    }),
    { numRuns: fc.readConfigureGlobal().numRuns ?? 40 },
  );
});
