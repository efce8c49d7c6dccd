/** Reads Nodes (v1): name, zone, and the addresses of both families. */
import { z } from 'zod';
import type { IpAddress } from '../../net/index.js';
import { checkedSubject } from '../explain.js';
import { metadata } from './field.js';
import { byFamily, readAddress } from './ip-text.js';
import type { RawObject } from './raw-object.js';

/** Label with a node's zone. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

const schema = z.object({
  metadata,
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish() }).nullish(),
});

/** A Node, before it has its index. */
export interface ReadNode {
  readonly name: string;
  readonly zone: string;
  /** First address of type InternalIP, else ExternalIP, and the first one of the other family; 0 for none. */
  readonly ip: IpAddress;
  readonly secondIp: IpAddress;
}

/** Reads one Node. @throws InputError with every problem */
export function readNode(raw: RawObject): ReadNode {
  const { metadata: meta, status } = checkedSubject(schema, raw);
  const ofType = (wanted: string): IpAddress[] =>
    (status?.addresses ?? []).flatMap(({ type, address }) => (type === wanted ? [readAddress(address) ?? 0] : []));
  // As pkg/util/node GetNodeHostIPs: internal addresses before external ones.
  const [ip, secondIp] = byFamily([...ofType('InternalIP'), ...ofType('ExternalIP')]);
  return { name: meta.name, zone: meta.labels?.[ZONE_LABEL] ?? '', ip, secondIp };
}
