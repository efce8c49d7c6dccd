/** Writes Ingresses and IngressClasses in the form of manifests; see `write.ts`. */
import type { Ingress, IngressBackend, IngressClass } from '../../kube/api.js';
import { meta, type Manifest } from './manifest-parts.js';

const VERSION = 'networking.k8s.io/v1';

/** An Ingress as a manifest. */
export function ingressManifest({ metadata, className, rules, defaultBackend }: Ingress): Manifest {
  const { annotations } = metadata;
  return {
    apiVersion: VERSION,
    kind: 'Ingress',
    metadata: { ...meta(metadata), ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      ...(className === '' ? {} : { ingressClassName: className }),
      ...(defaultBackend === undefined ? {} : { defaultBackend: backendManifest(defaultBackend) }),
      rules: rules.map(({ host, paths }) => ({
        ...(host === '' ? {} : { host }),
        ...(paths.length === 0
          ? {}
          : {
              http: {
                paths: paths.map(({ path, pathType, backend }) => {
                  return { ...(path === '' ? {} : { path }), pathType, backend: backendManifest(backend) };
                }),
              },
            }),
      })),
    },
  };
}

/** An IngressClass as a manifest. */
export function ingressClassManifest({ name, isDefault }: IngressClass): Manifest {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  return { apiVersion: VERSION, kind: 'IngressClass', metadata: { name, ...(isDefault ? { annotations } : {}) } };
}

function backendManifest(backend: IngressBackend | null): Manifest {
  if (backend === null) return { resource: { kind: 'Unknown', name: 'unknown' } };
  const { service, port } = backend;
  return { service: { name: service, port: typeof port === 'number' ? { number: port } : { name: port } } };
}
