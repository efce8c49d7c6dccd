/**
 * What would make the simulation ambiguous, as far as it is told from one Service alone: the least that must hold of Services that come
 * from a server or from a scenario. (What a user writes in manifests is held against all of the API server's rules: `review.ts`.)
 */
import { familyOf } from '../../net/index.js';
import { problemIn } from '../explain.js';
import type { Path } from '../located.js';
import type { Problem } from '../problem.js';
import type { RawObject } from './raw-object.js';
import type { WrittenService } from './service-schema.js';

type Spec = WrittenService['spec'];

/** Every broken rule. */
export function serviceProblems(raw: RawObject, { spec }: WrittenService): Problem[] {
  const isNamed = spec.type === 'ExternalName';
  const headless = [spec.clusterIP, ...(spec.clusterIPs ?? [])].includes('None');
  return [...portProblems(raw, spec, headless || isNamed), ...familyProblems(raw, spec), ...policyProblems(raw, spec)];
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

function familyProblems(raw: RawObject, spec: Spec): Problem[] {
  const problems: Problem[] = [];
  const families = spec.ipFamilies ?? [];
  if (new Set(families).size < families.length) {
    problems.push(problemIn(raw, ['spec', 'ipFamilies'], 'expected each family once'));
  }
  const addresses = (spec.clusterIPs ?? []).map((own) => (typeof own === 'number' ? familyOf(own) : 0));
  const twice = addresses.findIndex((family, i) => family !== 0 && addresses.indexOf(family) < i);
  if (twice >= 0) {
    const message = `expected at most one address of a family, found a second IPv${addresses[twice] ?? 0} address`;
    problems.push(problemIn(raw, ['spec', 'clusterIPs', twice], message));
  }
  return problems;
}

function policyProblems(raw: RawObject, spec: Spec): Problem[] {
  const problems: Problem[] = [];
  const problem = (path: Path, message: string): void => {
    problems.push(problemIn(raw, ['spec', ...path], message));
  };
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const isLocal = spec.externalTrafficPolicy === 'Local';
  if ((spec.healthCheckNodePort ?? 0) !== 0 && !(isLoadBalancer && isLocal)) {
    problem(['healthCheckNodePort'], 'needs type LoadBalancer and externalTrafficPolicy Local');
  }
  if ((spec.loadBalancerSourceRanges ?? []).length > 0 && !isLoadBalancer) {
    problem(['loadBalancerSourceRanges'], 'needs type LoadBalancer');
  }
  const isReachable = isLoadBalancer || spec.type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  if (isLocal && !isReachable) {
    problem(['externalTrafficPolicy'], 'Local needs type NodePort or LoadBalancer, or externalIPs');
  }
  return problems;
}
