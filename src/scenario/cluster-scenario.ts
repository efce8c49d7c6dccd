/** The scenario that `kpb run --manifests` takes when none is named: every proxy mode on that cluster. */
import type { ClusterObjects } from '../kube/api.js';
import { leadToServices } from '../kube/ingress/taken-ingresses.js';
import { PROXY_MODES } from '../proxy/modes/index.js';

/** Text of the scenario that goes with a cluster to look at: kube-proxy as its configuration or `--set` says, nothing varied. */
export function lookScenario(): string {
  return `apiVersion: kpb/v1alpha1
kind: Scenario
metadata:
  name: cluster
spec: {}
`;
}

/**
 * Text of the built-in scenario. Where there are Ingresses, clients are outside of the cluster and go through these: nobody writes an Ingress for
 * traffic that does not use it.
 * @param objects those of the manifests; none when nothing is given
 */
export function clusterScenario(objects: ClusterObjects | null = null): string {
  const { ingresses = [] } = objects ?? {};
  const throughIngress = leadToServices(ingresses);
  const entrance = throughIngress ? `\n    placement: external\n    frontend: ingress` : '';
  const modes = PROXY_MODES.map(({ name }) => `      - { mode: ${name} }`).join('\n');
  return `apiVersion: kpb/v1alpha1
kind: Scenario
metadata:
  name: cluster
spec:
  question: How do the proxy modes compare on the cluster of these manifests?
  matrix:
    proxy:
${modes}
  workload:
    kind: new-connection
    rate: 2k/s
    target: uniform${entrance}
  run:
    duration: 2s
    warmup: 500ms
    seeds: 3
`;
}
