/** A cluster with everything that a lookup can meet, as manifests. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './program.js';

const NAMED_CLUSTER = `apiVersion: v1
kind: Service
metadata: { name: kube-dns, namespace: kube-system }
spec:
  clusterIP: 10.96.0.10
  selector: { k8s-app: kube-dns }
  ports: [{ name: dns, port: 53, protocol: UDP }, { name: dns-tcp, port: 53 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: coredns, namespace: kube-system }
spec:
  replicas: 2
  template: { metadata: { labels: { k8s-app: kube-dns } }, spec: { dnsPolicy: Default } }
---
apiVersion: v1
kind: Service
metadata: { name: kubernetes, namespace: default }
spec: { clusterIP: 10.96.0.1, ports: [{ name: https, port: 443 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.20, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: pay, namespace: shop }
spec: { type: ExternalName, externalName: api.pay.example }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { clusterIP: None, selector: { app: db }, ports: [{ name: sql, port: 5432 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop }
spec:
  serviceName: db
  replicas: 3
  template:
    metadata: { labels: { app: db } }
    spec:
      dnsConfig: { options: [{ name: ndots, value: "2" }] }
      hostAliases: [{ ip: 192.0.2.30, hostnames: [legacy, legacy.corp] }]
`;

/** A folder with the manifests in `cluster.yaml`. */
export function withNamedCluster(): string {
  const folder = newFolder();
  writeFileSync(join(folder, 'cluster.yaml'), NAMED_CLUSTER);
  return folder;
}
