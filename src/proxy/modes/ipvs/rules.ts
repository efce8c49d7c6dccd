/**
 * The iptables rules of kube-proxy's ipvs mode: the same few whatever services there are.
 *
 * Mirrors createAndLinkKubeChain and writeIptablesRules (pkg/proxy/ipvs/proxier.go, v1.30) with its defaults: mark
 * bit 14, an iptables that knows --random-fully. In the nat table rules are written only for sets with entries, so
 * there is a variant of the chains for each choice of such sets, shared by all nodes. Left out, being always empty
 * here: rules of load balancers and external addresses.
 */
import { CtState, Hook, Netfilter, Owner, RuleStore, Table } from '../../../kernel/index.js';
import type { RuleSpec, Target } from '../../../kernel/index.js';
import { Protocol } from '../../../net/index.js';
import type { ProxyOptions } from '../../proxier.js';
import { SET_KINDS, SetHandle } from './ip-sets.js';

/** kube-proxy's mark for traffic to masquerade (masqueradeBit 14). */
const MASQUERADE_MARK = 0x4000;

/** Which sets have entries, as bits 1 << handle. */
export type FilledSets = number;

/** The rules of one variant. */
export interface RuleVariant {
  /** Fragments of the built-in chains; `natServices` is for PREROUTING and OUTPUT alike. */
  readonly natServices: number;
  readonly natPostrouting: number;
  readonly filterInput: number;
  readonly filterForward: number;
  readonly filterOutput: number;
  /** Rules in kube-proxy's chains, both tables; the jumps from built-in chains aside. */
  readonly rules: number;
}

/** Chains of kube-proxy in both tables: lines of every restore beside the rules. */
export const RULE_CHAINS = 11;
/** Jumps from built-in chains. */
export const RULE_JUMPS = 9;

/** Makes variants of the rules and keeps them for the run. */
export class RuleVariants {
  private readonly store: RuleStore;
  private readonly options: ProxyOptions;
  private readonly variants = new Map<FilledSets, RuleVariant>();

  constructor(store: RuleStore, options: ProxyOptions) {
    this.store = store;
    this.options = options;
  }

  /** The variant for the sets that have entries. */
  of(filled: FilledSets): RuleVariant {
    let variant = this.variants.get(filled);
    if (variant === undefined) {
      variant = this.write(filled);
      this.variants.set(filled, variant);
    }
    return variant;
  }

  private write(filled: FilledSets): RuleVariant {
    let rules = 0;
    const add = (name: string, specs: RuleSpec[]): number => {
      rules += specs.length;
      return this.store.addChain(name, specs);
    };
    const nat = addNatChains(add, filled, this.options);
    const filter = addFilterChains(add);
    const base = (name: string, jumps: RuleSpec[]): number => {
      const chain = this.store.addChain(name, jumps);
      this.store.retain(chain);
      return chain;
    };
    const firewall = jump(filter.proxyFirewall, 'kube-proxy firewall rules');
    return {
      natServices: base('PREROUTING', [jump(nat.services, 'kubernetes service portals')]),
      natPostrouting: base('POSTROUTING', [jump(nat.postrouting, 'kubernetes postrouting rules')]),
      // Top to bottom in the reverse order of kube-proxy's installation, which prepends each jump.
      filterInput: base('INPUT', [
        jump(filter.ipvsFilter, 'kubernetes ipvs access filter'),
        firewall,
        jump(filter.nodePort, 'kubernetes health check rules'),
      ]),
      filterForward: base('FORWARD', [firewall, jump(filter.forward, 'kubernetes forwarding rules')]),
      filterOutput: base('OUTPUT', [jump(filter.ipvsOutFilter, 'kubernetes ipvs access filter')]),
      rules,
    };
  }
}

/** Puts a variant's fragments into a node's tables. */
export function installRules(netfilter: Netfilter, variant: RuleVariant): void {
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, variant.natServices);
  netfilter.setBase(Table.nat, Hook.output, Owner.proxy, variant.natServices);
  netfilter.setBase(Table.nat, Hook.postrouting, Owner.proxy, variant.natPostrouting);
  netfilter.setBase(Table.filter, Hook.input, Owner.proxy, variant.filterInput);
  netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, variant.filterForward);
  netfilter.setBase(Table.filter, Hook.output, Owner.proxy, variant.filterOutput);
}

type AddChain = (name: string, specs: RuleSpec[]) => number;

