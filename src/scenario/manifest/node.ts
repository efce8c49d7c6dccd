/** Reads Nodes (v1). Their addresses are not taken over: the simulated cluster hands out its own. */
import { z } from 'zod';
import { checkedSubject } from '../explain.js';
import { metadata } from './field.js';
import type { RawObject } from './raw-object.js';

/** Label with a node's zone. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

const schema = z.object({ metadata });

/** A Node, before it has its index. */
export interface ReadNode {
  readonly name: string;
  readonly zone: string;
}

/** Reads one Node. @throws InputError with every problem */
export function readNode(raw: RawObject): ReadNode {
  const { metadata: meta } = checkedSubject(schema, raw);
  return { name: meta.name, zone: meta.labels?.[ZONE_LABEL] ?? '' };
}
