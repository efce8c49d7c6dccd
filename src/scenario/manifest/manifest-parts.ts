/** Parts of manifests that several kinds share. */
import type { ObjectMeta } from '../../kube/api.js';
import { Protocol } from '../../net/index.js';

/** Any Kubernetes object. */
export type Manifest = Readonly<Record<string, unknown>>;

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [Protocol.tcp, 'TCP'],
  [Protocol.udp, 'UDP'],
  [Protocol.sctp, 'SCTP'],
]);

/** A transport protocol as the API writes it. */
export function protocolText(protocol: number): string | undefined {
  return PROTOCOL_NAMES.get(protocol);
}

/** `metadata`, without what is empty. */
export function meta({ namespace, name, labels, annotations }: ObjectMeta): Manifest {
  const own = { namespace, name, ...(Object.keys(labels).length === 0 ? {} : { labels }) };
  return annotations === undefined ? own : { ...own, annotations };
}
