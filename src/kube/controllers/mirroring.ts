/**
 * Mirroring of Endpoints that somebody wrote into EndpointSlices, pure: the slices that are wanted and those there are in, what to write
 * out (pkg/controller/endpointslicemirroring reconciler.go d030b9e3ff23 and pkg/api/v1/endpoints RepackSubsets, about v1.34).
 *
 * Subsets are brought into one form first, in which every port stands once. Each port set has one slice in each family: of
 * several the first stays. A slice is left alone or written anew, never changed in part; addresses above the limit are left out, those that
 * are not ready first. Where upstream takes the order of a hash map, the order of the Endpoints decides.
 * Cost: O(addresses × ports).
 */
import { familyOf, type IpAddress, type IpFamily } from '../../net/index.js';
import type { EndpointPort } from '../api.js';
import { portsKey } from './desired-endpoints.js';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from './slice-labels.js';
import { sameLabels, type Labels } from './selector-index.js';

/** Value of the managed-by label of mirrored slices. */
export const MIRRORED_BY = 'endpointslicemirroring-controller.k8s.io';

/** Most addresses of one subset that are mirrored, where nothing else is said. */
export const MIRRORED_ADDRESSES = 1000;

/** An endpoint as far as mirroring looks at it; all of its fields are compared. */
export interface MirroredEndpoint {
  readonly address: IpAddress;
  /** What stands behind the address, if anything is named; two objects behind one address are two endpoints. */
  readonly target?: string;
  readonly ready: boolean;
}

/** Addresses that offer the same ports. */
export interface EndpointsSubset<E extends MirroredEndpoint> {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly E[];
}

/** A slice that mirrors Endpoints. */
export interface MirroredSlice<E extends MirroredEndpoint> {
  /** Empty for one that is to be created. */
  readonly name: string;
  readonly family: IpFamily;
  readonly labels: Labels;
  /** None when nothing is said. */
  readonly annotations?: Labels;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly E[];
}

/** What the reconcile looks at. */
export interface MirrorInput<E extends MirroredEndpoint> {
  /** Labels of the Endpoints object, which its slices get. */
  readonly labels: Labels;
  /** Annotations of it that its slices get; none when nothing is said. */
  readonly annotations?: Labels;
  readonly subsets: readonly EndpointsSubset<E>[];
  /** The object's mirrored slices. */
  readonly existing: readonly MirroredSlice<E>[];
  readonly addressesPerSubset?: number;
  /** Whether the object is being deleted: then nothing is created. */
  readonly deleting?: boolean;
}

/** Writes to the API. */
export interface MirrorWrites<E extends MirroredEndpoint> {
  readonly create: readonly MirroredSlice<E>[];
  readonly update: readonly MirroredSlice<E>[];
  readonly delete: readonly MirroredSlice<E>[];
  /** Addresses above the limit, of which an event tells. */
  readonly skipped: number;
}

/** Works out the writes that bring an object's slices to what it says. */
export function mirrorEndpoints<E extends MirroredEndpoint>(input: MirrorInput<E>): MirrorWrites<E> {
  const { labels, subsets, existing, addressesPerSubset: most = MIRRORED_ADDRESSES } = input;
  const groups = new Map<string, MirroredSlice<E>[]>();
  for (const slice of existing) {
    const group = groups.get(keyOf(slice));
    if (group === undefined) groups.set(keyOf(slice), [slice]);
    else group.push(slice);
  }
  const create: MirroredSlice<E>[] = [];
  const update: MirroredSlice<E>[] = [];
  const gone: MirroredSlice<E>[] = [];
  const packed = repacked(subsets);
  for (const { ports, endpoints } of packed) {
    const taken = endpoints.slice(0, most);
    for (const family of [4, 6] as const) {
      const wanted = taken.filter(({ address }) => familyOf(address) === family);
      const annotations = input.annotations ?? {};
      const slice = { name: '', family, labels, annotations, ports, endpoints: wanted };
      const group = groups.get(keyOf(slice));
      const [first, ...others] = group ?? [];
      // What nobody wants any more stays among the groups, to be deleted.
      if (wanted.length === 0) continue;
      groups.delete(keyOf(slice));
      gone.push(...others);
      if (first === undefined) create.push(slice);
      else if (!isSame(first, slice)) update.push({ ...slice, name: first.name });
    }
  }
  gone.push(...[...groups.values()].flat());
  const recycled = recycle(create, gone);
  const skipped = packed.reduce((sum, { endpoints }) => sum + Math.max(0, endpoints.length - most), 0);
  return {
    create: input.deleting === true ? [] : recycled.create,
    update: [...update, ...recycled.update],
    delete: recycled.delete,
    skipped,
  };
}

