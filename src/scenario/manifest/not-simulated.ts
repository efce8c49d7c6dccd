/**
 * Fields of Services that are read over: they change where packets go in a real cluster, and nothing here. A user must know
 * that, so each is counted, with the first Services that have it. No cost to speak of: one pass over the Services.
 */
import type { RawObject } from './raw-object.js';

type Fields = Readonly<Record<string, unknown>>;

/** What may stand in a Service's `spec` without effect, and the words for it. */
const FIELDS: readonly (readonly [what: string, has: (spec: Fields) => boolean])[] = [
  ['IPv6 addresses: IPv6 is not simulated, their IPv4 side is', isDualStack],
  [
    'ClientIP affinity: ipvs mode keeps to it, iptables mode ignores it',
    (spec) => spec['sessionAffinity'] === 'ClientIP',
  ],
  ['externalTrafficPolicy Local: simulated as Cluster', (spec) => spec['externalTrafficPolicy'] === 'Local'],
  ['internalTrafficPolicy Local: simulated as Cluster', (spec) => spec['internalTrafficPolicy'] === 'Local'],
  ['externalIPs: not simulated', (spec) => isFilled(spec['externalIPs'])],
  ['loadBalancerSourceRanges: not simulated', (spec) => isFilled(spec['loadBalancerSourceRanges'])],
];

/** Names shown of those that have a field. */
const SHOWN = 3;

/**
 * Finds what is read and not simulated.
 * @param services Services as written, without those that are left out altogether
 * @returns one sentence for each field that occurs
 */
export function notSimulated(services: Iterable<RawObject>): string[] {
  const owners = FIELDS.map((): string[] => []);
  for (const { value } of services) {
    const { metadata, spec } = value as { readonly metadata: Fields; readonly spec: Fields };
    const name = `${textOr(metadata['namespace'], 'default')}/${textOr(metadata['name'], '')}`;
    for (const [index, [, has]] of FIELDS.entries()) if (has(spec)) owners[index]?.push(name);
  }
  return FIELDS.flatMap(([what], index) => {
    const own = owners[index] ?? [];
    if (own.length === 0) return [];
    const names = own.slice(0, SHOWN).join(', ') + (own.length > SHOWN ? ', ...' : '');
    return [`${own.length} Service${own.length === 1 ? '' : 's'} with ${what} (${names})`];
  });
}

function isDualStack(spec: Fields): boolean {
  const lists = [spec['ipFamilies'], spec['clusterIPs']].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  return lists.some((own) => own === 'IPv6' || (typeof own === 'string' && own.includes(':')));
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
