/**
 * The slice controller once everything has settled, whatever happened before: pods and nodes that come and go, a Service of any type, selector,
 * ports and families, slices that somebody else writes; at any pace. Every wanted endpoint stands in one slice, nothing else does, and all is quiet.
 *
 * `KPB_PROPERTY_SEED=random KPB_PROPERTY_RUNS=20000` looks further.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Controllers } from '../../src/kube/controllers/controllers.js';
import { sliceLabels } from '../../src/kube/controllers/slice-labels.js';
import {
  MANAGED_BY,
  MANAGED_BY_LABEL,
  SelectorIndex,
  SliceIndex,
  Store,
  addressIn,
  type ControllerPace,
  type EndpointSlice,
  type Pod,
  type Service,
} from '../../src/kube/index.js';
import type { IpFamily } from '../../src/net/index.js';
import { MILLISECOND, SECOND, Simulation } from '../../src/sim/index.js';
import { endpoint, ip, pod, service, slice } from './objects.js';

const PODS = 12;
const NODES = 3;
const KEY = 'test/foo';
const KINDS = [
  ...['come', 'come', 'go', 'ready', 'unready', 'end', 'fail', 'leave', 'return', 'address'],
  ...['port', 'named', 'label', 'publish', 'select', 'unselect', 'external', 'families', 'distribution', 'topology'],
  ...['remove', 'node-goes', 'node-returns', 'delete-slice', 'edit-slice', 'add-slice', 'give-slice'],
] as const;

type Kind = (typeof KINDS)[number];
type Change = readonly [kind: Kind, n: number, waitMs: number];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom(...KINDS),
  fc.integer({ min: 1, max: PODS }),
  fc.constantFrom(0, 0, 1, 7, 20, 60, 1000, 1500),
);
const pace: fc.Arbitrary<ControllerPace> = fc.record(
  {
    batchPeriodNs: fc.constantFrom(0, 5 * MILLISECOND, 1500 * MILLISECOND),
    informerLagNs: fc.constantFrom(3 * MILLISECOND, 20 * MILLISECOND, SECOND),
    requests: fc.record({ perSecond: fc.constantFrom(5, 20), burst: fc.constantFrom(1, 30) }),
  },
  { requiredKeys: [] },
);

function podOf(n: number): Pod {
  const ports = [{ name: 'http', protocol: 6, port: 8080 + (n % 3) }];
  return pod(n, { secondIp: ip(`fd00::${n}`), node: n % NODES, ready: false, ports: n % 5 === 0 ? [] : ports });
}

class World {
  readonly store = new Store();
  readonly simulation = new Simulation();
  readonly slices = new SliceIndex(this.store);
  private readonly nodes = Array.from({ length: NODES }, (_, index) => {
    return { name: `node-${index}`, index, ip: 0, secondIp: 0, zone: `zone-${index % 2}`, cpuMillis: 1000 };
  });
  private uid = 0;

  constructor(limit: number, own: ControllerPace) {
    const { store, slices, nodes } = this;
    for (const node of nodes) store.put('node', node);
    store.put('service', this.newService());
    const selectors = new SelectorIndex(store);
    const controllers = new Controllers({ store, slices, selectors, limit, nodes, pace: own, families: [4, 6] });
    controllers.reconcileAll();
    controllers.start(this.simulation);
  }

  get service(): Service | undefined {
    return this.store.get('service', KEY);
  }

  get managed(): EndpointSlice[] {
    return this.slices.of(KEY).filter(({ metadata }) => metadata.labels[MANAGED_BY_LABEL] === MANAGED_BY);
  }

  hasNode(index: number): boolean {
    return this.store.get('node', `node-${index}`) !== undefined;
  }

  nodesReturn(): void {
    for (const node of this.nodes) if (!this.hasNode(node.index)) this.store.put('node', node);
  }

  apply(kind: Kind, n: number): void {
    if (kind.endsWith('-slice')) this.applyToSlice(kind, n);
    else if (kind === 'node-goes') this.store.remove('node', `node-${n % NODES}`);
    else if (kind === 'node-returns') this.nodesReturn();
    else if (kind === 'remove') this.store.remove('service', KEY);
    else if (!this.applyToPod(kind, n)) this.applyToService(kind, n);
  }

  newService(): Service {
    return service({
      metadata: { namespace: 'test', name: 'foo', labels: {}, uid: `uid-${this.uid++}` },
      ipFamilies: [4],
    });
  }

  private applyToPod(kind: Kind, n: number): boolean {
    const { store } = this;
    const known = store.get('pod', `test/pod-${n}`);
    const made = podOf(n);
    const put = (changes: Partial<Pod>): void => {
      if (known !== undefined) store.put('pod', { ...known, ...changes });
    };
    if (kind === 'come' && known === undefined) store.put('pod', made);
    else if (kind === 'go') store.remove('pod', `test/pod-${n}`);
    else if (kind === 'ready') put({ ready: true, readySinceNs: this.simulation.now });
    else if (kind === 'unready') put({ ready: false });
    else if (kind === 'end') put({ terminating: true });
    // The end of a pod that is neither ready nor under deletion is not noticed.
    else if (kind === 'fail' && (known?.ready === true || known?.terminating === true))
      put({ phase: 'Failed', ready: false });
    else if (kind === 'leave') put({ metadata: { ...made.metadata, labels: { app: 'bar' } } });
    else if (kind === 'return') put({ metadata: made.metadata });
    else if (kind === 'address') put({ ip: made.ip + 256 * (1 + (this.simulation.eventCount % 100)) });
    else return false;
    return true;
  }

  private applyToService(kind: Kind, n: number): void {
    const own = this.service ?? this.newService();
    const [port] = own.ports;
    const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
    const changes: Partial<Record<Kind, Partial<Service>>> = {
      port: { ports: [{ ...port!, targetPort: 8000 + n }] },
      named: { ports: [{ ...port!, targetPort: 'http' }] },
      label: { metadata: { ...own.metadata, labels: { n: String(n) } } },
      publish: { publishNotReadyAddresses: n % 2 === 0 },
      select: { selector: { app: n % 3 === 0 ? 'bar' : 'foo' }, type: 'ClusterIP' },
      unselect: { selector: null },
      external: { type: own.type === 'ExternalName' ? 'ClusterIP' : 'ExternalName' },
      families: { ipFamilies: own.ipFamilies.length === 1 ? [4, 6] : [4] },
      distribution: { trafficDistribution: n % 2 === 0 ? '' : 'PreferSameZone' },
      topology: { metadata: n % 2 === 0 ? { ...own.metadata, annotations } : { ...own.metadata, annotations: {} } },
    };
    const changed = changes[kind];
    if (changed !== undefined) this.store.put('service', { ...own, ...changed });
  }

  private applyToSlice(kind: Kind, n: number): void {
    const { store, managed, service: own } = this;
    const chosen = managed[n % Math.max(1, managed.length)];
    if (kind === 'add-slice' && own !== undefined) {
      const owner = n % 2 === 0 ? own.metadata.uid! : 'another';
      store.put('slice', { ...slice(`by-hand-${n}`, [endpoint(n), endpoint(n + 1)]), owner });
    }
    if (chosen === undefined) return;
    if (kind === 'delete-slice') store.remove('slice', `test/${chosen.metadata.name}`);
    else if (kind === 'edit-slice') store.put('slice', { ...chosen, endpoints: [endpoint(40 + n), endpoint(60)] });
    else if (kind === 'give-slice') store.put('slice', { ...chosen, metadata: { ...chosen.metadata, labels: {} } });
  }
}

function wantedOf(world: World, own: Service, family: IpFamily): string[] {
  const texts: string[] = [];
  for (const each of world.store.list('pod')) {
    const { metadata, phase, ready, terminating, ports: podPorts } = each;
    const address = addressIn(each, family);
    if (own.selector?.['app'] !== metadata.labels['app'] || phase === 'Failed' || address === 0) continue;
    const [{ targetPort } = { targetPort: 0 }] = own.ports;
    const port = typeof targetPort === 'number' ? targetPort : podPorts[0]?.port;
    const state = [own.publishNotReadyAddresses || (ready && !terminating), ready, terminating];
    texts.push([metadata.name, address, each.node, port ?? 'none', ...state].join(' '));
  }
  return texts.sort();
}

function heldIn(slices: readonly EndpointSlice[]): string[] {
  const texts = slices.flatMap(({ endpoints, ports }) =>
    endpoints.map(({ target, address, node, ready, serving, terminating }) => {
      return [target.slice(5), address, node, ports[0]?.port ?? 'none', ready, serving, terminating].join(' ');
    }),
  );
  return texts.sort();
}

function check(world: World, own: Service): void {
  const { managed } = world;
  expect(new Set(managed.map(({ family }) => family))).toEqual(new Set(own.ipFamilies));
  for (const family of own.ipFamilies) {
    const slices = managed.filter((each) => each.family === family);
    expect(heldIn(slices)).toEqual(wantedOf(world, own, family));
    // Where pods have none of the ports, a placeholder counts as one of their slices.
    const ported = slices.filter(({ ports }) => ports.length > 0);
    for (const { endpoints } of ported) expect(endpoints.length).toBeGreaterThan(0);
  }
  const isAuto = own.metadata.annotations?.['service.kubernetes.io/topology-mode'] === 'Auto';
  for (const { endpoints, metadata, owner } of managed) {
    // A placeholder is taken over from an earlier Service of the name as it is.
    if (endpoints.length > 0) expect(owner).toBe(own.metadata.uid);
    expect(metadata.labels).toEqual(sliceLabels(own));
    for (const { ready, hints, node } of endpoints) {
      if (own.trafficDistribution === '' && !isAuto) expect(hints).toBeNull();
      else if (!isAuto && ready) expect(hints?.zones).toEqual([`zone-${node % 2}`]);
    }
  }
}

test('slices hold what is wanted and nothing else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), pace, fc.array(change, { maxLength: 30 }), (limit, own, changes) => {
      const world = new World(limit, own);
      const { simulation, store } = world;
      store.watch('slice', ({ type, object, previous = object }) => {
        if (type === 'deleted' || object.metadata.name.startsWith('by-hand')) return;
        // A slice that somebody filled beyond the limit is not split, and nothing is added to it.
        expect(object.endpoints.length).toBeLessThanOrEqual(Math.max(limit, previous.endpoints.length, 2));
        expect(new Set(object.endpoints.map(({ target }) => target)).size).toBe(object.endpoints.length);
      });
      for (const [kind, n, waitMs] of changes) {
        world.apply(kind, n);
        simulation.run(simulation.now + waitMs * MILLISECOND);
      }
      world.nodesReturn();
      // Pods on nodes that come back are found by the retries; where they were published all the same nothing failed, and nobody looks for zones.
      if (world.service?.publishNotReadyAddresses === true) store.put('service', { ...world.service });
      simulation.run(simulation.now + 3000 * SECOND);
      const { service: present } = world;
      if (present === undefined) {
        expect(world.managed).toEqual([]);
        return;
      }
      if (present.type === 'ExternalName' || present.selector === null) return;
      check(world, present);
      const { version } = store;
      simulation.run(simulation.now + 10_000 * SECOND);
      expect(store.version).toBe(version);
    }),
    { numRuns: fc.readConfigureGlobal().numRuns ?? 300 },
  );
});
