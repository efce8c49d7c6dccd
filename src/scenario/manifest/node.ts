/** Reads Nodes (v1): name, zone, CPU, role, readiness, and the addresses and pod subnets of both families. */
import { z } from 'zod';
import type { Node } from '../../kube/api.js';
import type { IpAddress, IpPrefix } from '../../net/index.js';
import { checkedSubject } from '../explain.js';
import { metadata } from './field.js';
import { byFamily, readAddress, readPrefix } from './ip-text.js';
import type { RawObject } from './raw-object.js';

/** Label with a node's zone. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Labels of nodes of the control plane, the present one first. */
export const CONTROL_PLANE_LABELS = [
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/master',
] as const;

const schema = z.object({
  metadata,
  spec: z.object({ podCIDR: z.string().nullish(), podCIDRs: z.array(z.string()).nullish() }).nullish(),
  status: z
    .object({
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish(),
      allocatable: z.record(z.string(), z.unknown()).nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});

/** A Node, before it has its index. */
export interface ReadNode extends Pick<Node, 'cpuMillis' | 'controlPlane' | 'notReady'> {
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
  const cpuMillis = readCpu(status?.allocatable?.['cpu']);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    name: meta.name,
    zone: meta.labels?.[ZONE_LABEL] ?? '',
    ip,
    secondIp,
    ...(podCidrs.length > 0 && { podCidrs }),
    ...(cpuMillis > 0 && { cpuMillis }),
    ...(CONTROL_PLANE_LABELS.some((label) => Object.hasOwn(meta.labels ?? {}, label)) && { controlPlane: true }),
    ...(ready !== undefined && ready.status !== 'True' && { notReady: true }),
  };
}

/** An amount of CPU, such as 4 or 3920m, in thousandths; 0 for none. */
function readCpu(value: unknown): number {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  );
  if (match === null) return 0;
  return Math.ceil(Number(match[1]) * (match[2] === 'm' ? 1 : 1000));
}
