/** A small cluster for traces: two nodes, a Service with endpoints on both, one with a local policy, one without endpoints, and a few pods. */
import {
  SERVICE_DEFAULTS,
  type ClusterObjects,
  type EndpointSlice,
  type Pod,
  type Service,
} from '../../../src/kube/index.js';
import { Protocol, familyOf, parseIp, type IpAddress } from '../../../src/net/index.js';
import type { Case } from '../../../src/scenario/index.js';
import { readSource, readTarget, runTrace, type Trace, type TraceStep } from '../../../src/testbed/index.js';
import { prefix, smallCase, type Changes } from '../small-case.js';

const ip = (text: string): IpAddress => parseIp(text)!;

const PORTS = [
  { name: 'http', protocol: Protocol.tcp, port: 80, targetPort: 8080, nodePort: 30080 },
  { name: 'dns', protocol: Protocol.udp, port: 53, targetPort: 5353, nodePort: 30053 },
  { name: 'signal', protocol: Protocol.sctp, port: 36, targetPort: 3636, nodePort: 30036 },
];

function service(name: string, addresses: readonly string[], rest: Partial<Service> = {}): Service {
  const clusterIps = addresses.map(ip);
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'shop', name, labels: {} },
    type: 'NodePort',
    clusterIp: clusterIps[0]!,
    clusterIps,
    ipFamilies: clusterIps.map(familyOf),
    headless: false,
    selector: null,
    ports: PORTS,
    ...rest,
  };
}

function slice(name: string, endpoints: readonly (readonly [string, number])[]): EndpointSlice {
  const family = familyOf(ip(endpoints[0]![0]));
  const labels = { 'kubernetes.io/service-name': name };
  return {
    metadata: { namespace: 'shop', name: `${name}-${family}`, labels },
    family,
    service: name,
    ports: PORTS.map(({ name: port, protocol, targetPort }) => ({ name: port, protocol, port: targetPort })),
    endpoints: endpoints.map(([address, node]) => ({
      ...{ address: ip(address), node, target: '', ready: true, serving: true, terminating: false, hints: null },
    })),
  };
}

function pod(name: string, node: number, address: string, second: string): Pod {
  return {
    metadata: { namespace: 'shop', name, labels: {} },
    ...{ ip: ip(address), secondIp: ip(second), hostNetwork: false, node, phase: 'Running', ready: true },
    ...{ terminating: false, ports: [] },
  };
}

/** Objects of the cluster. */
export const SHOP: ClusterObjects = {
  nodes: ['here', 'there'].map((name, index) => ({
    ...{ name, index, ip: ip(`192.168.0.${index + 1}`), secondIp: ip(`fd00:30::${index + 1}`), zone: '' },
  })),
  pods: [
    pod('client', 0, '10.0.0.2', 'fd00:10::2'),
    pod('cart-0', 0, '10.0.0.3', 'fd00:10::3'),
    pod('cart-1', 1, '10.0.1.3', 'fd00:10:0:1::3'),
  ],
  podSets: [],
  services: [
    service('cart', ['172.16.0.10', 'fd00:20::10']),
    service('far', ['172.16.0.11'], { ports: [PORTS[0]!].map((port) => ({ ...port, nodePort: 30081 })) }),
    service('near', ['172.16.0.12'], {
      ports: [PORTS[0]!].map((port) => ({ ...port, nodePort: 30082 })),
      internalTrafficPolicy: 'Local',
    }),
    service('empty', ['172.16.0.13'], { type: 'ClusterIP', ports: [{ ...PORTS[0]!, nodePort: 0 }] }),
    service('self', ['172.16.0.14'], { type: 'ClusterIP', ports: [{ ...PORTS[0]!, nodePort: 0 }] }),
    service('outside', ['172.16.0.15'], { type: 'ClusterIP', ports: [{ ...PORTS[0]!, nodePort: 0 }] }),
  ],
  slices: [
    slice('cart', [
      ['10.0.0.3', 0],
      ['10.0.1.3', 1],
    ]),
    slice('cart', [
      ['fd00:10::3', 0],
      ['fd00:10:0:1::3', 1],
    ]),
    slice('far', [['10.0.1.3', 1]]),
    slice('near', [['10.0.1.3', 1]]),
    slice('self', [['10.0.0.2', 0]]),
    slice('outside', [['203.0.113.80', -1]]),
  ],
};

/** The case of that cluster; prices are round. */
export function shopCase(changes: Changes = {}): Case {
  const ranges = { podCidr: prefix('10.0.0.0/8'), nodes: 2, ipFamilies: [4, 6] as const };
  return smallCase({ ...changes, cluster: { ...ranges, objects: SHOP, ...changes.cluster } });
}

/** What a test may say about a trace. */
export interface Asked {
  readonly mode?: string;
  /** null for any pod. */
  readonly from?: string | null;
  readonly to: string;
  readonly via?: string;
  readonly family?: 4 | 6;
  readonly seed?: string;
  readonly changes?: Changes;
}

/** Traces a connection in the shop, by default from the pod `client` on node `here`, in iptables mode. */
export function traceIn({
  mode = 'iptables',
  from = 'shop/client',
  to,
  via,
  family,
  seed = '1',
  changes,
}: Asked): Trace {
  const ends = { from: readSource(from ?? undefined), to: readTarget(to) };
  return runTrace(shopCase(changes), { mode, ...ends, family, via, seed });
}

/** All steps of a trace, parents before what is below them. */
export function stepsOf(trace: Trace): readonly TraceStep[] {
  const below = (step: TraceStep): readonly TraceStep[] => [step, ...step.steps.flatMap(below)];
  return trace.packets.flatMap(({ passages }) => passages).flatMap(({ steps }) => steps.flatMap(below));
}
