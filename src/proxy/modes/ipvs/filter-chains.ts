/**
 * The chains of the filter table in ipvs mode: source ranges, and what may reach a node through the addresses on kube-ipvs0.
 *
 * Mirrors writeIptablesRules (pkg/proxy/ipvs/proxier.go, v1.30).
 */
import { CtState } from '../../../kernel/index.js';
import type { RuleSpec, Target } from '../../../kernel/index.js';
import { addressBits, type IpFamily } from '../../../net/index.js';
import type { ProxyOptions } from '../../proxier.js';
import type { Barred } from './firewall.js';
import { SetHandle } from './ip-sets.js';
import { inSet, inSetBare, isFilled, type AddChain, type FilledSets } from './rule-parts.js';

/** What the chains depend on besides the sets. */
export interface FilterFacts {
  readonly options: Pick<ProxyOptions, 'masqueradeBit'>;
  readonly family: IpFamily;
  /** Load-balancer addresses that the node may not use. */
  readonly barred: readonly Barred[];
}

/** The chains that built-in ones jump to. */
export interface FilterChains {
  readonly proxyFirewall: number;
  readonly ipvsFilter: number;
  readonly ipvsOutFilter: number;
  readonly forward: number;
  readonly nodePort: number;
}

const RETURN: Target = { kind: 'return' };

/** Adds the chains. */
export function filterChains(add: AddChain, filled: FilledSets, facts: FilterFacts): FilterChains {
  const sourceRanges = add('KUBE-SOURCE-RANGES-FIREWALL', [
    ...[SetHandle.loadBalancerSourceCidr, SetHandle.loadBalancerSourceIp]
      .filter((handle) => isFilled(filled, handle))
      .map((handle) => inSet(handle, 'dds', RETURN)),
    { target: { kind: 'drop' } },
  ]);
  const firewall: RuleSpec[] = isFilled(filled, SetHandle.loadBalancerFirewall)
    ? [inSet(SetHandle.loadBalancerFirewall, 'dd', { kind: 'jump', chain: sourceRanges })]
    : [];
  return {
    forward: add('KUBE-FORWARD', forwardRules(2 ** facts.options.masqueradeBit)),
    nodePort: add('KUBE-NODE-PORT', [inSet(SetHandle.healthCheckNodePort, 'd', { kind: 'accept' })]),
    proxyFirewall: add('KUBE-PROXY-FIREWALL', firewall),
    ipvsFilter: add('KUBE-IPVS-FILTER', ipvsFilterRules()),
    ipvsOutFilter: add('KUBE-IPVS-OUT-FILTER', outFilterRules(facts)),
  };
}

function forwardRules(bits: number): RuleSpec[] {
  return [
    { comment: 'kubernetes forwarding rules', mark: { value: bits, mask: bits }, target: { kind: 'accept' } },
    {
      comment: 'kubernetes forwarding conntrack rule',
      state: CtState.related | CtState.established,
      target: { kind: 'accept' },
    },
  ];
}

/** What is no service on an address of kube-ipvs0 is refused: a port of the node itself would answer there. */
function ipvsFilterRules(): RuleSpec[] {
  const services = [SetHandle.loadBalancer, SetHandle.clusterIp, SetHandle.externalIp, SetHandle.externalIpLocal];
  return [
    ...services.map((handle) => inSetBare(handle, 'dd', RETURN)),
    inSetBare(SetHandle.healthCheckNodePort, 'd', RETURN),
    { ...inSetBare(SetHandle.ipvsIps, 'd', { kind: 'reject' }), state: CtState.new },
  ];
}

/** A connection of the node to an address that it may not use, which has that address for its source too. */
function outFilterRules({ barred, family }: FilterFacts): RuleSpec[] {
  return barred.map(({ address, protocol, port }) => ({
    source: { address, bits: addressBits(family) },
    ipvs: { address, protocol, port },
    target: { kind: 'drop' },
  }));
}
