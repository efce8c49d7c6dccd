/**
 * Bytes of Endpoints and EndpointSlices as the API server sends them: every field of the real types, counted.
 *
 * Mirrors the generated protobuf marshallers of k8s.io/api (core/v1, discovery/v1), which write a text even when it is empty, and a pointer
 * only when it is set. Fields that the simulator does not keep have the lengths that the API gives them: UIDs of 36 letters, a creation time,
 * generation 1. Left out: managedFields and the envelope of a watch event, which come on top. Cost: O(endpoints).
 */
import { formatIp, isIpv6 } from '../net/index.js';
import type { Endpoint, EndpointPort, EndpointSlice, Node, ObjectMeta } from './api.js';
import { MIRRORED_BY } from './controllers/mirroring.js';
import { HEADLESS_LABEL, MANAGED_BY, MANAGED_BY_LABEL } from './controllers/slice-labels.js';
import type { EndpointAddress, Endpoints } from './endpoints-object.js';

/** What sizes depend on beside the object. */
export interface SizeContext {
  /** By index; their names and zones are written. */
  readonly nodes: readonly Node[];
  /** Digits of a resource version. */
  readonly resourceVersionDigits: number;
  /** Whether there is a creation time, as in everything that an API server has stored. */
  readonly created: boolean;
  /** Minor version of the types: those of 1.20 have an empty clusterName. */
  readonly minor: 20 | 34;
}

/** Which conditions an endpoint has: all three, or `ready` alone as in mirrored slices and those of v1beta1. */
export type WrittenConditions = 'all' | 'ready';

const UID_LENGTH = 36;
const PROTOCOL_LENGTH: ReadonlyMap<number, number> = new Map([
  [6, 3],
  [17, 3],
  [132, 4],
]);
/** A varint of seconds since 1970, of 0 nanoseconds, and their tags. */
const TIME_LENGTH = 8;

/**
 * Bytes of a slice in protobuf.
 * @param conditions those that are written; what the slice's writer writes when nothing is said
 */
export function sliceBytes(slice: EndpointSlice, context: SizeContext, conditions = conditionsOf(slice)): number {
  const kind = ownerKind(slice);
  const made = kind === undefined ? {} : { owner: { kind, name: slice.service }, generateName: `${slice.service}-` };
  const meta = metaBytes(slice.metadata, context, { ...made, triggerNs: slice.triggerNs });
  let bytes = field(meta) + field(`IPv${slice.family}`.length);
  for (const port of slice.ports) bytes += field(slicePortBytes(port));
  for (const endpoint of slice.endpoints) bytes += field(endpointBytes(endpoint, context, conditions));
  return bytes;
}

/** Bytes of an Endpoints object in protobuf. */
export function endpointsBytes({ metadata, subsets, truncated, triggerNs }: Endpoints, context: SizeContext): number {
  let bytes = field(metaBytes(metadata, context, { triggerNs, truncated }));
  for (const { ports, ready, notReady } of subsets) {
    let subset = 0;
    for (const address of ready) subset += field(addressBytes(address, context));
    for (const address of notReady) subset += field(addressBytes(address, context));
    for (const port of ports) subset += field(portBytes(port));
    bytes += field(subset);
  }
  return bytes;
}

/** Which conditions the writer of a slice writes. */
export function conditionsOf({ metadata }: EndpointSlice): WrittenConditions {
  return metadata.labels[MANAGED_BY_LABEL] === MIRRORED_BY ? 'ready' : 'all';
}

/** Kind of the object that owns a slice, as its writer says; undefined for one that somebody wrote. */
export function ownerKind({ metadata }: EndpointSlice): 'Service' | 'Endpoints' | undefined {
  const writer = metadata.labels[MANAGED_BY_LABEL];
  return writer === MANAGED_BY ? 'Service' : writer === MIRRORED_BY ? 'Endpoints' : undefined;
}

interface MetaExtras {
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly generateName?: string;
  readonly triggerNs?: number | undefined;
  readonly truncated?: boolean;
}

/** Annotation with the time of what triggered the last change; its value has whole seconds. */
export const TRIGGER_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Annotation of Endpoints that lack addresses for want of room. */
export const CAPACITY_ANNOTATION = 'endpoints.kubernetes.io/over-capacity';
const SOME_TIME = '2026-01-01T00:00:00Z';

