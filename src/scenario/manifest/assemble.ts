/**
 * Puts the objects of manifests together into one cluster, in which every endpoint is a Pod.
 *
 * - Pods that are listed stand for the Deployments and StatefulSets that own them (`label-index.ts`); these make Pods only when none of theirs
 *   is listed.
 * - A Service for which there are slices but no Pods (a list of Services and EndpointSlices, or a Service without selector
 *   whose slices somebody wrote) gets a Pod for each endpoint. For backends outside of the cluster that is a simplification.
 *   Slices of Services without selector stay as they are written, with those that mirror their Endpoints; others are the slice
 *   controller's business.
 * - A DaemonSet of which no Pod is listed gets one on each listed node; without listed nodes it gets none, which is said.
 * - Nodes that are only named (by Pods and endpoints) are added.
 */
import type { ClusterObjects, Node, Pod, PodSet } from '../../kube/api.js';
import { EndpointPods } from './endpoint-pods.js';
import type { ReadEndpoints } from './endpoints.js';
import { ingressNotes } from './ingress-notes.js';
import { LabelIndex } from './label-index.js';
import { withMirrored } from './mirrored.js';
import type { ReadDaemonSet, ReadPod, ReadPodSet } from './pod.js';
import type { ReadObjects } from './read-objects.js';
import { SharedHints, sliceWithNodes, type ReadSlice } from './slice.js';

/**
 * Puts objects together.
 * @returns the cluster, and what was made up, one sentence each
 */
export function assembled(read: ReadObjects): { readonly objects: ClusterObjects; readonly notes: readonly string[] } {
  const listed = new LabelIndex(
    read.pods.map((pod) => ({ namespace: pod.metadata.namespace, labels: pod.metadata.labels, pod })),
  );
  const podSets = read.podSets.filter((set) => !listed.hasPodOf(set, set.kind));
  const made = new LabelIndex(podSets.map((set) => ({ namespace: set.metadata.namespace, labels: set.podLabels })));
  const slices = byService(read.slices);
  const mirrored = mirroredEndpoints(read);
  const daemonSets = read.daemonSets.filter((set) => !listed.hasPodOf(set, 'DaemonSet'));
  const daemons = daemonSets.flatMap((set) => read.nodes.map((node) => daemonOn(set, node.name)));
  const running = new LabelIndex(daemons.map(({ metadata }) => metadata));
  const extra = new EndpointPods(read.pods);
  const kept: ReadSlice[] = [];
  const sliced: string[] = [];
  for (const service of read.services) {
    const { namespace, name } = service.metadata;
    const key = `${namespace}/${name}`;
    const own = withMirrored(slices.get(key) ?? [], mirrored.get(key));
    const { selector } = service;
    const hasPods = selector !== null && [listed, made, running].some((index) => index.has(namespace, selector));
    if (hasPods || service.type === 'ExternalName') continue;
    if (selector === null) kept.push(...own);
    if (extra.add(service, own)) sliced.push(key);
  }
  const pods = [...read.pods, ...daemons, ...extra.pods()];
  const nodes = nodesOf(read, pods, kept);
  const indices = new Map(nodes.map((node) => [node.name, node.index]));
  const shared = new SharedHints();
  const objects = {
    services: read.services,
    pods: pods.map((pod) => placed(pod, indices)),
    podSets: podSets.map(plainSet),
    slices: kept.map((slice) => sliceWithNodes(slice, indices, shared)),
    nodes,
    ...(read.otherSlices.length === 0 ? {} : { otherSlices: read.otherSlices }),
    ...(read.ingresses.length === 0 ? {} : { ingresses: read.ingresses }),
    ...(read.ingressClasses.length === 0 ? {} : { ingressClasses: read.ingressClasses }),
  };
  return {
    objects,
    notes: [
      ...daemonNotes(daemonSets, read.nodes.length),
      ...notesOf(sliced, nodes.length - read.nodes.length, strays(read)),
      ...ingressNotes(read.ingresses, read.services),
    ],
  };
}

/** Endpoints that are mirrored, by namespace and name: those of Services without selector. */
export function mirroredEndpoints({ services, endpoints }: ReadObjects): ReadonlyMap<string, ReadEndpoints> {
  const free = services.filter(({ selector, type }) => selector === null && type !== 'ExternalName');
  const names = new Set(free.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const found = endpoints.filter(({ mirrored }) => mirrored).map((own) => [nameOf(own), own] as const);
  return new Map(found.filter(([name]) => names.has(name)));
}

function nameOf({ metadata }: ReadEndpoints): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function daemonOn({ metadata, podLabels, ports, hostNetwork }: ReadDaemonSet, nodeName: string): ReadPod {
  return {
    metadata: { namespace: metadata.namespace, name: `${metadata.name}-${nodeName}`, labels: podLabels },
    ...{ ip: 0, secondIp: 0, hostNetwork, nodeName, phase: 'Running', ready: true, terminating: false, ports },
  };
}

function daemonNotes(sets: readonly ReadDaemonSet[], nodes: number): string[] {
  if (sets.length === 0) return [];
  const names = sets.slice(0, 3).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const some = names.join(', ') + (sets.length > names.length ? ', ...' : '');
  const what = `${sets.length} DaemonSet${s(sets.length)}`;
  if (nodes > 0) return [`${what} with a Pod on each of ${nodes} node${s(nodes)}: ${some}`];
  return [`${what} without Pods, as no Nodes are listed; Services in front have no endpoints: ${some}`];
}

function byService(slices: readonly ReadSlice[]): ReadonlyMap<string, readonly ReadSlice[]> {
  const groups = new Map<string, ReadSlice[]>();
  for (const slice of slices) {
    const key = `${slice.metadata.namespace}/${slice.service}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return groups;
}

function nodesOf(read: ReadObjects, pods: readonly ReadPod[], slices: readonly ReadSlice[]): Node[] {
  const nodes = new Map(read.nodes.map((node) => [node.name, node]));
  const named = [
    ...pods.map((pod) => pod.nodeName),
    ...slices.flatMap(({ endpoints }) => endpoints.map((own) => own.nodeName)),
  ];
  for (const name of named)
    if (name !== '' && !nodes.has(name)) nodes.set(name, { name, zone: '', ip: 0, secondIp: 0 });
  return [...nodes.values()].map((node, index) => ({ ...node, index }));
}

function placed({ nodeName, owner: _owner, ...pod }: ReadPod, indexes: ReadonlyMap<string, number>): Pod {
  return { ...pod, node: indexes.get(nodeName) ?? -1 };
}

function plainSet({ selector: _selector, ...set }: ReadPodSet): PodSet {
  return set;
}

/** Number of slices whose Service is not there. */
function strays({ services, slices }: ReadObjects): number {
  const known = new Set(services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return slices.filter(({ metadata, service }) => !known.has(`${metadata.namespace}/${service}`)).length;
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
