/** The API server's answer to a case: the fields that it refuses, and what the allocators gave. */
import { admitService } from '../../../src/kube/allocation/admit-service.js';
import { ServiceAllocators } from '../../../src/kube/allocation/service-allocators.js';
import { withServiceDefaults } from '../../../src/kube/validation/defaults.js';
import { DEFAULT_GATES, type FeatureGates } from '../../../src/kube/validation/feature-gates.js';
import { SERVICE } from '../../../src/kube/validation/object-shapes.js';
import { REVIEWED_KINDS, reviewErrors, type ReviewedKind } from '../../../src/kube/validation/review.js';
import { decode } from '../../../src/kube/validation/shape.js';
import { parseIp, parseIpPrefix } from '../../../src/net/index.js';
import { knownFields, listOf, numberOf, textOf, textsOf, type Fields } from '../kube-proxy/fields.js';
import type { ValidationCase } from './case-file.js';

/** What came of it. */
interface Answer {
  readonly accepted: boolean;
  /** In the order of the alphabet, each once; none of an internal error. */
  readonly fields: readonly string[];
  readonly taken: { readonly clusterIps: number; readonly nodePorts: number };
}

/** Asks the API server, with the allocators where the case is about them. */
export function answerTo({ object, before, defaults, cluster, feature }: ValidationCase): Answer {
  const gates: FeatureGates = feature === undefined ? DEFAULT_GATES : new Set([...DEFAULT_GATES, feature]);
  const kind = textOf(object['kind'], 'kind') as ReviewedKind;
  if (!REVIEWED_KINDS.includes(kind)) throw new Error(`unknown kind: ${kind}`);
  if (cluster === undefined) {
    const errors = reviewErrors({ kind, object, ...(before === undefined ? {} : { before }), defaults, gates });
    return { ...refusal(errors), taken: { clusterIps: 0, nodePorts: 0 } };
  }
  if (kind !== 'Service') throw new Error('allocation is for Services');
  const old = before === undefined ? undefined : withServiceDefaults(decode(SERVICE, before, { strict: false }).object);
  const { errors, taken } = admitService({ object, before: old, gates }, allocatorsOf(cluster, gates));
  return { ...refusal(errors), taken };
}

function allocatorsOf(value: Fields, gates: FeatureGates): ServiceAllocators {
  const cluster = knownFields(value, ['serviceCIDR', 'nodePortRange', 'usedClusterIPs', 'usedNodePorts'], 'cluster');
  const cidrs = textOf(cluster['serviceCIDR'], 'cluster.serviceCIDR').split(',');
  const [first, last] = textOf(cluster['nodePortRange'], 'cluster.nodePortRange').split('-').map(Number);
  const allocators = new ServiceAllocators({
    serviceCidrs: cidrs.map((text) => present(parseIpPrefix(text.trim()), text)),
    nodePorts: { first: present(first, 'first node port'), last: present(last, 'last node port') },
    gates,
  });
  for (const text of textsOf(cluster['usedClusterIPs'], 'cluster.usedClusterIPs')) {
    allocators.occupyAddress(present(parseIp(text), text));
  }
  for (const port of listOf(cluster['usedNodePorts'], 'cluster.usedNodePorts')) {
    allocators.occupyNodePort(numberOf(port, 'cluster.usedNodePorts'));
  }
  return allocators;
}

function refusal(errors: readonly { readonly field: string }[]): Pick<Answer, 'accepted' | 'fields'> {
  const fields = errors.flatMap(({ field }) => (field === '' ? [] : field));
  return { accepted: errors.length === 0, fields: [...new Set(fields)].sort() };
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`not understood: ${what}`);
  return value;
}
