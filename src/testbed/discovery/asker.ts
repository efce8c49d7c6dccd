/** Who in a cluster looks something up: a Pod, or any Pod of a namespace. */
import { dnsLabelProblems, type Pod, type Store } from '../../kube/index.js';
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
 * @throws CaseError when it is neither, and when there is no such Pod
 */
export function askerOf(store: Store, text: string): Asker {
  const [namespace = '', name, ...more] = text.split('/');
  const wrong = `--from: expected NAMESPACE or NAMESPACE/POD, found ${text === '' ? 'nothing' : text}`;
  if (namespace === '' || name === '' || more.length > 0) throw new CaseError(wrong);
  if (dnsLabelProblems(namespace).length > 0) {
    throw new CaseError(`${wrong}: no namespace can be called ${namespace}`);
  }
  if (name === undefined) return { namespace, pod: undefined };
  const pod = store.get('pod', text);
  if (pod !== undefined) return { namespace, pod };
  const others = [...store.list('pod')].filter(({ metadata }) => metadata.namespace === namespace);
  const some = others.slice(0, MOST_NAMED).map(({ metadata }) => metadata.name);
  const rest = others.length > some.length ? ` and ${others.length - some.length} more` : '';
  const there = some.length === 0 ? 'it has none' : `there are: ${some.join(', ')}${rest}`;
  throw new CaseError(`namespace ${namespace} has no pod ${name}; ${there}`);
}

/** What an asker is called. */
export function askerName({ namespace, pod }: Asker): string {
  return pod === undefined ? `a pod of ${namespace}` : `${namespace}/${pod.metadata.name}`;
}
