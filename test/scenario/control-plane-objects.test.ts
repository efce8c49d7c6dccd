/** Manifests for the control plane: annotations and application protocols of Services, what Nodes say of CPU and role, slices of names. */
import { expect, test } from 'vitest';
import { manifestsOf } from '../../src/scenario/manifest/write.js';
import { readManifests } from '../../src/scenario/index.js';

const TEXT = `
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: { service.kubernetes.io/topology-mode: Auto, note: passed over }
spec: { selector: { app: web }, ports: [{ port: 80, appProtocol: kubernetes.io/h2c }] }
---
apiVersion: v1
kind: Node
metadata: { name: n1, labels: { topology.kubernetes.io/zone: a } }
status: { allocatable: { cpu: 3920m }, conditions: [{ type: Ready, status: 'True' }] }
---
apiVersion: v1
kind: Node
metadata: { name: n2, labels: { node-role.kubernetes.io/control-plane: '' } }
status: { allocatable: { cpu: '4' }, conditions: [{ type: Ready, status: Unknown }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: names, labels: { kubernetes.io/service-name: web } }
addressType: FQDN
endpoints: [{ addresses: [db.example.com] }, { addresses: [old.example.com], conditions: { ready: false } }]
ports: [{ name: db, port: 5432 }]
`;

const source = (text: string) => ({ file: 'm.yaml', text });

test('are read, and written so that reading them again gives the same', () => {
  const { objects } = readManifests([source(TEXT)]);
  const [service] = objects.services;
  expect(service?.metadata.annotations).toEqual({ 'service.kubernetes.io/topology-mode': 'Auto' });
  expect(service?.ports[0]?.appProtocol).toBe('kubernetes.io/h2c');
  expect(objects.nodes).toMatchObject([
    { name: 'n1', zone: 'a', cpuMillis: 3920 },
    { name: 'n2', zone: '', cpuMillis: 4000, controlPlane: true, notReady: true },
  ]);
  expect(objects.nodes[0]).not.toHaveProperty('controlPlane');
  expect(objects.otherSlices).toEqual([
    {
      metadata: { namespace: 'default', name: 'names', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'FQDN',
      service: 'web',
      ports: [{ name: 'db', protocol: 6, port: 5432 }],
      endpoints: [
        { addresses: ['db.example.com'], ready: true },
        { addresses: ['old.example.com'], ready: false },
      ],
    },
  ]);
  const again = readManifests([
    source(
      manifestsOf(objects)
        .map((own) => JSON.stringify(own))
        .join('\n---\n'),
    ),
  ]);
  expect(again.objects).toEqual(objects);
});
