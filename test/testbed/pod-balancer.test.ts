/** A balancer that passes packets on to pods: what it writes into them, on both ways, and where flows stay. */
import { expect, test } from 'vitest';
import { PacketPool, Protocol, TcpFlag } from '../../src/net/index.js';
import { PodBalancer } from '../../src/testbed/ways-in/pod-balancer.js';

const [CLIENT, VIP, NODE] = [1000, 77, 10];

/** A balancer with pods at some addresses, port 8080; the nodes' addresses are those of pods in hundreds. */
function balancer() {
  const packets = new PacketPool();
  const pods = [201, 202, 203];
  const pool = () => ({ addresses: [...pods], ports: pods.map(() => 8080) });
  const routes = { nodeOf: () => NODE };
  const own = new PodBalancer(packets, { pool } as never, routes as never);
  const packet = (flow: number, port: number, flags: number, protocol: number = Protocol.tcp): number => {
    const made = packets.take(0);
    packets.source[made] = CLIENT;
    packets.sourcePort[made] = port;
    packets.destination[made] = VIP;
    packets.destinationPort[made] = 80;
    packets.protocol[made] = protocol;
    packets.flags[made] = flags;
    packets.flow[made] = flow;
    return made;
  };
  /** Sends a packet to the balancer. @returns the pod that it goes to, 0 for none */
  const send = (flow: number, port: number, flags: number, protocol?: number): number => {
    const sent = packet(flow, port, flags, protocol);
    if (own.nodeFor(sent) === 0) return 0;
    expect(packets.destinationPort[sent]).toBe(8080);
    expect(packets.source[sent]).toBe(CLIENT);
    return packets.destination[sent]!;
  };
  return { packets, pods, own, send };
}

test('a flow stays at its pod when that is no target any more, new flows do not go there', () => {
  const { pods, send, own } = balancer();
  const first = send(5, 40_000, TcpFlag.syn);
  expect(pods).toContain(first);
  expect(send(5, 40_000, TcpFlag.syn)).toBe(first);
  pods.splice(pods.indexOf(first), 1);
  expect(send(5, 40_000, TcpFlag.ack)).toBe(first);
  for (let flow = 6; flow < 50; flow++) expect(pods).toContain(send(flow, 40_000 + flow, TcpFlag.syn));
  expect(own.begun).toBe(45);
});

test('another connection that is called the same is a flow of its own', () => {
  const { pods, send } = balancer();
  const before = send(5, 40_000, TcpFlag.syn);
  pods.splice(0, 3, 301);
  expect(send(5, 40_001, TcpFlag.syn)).toBe(301);
  expect(before).not.toBe(301);
});

test('flows of conversations in the same slot are told apart', () => {
  const { pods, send } = balancer();
  const second = 5 + 2 ** 22;
  const before = send(5, 40_000, TcpFlag.syn);
  pods.splice(0, 3, 301);
  expect(send(second, 40_000, TcpFlag.ack)).toBe(0);
  expect(send(second, 40_000, TcpFlag.syn)).toBe(301);
  expect(before).not.toBe(301);
  // Nothing of the first one is kept.
  expect(send(5, 40_000, TcpFlag.ack)).toBe(0);
});

test('what is in the middle of a connection that it does not know is not passed on, a datagram is', () => {
  const { send } = balancer();
  expect(send(5, 40_000, TcpFlag.ack)).toBe(0);
  expect(send(6, 40_000, 0, Protocol.udp)).toBeGreaterThan(200);
});

test('nobody is there without pods', () => {
  const { pods, send } = balancer();
  pods.length = 0;
  expect(send(5, 40_000, TcpFlag.syn)).toBe(0);
});

test("answers come from the balancer's address, errors about packets carry its port", () => {
  const { packets, own, send } = balancer();
  const pod = send(5, 40_000, TcpFlag.syn);
  const back = (source: number, protocol: number): readonly number[] => {
    const answer = packets.take(0);
    packets.source[answer] = source;
    packets.sourcePort[answer] = 8080;
    packets.destination[answer] = CLIENT;
    packets.destinationPort[answer] = 40_000;
    packets.protocol[answer] = protocol;
    packets.flow[answer] = 5;
    own.cameBack(answer);
    return [packets.source[answer], packets.sourcePort[answer]];
  };
  expect(back(pod, Protocol.tcp)).toEqual([VIP, 80]);
  expect(back(NODE, Protocol.icmp)).toEqual([NODE, 80]);
  expect(back(pod + 1000, Protocol.tcp)).toEqual([pod + 1000, 8080]);
});
