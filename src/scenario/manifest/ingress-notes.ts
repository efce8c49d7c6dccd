/** What is to be said about Ingresses: backends that are not there, to which requests are answered with 503 or 404. */
import type { Ingress, IngressBackend, Service } from '../../kube/api.js';

/** Names that are shown of each kind. */
const MOST_NAMED = 3;

/** Notes about Ingresses, one sentence each. */
export function ingressNotes(ingresses: readonly Ingress[], services: readonly Service[]): readonly string[] {
  const byName = new Map(services.map((own) => [`${own.metadata.namespace}/${own.metadata.name}`, own]));
  const absent = new Set<string>();
  const portless = new Set<string>();
  let others = 0;
  for (const ingress of ingresses) {
    for (const backend of backendsOf(ingress)) {
      if (backend === null) {
        others++;
        continue;
      }
      const name = `${ingress.metadata.namespace}/${backend.service}`;
      const service = byName.get(name);
      if (service === undefined) absent.add(name);
      else if (!service.ports.some(({ name: own, port }) => port === backend.port || own === backend.port)) {
        portless.add(`${name}:${backend.port}`);
      }
    }
  }
  return [
    ...said(absent, 'Ingresses send to Services that are not in the manifests (503)'),
    ...said(portless, 'Ingresses send to ports that Services do not have (503)'),
    ...(others === 0 ? [] : [`Ingresses send to ${others} object${others === 1 ? '' : 's'} other than Services (404)`]),
  ];
}

function backendsOf({ rules, defaultBackend }: Ingress): readonly (IngressBackend | null)[] {
  const own = rules.flatMap(({ paths }) => paths.map(({ backend }) => backend));
  return defaultBackend === undefined ? own : [...own, defaultBackend];
}

function said(names: ReadonlySet<string>, what: string): readonly string[] {
  if (names.size === 0) return [];
  const shown = [...names].slice(0, MOST_NAMED).join(', ');
  return [`${what}: ${shown}${names.size > MOST_NAMED ? ', ...' : ''}`];
}
