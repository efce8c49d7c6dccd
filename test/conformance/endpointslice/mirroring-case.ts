/** Cases of the schema `endpointslice-mirroring/v1`: Endpoints that somebody wrote, and the slices that mirror them. */
import { expect } from 'vitest';
import { MirroringController } from '../../../src/kube/controllers/endpoints-mirroring.js';
import { MIRRORED_BY } from '../../../src/kube/controllers/mirroring.js';
import {
  MANAGED_BY_LABEL,
  SERVICE_DEFAULTS,
  SERVICE_NAME_LABEL,
  SliceIndex,
  Store,
  type EndpointAddress,
  type EndpointAddresses,
  type EndpointSlice,
  type Service,
} from '../../../src/kube/index.js';
import { ipPlus, parseIp } from '../../../src/net/index.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { flagOf, knownFields, listOf, numberOf, textOf, type Fields } from '../kube-proxy/fields.js';
import { numbersOf } from './numbers.js';
import { portsOf } from './slice-ports.js';

const NAME = 'svc';
const KNOWN = ['maxEndpointsPerSubset', 'subsets', 'existingSlices', 'endpointsDeleting', 'expect'];

/** Runs a case; throws when it fails. */
export function runMirroring({ name, fields: own }: NamedCase): void {
  const fields = knownFields(own, [...ABOUT_CASE, ...KNOWN], name);
  const store = new Store();
  const slices = new SliceIndex(store);
  const addressesPerSubset = numberOf(fields['maxEndpointsPerSubset'] ?? 1000, `${name} maxEndpointsPerSubset`);
  const controller = new MirroringController({ store, seen: { store, slices }, addressesPerSubset });
  store.put('service', SERVICE);
  for (const slice of listOf(fields['existingSlices'], `${name} existingSlices`)) {
    store.put('slice', sliceOf(slice, `${name} slice`));
  }
  const deleting = flagOf(fields['endpointsDeleting'], `${name} endpointsDeleting`, false);
  const metadata = { namespace: 'test', name: NAME, labels: {}, deleting };
  const subsets = listOf(fields['subsets'], `${name} subsets`).map((subset) => subsetOf(subset, `${name} subset`));
  store.put('endpoints', { metadata, subsets, truncated: false });
  controller.reconcileAll();
  const expected = knownFields(fields['expect'], ['creates', 'updates', 'deletes', 'sliceSizes'], `${name} expect`);
  const count = (field: string): number => numberOf(expected[field], `${name} expect.${field}`);
  const { create, update, delete: deleted } = controller.writes;
  const sizes = [...store.list('slice')].map(({ endpoints }) => endpoints.length);
  expect({ creates: create, updates: update, deletes: deleted, sliceSizes: sizes.sort((a, b) => b - a) }).toEqual({
    creates: count('creates'),
    updates: count('updates'),
    deletes: count('deletes'),
    sliceSizes: numbersOf(expected['sliceSizes'], `${name} expect.sliceSizes`),
  });
}

/** A Service without selector. */
const SERVICE: Service = {
  ...SERVICE_DEFAULTS,
  metadata: { namespace: 'test', name: NAME, labels: {} },
  type: 'ClusterIP',
  clusterIp: 1,
  headless: false,
  selector: null,
  ports: [],
};

function subsetOf(value: unknown, where: string): EndpointAddresses {
  const fields = knownFields(value, ['ports', 'addresses', 'notReadyAddresses'], where);
  return {
    ports: portsOf(fields['ports'], where),
    ready: addressesOf(fields['addresses'], where),
    notReady: addressesOf(fields['notReadyAddresses'], where),
  };
}

function sliceOf(value: unknown, where: string): EndpointSlice {
  const known = ['name', 'addressType', 'ports', 'addresses', 'notReadyAddresses'];
  const fields: Fields = knownFields(value, known, where);
  const type = textOf(fields['addressType'], `${where} addressType`);
  if (type !== 'IPv4' && type !== 'IPv6') throw new Error(`${where}: unknown address type ${type}`);
  const { ports, ready, notReady } = subsetOf(
    { ports: fields['ports'], addresses: fields['addresses'], notReadyAddresses: fields['notReadyAddresses'] },
    where,
  );
  const state = { serving: true, terminating: false, hints: null };
  const labels = { [SERVICE_NAME_LABEL]: NAME, [MANAGED_BY_LABEL]: MIRRORED_BY };
  return {
    metadata: { namespace: 'test', name: textOf(fields['name'], `${where} name`), labels },
    family: type === 'IPv4' ? 4 : 6,
    service: NAME,
    ports,
    endpoints: [
      ...[...ready].map((own) => ({ ...own, ready: true, ...state })),
      ...[...notReady].map((own) => ({ ...own, ready: false, ...state })),
    ],
  };
}

/** Addresses one by one, or a number of them counting up from the first. What is no address is passed over, as by the controller. */
function addressesOf(value: unknown, where: string): readonly EndpointAddress[] {
  if (value === undefined || value === null || Array.isArray(value)) {
    return listOf(value, `${where} addresses`).flatMap((own) => {
      const text = typeof own === 'string' ? own : knownFields(own, ['ip'], `${where} address`)['ip'];
      const address = parseIp(textOf(text, where));
      return address === undefined ? [] : [at(address)];
    });
  }
  const { count, first } = knownFields(value, ['count', 'first'], `${where} addresses`);
  const start = addressIn(first, where);
  return Array.from({ length: numberOf(count, `${where} count`) }, (_, i) => at(ipPlus(start, i)));
}

function at(address: number): EndpointAddress {
  return { address, node: -1, target: '' };
}

function addressIn(text: unknown, where: string): number {
  const address = parseIp(textOf(text, where));
  if (address === undefined) throw new Error(`${where}: no address: ${String(text)}`);
  return address;
}
