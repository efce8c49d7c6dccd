/**
 * The chains that are the same whatever services there are.
 *
 * Mirrors syncProxyRules (pkg/proxy/iptables/proxier.go, 1.33) with its defaults: mark bit 14, localhost NodePorts on,
 * nf_conntrack_tcp_be_liberal off, an iptables that knows --random-fully. Left out: nfacct counters, firewall and
 * health-check rules of load balancers (their chains are there, empty).
 */
import { CtState } from '../../../kernel/hook.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';

/** kube-proxy's mark for traffic to masquerade (masqueradeBit 14). */
export const MASQUERADE_MARK = 0x4000;

/** Handles of the fixed chains. */
export interface FixedChains {
  readonly markMasquerade: number;
  readonly postrouting: number;
  readonly firewall: number;
  readonly proxyFirewall: number;
  readonly forward: number;
  readonly healthCheckNodePorts: number;
}

/** Rules of the fixed chains in each table. */
export const FIXED_RULES = { nat: 4, filter: 4 } as const;

/** Adds the fixed chains and holds them. */
export function addFixedChains(store: RuleStore): FixedChains {
  const mark = { value: MASQUERADE_MARK, mask: MASQUERADE_MARK };
  const loopback = { address: 0x7f000000, bits: 8 };
  const chains: FixedChains = {
    markMasquerade: store.addChain('KUBE-MARK-MASQ', [{ target: { kind: 'mark-or', bits: MASQUERADE_MARK } }]),
    postrouting: store.addChain('KUBE-POSTROUTING', [
      { mark: { ...mark, negated: true }, target: { kind: 'return' } },
      { target: { kind: 'mark-xor', bits: MASQUERADE_MARK } },
      {
        comment: 'kubernetes service traffic requiring SNAT',
        target: { kind: 'masquerade', randomFully: true },
      },
    ]),
    firewall: store.addChain('KUBE-FIREWALL', [
      {
        comment: 'block incoming localnet connections',
        destination: loopback,
        source: { ...loopback, negated: true },
        state: CtState.related | CtState.established | CtState.dnat,
        stateNegated: true,
        target: { kind: 'drop' },
      },
    ]),
    proxyFirewall: store.addChain('KUBE-PROXY-FIREWALL', []),
    forward: store.addChain('KUBE-FORWARD', [
      { state: CtState.invalid, target: { kind: 'drop' } },
      { comment: 'kubernetes forwarding rules', mark, target: { kind: 'accept' } },
      {
        comment: 'kubernetes forwarding conntrack rule',
        state: CtState.related | CtState.established,
        target: { kind: 'accept' },
      },
    ]),
    healthCheckNodePorts: store.addChain('KUBE-NODEPORTS', []),
  };
  for (const chain of Object.values(chains) as number[]) store.retain(chain);
  return chains;
}
