/**
 * The chains that are the same whatever services there are.
 *
 * Mirrors syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34). KUBE-FIREWALL and its jumps are there in both families, its rule only
 * where node ports answer on 127.0.0.1. KUBE-PROXY-CANARY holds nothing: it is gone when somebody flushes the tables.
 */
import { CtState } from '../../../kernel/hook.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import type { RuleSpec } from '../../../kernel/iptables/rule.js';
import { Counter, LOOPBACK_V4, type RuleOptions } from './rule-options.js';

/** Handles of the fixed chains. */
export interface FixedChains {
  readonly markMasquerade: number;
  readonly postrouting: number;
  readonly firewall: number;
  readonly forward: number;
  readonly canary: number;
}

/** Name of the chain that kube-proxy looks for to see whether its tables were flushed. */
export const CANARY = 'KUBE-PROXY-CANARY';

/** Rules of the fixed chains in nat: KUBE-POSTROUTING and KUBE-MARK-MASQ. */
export const FIXED_NAT_RULES = 4;

/** Rules of the fixed chains in filter: KUBE-FORWARD and KUBE-FIREWALL. */
export function fixedFilterRules({ dropsInvalid, localhostNodePorts }: RuleOptions): number {
  return 2 + (dropsInvalid ? 1 : 0) + (localhostNodePorts ? 1 : 0);
}

/** Adds the fixed chains and holds them. */
export function addFixedChains(store: RuleStore, options: RuleOptions): FixedChains {
  const { mark } = options;
  const chains: FixedChains = {
    markMasquerade: store.addChain('KUBE-MARK-MASQ', [{ target: { kind: 'mark-or', bits: mark } }]),
    postrouting: store.addChain('KUBE-POSTROUTING', [
      { mark: { value: mark, mask: mark, negated: true }, target: { kind: 'return' } },
      { target: { kind: 'mark-xor', bits: mark } },
      {
        comment: 'kubernetes service traffic requiring SNAT',
        target: { kind: 'masquerade', randomFully: options.randomFully },
      },
    ]),
    firewall: store.addChain('KUBE-FIREWALL', options.localhostNodePorts ? [blockLoopback()] : []),
    forward: store.addChain('KUBE-FORWARD', forwardRules(options)),
    canary: store.addChain(CANARY, []),
  };
  for (const chain of Object.values(chains) as number[]) store.retain(chain);
  return chains;
}

/** With route_localnet, hosts beside the node could reach its loopback addresses. */
function blockLoopback(): RuleSpec {
  return {
    comment: 'block incoming localnet connections',
    destination: LOOPBACK_V4,
    source: { ...LOOPBACK_V4, negated: true },
    state: CtState.related | CtState.established | CtState.dnat,
    stateNegated: true,
    target: { kind: 'drop' },
  };
}

function forwardRules({ mark, dropsInvalid, counters }: RuleOptions): RuleSpec[] {
  const invalid: RuleSpec = {
    state: CtState.invalid,
    ...(counters && { nfacct: Counter.invalidDropped }),
    target: { kind: 'drop' },
  };
  return [
    ...(dropsInvalid ? [invalid] : []),
    { comment: 'kubernetes forwarding rules', mark: { value: mark, mask: mark }, target: { kind: 'accept' } },
    {
      comment: 'kubernetes forwarding conntrack rule',
      state: CtState.related | CtState.established,
      target: { kind: 'accept' },
    },
  ];
}
