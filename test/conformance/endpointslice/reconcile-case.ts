/**
 * Cases of the schema `endpointslice-reconcile/v1`: a Service, its pods and its slices as they are, and one sync of the controller.
 *
 * Pods resolve to the ports of their group by named target ports, so that the whole way from pods to writes is run.
 */
import { expect } from 'vitest';
import { slicesAfter } from './reconcile-answer.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { fieldsOf, flagOf, knownFields, listOf, numberOf, textOf, textsOf, type Fields } from '../kube-proxy/fields.js';
import { numbersOf } from './numbers.js';
import { ReconcileWorld } from './reconcile-world.js';
import { portsOf } from './slice-ports.js';
import type { DesiredGroup, ExistingSlice, PodDetails, ReconcileInput } from './reconcile-input.js';

const KNOWN = [
  ...ABOUT_CASE,
  ...['maxEndpointsPerSlice', 'service', 'existingSlices', 'desired', 'expect', 'podDetails'],
  ...['notReadyPods', 'missingNodePods', 'expectReadyEndpoints', 'expectError'],
];
const EXPECTED = [
  'creates',
  'updates',
  'deletes',
  'sliceSizes',
  'sliceLabels',
  'endpointsByAddressType',
  'expectError',
];

/** Runs a case; throws when it fails. */
export function runReconcile({ name, fields: own }: NamedCase): void {
  const fields = knownFields(own, KNOWN, name);
  const world = new ReconcileWorld(inputOf(fields, name));
  const seen = world.run();
  const expected = knownFields(fields['expect'], [...EXPECTED, 'expectReadyEndpoints'], `${name} expect`);
  expect({ ...seen.writes, sliceSizes: seen.sizes }).toEqual({
    creates: numberOf(expected['creates'], name),
    updates: numberOf(expected['updates'], name),
    deletes: numberOf(expected['deletes'], name),
    sliceSizes: numbersOf(expected['sliceSizes'], `${name} sliceSizes`),
  });
  const { sliceLabels, endpointsByAddressType } = expected;
  if (sliceLabels !== undefined) for (const slice of seen.slices) expect(slice.metadata.labels).toEqual(sliceLabels);
  if (endpointsByAddressType !== undefined) {
    expect(slicesAfter(world.store, seen.slices)).toEqual(
      sortedAddresses(fieldsOf(endpointsByAddressType, `${name} endpointsByAddressType`)),
    );
  }
  const error = expected['expectError'] ?? fields['expectError'];
  if (error !== undefined) expect(seen.failed).toBe(flagOf(error, `${name} expectError`, false));
  const ready = expected['expectReadyEndpoints'] ?? fields['expectReadyEndpoints'];
  if (ready !== undefined) {
    expect(seen.slices.flatMap(({ endpoints }) => endpoints.filter((each) => each.ready))).toHaveLength(
      numberOf(ready, `${name} expectReadyEndpoints`),
    );
  }
}

/** Addresses in their canonical form, as the API writes them. */
function sortedAddresses(byType: Fields): unknown {
  return Object.fromEntries(
    Object.entries(byType).map(([type, endpoints]) => [
      type,
      listOf(endpoints, type).map((each) => {
        const { addresses, ...rest } = fieldsOf(each, type);
        return { addresses: textsOf(addresses, type).map((text) => canonical(text)), ...rest };
      }),
    ]),
  );
}

