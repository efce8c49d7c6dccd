/**
 * Who sends and what is dialled: names of a request as hosts and addresses of the world.
 *
 * Every refusal says what there is instead.
 */
import { addressIn, objectKey, type Pod, type Service } from '../../kube/index.js';
import {
  Protocol,
  familyOf,
  formatIp,
  inPrefix,
  protocolName,
  type IpAddress,
  type IpFamily,
} from '../../net/index.js';
import { didYouMean } from '../../scenario/index.js';
import { CaseError } from '../case-error.js';
import { nodeNamed, some } from './node-named.js';
import type { IngressAsked, SourceName, TargetName, TraceRequest } from './request.js';
import type { Target } from './target.js';
import type { TraceWorld } from './trace-world.js';
import type { Entry } from './place.js';
import { isSpread, wayInOf } from './way-in.js';

/**
 * Finds what is dialled.
 * @throws CaseError when there is no such thing
 */
export function targetOf(
  world: TraceWorld,
  { to, family }: { readonly to: Exclude<TargetName, IngressAsked>; readonly family: IpFamily | undefined },
): Target {
  const wanted = family ?? (to.kind === 'address' ? familyOf(to.address) : world.cluster.families[0]!);
  if (!world.cluster.families.includes(wanted)) {
    throw new CaseError(`${family === undefined ? '--to' : '--family'}: the cluster has no IPv${wanted}`);
  }
  switch (to.kind) {
    case 'service':
      return serviceTarget(world, to, wanted);
    case 'node': {
      const { port, protocol } = to;
      const node = nodeNamed(world, to.name, '--to');
      const address = addressIn(node, wanted);
      const [service] = servicesAt(world, { address, port, protocol, name: '' });
      return { address, port, protocol, name: service === undefined ? node.name : `${node.name} for ${service}` };
    }
    case 'address': {
      const { address, port, protocol } = to;
      if (familyOf(address) !== wanted) {
        throw new CaseError(`--to: ${formatIp(address)} is no IPv${wanted} address, which --family asks for`);
      }
      return { address, port, protocol, name: nameOf(world, address, port, protocol) };
    }
  }
}

/** Services that answer at an address and port: their keys. */
export function servicesAt(world: TraceWorld, { address, port, protocol }: Target): readonly string[] {
  const isNode = world.nodeAt(address) !== undefined;
  return [...world.cluster.store.list('service')]
    .filter((service) => {
      const own = [...service.clusterIps, ...service.externalIps, ...service.loadBalancerVips].includes(address);
      const ports = service.ports.filter((each) => each.protocol === protocol);
      return ports.some((each) => (own && each.port === port) || (isNode && each.nodePort === port));
    })
    .map(({ metadata }) => objectKey(metadata.namespace, metadata.name));
}

/** Who sends. */
export interface Sender {
  /** Number of the host. */
  readonly host: number;
  /** How a machine outside comes in; undefined for others. */
  readonly entry: Entry | undefined;
}

/**
 * Finds or makes the host that sends.
 * @throws CaseError when there is no such thing, or it has no address to send from
 */
export function sourceOf(world: TraceWorld, { from, via }: Pick<TraceRequest, 'from' | 'via'>, target: Target): Sender {
  const { base } = world;
  if (via !== undefined) requireOutsider(world, from, via);
  switch (from.kind) {
    case 'any pod':
      return inside(anyPod(world, target));
    case 'node':
      return inside(base.nodeHosts[nodeNamed(world, from.name, '--from').index]!);
    case 'pod':
      return inside(hostOfPod(world, podNamed(world, from)));
    case 'address':
      return senderWith(world, from, via, target);
  }
}

function inside(host: number): Sender {
  return { host, entry: undefined };
}

/** Refuses a way in for somebody who is inside. */
function requireOutsider(world: TraceWorld, from: SourceName, via: string): void {
  if (!isSpread(world, via)) nodeNamed(world, via, '--via');
  const isOutside = from.kind === 'address' && !isInside(world, from.address);
  if (isOutside) return;
  throw new CaseError(
    '--via: only a machine outside of the cluster comes in by a node; name one with --from, such as 203.0.113.9',
  );
}

/** Whether an address is a pod's or a node's. */
function isInside(world: TraceWorld, address: IpAddress): boolean {
  return world.base.underlay.podAt.get(address) >= 0 || world.nodeAt(address) !== undefined;
}

function serviceTarget(
  { cluster }: TraceWorld,
  to: Extract<TargetName, { kind: 'service' }>,
  family: IpFamily,
): Target {
  const key = objectKey(to.namespace, to.name);
  const services = [...cluster.store.list('service')];
  const service = services.find(({ metadata }) => objectKey(metadata.namespace, metadata.name) === key);
  if (service === undefined) {
    const keys = services.map(({ metadata }) => objectKey(metadata.namespace, metadata.name));
    throw new CaseError(`--to: there is no Service ${key}${didYouMean(key, keys) || `; there are: ${some(keys)}`}`);
  }
  const address = service.clusterIps.find((each) => familyOf(each) === family);
  if (address === undefined) {
    const why = service.clusterIps.length === 0 ? withoutAddress(service) : `has no IPv${family} address`;
    throw new CaseError(`--to: Service ${key} ${why}; name an address and a port, such as 10.0.0.1:80`);
  }
  const { name, port, protocol } = portOf(service, key, to);
  return { address, port, protocol, name: name === '' ? key : `${key}:${name}` };
}

