/**
 * What a name below the cluster's zone asks for: mirrors parseRequest of CoreDNS 1.14 (plugin/kubernetes/parse.go).
 *
 * `port.protocol.service.namespace.svc`, `endpoint.service.namespace.svc`, `service.namespace.svc`, the same under `pod`, and, as an option,
 * `zone.pin._zone.service.namespace.svc` and `zone.prefer._zone...`. Wildcards are no longer known (removed in CoreDNS 1.9).
 * Left out: multicluster zones.
 */
import { labelsBefore } from './domain-name.js';

/** A name taken apart; empty where it says nothing. */
export interface RecordRequest {
  /** Empty for the zone itself and for `svc` and `pod` directly below it. */
  readonly kind: '' | 'svc' | 'pod';
  readonly namespace: string;
  /** Name of the Service; for pods, the address with dashes. */
  readonly service: string;
  readonly endpoint: string;
  /** Without underscore; empty: any. */
  readonly port: string;
  readonly protocol: string;
  /** Topology zone; empty without. */
  readonly zone: string;
  /** Whether other zones' endpoints will do when the zone has none. */
  readonly prefersZone: boolean;
}

const NOTHING: RecordRequest = {
  kind: '',
  namespace: '',
  service: '',
  endpoint: '',
  port: '',
  protocol: '',
  zone: '',
  prefersZone: false,
};

/**
 * Takes a name apart.
 * @param name in lower case
 * @param zone the zone that it lies in
 * @param zonal whether names with a topology zone are known
 * @returns undefined for a name that cannot exist
 */
export function recordRequest(name: string, zone: string, zonal: boolean): RecordRequest | undefined {
  const labels = labelsBefore(name, zone);
  const kind = labels.at(-1);
  if (kind === undefined) return NOTHING;
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  if (labels.length === 1) return NOTHING;
  const request: RecordRequest = { ...NOTHING, kind, namespace: labels.at(-2) ?? '', service: labels.at(-3) ?? '' };
  const left = labels.slice(0, -3);
  const [first = '', second = '', third = ''] = left;
  switch (left.length) {
    case 0:
      return request;
    case 1:
      return { ...request, endpoint: first };
    case 2:
      return { ...request, port: withoutUnderscore(first), protocol: withoutUnderscore(second) };
    case 3:
      if (!zonal || kind !== 'svc' || third !== '_zone' || !(second === 'pin' || second === 'prefer')) return undefined;
      return { ...request, zone: first, prefersZone: second === 'prefer' };
    default:
      return undefined;
  }
}

function withoutUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label;
}
