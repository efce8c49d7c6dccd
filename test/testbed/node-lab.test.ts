/** The laboratory: what flows come to in each mode, how likely, and that a question leaves nothing behind. */
import { describe, expect, test } from 'vitest';
import { WorkKind } from '../../src/kernel/index.js';
import { SERVICE_DEFAULTS, type EndpointSlice, type Service } from '../../src/kube/index.js';
import { Protocol, familyOf, formatIp, formatIpPort, parseIp, type IpAddress } from '../../src/net/index.js';
import { PROXY_MODES, type ProxyOptions } from '../../src/proxy/index.js';
import { NodeLab, type Exploration, type Flow } from '../../src/testbed/index.js';
import { prefix } from './small-case.js';

const MODES = PROXY_MODES.map(({ name }) => name);
const ip = (text: string): IpAddress => parseIp(text)!;
const SERVICE = '172.30.0.1';
const NODE = '192.0.2.2';
const POD = '10.0.9.9';
const OUTSIDE = '203.0.113.7';
const ENDPOINTS = ['10.0.0.1', '10.0.0.2', '10.0.1.3'];

interface LabOptions extends Partial<Service> {
  readonly mode: string;
  readonly lookup?: 'walk' | 'index';
  readonly endpoints?: readonly string[];
  readonly protocol?: number;
  readonly nodePort?: number;
  readonly proxy?: Partial<ProxyOptions>;
}

/** A node with one Service of these endpoints, of which those in 10.0.0.0/24 run on the node itself; synced. */
function labOf(options: LabOptions): NodeLab {
  const { mode, lookup, endpoints = ENDPOINTS, protocol = Protocol.tcp, nodePort = 0, proxy, ...rest } = options;
  const lab = new NodeLab({
    mode,
    family: 4,
    ...(lookup === undefined ? {} : { lookup }),
    node: { name: 'node', ip: ip(NODE), localIps: ['127.0.0.1', NODE, '192.0.2.130'].map(ip), zone: '' },
    options: { detector: { kind: 'source', prefix: prefix('10.0.0.0/8') }, ...proxy },
    objects: { services: [service(protocol, nodePort, rest)], slices: [slice(endpoints, protocol)] },
  });
  lab.sync();
  return lab;
}

function service(protocol: number, nodePort: number, rest: Partial<Service>, address = SERVICE): Service {
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'default', name: 'web', labels: {} },
    type: nodePort === 0 ? 'ClusterIP' : 'NodePort',
    clusterIp: ip(address),
    clusterIps: [ip(address)],
    headless: false,
    selector: null,
    ports: [{ name: '', protocol, port: 80, targetPort: 8080, nodePort }],
    ...rest,
  };
}

function slice(endpoints: readonly string[], protocol: number): EndpointSlice {
  return {
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    family: familyOf(ip(endpoints[0] ?? '0.0.0.1')),
    service: 'web',
    ports: [{ name: '', protocol, port: 8080 }],
    endpoints: endpoints.map((address) => ({
      address: ip(address),
      node: address.startsWith('10.0.0.') ? 0 : 1,
      target: '',
      ready: true,
      serving: true,
      terminating: false,
      hints: null,
    })),
  };
}

function flow(source: string, changes: Partial<Flow> = {}): Flow {
  return { source: ip(source), destination: ip(SERVICE), destinationPort: 80, protocol: Protocol.tcp, ...changes };
}

/** Outcomes as texts, sorted: where to, whether masqueraded, how likely. */
function texts({ outcomes }: Exploration): string[] {
  return outcomes
    .map(({ outcome: { kind, address, port, masquerade }, probability }) => {
      const what = kind === 'endpoint' ? `${formatIpPort(address, port)}${masquerade ? ' masqueraded' : ''}` : kind;
      return `${what} ${probability.toFixed(3)}`;
    })
    .sort();
}

const every = (addresses: readonly string[], masqueraded: boolean): string[] =>
  addresses.map(
    (address) => `${address}:8080${masqueraded ? ' masqueraded' : ''} ${(1 / addresses.length).toFixed(3)}`,
  );

