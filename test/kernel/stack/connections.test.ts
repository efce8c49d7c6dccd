/** Connections through a node's rules: they keep their endpoint, are turned away as rules say, and spread over the cores. */
import { describe, expect, test } from 'vitest';
import { Hook, Owner, Table } from '../../../src/kernel/index.js';
import { steeringHash } from '../../../src/kernel/stack/steering.js';
import { PacketPool, Protocol } from '../../../src/net/index.js';
import { kubeReject } from './rules.js';
import { TwoNodes, ip } from './two-nodes.js';

const SERVICE = '10.96.0.1';

describe('when the endpoint of a service changes', () => {
  test('an open connection stays where it is, a new one goes to the new endpoint', () => {
    const world = new TwoNodes({ services: [{ address: SERVICE, endpoint: '10.244.1.5' }] });
    for (const address of ['10.244.1.5', '10.244.2.5']) world.pod(address);
    const client = world.pod('10.244.1.4');
    world.keepOpen = true;
    const { transport } = world.base;
    const handle = transport.connect(Protocol.tcp, client, ip(SERVICE), 80, 0);
    world.wait(1);
    transport.request(handle, 1, 100);
    world.wait(10);
    world.setServices([{ address: SERVICE, endpoint: '10.244.2.5' }]);
    transport.request(handle, 2, 100);
    world.wait(10);
    world.ask(client, SERVICE, 80);
    transport.request(handle, 3, 100);
    world.wait(10);
    expect(world.servedBy).toEqual(['10.244.1.5', '10.244.1.5', '10.244.2.5', '10.244.1.5']);
    world.base.checkConservation();
  });

  test('a UDP flow stays as long as its entry lives', () => {
    const services = (endpoint: string) => [{ address: SERVICE, endpoint, protocol: Protocol.udp }];
    const world = new TwoNodes({ services: services('10.244.1.5') });
    for (const address of ['10.244.1.5', '10.244.2.5']) world.pod(address);
    const client = world.pod('10.244.1.4');
    world.keepOpen = true;
    const { transport } = world.base;
    const handle = transport.connect(Protocol.udp, client, ip(SERVICE), 80, 0);
    const ask = (sequence: number): void => {
      transport.request(handle, sequence, 100);
      world.wait(10);
    };
    ask(1);
    world.setServices(services('10.244.2.5'));
    world.wait(29_000);
    ask(2);
    world.wait(121_000); // by then it was a stream
    ask(3);
    expect(world.servedBy).toEqual(['10.244.1.5', '10.244.1.5', '10.244.2.5']);
  });
});

describe.each([
  ['TCP', Protocol.tcp],
  ['UDP', Protocol.udp],
])('a service without endpoints, %s', (_, protocol) => {
  test('is refused by ICMP where a rule says reject', () => {
    const world = new TwoNodes();
    for (const netfilter of world.netfilters)
      netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, kubeReject(world.rules, SERVICE, 'reject'));
    expect(world.ask(world.pod('10.244.1.4'), SERVICE, 80, protocol)).toBe('refused');
    expect(world.lost).toEqual({ rejected: 1 });
    // Nothing is kept of a packet that was turned away, nor of the error.
    expect(world.base.nodes.map((node) => node.conntrack.count)).toEqual([0, 0]);
    expect(world.base.nodes[0]!.originated).toBe(1);
    world.base.checkConservation();
  });

  test('is silent where a rule says drop', () => {
    const world = new TwoNodes();
    for (const netfilter of world.netfilters)
      netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, kubeReject(world.rules, SERVICE, 'drop'));
    expect(world.ask(world.pod('10.244.1.4'), SERVICE, 80, protocol)).toBe('nothing');
    expect([world.lost, world.base.nodes[0]!.originated]).toEqual([{ rule_drop: 1 }, 0]);
    world.wait(130_000);
    expect([world.told, world.lost]).toEqual(
      protocol === Protocol.tcp ? [['timedOut'], { rule_drop: 7 }] : [[], { rule_drop: 1 }],
    );
    world.base.checkConservation();
  });
});

describe('an endpoint on which nobody listens', () => {
  const service = (protocol: number) => ({ address: SERVICE, endpoint: '10.244.2.5', port: 9999, protocol });

  test.each([Protocol.tcp, Protocol.udp])('refuses through the translation, protocol %i', (protocol) => {
    const world = new TwoNodes({ services: [service(protocol)] });
    world.pod('10.244.2.5');
    // The client would not take a reset or an error that does not come from the address that it dialled.
    expect(world.ask(world.pod('10.244.1.4'), SERVICE, 80, protocol)).toBe('refused');
    expect([world.lost, world.base.nodes.map((node) => node.originated)]).toEqual([{}, [0, 0]]);
    world.base.checkConservation();
  });
});

describe('cores', () => {
  test('of the receiving node share flows by their outermost headers', () => {
    const packets = new PacketPool();
    const packet = packets.take(0);
    packets.sourcePort[packet] = 40_000;
    const plain = steeringHash(packets, packet);
    packets.outerDestination[packet] = 1;
    packets.outerSourcePort[packet] = 50_000;
    const tunnelled = steeringHash(packets, packet);
    packets.sourcePort[packet] = 40_001;
    expect(steeringHash(packets, packet)).toBe(tunnelled);
    packets.outerSourcePort[packet] = 50_001;
    expect(steeringHash(packets, packet)).not.toBe(tunnelled);
    packets.outerDestination[packet] = 0;
    expect(steeringHash(packets, packet)).not.toBe(plain);
  });

  test('all get their part of many flows, and one flow stays on one core', () => {
    const busy = (flows: number): number => {
      const world = new TwoNodes({ cores: 4 });
      world.pod('10.244.2.5');
      const client = world.pod('10.244.1.4');
      for (let n = 0; n < flows; n++) world.ask(client, '10.244.2.5', 8080);
      const { firstCore } = world.base.nodes[1]!;
      return [...world.base.underlay.cores.busyNs.subarray(firstCore, firstCore + 4)].filter((ns) => ns > 0).length;
    };
    // The pod sends from a core of its own; the connection's packets come in on one.
    expect(busy(1)).toBeLessThanOrEqual(2);
    expect(busy(30)).toBe(4);
  });
});