/** ObjectMeta without its own tag and length. */
function metaBytes(
  { namespace, name, labels, annotations = {} }: ObjectMeta,
  context: SizeContext,
  extras: MetaExtras,
): number {
  const { owner, generateName = '', triggerNs, truncated = false } = extras;
  let bytes = text(name) + text(generateName) + text(namespace);
  // selfLink is empty, generation one byte.
  bytes += field(0) + field(UID_LENGTH) + field(context.resourceVersionDigits) + 2;
  bytes += field(context.created ? TIME_LENGTH : 0);
  for (const key in labels) bytes += entry(key.length, labels[key]!.length);
  for (const key in annotations) bytes += entry(key.length, annotations[key]!.length);
  if (triggerNs !== undefined) bytes += entry(TRIGGER_ANNOTATION.length, SOME_TIME.length);
  if (truncated) bytes += entry(CAPACITY_ANNOTATION.length, 'truncated'.length);
  // With apiVersion v1, and the two flags of a controlling owner.
  if (owner !== undefined) bytes += field(text(owner.kind) + text(owner.name) + field(UID_LENGTH) + field(2) + 4);
  return context.minor === 20 ? bytes + field(0) : bytes;
}

function endpointBytes(
  { address, node, target, hostname, hints }: Endpoint,
  { nodes }: SizeContext,
  conditions: WrittenConditions,
): number {
  let bytes = field(addressLength(address)) + field(conditions === 'all' ? 6 : 2);
  if (hostname !== undefined) bytes += text(hostname);
  if (target !== '') bytes += field(referenceBytes(target));
  const own = nodes[node];
  if (own !== undefined) bytes += text(own.name);
  if (own !== undefined && own.zone !== '' && conditions === 'all') bytes += text(own.zone);
  if (hints === null) return bytes;
  let hinted = 0;
  for (const zone of hints.zones) hinted += field(text(zone));
  for (const other of hints.nodes) hinted += field(text(nodes[other]?.name ?? ''));
  return bytes + field(hinted);
}

function addressBytes({ address, node, target, hostname = '' }: EndpointAddress, { nodes }: SizeContext): number {
  let bytes = field(addressLength(address)) + text(hostname);
  if (target !== '') bytes += field(referenceBytes(target));
  const own = nodes[node];
  return own === undefined ? bytes : bytes + text(own.name);
}

/** A reference to a Pod by namespace, name and UID; apiVersion, resourceVersion and fieldPath are empty. */
function referenceBytes(target: string): number {
  const slash = target.indexOf('/');
  return field(3) + field(slash) + field(target.length - slash - 1) + field(UID_LENGTH) + 3 * field(0);
}

function slicePortBytes({ name, protocol, port, appProtocol }: EndpointPort): number {
  const bytes = text(name) + field(PROTOCOL_LENGTH.get(protocol) ?? 3) + 1 + varint(port);
  return appProtocol === undefined ? bytes : bytes + text(appProtocol);
}

/** The port of an Endpoints object has the same fields. */
const portBytes = slicePortBytes;

/** Letters of an address; counted without making the text where it is of IPv4. */
function addressLength(address: number): number {
  if (isIpv6(address)) return formatIp(address).length;
  let letters = 3;
  for (let shift = 0; shift < 32; shift += 8) {
    const octet = (address >>> shift) & 0xff;
    letters += octet > 99 ? 3 : octet > 9 ? 2 : 1;
  }
  return letters;
}

function text(value: string): number {
  return field(value.length);
}

/** One entry of a map of texts. */
function entry(key: number, value: number): number {
  return field(field(key) + field(value));
}

/** A field of some bytes with its tag and its length. */
function field(bytes: number): number {
  return 1 + varint(bytes) + bytes;
}

function varint(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest /= 128) bytes++;
  return bytes;
}

/** Whether kube-proxy's watch has a slice: not of Services without address, nor of those that another proxy serves. */
export function isProxied({ labels }: ObjectMeta): boolean {
  return labels[HEADLESS_LABEL] === undefined && labels['service.kubernetes.io/service-proxy-name'] === undefined;
}