describe.each(MODES)('%s', (mode) => {
  const relays = mode === 'userspace';

  test.each([Protocol.tcp, Protocol.udp])(
    'every endpoint of a service is as likely as any other, protocol %i',
    (protocol) => {
      const lab = labOf({ mode, protocol });
      expect(texts(lab.explore(flow(POD, { protocol })))).toEqual(every(ENDPOINTS, relays));
      expect(texts(lab.explore(flow(OUTSIDE, { protocol })))).toEqual(every(ENDPOINTS, true));
      expect(texts(lab.explore(flow(NODE, { protocol })))).toEqual(every(ENDPOINTS, true));
    },
  );

  test('a node port is masqueraded for everybody', () => {
    const lab = labOf({ mode, nodePort: 30_080 });
    for (const source of [OUTSIDE, POD]) {
      const found = lab.explore(flow(source, { destination: ip(NODE), destinationPort: 30_080 }));
      expect(texts(found)).toEqual(every(ENDPOINTS, true));
    }
  });

  test('a packet that is for no service is left alone', () => {
    const lab = labOf({ mode });
    expect(texts(lab.explore(flow(POD, { destination: ip('198.51.100.1') })))).toEqual(['none 1.000']);
    expect(texts(lab.explore(flow(POD, { destination: ip(NODE), destinationPort: 22 })))).toEqual(['none 1.000']);
  });

  test('a question leaves nothing behind, and asked again has the same answer', () => {
    const lab = labOf({ mode, affinitySeconds: 100 });
    const ask = (): string[] => texts(lab.explore(flow(POD)));
    const first = ask();
    expect(first).toHaveLength(ENDPOINTS.length);
    expect(ask()).toEqual(first);
    for (let i = 0; i < 20; i++) lab.probe(flow(POD));
    const { stack, packets } = lab.bench;
    expect([stack.conntrack.count, packets.inUse, lab.node.ipvs.connectionCount]).toEqual([0, 1, 0]);
    expect([lab.node.netfilter.recent.count, lab.node.nftables.dynamicElements]).toEqual([0, 0]);
  });

  test('what is synced later takes the place of what was there', () => {
    const lab = labOf({ mode });
    lab.store.put('slice', slice(['10.0.1.9'], Protocol.tcp));
    expect(texts(lab.explore(flow(POD)))).toEqual(every(ENDPOINTS, relays));
    lab.sync();
    expect(texts(lab.explore(flow(POD)))).toEqual(every(['10.0.1.9'], relays));
    lab.restart();
    // A proxy that relays takes its ports with it; rules stay.
    if (relays) lab.sync();
    expect(texts(lab.explore(flow(POD)))).toEqual(every(['10.0.1.9'], relays));
    lab.store.remove('service', 'default/web');
    lab.sync({ full: true });
    expect(lab.probe(flow(POD)).kind).not.toBe('endpoint');
  });

  test('the text of a sync is there until something else is done', () => {
    const lab = labOf({ mode });
    expect(lab.script().length).toBeGreaterThan(0);
    lab.probe(flow(POD));
    expect(() => lab.script()).toThrow('right behind the sync');
  });
});

describe.each(['iptables', 'nftables'])('%s', (mode) => {
  test('by the walk and by the index flows come to the same, with the same work', () => {
    const [walk, index] = (['walk', 'index'] as const).map((lookup) => labOf({ mode, lookup, nodePort: 30_080 }));
    for (const source of [POD, OUTSIDE, NODE, '10.0.0.1']) {
      for (const asked of [flow(source), flow(source, { destination: ip(NODE), destinationPort: 30_080 })]) {
        const [a, b] = [walk!.explore(asked), index!.explore(asked)];
        expect(texts(b)).toEqual(texts(a));
        a.outcomes.forEach(({ outcome }, i) => {
          expect([...b.outcomes[i]!.outcome.work]).toEqual([...outcome.work]);
          expect(outcome.rules).toBeGreaterThan(0);
        });
      }
    }
  });

  test('an endpoint that talks to itself is masqueraded, and to others not', () => {
    const found = texts(labOf({ mode }).explore(flow('10.0.0.1')));
    expect(found).toEqual(['10.0.0.1:8080 masqueraded 0.333', '10.0.0.2:8080 0.333', '10.0.1.3:8080 0.333']);
  });

  test('the draws that are asked for choose the endpoint', () => {
    const lab = labOf({ mode });
    const chosen = [0, 1, 2].map((i) => lab.probe(flow(POD), { draw: Math.floor(((i + 0.5) / 3) * 2 ** 32) }));
    expect(new Set(chosen.map(({ address }) => formatIp(address)))).toEqual(new Set(ENDPOINTS));
  });

  test('affinity that is kept holds for its time', () => {
    const lab = labOf({ mode, affinitySeconds: 100 });
    const first = lab.probe(flow(POD), { keep: true });
    const next = (seconds: number): boolean => {
      lab.advance(seconds);
      const others = [0, 0.4, 0.8].map((part) =>
        lab.probe(flow(POD, { sourcePort: 50_000 + part * 10 }), { draw: part * 2 ** 32, keep: true }),
      );
      return others.every(({ address }) => address === first.address);
    };
    expect(next(50)).toBe(true);
    expect(next(90)).toBe(true);
    lab.advance(200);
    const fresh = [0.1, 0.5, 0.9].map((part) => lab.probe(flow(POD), { draw: part * 2 ** 32 }).address);
    expect(new Set(fresh).size).toBe(3);
  });

  test.each([
    [[], 'Cluster', 'reject'],
    [['10.0.1.3'], 'Local', 'drop'],
  ] as const)('with endpoints %j and policy %s a flow is %sed', (endpoints, internalTrafficPolicy, kind) => {
    const lab = labOf({ mode, endpoints, internalTrafficPolicy });
    for (const source of [POD, OUTSIDE, NODE]) expect(texts(lab.explore(flow(source)))).toEqual([`${kind} 1.000`]);
  });
});

