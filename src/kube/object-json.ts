/**
 * Bytes of Endpoints and EndpointSlices in JSON, as clients get them that do not ask for protobuf: the object with its real fields, written out.
 *
 * The same fields and lengths as in `object-size.ts`, without kind and apiVersion. Cost: O(endpoints), with the text made.
 */
import { formatIp } from '../net/index.js';
import type { Endpoint, EndpointPort, EndpointSlice, ObjectMeta } from './api.js';
import type { Addresses, EndpointAddress, Endpoints } from './endpoints-object.js';
import { CAPACITY_ANNOTATION, TRIGGER_ANNOTATION, conditionsOf, ownerKind, type SizeContext } from './object-size.js';

type Json = Readonly<Record<string, unknown>>;

const UID = '00000000-0000-0000-0000-000000000000';
const SOME_TIME = '2026-01-01T00:00:00Z';
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [6, 'TCP'],
  [17, 'UDP'],
  [132, 'SCTP'],
]);

/**
 * Bytes of a slice.
 * @param conditions those that are written; what the slice's writer writes when nothing is said
 */
export function sliceJsonBytes(slice: EndpointSlice, context: SizeContext, conditions = conditionsOf(slice)): number {
  const kind = ownerKind(slice);
  const { family, ports, endpoints, service, metadata, triggerNs } = slice;
  const owner = { apiVersion: 'v1', kind, name: service, uid: UID, controller: true, blockOwnerDeletion: true };
  return JSON.stringify({
    metadata: {
      ...(kind === undefined ? {} : { generateName: `${service}-`, ownerReferences: [owner] }),
      generation: 1,
      ...meta(metadata, context, triggerNs === undefined ? {} : { [TRIGGER_ANNOTATION]: SOME_TIME }),
    },
    addressType: `IPv${family}`,
    // A nil list, which is what one without entries is in Go.
    endpoints: endpoints.length === 0 ? null : endpoints.map((own) => endpointJson(own, context, conditions === 'all')),
    ports: ports.map(portJson),
  }).length;
}

/** Bytes of an Endpoints object. */
export function endpointsJsonBytes(object: Endpoints, context: SizeContext): number {
  const { metadata, subsets, truncated, triggerNs } = object;
  const annotations = {
    ...(triggerNs === undefined ? {} : { [TRIGGER_ANNOTATION]: SOME_TIME }),
    ...(truncated ? { [CAPACITY_ANNOTATION]: 'truncated' } : {}),
  };
  const list = (addresses: Addresses): readonly Json[] | undefined =>
    addresses.length === 0 ? undefined : [...addresses].map((own) => addressJson(own, context));
  return JSON.stringify({
    metadata: meta(metadata, context, annotations),
    subsets:
      subsets.length === 0
        ? undefined
        : subsets.map(({ ports, ready, notReady }) => {
            return { addresses: list(ready), notReadyAddresses: list(notReady), ports: ports.map(portJson) };
          }),
  }).length;
}

function meta({ namespace, name, labels, annotations }: ObjectMeta, context: SizeContext, own: Json): Json {
  const all = { ...annotations, ...own };
  return {
    name,
    namespace,
    uid: UID,
    resourceVersion: '1'.repeat(context.resourceVersionDigits),
    creationTimestamp: context.created ? SOME_TIME : null,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(all).length === 0 ? {} : { annotations: all }),
  };
}

function endpointJson(
  { address, node, target, hostname, ready, serving, terminating, hints }: Endpoint,
  { nodes }: SizeContext,
  all: boolean,
): Json {
  const { name: nodeName, zone = '' } = nodes[node] ?? {};
  const forZones = hints?.zones.map((name) => ({ name })) ?? [];
  const forNodes = hints?.nodes.map((other) => ({ name: nodes[other]?.name ?? '' })) ?? [];
  return {
    addresses: [formatIp(address)],
    conditions: all ? { ready, serving, terminating } : { ready },
    hostname,
    ...(target === '' ? {} : { targetRef: reference(target) }),
    nodeName,
    ...(all && zone !== '' ? { zone } : {}),
    ...(hints === null
      ? {}
      : { hints: { ...(forZones.length > 0 && { forZones }), ...(forNodes.length > 0 && { forNodes }) } }),
  };
}

function addressJson({ address, node, target, hostname }: EndpointAddress, { nodes }: SizeContext): Json {
  const targetRef = target === '' ? undefined : reference(target);
  return { ip: formatIp(address), hostname, nodeName: nodes[node]?.name, targetRef };
}

function reference(target: string): Json {
  const [namespace, name] = target.split('/');
  return { kind: 'Pod', namespace, name, uid: UID };
}

function portJson({ name, port, protocol, appProtocol }: EndpointPort): Json {
  return { name, port, protocol: PROTOCOLS.get(protocol) ?? 'TCP', appProtocol };
}
