/** DaemonSets in manifests: a Pod on each listed node unless theirs are listed. */
import { expect, test } from 'vitest';
import { readManifests, withoutEndpoints } from '../../src/scenario/index.js';

const read = (...documents: readonly string[]) =>
  readManifests([{ file: 'a.yaml', text: documents.map((text) => `apiVersion: ${text}\n`).join('---\n') }]);

const SERVICE = 'v1\nkind: Service\nmetadata: { name: log }\nspec: { selector: { app: log }, ports: [{ port: 80 }] }';
const TEMPLATE =
  'template: { metadata: { labels: { app: log } }, spec: { containers: [{ ports: [{ containerPort: 9 }] }] } }';
const SET = `apps/v1\nkind: DaemonSet\nmetadata: { name: log }\nspec: { selector: { matchLabels: { app: log } }, ${TEMPLATE} }`;
const node = (name: string) => `v1\nkind: Node\nmetadata: { name: ${name} }`;

test('one Pod a node', () => {
  const { objects, notes } = read(SERVICE, SET, node('a'), node('b'));
  expect(objects.pods.map(({ metadata, node: index }) => [metadata.name, index])).toEqual([
    ['log-a', 0],
    ['log-b', 1],
  ]);
  expect(objects.pods[0]!.ports.map(({ port }) => port)).toEqual([9]);
  expect(notes).toEqual(['1 DaemonSet with a Pod on each of 2 nodes: default/log']);
  expect(withoutEndpoints(objects)).toEqual([]);
});

test('listed Pods stand for it', () => {
  const pod = (name: string) =>
    `v1\nkind: Pod\nmetadata: { name: ${name}, labels: { app: log } }\nspec: { nodeName: a }`;
  const { objects, notes } = read(SERVICE, SET, node('a'), node('b'), pod('log-x7k2p'));
  expect(objects.pods.map(({ metadata }) => metadata.name)).toEqual(['log-x7k2p']);
  expect(notes).toEqual([]);
  const names = read(SERVICE, SET, node('a'), pod('own')).objects.pods.map(({ metadata }) => metadata.name);
  expect(names).toEqual(['own', 'log-a']);
});

test('without nodes there is none, and its Services have no endpoints', () => {
  const { objects, notes } = read(SERVICE, SET);
  expect(notes).toEqual([
    '1 DaemonSet without Pods, as no Nodes are listed; Services in front have no endpoints: default/log',
  ]);
  expect(withoutEndpoints(objects)).toEqual([{ service: 'default/log', reason: 'its selector matches no pod' }]);
});
