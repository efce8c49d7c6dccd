/**
 * Reads Services (v1). What the API server would refuse and what would make the simulation ambiguous is refused here
 * too: ports without names or with the same one, the same port twice.
 */
import { z } from 'zod';
import type { Service, ServicePortSpec } from '../../kube/api.js';
import { parseAddress, parseIpv4 } from '../../net/index.js';
import { checkedSubject, problemIn } from '../explain.js';
import { InputError } from '../problem.js';
import type { Problem } from '../problem.js';
import * as q from '../quantity.js';
import { labels, metadata, metaOf, port, protocol } from './field.js';
import type { RawObject } from './raw-object.js';

/** Timeout of ClientIP affinity where a Service does not say one (API default, three hours). */
const AFFINITY_SECONDS = 10_800;

const servicePort = z.object({
  name: z.string().nullish(),
  protocol,
  port,
  targetPort: q
    .quantity('a port, 1 to 65535, or the name of a container port', (value) => {
      if (typeof value === 'string') return value;
      return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535 ? value : undefined;
    })
    .nullish(),
  nodePort: q.whole(0, 65535).nullish(),
});

const clusterIp = q.quantity('an IP address, None or nothing', (value) =>
  value === 'None' || value === '' || (typeof value === 'string' && parseAddress(value) !== undefined)
    ? value
    : undefined,
);

const schema = z.object({
  metadata,
  spec: z.object({
    type: q.word('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName').nullish(),
    clusterIP: clusterIp.nullish(),
    clusterIPs: z.array(clusterIp).nullish(),
    ipFamilies: z.array(z.unknown()).nullish(),
    selector: labels.nullish(),
    ports: z.array(servicePort).nullish(),
    sessionAffinity: q.word('None', 'ClientIP').nullish(),
    sessionAffinityConfig: z
      .object({ clientIP: z.object({ timeoutSeconds: q.whole(1, 86_400).nullish() }).nullish() })
      .nullish(),
    publishNotReadyAddresses: q.flag.nullish(),
  }),
});

type Spec = z.output<typeof schema>['spec'];

/**
 * Reads one Service.
 * @returns the Service; undefined for one that has IPv6 addresses only
 * @throws InputError with every problem
 */
export function readService(raw: RawObject): Service | undefined {
  const { metadata: meta, spec } = checkedSubject(schema, raw);
  const addresses = [spec.clusterIP, ...(spec.clusterIPs ?? [])].filter((address) => typeof address === 'string');
  const ipv4 = addresses.map((address) => parseIpv4(address)).find((address) => address !== undefined);
  const headless = addresses.includes('None');
  const ipv6Address = ipv4 === undefined && !headless && addresses.some((address) => address.includes(':'));
  const families = spec.ipFamilies ?? [];
  if (ipv6Address || (families.length > 0 && !families.includes('IPv4'))) return undefined;
  const type = spec.type ?? 'ClusterIP';
  const problems = portProblems(raw, spec, headless || type === 'ExternalName');
  if (problems.length > 0) throw new InputError(problems);
  const selector = spec.selector ?? {};
  return {
    metadata: metaOf(meta),
    type,
    clusterIp: headless || type === 'ExternalName' ? 0 : (ipv4 ?? 0),
    headless: headless && type !== 'ExternalName',
    selector: Object.keys(selector).length === 0 ? null : selector,
    ports: (spec.ports ?? []).map(portOf),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS)
        : 0,
    publishNotReadyAddresses: spec.publishNotReadyAddresses ?? false,
  };
}

function portOf(written: NonNullable<Spec['ports']>[number]): ServicePortSpec {
  return {
    name: written.name ?? '',
    protocol: written.protocol,
    port: written.port,
    targetPort: written.targetPort ?? written.port,
    nodePort: written.nodePort ?? 0,
  };
}

function portProblems(raw: RawObject, spec: Spec, mayBeEmpty: boolean): Problem[] {
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !mayBeEmpty) return [problemIn(raw, ['spec', 'ports'], 'expected at least one port')];
  const problems: Problem[] = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, { name, protocol: number, port: own }] of ports.entries()) {
    if (ports.length > 1 && (name ?? '') === '') {
      problems.push(
        problemIn(raw, ['spec', 'ports', index], 'expected a name: a Service with several ports names each'),
      );
    } else if (names.has(name ?? '')) {
      problems.push(problemIn(raw, ['spec', 'ports', index, 'name'], `the port name ${name ?? ''} occurs twice`));
    }
    if (numbers.has(`${number}/${own}`)) {
      problems.push(problemIn(raw, ['spec', 'ports', index, 'port'], `port ${own} occurs twice with one protocol`));
    }
    names.add(name ?? '');
    numbers.add(`${number}/${own}`);
  }
  return problems;
}
