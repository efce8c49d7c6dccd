/** How Pods, Services and slices of manifests are named in DNS, and what Pods say about finding others. */
import { describe, expect, test } from 'vitest';
import { readManifests } from '../../src/scenario/index.js';
import { manifestsOf } from '../../src/scenario/manifest/write.js';

const TEMPLATE = `
  template:
    metadata: { labels: { app: db } }
    spec:
      dnsConfig: { options: [{ name: ndots, value: "2" }, { name: edns0 }] }
      hostAliases: [{ ip: 192.0.2.1, hostnames: [a, b] }]`;

const TEXT = `
apiVersion: v1
kind: Service
metadata: { name: out, namespace: shop }
spec: { type: ExternalName, externalName: www.example.net }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop }
spec:
  serviceName: db-headless
  replicas: 2${TEMPLATE}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:${TEMPLATE}
---
apiVersion: v1
kind: Pod
metadata: { name: one, namespace: shop }
spec: { hostname: first, subdomain: db, dnsPolicy: None, enableServiceLinks: false, dnsConfig: { nameservers: [192.0.2.2] } }
---
apiVersion: v1
kind: Pod
metadata: { name: two, namespace: shop }
spec: { containers: [] }
`;

describe('manifests', () => {
  const { objects } = readManifests([{ file: 'x.yaml', text: TEXT }]);

  test('tell what a Service stands for', () => {
    expect(objects.services[0]?.externalName).toBe('www.example.net');
  });

  test('tell what a Pod says about names, where it says something', () => {
    const [one, two] = objects.pods;
    expect(one).toMatchObject({
      ...{ hostname: 'first', subdomain: 'db' },
      discovery: { dnsPolicy: 'None', enableServiceLinks: false, dnsConfig: { nameservers: ['192.0.2.2'] } },
    });
    for (const field of ['hostname', 'subdomain', 'discovery']) expect(two).not.toHaveProperty(field);
  });

  test('tell it of the Pods of sets', () => {
    const discovery = {
      dnsConfig: { nameservers: [], searches: [], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] },
      hostAliases: [{ ip: '192.0.2.1', hostnames: ['a', 'b'] }],
    };
    const [db, web] = objects.podSets;
    expect(db).toMatchObject({ subdomain: 'db-headless', discovery });
    expect(web).toMatchObject({ discovery });
    expect(web).not.toHaveProperty('subdomain');
  });
});

test('manifests that are written and read again say the same', () => {
  const { objects } = readManifests([{ file: 'x.yaml', text: TEXT }]);
  const again = readManifests([
    { file: 'y.json', text: JSON.stringify({ kind: 'List', apiVersion: 'v1', items: manifestsOf(objects) }) },
  ]);
  for (const kind of ['services', 'pods', 'podSets'] as const) expect(again.objects[kind]).toEqual(objects[kind]);
});