function addNatChains(
  add: AddChain,
  filled: FilledSets,
  options: ProxyOptions,
): { readonly services: number; readonly postrouting: number } {
  const mark = { value: MASQUERADE_MARK, mask: MASQUERADE_MARK };
  const has = (handle: SetHandle): boolean => (filled & (1 << handle)) !== 0;
  const markMasquerade = add('KUBE-MARK-MASQ', [{ target: { kind: 'mark-or', bits: MASQUERADE_MARK } }]);
  const toMark: Target = { kind: 'jump', chain: markMasquerade };
  // Nothing jumps here without load balancers, but kube-proxy writes it all the same.
  add('KUBE-LOAD-BALANCER', [{ target: toMark }]);
  const nodePort = add('KUBE-NODE-PORT', [
    ...(has(SetHandle.nodePortTcp) ? [{ ...inSet(SetHandle.nodePortTcp, 'd', toMark), protocol: Protocol.tcp }] : []),
    ...(has(SetHandle.nodePortUdp) ? [{ ...inSet(SetHandle.nodePortUdp, 'd', toMark), protocol: Protocol.udp }] : []),
    ...(has(SetHandle.nodePortSctp)
      ? [{ ...inSet(SetHandle.nodePortSctp, 'dd', toMark), protocol: Protocol.sctp }]
      : []),
  ]);
  const services = add('KUBE-SERVICES', [
    { source: { address: 0x7f000000, bits: 8 }, target: { kind: 'return' } },
    ...(has(SetHandle.clusterIp) ? [clusterIpRule(options, toMark)] : []),
    { destinationLocal: true, target: { kind: 'jump', chain: nodePort } },
    ...(has(SetHandle.clusterIp) ? [bare(inSet(SetHandle.clusterIp, 'dd', { kind: 'accept' }))] : []),
  ]);
  const postrouting = add('KUBE-POSTROUTING', [
    ...(has(SetHandle.loopBack) ? [inSet(SetHandle.loopBack, 'dds', { kind: 'masquerade', randomFully: false })] : []),
    { mark: { ...mark, negated: true }, target: { kind: 'return' } },
    { target: { kind: 'mark-xor', bits: MASQUERADE_MARK } },
    { comment: 'kubernetes service traffic requiring SNAT', target: { kind: 'masquerade', randomFully: true } },
  ]);
  return { services, postrouting };
}

/**
 * Which traffic to cluster addresses is masqueraded: all, what is not from pods, or what a node sends from a cluster
 * address.
 */
function clusterIpRule(options: ProxyOptions, toMark: Target): RuleSpec {
  if (options.masqueradeAll) return inSet(SetHandle.clusterIp, 'dd', toMark);
  if (options.clusterCidr.bits === 0) return inSet(SetHandle.clusterIp, 'sd', toMark);
  return { ...inSet(SetHandle.clusterIp, 'dd', toMark), source: { ...options.clusterCidr, negated: true } };
}

function addFilterChains(add: AddChain): {
  readonly proxyFirewall: number;
  readonly ipvsFilter: number;
  readonly ipvsOutFilter: number;
  readonly forward: number;
  readonly nodePort: number;
} {
  const returns: Target = { kind: 'return' };
  const through = [SetHandle.loadBalancer, SetHandle.clusterIp, SetHandle.externalIp, SetHandle.externalIpLocal];
  add('KUBE-SOURCE-RANGES-FIREWALL', [{ target: { kind: 'drop' } }]);
  return {
    proxyFirewall: add('KUBE-PROXY-FIREWALL', []),
    ipvsFilter: add('KUBE-IPVS-FILTER', [
      ...through.map((handle) => bare(inSet(handle, 'dd', returns))),
      bare(inSet(SetHandle.healthCheckNodePort, 'd', returns)),
      { ...bare(inSet(SetHandle.ipvsIps, 'd', { kind: 'reject' })), state: CtState.new },
    ]),
    ipvsOutFilter: add('KUBE-IPVS-OUT-FILTER', []),
    forward: add('KUBE-FORWARD', [
      {
        comment: 'kubernetes forwarding rules',
        mark: { value: MASQUERADE_MARK, mask: MASQUERADE_MARK },
        target: { kind: 'accept' },
      },
      {
        comment: 'kubernetes forwarding conntrack rule',
        state: CtState.related | CtState.established,
        target: { kind: 'accept' },
      },
    ]),
    nodePort: add('KUBE-NODE-PORT', [inSet(SetHandle.healthCheckNodePort, 'd', { kind: 'accept' })]),
  };
}

function inSet(handle: SetHandle, directions: string, target: Target): RuleSpec {
  return { comment: SET_KINDS[handle]!.comment, set: { handle, directions }, target };
}

/** The same rule without the comment, where kube-proxy writes none. */
function bare(rule: RuleSpec): RuleSpec {
  const { comment: _comment, ...rest } = rule;
  return rest;
}

function jump(chain: number, comment: string): RuleSpec {
  return { comment, target: { kind: 'jump', chain } };
}
