/** Reads Nodes (v1): name, zone, and the addresses and pod subnets of both families. */
import { z } from 'zod';
import type { IpAddress, IpPrefix } from '../../net/index.js';
import { checkedSubject } from '../explain.js';
import { metadata } from './field.js';
import { byFamily, readAddress, readPrefix } from './ip-text.js';
import type { RawObject } from './raw-object.js';

/** Label with a node's zone. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

const schema = z.object({
  metadata,
  spec: z.object({ podCIDR: z.string().nullish(), podCIDRs: z.array(z.string()).nullish() }).nullish(),
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish() }).nullish(),
});

/** A Node, before it has its index. */
export interface ReadNode {
  readonly name: string;
  readonly zone: string;
  /** First address of type InternalIP, else ExternalIP, and the first one of the other family; 0 for none. */
  readonly ip: IpAddress;
  readonly secondIp: IpAddress;
  /** Absent for none. */
  readonly podCidrs?: readonly IpPrefix[];
}

/** Reads one Node. @throws InputError with every problem */
export function readNode(raw: RawObject): ReadNode {
  const { metadata: meta, spec, status } = checkedSubject(schema, raw);
  const ofType = (wanted: string): IpAddress[] =>
    (status?.addresses ?? []).flatMap(({ type, address }) => (type === wanted ? [readAddress(address) ?? 0] : []));
  // As pkg/util/node GetNodeHostIPs: internal addresses before external ones.
  const [ip, secondIp] = byFamily([...ofType('InternalIP'), ...ofType('ExternalIP')]);
  const texts = spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
  const podCidrs = texts.flatMap((text) => readPrefix(text) ?? []);
  const node = { name: meta.name, zone: meta.labels?.[ZONE_LABEL] ?? '', ip, secondIp };
  return podCidrs.length === 0 ? node : { ...node, podCidrs };
}
