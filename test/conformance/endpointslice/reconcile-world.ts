/** A store with what a reconcile case says, and the controller that syncs its Service once. */
import {
  EndpointSliceController,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  SelectorIndex,
  SERVICE_DEFAULTS,
  SERVICE_NAME_LABEL,
  SliceIndex,
  Store,
  addressIn,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Node,
  type OtherSlice,
  type Pod,
  type Service,
  type ServicePortSpec,
} from '../../../src/kube/index.js';
import { sliceLabels } from '../../../src/kube/controllers/slice-labels.js';
import { familyOf, ipPlus, parseIp, type IpAddress, type IpFamily } from '../../../src/net/index.js';
import type { DesiredGroup, ExistingSlice, ReconcileInput } from './reconcile-input.js';

const UID = 'own';
const OTHER_UID = 'another';
const SELECTOR = { selected: 'yes' };
const FIRST: Readonly<Record<IpFamily, string>> = { 4: '10.128.0.0', 6: 'fd00::' };
/** Name of the node of pods of which nothing else is said, and of the one that is missing. */
const FIRST_NODE = 'node-0';
const MISSING_NODE = 'gone';

/** What became of the slices. */
export interface ReconcileAnswer {
  readonly writes: { readonly creates: number; readonly updates: number; readonly deletes: number };
  /** Endpoints a slice, descending. */
  readonly sizes: readonly number[];
  readonly slices: readonly EndpointSlice[];
  readonly failed: boolean;
}

/** One case, built. */
export class ReconcileWorld {
  readonly store = new Store();
  private readonly input: ReconcileInput;
  private readonly controller: EndpointSliceController;
  private readonly nodes: readonly Node[];

  constructor(input: ReconcileInput) {
    this.input = input;
    const { store } = this;
    const zones = new Map([...input.details.values()].map((own) => [own.nodeName ?? FIRST_NODE, own.nodeZone ?? '']));
    if (zones.size === 0) zones.set(FIRST_NODE, '');
    const nodes = [...zones, [MISSING_NODE, ''] as const].map(([name, zone], index): Node => {
      return { name, zone, index, ip: 0, secondIp: 0 };
    });
    this.nodes = nodes;
    const slices = new SliceIndex(store);
    const selectors = new SelectorIndex(store);
    for (const node of nodes) store.put('node', node);
    const setup = { store, slices, selectors, limit: input.limit, nodes, families: input.families };
    this.controller = new EndpointSliceController(setup);
    store.remove('node', MISSING_NODE);
    const service = serviceOf(input);
    store.put('service', service);
    for (const slice of input.existing) this.putSlice(service, slice);
    for (const group of input.desired) for (const number of group.pods) this.putPod(number, group, service);
  }

  /** Syncs the Service. */
  run(): ReconcileAnswer {
    this.controller.reconcileAll();
    const slices = [...this.store.list('slice')];
    const others = [...this.store.list('other-slice')];
    const { create, update, delete: deleted } = this.controller.writes;
    return {
      writes: { creates: create, updates: update, deletes: deleted },
      sizes: [...slices, ...others].map(({ endpoints }) => endpoints.length).sort((a, b) => b - a),
      slices,
      failed: this.controller.syncs.error > 0,
    };
  }

  private putPod(number: number, group: DesiredGroup, service: Service): void {
    const { missingNode } = this.input;
    // What skips a pod is that its node is missing, unless something else is said of it.
    const gone = group.excluded.has(number) && !missingNode.has(number);
    const pod = this.podOf(number, group.families);
    const places = placesOf(group.ports);
    const ports = group.ports.map(({ protocol, port }, i) => {
      const name = places[i]!;
      if (!service.ports.some(({ targetPort }) => targetPort === name)) throw new Error(`no port ${name}`);
      return { name, protocol, port };
    });
    this.store.put('pod', { ...pod, ports, phase: gone ? 'Failed' : 'Running' });
  }