function canonical(text: string): string {
  if (!text.includes(':')) return text;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

function inputOf(fields: Fields, name: string): ReconcileInput {
  const known = ['name', 'namespace', 'addressTypes', 'deleting', 'clusterIP', 'clusterIPs', 'labels'];
  const service = knownFields(fields['service'], [...known, 'publishNotReadyAddresses'], `${name} service`);
  return {
    limit: numberOf(fields['maxEndpointsPerSlice'], `${name} maxEndpointsPerSlice`),
    name: textOf(service['name'], `${name} service name`),
    namespace: textOf(service['namespace'], `${name} service namespace`),
    families: textsOf(service['addressTypes'], `${name} addressTypes`).map((type) => {
      if (type !== 'IPv4' && type !== 'IPv6') throw new Error(`${name}: unknown address type ${type}`);
      return type === 'IPv4' ? 4 : 6;
    }),
    deleting: flagOf(service['deleting'], `${name} deleting`, false),
    clusterIps: [service['clusterIP'], ...listOf(service['clusterIPs'], `${name} clusterIPs`)].flatMap((own) =>
      own === undefined || own === null ? [] : [textOf(own, `${name} clusterIP`)],
    ),
    labels: textRecord(service['labels'], `${name} labels`),
    publishNotReady: flagOf(service['publishNotReadyAddresses'], `${name} publishNotReadyAddresses`, false),
    existing: listOf(fields['existingSlices'], `${name} existingSlices`).map((own) => existingOf(own, `${name} slice`)),
    desired: listOf(fields['desired'], `${name} desired`).map((own) => groupOf(own, `${name} desired`)),
    notReady: new Set(numbersOf(fields['notReadyPods'], `${name} notReadyPods`)),
    missingNode: new Set(numbersOf(fields['missingNodePods'], `${name} missingNodePods`)),
    details: new Map(listOf(fields['podDetails'], `${name} podDetails`).map((own) => detailsOf(own, `${name} pod`))),
  };
}

function existingOf(value: unknown, where: string): ExistingSlice {
  const known = ['name', 'addressType', 'ports', 'pods', 'stale', 'owned', 'labelsMatch', 'placeholder'];
  const fields = knownFields(value, known, where);
  return {
    name: textOf(fields['name'], `${where} name`),
    addressType: textOf(fields['addressType'], `${where} addressType`),
    ports: portsOf(fields['ports'], where),
    pods: numbersOf(fields['pods'], `${where} pods`),
    stale: new Set(numbersOf(fields['stale'], `${where} stale`)),
    owned: flagOf(fields['owned'], `${where} owned`, true),
    labelsMatch: flagOf(fields['labelsMatch'], `${where} labelsMatch`, true),
    placeholder: flagOf(fields['placeholder'], `${where} placeholder`, false),
  };
}

function groupOf(value: unknown, where: string): DesiredGroup {
  const fields = knownFields(value, ['ports', 'pods', 'excluded', 'addressTypes'], where);
  const types = fields['addressTypes'] === undefined ? ['IPv4', 'IPv6'] : textsOf(fields['addressTypes'], where);
  return {
    ports: portsOf(fields['ports'], where),
    pods: numbersOf(fields['pods'], `${where} pods`),
    excluded: new Set(numbersOf(fields['excluded'], `${where} excluded`)),
    families: types.map((type) => (type === 'IPv4' ? 4 : 6)),
  };
}

function detailsOf(value: unknown, where: string): readonly [number, PodDetails] {
  const known = ['pod', 'name', 'podIPs', 'hostname', 'subdomain', 'ready', 'nodeName', 'nodeZone', 'terminating'];
  const fields = knownFields(value, known, where);
  const text = (field: string): string | undefined =>
    fields[field] === undefined || fields[field] === null ? undefined : textOf(fields[field], `${where} ${field}`);
  return [
    numberOf(fields['pod'], where),
    {
      name: text('name'),
      ips: textsOf(fields['podIPs'], `${where} podIPs`),
      hostname: text('hostname'),
      subdomain: text('subdomain'),
      ready: flagOf(fields['ready'], `${where} ready`, true),
      terminating: flagOf(fields['terminating'], `${where} terminating`, false),
      nodeName: text('nodeName'),
      nodeZone: text('nodeZone'),
    },
  ];
}

function textRecord(value: unknown, where: string): Readonly<Record<string, string>> {
  const fields = fieldsOf(value ?? {}, where);
  return Object.fromEntries(Object.entries(fields).map(([key, own]) => [key, textOf(own, `${where} ${key}`)]));
}
