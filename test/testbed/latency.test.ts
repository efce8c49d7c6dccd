/** One request in an idle cluster, worked out by hand to the nanosecond: work by work on one node, step by step across two. */
import { describe, expect, test } from 'vitest';
import { WORK_NAMES } from '../../src/kernel/index.js';
import { runCase } from '../../src/testbed/index.js';
import { figure, MS, pricesOf, smallCase, sum, US, type Changes } from './small-case.js';

/** One client that sends one request at time 0 to the last Service; its server takes 50 us. */
const ONE_REQUEST: Changes = {
  workload: { clients: 1, clientNodes: 1, target: 'last', arrivals: 'constant', ratePerSecond: 1000 },
  server: { distribution: 'constant', meanNs: 50 * US },
  run: { durationNs: 1 * MS },
};

/** UDP on one node with one Service and one endpoint: one packet each way, and no wire. */
describe('UDP on one node', () => {
  /** Powers of ten would collide: every price is another prime. Bytes are counted below as the rest is. */
  const PRIMES = [1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049, 1051, 1061, 1063, 1069, 1087, 1091, 1093, 1097];
  const MORE = [1103, 1109, 1117, 1123, 1129, 1151, 1153, 1163, 1171, 1181, 1187, 1193, 1201, 1213, 1217, 1223];
  const prices = Object.fromEntries(WORK_NAMES.map((name, kind) => [name, [...PRIMES, ...MORE][kind]!]));
  /** The table is empty but for this flow; its load would only blur the sum. */
  const profile = pricesOf({ ...prices, conntrackLoad: 0 });
  const price = (work: Record<string, number>): number =>
    sum(Object.entries(work).map(([name, units]) => units * prices[name]!));
  /** IPv4 20, UDP 8 and the payload, copied at both ends. */
  const bytes = (payload: number): number => 2 * (28 + payload);
  const latency = (mode: string): number => {
    const cluster = { nodes: 1, services: 1, endpoints: 1 };
    const workload = { ...ONE_REQUEST.workload, kind: 'udp', requestBytes: 100, responseBytes: 400 };
    const result = runCase(smallCase({ ...ONE_REQUEST, cluster, workload, profile, proxy: { mode } }), '1');
    expect(figure(result, 'requests_completed')).toBe(1);
    return figure(result, 'request_latency_ns', 'max');
  };
  /** Sockets at both ends and the bridge between. */
  const ends = (payload: number) => ({ socketSend: 1, socketReceive: 1, bridge: 1, byteCopied: bytes(payload) });

  test('iptables', () => {
    const request = {
      ...ends(100),
      // PREROUTING: jump, the Service's rule, masquerade rule, endpoint's rule, hairpin rule, DNAT. FORWARD: 7 of kube-proxy, 2 of
      // flannel. POSTROUTING: 2 and 3.
      table: 3,
      rule: 6 + 9 + 5,
      jump: 3 + 5 + 2,
      matchPort: 2,
      matchState: 5,
      matchMark: 1 + 2,
      // The packet's own lookup, and whether the reply tuple is free.
      conntrackLookup: 2,
      conntrackCreate: 1,
      natBinding: 1,
      natRewrite: 1,
    };
    const answer = {
      ...ends(400),
      table: 1,
      rule: 5,
      jump: 1,
      matchState: 3,
      matchMark: 1,
      conntrackLookup: 1,
      natRewrite: 1,
    };
    expect(latency('iptables')).toBe(price(request) + 50 * US + price(answer));
  });

  test('ipvs', () => {
    const request = {
      ...ends(100),
      // PREROUTING 5, INPUT 6, OUTPUT 1, POSTROUTING 3 and flannel's 3.
      table: 4,
      rule: 5 + 6 + 1 + 6,
      jump: 2 + 3 + 1 + 2,
      matchAddressType: 1,
      matchSet: 1 + 3 + 1,
      matchMark: 2,
      conntrackLookup: 2,
      conntrackCreate: 1,
      natBinding: 1,
      ipvsHook: 1,
      ipvsConnectionLookup: 2,
      ipvsServiceLookup: 1,
      ipvsChainEntry: 1,
      ipvsSchedule: 1,
      ipvsServer: 1,
      ipvsConnectionCreate: 1,
      ipvsForward: 1,
    };
    const answer = {
      ...ends(400),
      table: 1,
      rule: 4,
      jump: 2,
      matchMark: 1,
      matchState: 1,
      conntrackLookup: 1,
      ipvsHook: 1,
      ipvsConnectionLookup: 1,
      ipvsForward: 1,
    };
    expect(latency('ipvs')).toBe(price(request) + 50 * US + price(answer));
  });
});

/** A TCP connection to a pod of another node over VXLAN: the second of two Services, whose endpoint is on the second node. */
test('TCP across two nodes over VXLAN, connect and request', () => {
  const [SEND, RECEIVE, ROUTE, IN, OUT, RULE] = [3000, 2000, 500, 700, 900, 10];
  const profile = pricesOf({
    socketSend: SEND,
    socketReceive: RECEIVE,
    route: ROUTE,
    encapsulate: IN,
    decapsulate: OUT,
    rule: RULE,
  });
  const result = runCase(
    smallCase({
      ...ONE_REQUEST,
      cluster: { nodes: 2, services: 2, endpoints: 1 },
      link: { bandwidthBitsPerSecond: 1e9, delayNs: 10 * US },
      workload: { ...ONE_REQUEST.workload, kind: 'new-connection', requestBytes: 100, responseBytes: 400 },
      profile,
    }),
    '1',
  );
  /** Two wires at 8 ns a byte: IPv4 and TCP 40, Ethernet 14, VXLAN 50, preamble, check sequence and gap 24. */
  const wires = (payload: number): number => 2 * (10 * US + 8 * (40 + 14 + 50 + 24 + payload));
  const sends = (rules: number): number => SEND + ROUTE + IN + RULE * rules;
  const receives = (rules: number): number => OUT + ROUTE + RECEIVE + RULE * rules;

  // Rules: the inner packet's, then the outer packet's. Where it is new: nat PREROUTING or OUTPUT, filter, nat POSTROUTING.
  const syn = sends(2 + 1 + 4 + 9 + 5 + (4 + 4 + 9)) + wires(0) + receives(4 + 9 + 6 + (4 + 5));
  const synAck = sends(5 + (4 + 4 + 9)) + wires(0) + receives(5 + (4 + 5));
  const connected = syn + synAck;
  expect(figure(result, 'first_packet_latency_ns', 'max')).toBe(syn);
  expect(figure(result, 'connect_latency_ns', 'max')).toBe(connected);

  // The outer packets of a flow are never answered by the same flow, so they stay NEW for the filter table.
  const later = { send: sends(5 + 4), receive: receives(5 + 5) };
  // The request goes out behind the handshake's last packet, which the client's core takes first.
  const request = 2 * later.send + wires(100) + later.receive;
  const answer = later.send + wires(400) + later.receive;
  expect(figure(result, 'request_latency_ns', 'max')).toBe(connected + request + 50 * US + answer);
  expect(figure(result, 'packets_delivered')).toBe(8);
});