  private podOf(number: number, families: readonly IpFamily[]): Pod {
    const { namespace, details, notReady, missingNode } = this.input;
    const own = details.get(number);
    const nodeName = missingNode.has(number) ? MISSING_NODE : (own?.nodeName ?? this.nodes[0]!.name);
    const given = own?.ips.map(address) ?? [];
    const ips = given.length > 0 ? given : families.map((family) => ipPlus(address(FIRST[family]), number + 1));
    return {
      metadata: { namespace, name: own?.name ?? `pod${number}`, labels: SELECTOR },
      ip: ips[0] ?? 0,
      secondIp: ips[1] ?? 0,
      hostNetwork: false,
      node: this.nodes.findIndex(({ name }) => name === nodeName),
      phase: 'Running',
      ready: own?.ready ?? !notReady.has(number),
      terminating: own?.terminating ?? false,
      ports: [],
      ...(own?.hostname !== undefined && { hostname: own.hostname }),
      ...(own?.subdomain !== undefined && { subdomain: own.subdomain }),
    };
  }

  private putSlice(service: Service, slice: ExistingSlice): void {
    const { namespace, name: serviceName } = this.input;
    const matching = sliceLabels(service);
    const labels = slice.labelsMatch ? matching : { ...matching, stale: 'yes' };
    const metadata = { namespace, name: slice.name, labels };
    const { ports, addressType } = slice;
    if (addressType === 'IP' || addressType === 'FQDN') {
      const endpoints = slice.pods.map((number) => ({ addresses: [`pod${number}`], ready: true }));
      const own = { [SERVICE_NAME_LABEL]: serviceName, [MANAGED_BY_LABEL]: MANAGED_BY };
      const other: OtherSlice = {
        metadata: { ...metadata, labels: { ...labels, ...own } },
        addressType,
        service: serviceName,
        ports,
        endpoints,
      };
      this.store.put('other-slice', other);
      return;
    }
    if (addressType !== 'IPv4' && addressType !== 'IPv6') throw new Error(`unknown address type ${addressType}`);
    if (slice.placeholder && slice.pods.length > 0) throw new Error('a placeholder with members');
    const family = addressType === 'IPv4' ? 4 : 6;
    const endpoints = slice.pods.map((number) => this.memberOf(number, family, slice.stale.has(number)));
    const owner = slice.owned ? UID : OTHER_UID;
    this.store.put('slice', { metadata, family, service: serviceName, ports, endpoints, owner });
  }

  private memberOf(number: number, family: IpFamily, stale: boolean): Endpoint {
    const group = this.input.desired.find(({ pods }) => pods.includes(number));
    const pod = this.podOf(number, group?.families.includes(family) === true ? group.families : [family]);
    const { namespace, name } = pod.metadata;
    const isNamed = pod.hostname !== undefined && pod.hostname !== '' && pod.subdomain === this.input.name;
    const ready = this.input.publishNotReady || (pod.ready && !pod.terminating);
    return {
      address: addressIn(pod, family),
      node: pod.node,
      target: `${namespace}/${name}`,
      ready: ready !== stale,
      serving: pod.ready,
      terminating: pod.terminating,
      hints: null,
      ...(isNamed && { hostname: pod.hostname }),
    };
  }
}

/** What a group's ports are as ports of the Service: equal ones in one group are several. */
function placesOf(ports: readonly EndpointPort[]): readonly string[] {
  const counts = new Map<string, number>();
  return ports.map(({ name, protocol, appProtocol }) => {
    const key = `${name}/${protocol}/${appProtocol}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return `${key}/${count}`;
  });
}

/** The Service, with a named target port for every port that any group has. */
function serviceOf({ name, namespace, labels, deleting, clusterIps, families, ...input }: ReconcileInput): Service {
  const ports = new Map<string, ServicePortSpec>();
  for (const group of input.desired) {
    const places = placesOf(group.ports);
    group.ports.forEach(({ name: portName, protocol, appProtocol }, i) => {
      const spec = { name: portName, protocol, port: 80, targetPort: places[i]!, nodePort: 0 };
      ports.set(places[i]!, appProtocol === undefined ? spec : { ...spec, appProtocol });
    });
  }
  const written = clusterIps.filter((own) => own !== 'None' && own !== '').map(address);
  const own = written.filter((ip, i) => written.findIndex((other) => familyOf(other) === familyOf(ip)) === i);
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace, name, labels, uid: UID, deleting },
    type: 'ClusterIP',
    clusterIp: own[0] ?? 0,
    clusterIps: own,
    headless: clusterIps.includes('None'),
    ipFamilies: families,
    ipFamilyPolicy: families.length > 1 ? 'RequireDualStack' : 'SingleStack',
    selector: SELECTOR,
    ports: [...ports.values()],
    publishNotReadyAddresses: input.publishNotReady,
  };
}

function address(text: string): IpAddress {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`no address: ${text}`);
  return ip;
}
