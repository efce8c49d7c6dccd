/** Rules as kube-proxy writes them for services of one endpoint, and as flanneld writes them for a node. */
import { CtState, type RuleSpec, type RuleStore } from '../../../src/kernel/index.js';
import { Protocol, parseIpv4 } from '../../../src/net/index.js';

const MARK = 0x4000;
const MASQUERADE = { kind: 'masquerade', randomFully: true } as const;

/** Number and length of a prefix such as 10.244.0.0/16. */
function prefix(text: string, bits: number): { address: number; bits: number } {
  return { address: parseIpv4(text) ?? 0, bits };
}

/** All pods. */
const CLUSTER = prefix('10.244.0.0', 16);

/** A service on a cluster address, and on a node port where one is given. */
export interface Service {
  readonly address: string;
  /** Where its one endpoint is; absent for none. */
  readonly endpoint?: string;
  readonly port?: number;
  readonly protocol?: number;
  readonly nodePort?: number;
  /** externalTrafficPolicy Local: traffic to the node port is not masqueraded. */
  readonly local?: boolean;
}

/** KUBE-SERVICES with all that hangs on it, as it stands in PREROUTING and OUTPUT of the nat table. */
export function kubeServices(store: RuleStore, services: readonly Service[]): number {
  const mark = store.addChain('KUBE-MARK-MASQ', [{ target: { kind: 'mark-or', bits: MARK } }]);
  const toMark = { kind: 'jump', chain: mark } as const;
  const dispatch: RuleSpec[] = [];
  const nodePorts: RuleSpec[] = [];
  for (const { address, endpoint, port = 8080, protocol = Protocol.tcp, nodePort, local } of services) {
    if (endpoint === undefined) continue;
    const server = prefix(endpoint, 32);
    const separate = store.addChain('KUBE-SEP', [
      { source: server, target: toMark },
      { protocol, target: { kind: 'dnat', address: server.address, port } },
    ]);
    const service = store.addChain('KUBE-SVC', [
      {
        source: { ...CLUSTER, negated: true },
        destination: prefix(address, 32),
        protocol,
        destinationPort: 80,
        target: toMark,
      },
      { target: { kind: 'jump', chain: separate } },
    ]);
    const external = store.addChain('KUBE-EXT', [
      ...(local ? [] : [{ target: toMark }]),
      { target: { kind: 'jump', chain: service } },
    ]);
    dispatch.push({
      destination: prefix(address, 32),
      protocol,
      destinationPort: 80,
      target: { kind: 'jump', chain: service },
    });
    if (nodePort !== undefined)
      nodePorts.push({ protocol, destinationPort: nodePort, target: { kind: 'jump', chain: external } });
  }
  const last = store.addChain('KUBE-NODEPORTS', nodePorts);
  const chain = store.addChain('KUBE-SERVICES', [
    ...dispatch,
    { destinationLocal: true, target: { kind: 'jump', chain: last } },
  ]);
  return store.addChain('PREROUTING', [{ target: { kind: 'jump', chain } }]);
}

/** KUBE-POSTROUTING. */
export function kubePostrouting(store: RuleStore): number {
  const chain = store.addChain('KUBE-POSTROUTING', [
    { mark: { value: MARK, mask: MARK, negated: true }, target: { kind: 'return' } },
    { target: { kind: 'mark-xor', bits: MARK } },
    { target: MASQUERADE },
  ]);
  return store.addChain('POSTROUTING', [{ target: { kind: 'jump', chain } }]);
}

/** FLANNEL-POSTRTG of the node with a pod subnet. */
export function flannelPostrouting(store: RuleStore, subnet: number): number {
  const own = { address: subnet, bits: 24 };
  const notCluster = { ...CLUSTER, negated: true };
  const chain = store.addChain('FLANNEL-POSTRTG', [
    { mark: { value: MARK, mask: MARK }, target: { kind: 'return' } },
    { source: own, destination: CLUSTER, target: { kind: 'return' } },
    { source: CLUSTER, destination: own, target: { kind: 'return' } },
    { source: notCluster, destination: own, target: { kind: 'return' } },
    { source: CLUSTER, destination: { ...prefix('224.0.0.0', 4), negated: true }, target: MASQUERADE },
    { source: notCluster, destination: CLUSTER, target: MASQUERADE },
  ]);
  return store.addChain('POSTROUTING', [{ target: { kind: 'jump', chain } }]);
}

/** FLANNEL-FWD. */
export function flannelForward(store: RuleStore): number {
  const chain = store.addChain('FLANNEL-FWD', [
    { source: CLUSTER, target: { kind: 'accept' } },
    { destination: CLUSTER, target: { kind: 'accept' } },
  ]);
  return store.addChain('FORWARD', [{ target: { kind: 'jump', chain } }]);
}

/** KUBE-SERVICES of the filter table: packets to a service without endpoints are turned away. */
export function kubeReject(store: RuleStore, address: string, kind: 'reject' | 'drop'): number {
  return store.addChain('FORWARD', [{ state: CtState.new, destination: prefix(address, 32), target: { kind } }]);
}
