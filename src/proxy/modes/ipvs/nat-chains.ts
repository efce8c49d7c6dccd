/**
 * The chains of the nat table in ipvs mode: who is masqueraded (ip_vs itself translates the destination).
 *
 * Mirrors writeIptablesRules (pkg/proxy/ipvs/proxier.go, v1.30); rules for sets without entries are not written.
 */
import type { RuleSpec, Target } from '../../../kernel/index.js';
import { Protocol, type IpFamily } from '../../../net/index.js';
import type { LocalDetector, ProxyOptions } from '../../proxier.js';
import { SetHandle } from './ip-sets.js';
import { LOOPBACK } from './node-addresses.js';
import { inSet, inSetBare, isFilled, type AddChain, type FilledSets } from './rule-parts.js';

/** What the chains depend on besides the sets. */
export interface NatFacts {
  readonly options: Pick<ProxyOptions, 'masqueradeAll' | 'masqueradeBit' | 'randomFully'>;
  readonly family: IpFamily;
  readonly detector: LocalDetector;
}

const RETURN: Target = { kind: 'return' };
const ACCEPT: Target = { kind: 'accept' };

/** Adds the chains; returns those that built-in chains jump to. */
export function natChains(
  add: AddChain,
  filled: FilledSets,
  facts: NatFacts,
): { readonly services: number; readonly postrouting: number } {
  const bits = 2 ** facts.options.masqueradeBit;
  const markMasquerade = add('KUBE-MARK-MASQ', [{ target: { kind: 'mark-or', bits } }]);
  const toMark: Target = { kind: 'jump', chain: markMasquerade };
  const loadBalancer = add('KUBE-LOAD-BALANCER', [
    ...ruleFor(filled, SetHandle.loadBalancerLocal, 'dd', RETURN),
    { target: toMark },
  ]);
  const nodePort = add('KUBE-NODE-PORT', nodePortRules(filled, toMark));
  const services = add('KUBE-SERVICES', [
    { source: LOOPBACK[facts.family], target: RETURN },
    ...ruleFor(filled, SetHandle.loadBalancer, 'dd', { kind: 'jump', chain: loadBalancer }),
    ...(isFilled(filled, SetHandle.clusterIp) ? [clusterIpRule(facts, toMark)] : []),
    ...ruleFor(filled, SetHandle.externalIp, 'dd', toMark),
    ...externalRules(filled, SetHandle.externalIp),
    ...externalRules(filled, SetHandle.externalIpLocal),
    { destinationLocal: true, target: { kind: 'jump', chain: nodePort } },
    ...[SetHandle.clusterIp, SetHandle.loadBalancer]
      .filter((handle) => isFilled(filled, handle))
      .map((handle) => inSetBare(handle, 'dd', ACCEPT)),
  ]);
  const postrouting = add('KUBE-POSTROUTING', [
    ...ruleFor(filled, SetHandle.loopBack, 'dds', { kind: 'masquerade', randomFully: false }),
    { mark: { value: bits, mask: bits, negated: true }, target: RETURN },
    { target: { kind: 'mark-xor', bits } },
    {
      comment: 'kubernetes service traffic requiring SNAT',
      target: { kind: 'masquerade', randomFully: facts.options.randomFully },
    },
  ]);
  return { services, postrouting };
}

function nodePortRules(filled: FilledSets, toMark: Target): RuleSpec[] {
  const protocols = [
    [Protocol.tcp, SetHandle.nodePortLocalTcp, SetHandle.nodePortTcp, 'd'],
    [Protocol.udp, SetHandle.nodePortLocalUdp, SetHandle.nodePortUdp, 'd'],
    [Protocol.sctp, SetHandle.nodePortLocalSctp, SetHandle.nodePortSctp, 'dd'],
  ] as const;
  return protocols.flatMap(([protocol, local, all, directions]) =>
    [...ruleFor(filled, local, directions, RETURN), ...ruleFor(filled, all, directions, toMark)].map((rule) => ({
      ...rule,
      protocol,
    })),
  );
}

/**
 * Which traffic to cluster addresses is masqueraded: all, what is not from pods, or what a node sends from a cluster
 * address.
 */
function clusterIpRule({ options, detector }: NatFacts, toMark: Target): RuleSpec {
  if (options.masqueradeAll) return inSet(SetHandle.clusterIp, 'dd', toMark);
  switch (detector.kind) {
    case 'none':
      return inSet(SetHandle.clusterIp, 'sd', toMark);
    case 'source':
      return { ...inSet(SetHandle.clusterIp, 'dd', toMark), source: { ...detector.prefix, negated: true } };
    case 'interface':
      return {
        ...inSet(SetHandle.clusterIp, 'dd', toMark),
        inputInterface: { name: detector.name, negated: true },
      };
  }
}

/** Traffic to external addresses goes to ip_vs when it comes from outside, or when the address is local here. */
function externalRules(filled: FilledSets, handle: SetHandle): RuleSpec[] {
  if (!isFilled(filled, handle)) return [];
  const rule = inSet(handle, 'dd', ACCEPT);
  return [
    { ...rule, notFromBridge: true, sourceLocal: true, sourceLocalNegated: true },
    { ...rule, destinationLocal: true },
  ];
}

function ruleFor(filled: FilledSets, handle: SetHandle, directions: string, target: Target): RuleSpec[] {
  return isFilled(filled, handle) ? [inSet(handle, directions, target)] : [];
}
