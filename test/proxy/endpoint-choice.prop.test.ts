/** Endpoint choices against kube-proxy's own steps, one node at a time and without sharing anything. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint, Service } from '../../src/kube/index.js';
import { EndpointChoices } from '../../src/proxy/endpoint-choice.js';
import { NodeDependentPorts } from '../../src/proxy/node-dependent-ports.js';
import { endpoint, ledgerWorld, listTexts } from './ledger-world.js';

const NODES = [
  { index: 0, zone: 'a' },
  { index: 1, zone: 'a' },
  { index: 2, zone: 'b' },
  { index: 3, zone: '' },
];

const hints = fc.option(
  fc.record({
    zones: fc.subarray(['a', 'b', 'c']),
    nodes: fc.subarray([-1, 0, 1, 2]),
  }),
  { freq: 8 },
);
const member = fc.record({
  address: fc.integer({ min: 1, max: 12 }),
  node: fc.integer({ min: -1, max: 3 }),
  ready: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.boolean()),
  serving: fc.boolean(),
  terminating: fc.boolean(),
  hints,
});
const members = fc.uniqueArray(member, { selector: ({ address }) => address, maxLength: 8 });
const policy = fc.constantFrom('Cluster', 'Local');
const service = fc.record({
  type: fc.constantFrom('ClusterIP', 'NodePort'),
  internalTrafficPolicy: policy,
  externalTrafficPolicy: policy,
  externalIps: fc.constantFrom([], [9]),
}) as fc.Arbitrary<Pick<Service, 'type' | 'internalTrafficPolicy' | 'externalTrafficPolicy' | 'externalIps'>>;

/** The steps of CategorizeEndpoints, written down plainly. */
function categorized(spec: Partial<Service>, endpoints: readonly Endpoint[], node: { index: number; zone: string }) {
  const external = spec.type === 'NodePort' || spec.externalIps?.length === 1;
  const usesCluster = spec.internalTrafficPolicy === 'Cluster' || external;
  const usesLocal = spec.internalTrafficPolicy === 'Local' || (spec.externalTrafficPolicy === 'Local' && external);
  const ready = endpoints.filter((each) => each.ready);
  const draining = endpoints.filter((each) => !each.ready && each.serving && each.terminating);
  const isForNode = (each: Endpoint) => each.hints?.nodes.includes(node.index) ?? false;
  const isForZone = (each: Endpoint) => each.hints?.zones.includes(node.zone) ?? false;
  let cluster = ready;
  if (ready.every((each) => (each.hints?.nodes.length ?? 0) > 0) && ready.some(isForNode))
    cluster = ready.filter(isForNode);
  else if (ready.every((each) => (each.hints?.zones.length ?? 0) > 0) && ready.some(isForZone)) {
    cluster = ready.filter(isForZone);
  }
  if (cluster.length === 0) cluster = draining;
  const isOwn = (each: Endpoint) => each.node === node.index;
  const local = ready.some(isOwn) ? ready.filter(isOwn) : draining.filter(isOwn);
  const reachable = new Set([...(usesCluster ? cluster : []), ...(usesLocal ? local : [])]);
  const texts = (list: Iterable<Endpoint>) => [...list].map(({ address }) => `0.0.0.${address}:8080`).sort();
  return {
    cluster: usesCluster ? texts(cluster) : null,
    local: usesLocal ? texts(local) : null,
    reachable: texts(reachable),
    hasAny: ready.length + draining.length > 0,
  };
}

/** A service port like that, in the newest revision of a ledger of its own. */
function portOf(spec: Partial<Service>, endpoints: readonly Partial<Endpoint>[]) {
  const ports = [{ name: '', protocol: 6, port: 80, targetPort: 1, nodePort: spec.type === 'NodePort' ? 30_000 : 0 }];
  const world = ledgerWorld((write) => {
    write.service('a', { ...spec, ports });
    write.slice(
      'a',
      's',
      endpoints.map((each) => endpoint(each.address ?? 0, each)),
    );
  });
  const port = world.ledger.portAt(0, 1);
  if (port === undefined) throw new Error('no service port');
  return { ...world, port };
}

test('every node gets what kube-proxy would choose there, and equal answers are one object', () => {
  fc.assert(
    fc.property(service, members, (spec, endpoints) => {
      const { port } = portOf(spec, endpoints);
      const choices = new EndpointChoices();
      const answers = new Map<string, unknown>();
      for (const node of NODES) {
        const choice = choices.of(port, node);
        const plain = {
          cluster: choice.cluster === null ? null : listTexts(choice.cluster).sort(),
          local: choice.local === null ? null : listTexts(choice.local).sort(),
          reachable: listTexts(choice.reachable).sort(),
          hasAny: choice.hasAny,
        };
        expect(plain).toEqual(categorized(spec, endpoints as Endpoint[], node));
        expect(choices.of(port, node)).toBe(choice);
        const key = JSON.stringify(plain);
        if (answers.has(key)) expect(choice).toBe(answers.get(key));
        else answers.set(key, choice);
      }
      if (!choices.dependsOnNode(port)) expect(answers.size).toBe(1);
      const lists = NODES.map((node) => choices.of(port, node)).flatMap(({ cluster, local, reachable }) => [
        cluster,
        local,
        reachable,
      ]);
      for (const list of lists) {
        const places = list === null ? [] : [...list.address].map((address) => port.endpoints.address.indexOf(address));
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }
    }),
    { numRuns: 500 },
  );
});

test('nodes have one signature exactly when all their choices are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(service, members), { maxLength: 4 }), (list) => {
      const ports = list.map(([spec, endpoints]) => portOf(spec, endpoints).port);
      const choices = new EndpointChoices();
      const dependent = ports.filter((port) => choices.dependsOnNode(port));
      for (const a of NODES) {
        for (const b of NODES) {
          const same = ports.every((port) => choices.of(port, a) === choices.of(port, b));
          expect(choices.signature(dependent, a) === choices.signature(dependent, b)).toBe(same);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('the ports that depend on the node are those of each revision, in whatever order one asks', () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('local', 'cluster', 'gone', 'slice'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 20 }), (steps, questions) => {
      const { ledger, write } = ledgerWorld();
      steps.forEach(([n, what], i) => {
        if (what === 'gone') write.remove('service', `s${n}`);
        else if (what === 'slice') write.slice(`s${n}`, `s${n}-1`, [endpoint(i + 1)]);
        else write.service(`s${n}`, { internalTrafficPolicy: what === 'local' ? 'Local' : 'Cluster' });
      });
      const choices = new EndpointChoices();
      const dependent = new NodeDependentPorts(ledger, choices);
      for (const question of questions) {
        const revision = 1 + (question % ledger.revision);
        const ports = ledger.keysAt(revision).map((key) => ledger.portAt(key, revision));
        expect(dependent.at(revision)).toEqual(
          ports.filter((port) => port !== undefined && choices.dependsOnNode(port)),
        );
        expect(dependent.at(revision)).toBe(dependent.at(revision));
      }
    }),
  );
});