/**
 * The subsets with every port in one of them: ports that the same addresses offer are together. An address that is not ready for a port
 * in one subset is not ready for it. Ready ones come first.
 */
export function repacked<E extends MirroredEndpoint>(subsets: readonly EndpointsSubset<E>[]): EndpointsSubset<E>[] {
  const byPort = new Map<string, { readonly ports: readonly EndpointPort[]; readonly endpoints: Map<string, E> }>();
  for (const { ports, endpoints } of subsets) {
    const singles = ports.length === 0 ? [[]] : ports.map((port) => [port]);
    for (const single of singles) {
      const key = portsKey(single);
      const own = byPort.get(key) ?? { ports: single, endpoints: new Map<string, E>() };
      byPort.set(key, own);
      for (const endpoint of endpoints) {
        const identity = identityOf(endpoint);
        if (own.endpoints.get(identity)?.ready !== false) own.endpoints.set(identity, endpoint);
      }
    }
  }
  const byAddresses = new Map<string, { ports: EndpointPort[]; endpoints: readonly E[] }>();
  for (const { ports, endpoints } of byPort.values()) {
    const ordered = [...endpoints.values()];
    const key = [...endpoints]
      .map(([identity, { ready }]) => `${identity} ${ready}`)
      .sort()
      .join('\n');
    // Endpoints without ports are not put together with others.
    const place = ports.length === 0 ? '' : key;
    const group = byAddresses.get(place);
    if (group !== undefined) group.ports.push(...ports);
    else {
      const sorted = [...ordered.filter(({ ready }) => ready), ...ordered.filter(({ ready }) => !ready)];
      byAddresses.set(place, { ports: [...ports], endpoints: sorted });
    }
  }
  return [...byAddresses.values()];
}

/** A slice to create takes over the name of one of its family to delete. */
function recycle<E extends MirroredEndpoint>(
  create: readonly MirroredSlice<E>[],
  gone: readonly MirroredSlice<E>[],
): Omit<MirrorWrites<E>, 'skipped'> {
  const free = [...gone];
  const update: MirroredSlice<E>[] = [];
  const left = create.filter((slice) => {
    const at = free.findIndex(({ family }) => family === slice.family);
    const [old] = at < 0 ? [] : free.splice(at, 1);
    if (old !== undefined) update.push({ ...slice, name: old.name });
    return old === undefined;
  });
  return { create: left, update, delete: free };
}

function keyOf({ family, ports }: Pick<MirroredSlice<MirroredEndpoint>, 'family' | 'ports'>): string {
  return `${family} ${portsKey(ports)}`;
}

function isSame<E extends MirroredEndpoint>(slice: MirroredSlice<E>, wanted: MirroredSlice<E>): boolean {
  const { [MANAGED_BY_LABEL]: _manager, [SERVICE_NAME_LABEL]: _service, ...labels } = slice.labels;
  if (!sameLabels(labels, wanted.labels) || !sameLabels(slice.annotations ?? {}, wanted.annotations ?? {}))
    return false;
  if (slice.endpoints.length !== wanted.endpoints.length) return false;
  const texts = new Set(slice.endpoints.map(textOf));
  return wanted.endpoints.every((endpoint) => texts.has(textOf(endpoint)));
}

/** What makes an endpoint one and the same. */
function identityOf({ address, target = '' }: MirroredEndpoint): string {
  return `${address} ${target}`;
}

function textOf(endpoint: object): string {
  return JSON.stringify(Object.entries(endpoint).sort(([a], [b]) => (a < b ? -1 : 1)));
}
