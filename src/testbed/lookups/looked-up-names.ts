/** The names by which clients look Services up, as programs write them. */
import type { Service } from '../../kube/index.js';
import type { LookupOptions } from '../../scenario/case.js';

/** Namespace of the clients. */
export const CLIENT_NAMESPACE = 'default';

/** Domain of the cluster. */
export const CLUSTER_DOMAIN = 'cluster.local';

/** How a Service is called. @param form how much of its name is written */
export function nameOf(
  { namespace, name }: Pick<Service['metadata'], 'namespace' | 'name'>,
  form: LookupOptions['form'],
): string {
  switch (form) {
    case 'name':
      return namespace === CLIENT_NAMESPACE ? name : `${name}.${namespace}`;
    case 'namespace':
      return `${name}.${namespace}`;
    case 'svc':
      return `${name}.${namespace}.svc`;
    case 'fqdn':
      return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
    case 'absolute':
      return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}.`;
  }
}