/** Why a Service has no cluster address. */
function withoutAddress({ type, headless }: Service): string {
  if (type === 'ExternalName')
    return 'is of type ExternalName: DNS gives clients another name, and kube-proxy does nothing for it';
  if (headless) return "is headless: DNS gives clients its endpoints' addresses, and kube-proxy does nothing for it";
  return 'has no cluster address';
}

function portOf(service: Service, key: string, { port: wanted, protocol }: Extract<TargetName, { kind: 'service' }>) {
  const { ports } = service;
  const named = ports.filter(({ name, port }) => wanted === '' || name === wanted || String(port) === wanted);
  const fitting = protocol === 0 ? named : named.filter((each) => each.protocol === protocol);
  // TCP where nothing is said, unless the port is of another protocol alone.
  const found = fitting.find((each) => each.protocol === Protocol.tcp) ?? fitting[0];
  if (found !== undefined && (wanted !== '' || ports.length === 1)) return found;
  const known = ports.map(({ name, port, protocol: number }) => {
    return `${name === '' ? '' : `${name} `}${port}/${protocolName(number)}`;
  });
  const names = ports.flatMap(({ name, port }) => [name, String(port)]).filter((name) => name !== '');
  const what =
    wanted === '' ? 'several ports' : `no port ${wanted}${protocol === 0 ? '' : `/${protocolName(protocol)}`}`;
  throw new CaseError(`--to: Service ${key} has ${what}; there are: ${known.join(', ')}${didYouMean(wanted, names)}`);
}

/** What is known of an address: a Service, a pod, a node, or nothing. */
function nameOf(world: TraceWorld, address: IpAddress, port: number, protocol: number): string {
  const [service] = servicesAt(world, { address, port, protocol, name: '' });
  if (service !== undefined) return service;
  const host = world.hostAt(address);
  return host < 0 ? '' : world.place(host).name;
}

function anyPod(world: TraceWorld, target: Target): number {
  const { cluster } = world;
  const serving = new Set<IpAddress>([target.address]);
  for (const key of servicesAt(world, target)) {
    for (const slice of cluster.slices.of(key)) for (const { address } of slice.endpoints) serving.add(address);
  }
  const family = familyOf(target.address);
  for (const pod of cluster.pods()) {
    const address = addressIn(pod, family);
    const isUp = pod.ready && !pod.terminating;
    if (isUp && pod.node === 0 && !pod.hostNetwork && address !== 0 && !serving.has(address)) {
      return hostOfPod(world, pod);
    }
  }
  return world.addClient(0);
}

function podNamed({ cluster }: TraceWorld, { namespace, name }: Extract<SourceName, { kind: 'pod' }>): Pod {
  const key = objectKey(namespace, name);
  const keys: string[] = [];
  for (const pod of cluster.pods()) {
    const own = objectKey(pod.metadata.namespace, pod.metadata.name);
    if (own === key) return pod;
    keys.push(own);
  }
  throw new CaseError(`--from: there is no pod ${key}${didYouMean(key, keys) || `; there are: ${some(keys)}`}`);
}

function hostOfPod({ base }: TraceWorld, pod: Pod): number {
  if (pod.hostNetwork && pod.node >= 0) return base.nodeHosts[pod.node]!;
  const host = base.underlay.podAt.get(pod.ip);
  const { namespace, name } = pod.metadata;
  if (host < 0) throw new CaseError(`--from: pod ${namespace}/${name} has no address yet`);
  return host;
}

function senderWith(
  world: TraceWorld,
  { address }: Extract<SourceName, { kind: 'address' }>,
  via: string | undefined,
  target: Target,
): Sender {
  const known = world.hostAt(address);
  if (known >= 0) return inside(known);
  const family = familyOf(address);
  if (!world.cluster.families.includes(family)) {
    throw new CaseError(`--from: ${formatIp(address)}: the cluster has no IPv${family}`);
  }
  const { pod, service } = world.rangesOf(family);
  for (const [range, what] of [
    [pod, 'pods'],
    [service, 'Services'],
  ] as const) {
    if (!inPrefix(address, range.address, range.bits)) continue;
    const owner = what === 'pods' ? 'no pod has it' : 'Services do not send';
    throw new CaseError(
      `--from: ${formatIp(address)} is in the range of ${what}, and ${owner}; name a pod or an outside address`,
    );
  }
  const { gateway, spread, entry } = wayInOf(world, via, target);
  return { host: world.addOutsider(address, gateway, { spread }), entry };
}
