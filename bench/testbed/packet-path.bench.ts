/**
 * Packet path: a client, a router and a server; two 10 Gbit/s links of 10 us; UDP echo of 100 bytes, Poisson arrivals.
 *
 * The parts are the product's own: links, a node's stack with empty hooks as the router, sockets, traffic and servers.
 * Four link traversals a round trip. Prices are zero, so the mean round trip is 40 us and the time on the wire.
 */
import { Device, NftStore, NodeStack, RuleStore } from '../../src/kernel/index.js';
import { AddressMap, Protocol, RouteTable, Switch } from '../../src/net/index.js';
import { familyKernel } from '../../src/testbed/family-kernel.js';
import { Foundation } from '../../src/testbed/foundation.js';
import { Stations, Traffic } from '../../src/workload/index.js';
import { freeProfile } from '../free-profile.js';
import { measure, type Measurement } from '../measurement.js';

const CLIENT = 0x0a320101;
const SERVER = 0x0a320201;
const ROUTER = 0x0a320001;
const LINK = { bandwidthBitsPerSecond: 10e9, delayNs: 10_000, queuePackets: 1000 };
const RATE = 1_000_000;

/** Runs the packet path for a number of round trips. */
export function packetPath(roundTrips: number): Measurement {
  const untilNs = Math.round((roundTrips / RATE) * 1e9);
  const base = new Foundation({ seed: 'bench', profile: freeProfile, fromNs: 0, untilNs });
  const { simulation, streams, wheels, packets, underlay, bridge } = base;

  const routes = new RouteTable();
  routes.add(0, 0, Device.uplink, 0);
  const kernel = familyKernel(underlay, { rules: new RuleStore(), nft: new NftStore(), lookup: 'index' });
  const router = new NodeStack(underlay, {
    ipv4: {
      ...kernel,
      nftablesFirst: false,
      address: ROUTER,
      bridgeAddress: 0,
      tunnelAddress: 0,
      loopbackAddress: 0x7f000001,
      routes,
      own: new AddressMap(),
      tunnelMtu: 1450,
      uplinkMtu: 1500,
    },
    ipv6: null,
    host: -1,
    conntrack: {
      max: 1,
      buckets: 1,
      tcpEstablishedNs: 1,
      tcpCloseWaitNs: 1,
      tcpTimeWaitNs: 1,
      udpNs: 1,
      udpStreamNs: 1,
    },
    cores: 1,
    backlogPackets: 1000,
    icmpLimits: base.errorLimits.addNode(),
    picks: streams.stream('picks'),
    ports: streams.stream('ports'),
  });
  base.nodes.push(router);
  const ports = new Switch(packets, base.drops);
  router.attach({ send: (packet) => ports.receive(packet) });

  const client = base.addOutsider({
    address: CLIENT,
    link: base.links.add(LINK, router),
    onLink: [],
    gateways: [ROUTER],
  });
  const server = base.addOutsider({
    address: SERVER,
    link: base.links.add(LINK, router),
    onLink: [],
    gateways: [ROUTER],
  });
  ports.plug(CLIENT, base.links.add(LINK, { receive: (packet) => bridge.deliver(packet, client) }));
  ports.plug(SERVER, base.links.add(LINK, { receive: (packet) => bridge.deliver(packet, server) }));
  base.hosts.listen(server, 7);

  const stations = new Stations({
    simulation,
    streams,
    fabric: bridge,
    observer: base.probes,
    options: {
      distribution: 'constant',
      meanNs: 0,
      concurrency: 1,
      factors: [1],
      slowEndpoints: 0,
      slowFactor: 1,
      responseBytes: 100,
    },
  });
  const traffic = new Traffic({
    simulation,
    wheels,
    streams,
    fabric: bridge,
    observer: base.probes,
    options: {
      clients: 1,
      load: 'open',
      ratePerSecond: RATE,
      arrivals: 'poisson',
      concurrency: 1000,
      thinkNs: 0,
      target: 'first',
      zipfExponent: 1,
      requestBytes: 100,
      requestsPerConnection: 0,
      requestTimeoutNs: 1e9,
    },
    rules: { sessionsPerClient: 1000, requestsPerConnection: 0, handshake: false },
    targets: 1,
    untilNs,
  });
  bridge.clientHosts.push(client);
  bridge.serve(server, stations.add(0));
  bridge.join({
    traffic,
    stations,
    plan: { address: () => SERVER, port: () => 7 },
    protocol: Protocol.udp,
  });
  traffic.start();
  return measure('packet-path', () => {
    simulation.run(untilNs + 1_000_000);
    base.checkConservation();
    return {
      units: base.probes.requests.completed,
      unit: 'round trips',
      events: simulation.eventCount,
      digest: simulation.digest.toString(),
      meanNs: base.probes.requestLatencyNs.mean,
    };
  });
}
