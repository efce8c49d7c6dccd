/**
 * An object as a cluster has it, for one that is to take its place: what a server would have added to it.
 *
 * A Service that says nothing of its cluster IP has got one, so a made-up one stands there: an update may leave it out, and may not name another.
 */
import type { ReviewedKind } from '../../kube/validation/review.js';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of `metadata` that a server keeps when an update leaves them out. */
const KEPT = [
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
];

/** Stand for addresses that are not told; kept for documentation. */
const SOME_ADDRESS: Readonly<Record<string, string>> = { IPv4: '192.0.2.10', IPv6: '2001:db8::10' };

/** What an object keeps of its `metadata` when it is updated. @param before the object as it is */
export function keptMeta(before: unknown): Readonly<Record<string, string>> {
  const metadata = fieldsOf(fieldsOf(before)['metadata']);
  return Object.fromEntries(KEPT.flatMap((name) => (name in metadata ? [[name, metadata[name] as string]] : [])));
}

/**
 * The object before an update, with what the server has allocated.
 * @param before as it is written
 * @param now as it is to be, which may tell the family of an address
 */
export function asInCluster(before: unknown, now: unknown, kind: ReviewedKind): unknown {
  if (kind !== 'Service') return before;
  const spec = fieldsOf(fieldsOf(before)['spec']);
  if (spec['type'] === 'ExternalName') return before;
  const written = [...listOf(spec['clusterIPs']), spec['clusterIP']].find(
    (own) => typeof own === 'string' && own !== '',
  );
  const families = [...listOf(spec['ipFamilies']), ...listOf(fieldsOf(fieldsOf(now)['spec'])['ipFamilies'])];
  const clusterIP = written ?? SOME_ADDRESS[families[0] === 'IPv6' ? 'IPv6' : 'IPv4'] ?? '';
  const clusterIPs = listOf(spec['clusterIPs']).length > 0 ? spec['clusterIPs'] : [clusterIP];
  return { ...fieldsOf(before), spec: { ...spec, clusterIP, clusterIPs } };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
