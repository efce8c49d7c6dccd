/**
 * What is to be said about annotations of Ingresses: ingress-nginx looks at some hundred of them, the simulated controller at two. A route may be
 * another one where a rewrite, a regular expression or a canary is asked for, so none is passed over in silence.
 */
import {
  AFFINITY_ANNOTATION,
  AFFINITY_MODE_ANNOTATION,
  INGRESS_ANNOTATIONS,
} from '../../kube/ingress/taken-ingresses.js';
import { didYouMean } from '../nearest.js';
import type { RawObject } from './raw-object.js';

const PREFIX = 'nginx.ingress.kubernetes.io/';

/** Values that ingress-nginx knows (annotations/sessionaffinity). */
const VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  [AFFINITY_ANNOTATION, ['cookie']],
  [AFFINITY_MODE_ANNOTATION, ['balanced', 'persistent']],
]);

/** Ingresses that are named. */
const MOST_NAMED = 3;

/** Notes about annotations, one sentence each. */
export function annotationNotes(raws: readonly RawObject[]): readonly string[] {
  const unread = new Set<string>();
  const owners = new Set<string>();
  const strange: string[] = [];
  for (const raw of raws) {
    if (raw.kind !== 'Ingress') continue;
    const { name, namespace, annotations } = metaOf(raw);
    const owner = `${textOf(namespace) || 'default'}/${textOf(name)}`;
    for (const [key, value] of Object.entries(annotations ?? {})) {
      if (!key.startsWith(PREFIX)) continue;
      if (INGRESS_ANNOTATIONS.has(key)) strange.push(...valueNotes(owner, key, textOf(value)));
      else {
        unread.add(key.slice(PREFIX.length));
        owners.add(owner);
      }
    }
  }
  if (unread.size === 0) return strange;
  const some = [...owners].slice(0, MOST_NAMED).join(', ') + (owners.size > MOST_NAMED ? ', ...' : '');
  const what = `annotations of ingress-nginx that are not simulated: ${[...unread].sort().join(', ')}`;
  const where = `${owners.size === 1 ? 'Ingress' : 'Ingresses'} ${some}`;
  return [`${what} (${where}); requests may go elsewhere than in a cluster`, ...strange];
}

function valueNotes(owner: string, key: string, value: string): readonly string[] {
  const known = VALUES.get(key) ?? [value];
  if (value === '' || known.includes(value)) return [];
  const what = `annotation ${key.slice(PREFIX.length)} has the value ${JSON.stringify(value)}`;
  const hint = didYouMean(value, known) || `; there are: ${known.join(', ')}`;
  return [`Ingress ${owner}: ${what}, which ingress-nginx does not know and takes for none${hint}`];
}

function metaOf({ value }: RawObject): {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>> | null;
} {
  return (value as { readonly metadata?: ReturnType<typeof metaOf> | null }).metadata ?? {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
