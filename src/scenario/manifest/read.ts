/**
 * Reads Kubernetes manifests: what `kubectl get svc,deploy,sts,pods,endpointslices,nodes -o yaml` (or json) prints, or files
 * that somebody wrote. Kinds that Service networking does not need are counted, not refused.
 */
import type { ClusterObjects, Service } from '../../kube/api.js';
import { formatIpv4 } from '../../net/index.js';
import { problemIn } from '../explain.js';
import type { Path } from '../located.js';
import { InputError } from '../problem.js';
import type { Problem } from '../problem.js';
import { assembled } from './assemble.js';
import { readNode } from './node.js';
import { notSimulated } from './not-simulated.js';
import { readPod, readPodSet } from './pod.js';
import { rawObjects } from './raw-object.js';
import type { RawObject, SourceText } from './raw-object.js';
import type { ReadObjects } from './read-objects.js';
import { readService } from './service.js';
import { readSlice } from './slice.js';

/** What manifests gave. */
export interface ManifestContent {
  readonly objects: ClusterObjects;
  /** Number of objects of kinds that are not needed, by kind. */
  readonly ignored: ReadonlyMap<string, number>;
  /** What was left out or made up, one sentence each. */
  readonly notes: readonly string[];
}

/** Kinds that are read, by kind and API group. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['Service', ''],
  ['Pod', ''],
  ['Node', ''],
  ['Deployment', 'apps'],
  ['StatefulSet', 'apps'],
  ['EndpointSlice', 'discovery.k8s.io'],
]);

/**
 * Reads manifests; all texts together are one cluster.
 * @throws InputError with every problem of every text
 */
export function readManifests(sources: readonly SourceText[]): ManifestContent {
  const problems: Problem[] = [];
  const raws: RawObject[] = [];
  for (const source of sources) collect(problems, () => raws.push(...rawObjects(source)));
  if (problems.length > 0) throw new InputError(problems);
  return readRawObjects(raws);
}

/** Puts objects together that are already taken apart. @throws InputError with every problem */
export function readRawObjects(raws: readonly RawObject[]): ManifestContent {
  const read: ReadObjects = { services: [], pods: [], podSets: [], slices: [], nodes: [] };
  const problems: Problem[] = [];
  const ignored = new Map<string, number>();
  const skipped = new Map<string, number>();
  const known = new Map<string, RawObject>();
  const services = new Map<Service, RawObject>();
  for (const raw of raws) {
    if (GROUPS.get(raw.kind) !== raw.group) {
      const kind = GROUPS.has(raw.kind) ? `${raw.kind}.${raw.group}` : raw.kind;
      ignored.set(kind, (ignored.get(kind) ?? 0) + 1);
      continue;
    }
    collect(problems, () => {
      requireFirst(raw, known);
      const family = keep(raw, read);
      if (family !== '') skipped.set(family, (skipped.get(family) ?? 0) + 1);
      const service = read.services.at(-1);
      if (raw.kind === 'Service' && family === '' && service !== undefined) services.set(service, raw);
    });
  }
  if (problems.length === 0) problems.push(...clashes(services));
  if (problems.length === 0 && services.size === 0)
    problems.push(noServices(raws, ignored, skipped.get('Service') ?? 0));
  if (problems.length > 0) throw new InputError(problems);
  const notes = [...skipped].map(([kind, count]) => {
    return `${count} ${kind}${count === 1 ? '' : 's'} left out: IPv6 is not simulated`;
  });
  const { objects, notes: more } = assembled(read);
  return { objects, ignored, notes: [...notes, ...notSimulated(services.values()), ...more] };
}

/** Reads one object into its list. @returns what it would have been, when it is left out for its address family */
function keep(raw: RawObject, read: ReadObjects): string {
  switch (raw.kind) {
    case 'Service': {
      const service = readService(raw);
      if (service === undefined) return 'Service';
      read.services.push(service);
      return '';
    }
    case 'EndpointSlice': {
      const slice = readSlice(raw);
      if (slice === undefined) return 'EndpointSlice';
      read.slices.push(slice);
      return '';
    }
    case 'Pod':
      read.pods.push(readPod(raw));
      return '';
    case 'Node':
      read.nodes.push(readNode(raw));
      return '';
    default:
      read.podSets.push(readPodSet(raw, raw.kind === 'StatefulSet' ? 'StatefulSet' : 'Deployment'));
      return '';
  }
}

function requireFirst(raw: RawObject, known: Map<string, RawObject>): void {
  const { name, namespace } = nameOf(raw);
  // Without a name the object's own schema complains.
  if (name === undefined) return;
  const key = raw.kind === 'Node' ? `Node ${name}` : `${raw.kind} ${namespace ?? 'default'}/${name}`;
  const first = known.get(key);
  known.set(key, first ?? raw);
  if (first === undefined) return;
  const { file, line, column } = first.place([], false);
  const message = `${key} occurs twice; the first one is at ${file}:${line}:${column}`;
  throw new InputError([problemIn(raw, ['metadata', 'name'], message)]);
}

function nameOf(raw: RawObject): { readonly name: string | undefined; readonly namespace: string | undefined } {
  const { metadata } = raw.value as { metadata?: Readonly<Record<string, unknown>> | null };
  const [name, namespace] = [metadata?.['name'], metadata?.['namespace']];
  return {
    name: typeof name === 'string' ? name : undefined,
    namespace: typeof namespace === 'string' ? namespace : undefined,
  };
}

/** Cluster addresses and node ports belong to one Service each. */
function clashes(services: ReadonlyMap<Service, RawObject>): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [service, raw] of services) {
    const name = `${service.metadata.namespace}/${service.metadata.name}`;
    const claim = (what: string, path: Path) => {
      const owner = owners.get(what) ?? name;
      owners.set(what, owner);
      if (owner !== name) problems.push(problemIn(raw, path, `${what} belongs to Service ${owner}`));
    };
    if (service.clusterIp !== 0) claim(`cluster IP ${formatIpv4(service.clusterIp)}`, ['spec', 'clusterIP']);
    for (const [index, port] of service.ports.entries()) {
      if (port.nodePort !== 0) claim(`node port ${port.nodePort}`, ['spec', 'ports', index, 'nodePort']);
    }
  }
  return problems;
}

function noServices(raws: readonly RawObject[], ignored: ReadonlyMap<string, number>, ipv6Only: number): Problem {
  const others = [...ignored].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const place = raws[0]?.place([], false) ?? { file: 'manifests', line: 0, column: 0 };
  const found = others === '' ? '' : ` (found: ${others})`;
  const message =
    ipv6Only > 0
      ? `expected at least one Service with an IPv4 address: IPv6 is not simulated, and the manifests have IPv6 Services only (${ipv6Only})`
      : `expected at least one Service${found}`;
  return { place: { ...place, line: 1, column: 1 }, field: '', message };
}

function collect(problems: Problem[], step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
  }
}
