/** A small cluster as manifests: a Service with endpoints, one whose only endpoint is elsewhere, one without any. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './program.js';

const service = (name: string, clusterIp: string, spec: string): string => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec:
  clusterIP: ${clusterIp}
  ports: [{ name: http, port: 80, targetPort: 8080${spec.includes('NodePort') ? ', nodePort: 30080' : ''} }]
${spec}`;

const slice = (name: string, endpoints: string): string => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, namespace: shop, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: http, port: 8080, protocol: TCP }]
endpoints:
${endpoints}`;

const node = (name: string): string => `apiVersion: v1
kind: Node
metadata: { name: ${name} }
`;

/** The manifests. */
export const CLUSTER = [
  node('here'),
  node('there'),
  service('cart', '10.96.0.10', '  type: NodePort\n'),
  slice('cart', '  - { addresses: [10.244.0.5], nodeName: here }\n  - { addresses: [10.244.1.5], nodeName: there }\n'),
  service('near', '10.96.0.11', '  internalTrafficPolicy: Local\n'),
  slice('near', '  - { addresses: [10.244.1.6], nodeName: there }\n'),
  service('empty', '10.96.0.12', ''),
].join('---\n');

/** An Ingress before it. */
export const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: cart, port: { name: http } } } }
          - { path: /empty, pathType: Prefix, backend: { service: { name: empty, port: { number: 80 } } } }
`;

/** A folder with the manifests in `cluster.yaml`, and the Ingress in `ingress.yaml`. */
export function withCluster(): string {
  const folder = newFolder();
  writeFileSync(join(folder, 'cluster.yaml'), CLUSTER);
  writeFileSync(join(folder, 'ingress.yaml'), INGRESS);
  return folder;
}