test.each(MODES.filter((mode) => mode !== 'userspace'))(
  '%s: the node itself answers on a health-check node port while the Service has one',
  (mode) => {
    const lab = labOf({
      mode,
      type: 'LoadBalancer',
      nodePort: 30_080,
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 32_000,
    });
    const asked = flow(OUTSIDE, { destination: ip(NODE), destinationPort: 32_000 });
    expect(texts(lab.explore(asked))).toEqual(['accept 1.000']);
    lab.store.put('service', service(Protocol.tcp, 30_080, {}));
    lab.sync();
    expect(texts(lab.explore(asked))).toEqual(['none 1.000']);
  },
);

describe('ipvs', () => {
  test.each([
    ['rr', 3],
    ['lc', 3],
    ['sh', 1],
  ])('the scheduler %s comes to %i endpoints for one client', (scheduler, count) => {
    const lab = labOf({ mode: 'ipvs', proxy: { scheduler } });
    expect(lab.explore(flow(POD)).outcomes).toHaveLength(count);
  });

  test('a connection that is kept is counted by its server', () => {
    const lab = labOf({ mode: 'ipvs', proxy: { scheduler: 'lc' } });
    const chosen = [1, 2, 3].map((i) => lab.probe(flow(POD, { sourcePort: 40_000 + i }), { keep: true }).address);
    expect(new Set(chosen).size).toBe(3);
    expect(lab.node.ipvs.connectionCount).toBe(3);
  });
});

test('the way that a packet comes by is its sender’s, or the one that is asked for', () => {
  const lab = labOf({ mode: 'iptables' });
  const sends = (source: string, via?: Flow['via']): number =>
    lab.probe(flow(source, via === undefined ? {} : { via })).work[WorkKind.socketSend]!;
  // Only a packet of a pod or process here has been sent on this node.
  expect([sends(NODE), sends(POD), sends(OUTSIDE), sends(OUTSIDE, 'pod'), sends(POD, 'wire')]).toEqual([1, 1, 0, 1, 0]);
});

describe('IPv6', () => {
  test.each(MODES)('%s: every endpoint of a service is as likely as any other', (mode) => {
    const endpoints = ['fd00:1::1', 'fd00:1::2'];
    const lab = new NodeLab({
      mode,
      family: 6,
      node: { name: 'node', ip: ip('2001:db8::2'), localIps: ['::1', '2001:db8::2'].map(ip), zone: '' },
      options: { detector: { kind: 'source', prefix: prefix('fd00:1::/64') } },
      objects: { services: [service(Protocol.tcp, 0, {}, 'fd00:2::1')], slices: [slice(endpoints, Protocol.tcp)] },
    });
    lab.sync();
    const asked = flow('fd00:1::99', { destination: ip('fd00:2::1') });
    const masqueraded = mode === 'userspace' ? ' masqueraded' : '';
    expect(texts(lab.explore(asked))).toEqual(endpoints.map((address) => `[${address}]:8080${masqueraded} 0.500`));
    expect(texts(lab.explore({ ...asked, source: ip('2001:db8::2') }))).toEqual(
      endpoints.map((address) => `[${address}]:8080 masqueraded 0.500`),
    );
  });
});

test('a relay keeps the affinity of its clients as rules do, and no connection', () => {
  const lab = labOf({ mode: 'userspace', affinitySeconds: 100 });
  const kept = Array.from({ length: 6 }, () => lab.probe(flow(POD), { keep: true }).address);
  expect(new Set(kept).size).toBe(1);
  expect(new Set(Array.from({ length: 6 }, () => lab.probe(flow(POD)).address)).size).toBeGreaterThan(1);
});
