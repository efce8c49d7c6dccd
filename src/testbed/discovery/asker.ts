/** Who in a cluster looks something up: a Pod, or any Pod of a namespace. */
import type { Pod, Store } from '../../kube/index.js';
import { CaseError } from '../case-error.js';

/** A container's place. */
export interface Asker {
  readonly namespace: string;
  /** undefined: some Pod that says nothing about names. */
  readonly pod: Pod | undefined;
}

const MOST_NAMED = 5;

/**
 * Finds who asks.
 * @param text NAMESPACE/POD or NAMESPACE
 * @throws CaseError when there is no such Pod
 */
export function askerOf(store: Store, text: string): Asker {
  const slash = text.indexOf('/');
  if (slash < 0) return { namespace: text, pod: undefined };
  const namespace = text.slice(0, slash);
  const pod = store.get('pod', text);
  if (pod !== undefined) return { namespace, pod };
  const others = [...store.list('pod')].filter(({ metadata }) => metadata.namespace === namespace);
  const some = others.slice(0, MOST_NAMED).map(({ metadata }) => metadata.name);
  const rest = others.length > some.length ? ` and ${others.length - some.length} more` : '';
  const there = some.length === 0 ? 'it has none' : `there are: ${some.join(', ')}${rest}`;
  throw new CaseError(`namespace ${namespace} has no pod ${text.slice(slash + 1)}; ${there}`);
}

/** What an asker is called. */
export function askerName({ namespace, pod }: Asker): string {
  return pod === undefined ? `a pod of ${namespace}` : `${namespace}/${pod.metadata.name}`;
}
