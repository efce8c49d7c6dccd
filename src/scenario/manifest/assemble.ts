/**
 * Puts the objects of manifests together into one cluster, in which every endpoint is a Pod.
 *
 * - Pods that are listed stand for the Deployments and StatefulSets that own them; these make Pods only when none of theirs
 *   is listed.
 * - A Service for which there are slices but no Pods (a list of Services and EndpointSlices, or a Service without selector
 *   whose slices somebody wrote) gets a Pod for each endpoint. For backends outside of the cluster that is a simplification.
 * - Nodes that are only named (by Pods and endpoints) are added.
 */
import type { ClusterObjects, Node, Pod, PodSet, Service } from '../../kube/api.js';
import type { ReadPod, ReadPodSet } from './pod.js';
import type { ReadObjects } from './read-objects.js';
import type { ReadSlice } from './slice.js';

type Labels = Readonly<Record<string, string>>;

/** Label by which a Service without selector finds the Pods made from its slices. */
const SLICE_LABEL = 'kubernetes.io/service-name';

/**
 * Puts objects together.
 * @returns the cluster, and what was made up, one sentence each
 */
export function assembled(read: ReadObjects): { readonly objects: ClusterObjects; readonly notes: readonly string[] } {
  const listed = new LabelIndex(
    read.pods.map((pod) => ({ namespace: pod.metadata.namespace, labels: pod.metadata.labels })),
  );
  const podSets = read.podSets.filter((set) => !listed.has(set.metadata.namespace, set.selector));
  const made = new LabelIndex(podSets.map((set) => ({ namespace: set.metadata.namespace, labels: set.podLabels })));
  const slices = byService(read.slices);
  const pods = [...read.pods];
  const sliced: string[] = [];
  const services = read.services.map((service) => {
    const { namespace, name } = service.metadata;
    const own = slices.get(`${namespace}/${name}`) ?? [];
    const selector = service.selector;
    const hasPods = selector !== null && (listed.has(namespace, selector) || made.has(namespace, selector));
    const extra = hasPods || service.type === 'ExternalName' ? [] : podsOf(service, own);
    if (extra.length === 0) return service;
    pods.push(...extra);
    sliced.push(`${namespace}/${name}`);
    return { ...service, selector: selector ?? { [SLICE_LABEL]: name } };
  });
  const nodes = nodesOf(read, pods);
  const indexes = new Map(nodes.map((node) => [node.name, node.index]));
  const objects = {
    services,
    pods: pods.map((pod) => placed(pod, indexes)),
    podSets: podSets.map(plainSet),
    slices: [],
    nodes,
  };
  return { objects, notes: notesOf(sliced, nodes.length - read.nodes.length, strays(read)) };
}

function byService(slices: readonly ReadSlice[]): ReadonlyMap<string, readonly ReadSlice[]> {
  const groups = new Map<string, ReadSlice[]>();
  for (const slice of slices) {
    const key = `${slice.namespace}/${slice.service}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return groups;
}

/** Whether there are Pods with given labels, without looking at every Pod. */
class LabelIndex {
  private readonly byLabel = new Map<string, Labels[]>();
  private readonly namespaces = new Set<string>();

  constructor(owners: readonly { readonly namespace: string; readonly labels: Labels }[]) {
    for (const { namespace, labels } of owners) {
      this.namespaces.add(namespace);
      for (const [key, value] of Object.entries(labels)) {
        const name = `${namespace}/${key}=${value}`;
        const list = this.byLabel.get(name);
        if (list === undefined) this.byLabel.set(name, [labels]);
        else list.push(labels);
      }
    }
  }

  /** An empty selector selects everything in its namespace. */
  has(namespace: string, selector: Labels): boolean {
    const wanted = Object.entries(selector);
    const first = wanted[0];
    if (first === undefined) return this.namespaces.has(namespace);
    const candidates = this.byLabel.get(`${namespace}/${first[0]}=${first[1]}`) ?? [];
    return candidates.some((labels) => wanted.every(([key, value]) => labels[key] === value));
  }
}

/** A Pod for each endpoint of a Service's slices; an endpoint may stand in slices of several port sets. */
function podsOf(service: Service, slices: readonly ReadSlice[]): ReadPod[] {
  const { namespace, name } = service.metadata;
  const pods = new Map<string, ReadPod>();
  for (const slice of slices) {
    for (const [index, endpoint] of slice.endpoints.entries()) {
      const podName = endpoint.pod === '' ? `${slice.name}-${index}` : endpoint.pod;
      const ports = slice.ports.map((port) => ({ ...port, name: targetName(service, port.name) }));
      const before = pods.get(podName);
      pods.set(podName, {
        metadata: { namespace, name: podName, labels: service.selector ?? { [SLICE_LABEL]: name } },
        ip: 0,
        nodeName: endpoint.nodeName,
        phase: 'Running',
        ready: endpoint.ready,
        terminating: endpoint.terminating,
        ports: [...(before?.ports ?? []), ...ports],
      });
    }
  }
  return [...pods.values()];
}

/** Name of the container port behind a Service port, where the Service names it. */
function targetName(service: Service, portName: string): string {
  const target = service.ports.find((port) => port.name === portName)?.targetPort;
  return typeof target === 'string' ? target : '';
}

function nodesOf(read: ReadObjects, pods: readonly ReadPod[]): Node[] {
  const zones = new Map(read.nodes.map((node) => [node.name, node.zone]));
  for (const pod of pods) if (pod.nodeName !== '' && !zones.has(pod.nodeName)) zones.set(pod.nodeName, '');
  return [...zones].map(([name, zone], index) => ({ name, index, ip: 0, zone }));
}

function placed({ nodeName, ...pod }: ReadPod, indexes: ReadonlyMap<string, number>): Pod {
  return { ...pod, node: indexes.get(nodeName) ?? -1 };
}

function plainSet({ selector: _selector, ...set }: ReadPodSet): PodSet {
  return set;
}

/** Number of slices whose Service is not there. */
function strays({ services, slices }: ReadObjects): number {
  const known = new Set(services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return slices.filter(({ namespace, service }) => !known.has(`${namespace}/${service}`)).length;
}

function notesOf(sliced: readonly string[], addedNodes: number, strayed: number): string[] {
  const notes: string[] = [];
  if (sliced.length > 0) {
    const some = sliced.slice(0, 3).join(', ') + (sliced.length > 3 ? ', ...' : '');
    notes.push(
      `endpoints of ${sliced.length} Service${s(sliced.length)} come from EndpointSlices, each simulated as a Pod: ${some}`,
    );
  }
  if (strayed > 0)
    notes.push(`${strayed} EndpointSlice${s(strayed)} passed over, of Services that are not in the manifests`);
  if (addedNodes > 0) notes.push(`${addedNodes} node${s(addedNodes)} added, named but not listed`);
  return notes;
}

/** The ending of a plural. */
function s(count: number): string {
  return count === 1 ? '' : 's';
}
