/**
 * Service ports with a traffic policy Local that have endpoints, but none on a node: kube-proxy's metric
 * sync_proxy_rules_no_local_endpoints_total (pkg/proxy/metrics, 1.34-era). Cost: O(service ports).
 */
import type { EndpointChoices, NodePlace } from './endpoint-choice.js';
import type { Ledger } from './ledger.js';

/** The metric by kind of traffic. */
export interface NoLocalEndpoints {
  readonly internal: number;
  readonly external: number;
}

/** Counts them on a node, in a revision. */
export function noLocalEndpoints(
  ledger: Pick<Ledger, 'keysAt' | 'portAt'>,
  choices: EndpointChoices,
  revision: number,
  node: NodePlace,
): NoLocalEndpoints {
  let internal = 0;
  let external = 0;
  for (const key of ledger.keysAt(revision)) {
    const port = ledger.portAt(key, revision);
    if (port === undefined || !(port.internalLocal || port.externalLocal)) continue;
    const { local, hasAny } = choices.of(port, node);
    // Where the policy counts for no address yet there is no local set, and kube-proxy counts that as none.
    if (!hasAny || (local !== null && local.length > 0)) continue;
    if (port.internalLocal) internal++;
    if (port.externalLocal) external++;
  }
  return { internal, external };
}
