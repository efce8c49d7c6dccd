/** Cases of the schema `endpointslice-hints/v1`: zones with CPU, ready endpoints in each of them, and the hints that these get. */
import { expect } from 'vitest';
import {
  EndpointSliceController,
  SelectorIndex,
  SERVICE_DEFAULTS,
  SliceIndex,
  Store,
  type Node,
  type Pod,
  type Service,
} from '../../../src/kube/index.js';
import { ABOUT_CASE, type NamedCase } from '../case-documents.js';
import { fieldsOf, flagOf, knownFields, numberOf, textOf } from '../kube-proxy/fields.js';

const KNOWN = ['zonesCPU', 'readyEndpointsPerZone', 'mode', 'expect', 'slices', 'gatePreferSameTrafficDistribution'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const;
const MILLIS = 1000;

/** Runs a case; throws when it fails. */
export function runHints({ name, fields: own }: NamedCase): void {
  const fields = knownFields(own, [...ABOUT_CASE, ...KNOWN], name);
  const cpu = countsOf(fields['zonesCPU'], `${name} zonesCPU`);
  const perZone = countsOf(fields['readyEndpointsPerZone'], `${name} readyEndpointsPerZone`);
  const named = (zone: string, index: number) => ({ name: `node-${index}`, index, zone, ip: 0, secondIp: 0 });
  const counted = cpu.map(([zone, share], index): Node => ({ ...named(zone, index), cpuMillis: share * MILLIS }));
  // Endpoints may lie in zones whose nodes do not count.
  const others = perZone.map(([zone]) => zone).filter((zone) => !cpu.some(([own]) => own === zone));
  const nodes = [
    ...counted,
    ...others.map((zone, i): Node => ({ ...named(zone, counted.length + i), controlPlane: true })),
  ];
  const pods = perZone.flatMap(([zone, count]) => {
    const node = nodes.findIndex((each) => each.zone === zone);
    return Array.from({ length: count }, () => node);
  });
  const slices = fields['slices'] === undefined ? 1 : numberOf(fields['slices'], `${name} slices`);
  const hints = hintsOf({
    nodes,
    service: serviceWith(textOf(fields['mode'], `${name} mode`), name),
    pods,
    limit: Math.max(1, Math.ceil(pods.length / slices)),
    preferSame: flagOf(fields['gatePreferSameTrafficDistribution'], name, true),
  });
  const expected = knownFields(fields['expect'], ['hintsPerZone', 'crossZoneHints', 'hintsPerNode'], `${name} expect`);
  expect(hints.perZone).toEqual(expected['hintsPerZone']);
  expect(hints.cross).toBe(numberOf(expected['crossZoneHints'], `${name} crossZoneHints`));
  if (expected['hintsPerNode'] !== undefined) expect(hints.perNode).toEqual(expected['hintsPerNode']);
}

/** Runs the controller over a Service; counts hints. */
function hintsOf({
  nodes,
  service,
  pods,
  limit,
  preferSame,
}: {
  readonly nodes: readonly Node[];
  readonly service: Service;
  /** Node of each pod. */
  readonly pods: readonly number[];
  readonly limit: number;
  readonly preferSame: boolean;
}) {
  const store = new Store();
  for (const node of nodes) store.put('node', node);
  const slices = new SliceIndex(store);
  const selectors = new SelectorIndex(store);
  const controller = new EndpointSliceController({ store, slices, selectors, limit, nodes, preferSame });
  store.put('service', service);
  pods.forEach((node, number) => store.put('pod', podOn(node, number)));
  controller.reconcileAll();
  const perZone: Record<string, number> = {};
  const perNode: Record<string, number> = {};
  let cross = 0;
  for (const { endpoints } of store.list('slice')) {
    for (const { hints, node } of endpoints) {
      for (const zone of hints?.zones ?? []) {
        perZone[zone] = (perZone[zone] ?? 0) + 1;
        if (zone !== nodes[node]?.zone) cross++;
      }
      for (const own of hints?.nodes ?? []) perNode[nodes[own]!.name] = (perNode[nodes[own]!.name] ?? 0) + 1;
    }
  }
  return { perZone: Object.keys(perZone).length === 0 ? null : perZone, perNode, cross };
}

function serviceWith(mode: string, where: string): Service {
  const distribution = DISTRIBUTIONS.find((each) => each === mode);
  if (distribution === undefined && !['Auto', 'Disabled', 'none'].includes(mode)) {
    throw new Error(`${where}: unknown mode ${mode}`);
  }
  const annotations = { 'service.kubernetes.io/topology-mode': mode };
  const annotated = mode === 'Auto' || mode === 'Disabled';
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'test', name: 'svc', labels: {}, ...(annotated && { annotations }) },
    type: 'ClusterIP',
    clusterIp: 1,
    headless: false,
    selector: { app: 'svc' },
    ports: [{ name: '', protocol: 6, port: 80, targetPort: 80, nodePort: 0 }],
    trafficDistribution: distribution ?? '',
  };
}

function podOn(node: number, number: number): Pod {
  return {
    metadata: { namespace: 'test', name: `pod-${number}`, labels: { app: 'svc' } },
    ip: 0x0a000001 + number,
    secondIp: 0,
    hostNetwork: false,
    node,
    phase: 'Running',
    ready: true,
    terminating: false,
    ports: [],
  };
}

function countsOf(value: unknown, where: string): readonly (readonly [string, number])[] {
  return Object.entries(fieldsOf(value, where)).map(([zone, count]) => [zone, numberOf(count, `${where} ${zone}`)]);
}
