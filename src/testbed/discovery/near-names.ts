/**
 * What somebody may have meant who looked a name up that is not there: a name of the cluster that is nearly the same.
 *
 * Only names of Services are compared, as `service`, `service.namespace` and what comes behind that: one part may be wrong, the others must be right, so that
 * names of the world outside are left alone. Cost: O(Services and Pods), when nothing was found.
 */
import type { Store } from '../../kube/index.js';
import { nearest } from '../../scenario/index.js';

const SUFFIX = 'svc.cluster.local';

/**
 * A hint about a name.
 * @param namespace of who asks
 * @returns a sentence, or none
 */
export function nameHint(store: Store, namespace: string, name: string): readonly string[] {
  const dot = name.endsWith('.') ? '.' : '';
  const [service = '', own, ...rest] = name.toLowerCase().replace(/\.$/, '').split('.');
  const suffix = rest.join('.');
  const services = [...store.list('service')].map(({ metadata }) => metadata);
  const namesIn = (place: string): string[] =>
    services.filter((other) => other.namespace === place).map((other) => other.name);
  if (own === undefined) return hint(namesIn(namespace).includes(service) ? '' : near(service, namesIn(namespace)));
  const isThere = namesIn(own).includes(service);
  if (isThere) {
    const meant = rest.length === 3 && suffix !== SUFFIX ? near(suffix, [SUFFIX]) : '';
    return hint(meant === '' ? '' : `${service}.${own}.${meant}${dot}`);
  }
  const isOfCluster = suffix === '' || suffix === 'svc' || suffix === SUFFIX;
  if (!isOfCluster) return [];
  const there = services.filter((other) => other.name === service).map((other) => other.namespace);
  const place = near(own, there);
  const other = near(service, namesIn(own));
  const meant = place !== '' ? `${service}.${place}` : other !== '' ? `${other}.${own}` : '';
  return hint(meant === '' ? '' : [meant, ...rest].join('.') + dot);
}

/** What somebody may have meant with a namespace that has nothing in it: a Pod of that name, or another namespace; empty for neither. */
export function namespaceHint(store: Store, written: string): string {
  const pods = [...store.list('pod')].map(({ metadata }) => metadata);
  const named = pods.filter(({ name }) => name === written);
  const pod = named.find(({ namespace }) => namespace === 'default') ?? named[0];
  if (pod !== undefined) return `; did you mean ${pod.namespace}/${pod.name}?`;
  const known = new Set(
    [...pods, ...[...store.list('service')].map(({ metadata }) => metadata)].map((own) => own.namespace),
  );
  const place = near(written, known);
  return place === '' ? '' : `; did you mean ${place}?`;
}

function hint(meant: string): readonly string[] {
  return meant === '' ? [] : [`nearly a name of the cluster; did you mean ${meant}?`];
}

/** The known word that is nearly the one that is written; empty for none. */
function near(written: string, known: Iterable<string>): string {
  return nearest(written, known) ?? '';
}
