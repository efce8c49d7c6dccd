/**
 * kube-proxy's ipvs mode: Services become virtual servers, ipsets and a constant number of iptables rules.
 *
 * Mirrors pkg/proxy/ipvs (v1.30). What a revision of the ledger comes to is compiled once for all nodes; a node only
 * swaps versions, and what it has of its own (local endpoints and lists that depend on them, connections, scheduler positions, draining
 * servers) is kept apart. strictARP changes sysctls that nothing here depends on. Left out: other programs' virtual servers.
 */
import { schedulerOf } from '../../../kernel/ipvs/schedulers/index.js';
import type { KernelSupport, ModeRun, ModeSetup, Proxier, ProxyMode, ProxyNode } from '../../proxier.js';
import { FirewallVariants } from './firewall.js';
import { IpvsProxier } from './ipvs-proxier.js';
import { NodeState } from './node-state.js';
import { RuleVariants } from './rules.js';
import { VersionCompiler, type Version } from './versions.js';

/** The ipvs mode, for the list of modes. */
export const ipvsMode: ProxyMode = {
  name: 'ipvs',
  doc: 'Virtual servers of the kernel, found by hash; a scheduler picks the endpoint.',
  pick: 'by the scheduler',
  defaultMinSyncPeriodNs: 0,
  hasScheduler: true,
  canRun,
  start: (setup) => new IpvsRun(setup),
};

/** Versions that may be out of use before they are dropped, since dropping looks at every virtual server. */
const DROP_AT_ONCE = 256;

/**
 * kube-proxy's check at its start (CanUseIPVSProxier, v1.30): a virtual server at 198.51.100.0:20000 with the scheduler is added and
 * removed again. ipset is taken to be there in a version from 6.0 on.
 */
function canRun(kernel: KernelSupport, scheduler: string): string | undefined {
  if (!kernel.ipvs) return "can't use the IPVS proxier: Ipvs not supported";
  if (kernel.schedulers.includes(scheduler)) return undefined;
  return `can't use the IPVS proxier: no such file or directory (the kernel has no ip_vs scheduler ${scheduler})`;
}

class IpvsRun implements ModeRun {
  private readonly setup: ModeSetup;
  private readonly compiler: VersionCompiler;
  private readonly variants: RuleVariants;
  private readonly firewalls: FirewallVariants;
  /** By index; kept when kube-proxy starts again. */
  private readonly nodes = new Map<number, NodeState>();
  /** Nodes by the revision that they have in place. */
  private readonly users = new Map<number, number>();
  private oldest = 0;
  private dropped = 0;

  constructor(setup: ModeSetup) {
    const { ledger, rules, options, family } = setup;
    // A scheduler that is not there is refused now and not with the first packet.
    schedulerOf(options.scheduler);
    this.setup = setup;
    this.compiler = new VersionCompiler(ledger, options);
    this.variants = new RuleVariants(rules, options, family);
    this.firewalls = new FirewallVariants(family);
  }

  proxier(node: ProxyNode): Proxier {
    const { compiler, variants, firewalls } = this;
    let state = this.nodes.get(node.index);
    if (state === undefined) {
      compiler.addZone(node.zone);
      state = new NodeState(node, this.setup, compiler);
      this.nodes.set(node.index, state);
      this.users.set(0, (this.users.get(0) ?? 0) + 1);
      this.oldest = 0;
    }
    state.initial = true;
    node.ipvs.forgetDraining();
    const installed = (before: Version | null, after: Version): void => this.install(before, after);
    return new IpvsProxier({ compiler, variants, firewalls, installed }, node, state);
  }

  /** Notes that a node has another version in place, and drops what no node needs any more. */
  private install(from: Version | null, version: Version): void {
    const before = from?.revision ?? 0;
    this.users.set(version.revision, (this.users.get(version.revision) ?? 0) + 1);
    const left = (this.users.get(before) ?? 0) - 1;
    if (left > 0) this.users.set(before, left);
    else this.users.delete(before);
    while (this.oldest < version.revision && !this.users.has(this.oldest)) this.oldest++;
    if (this.oldest - this.dropped < DROP_AT_ONCE) return;
    this.compiler.forgetBefore(this.oldest);
    this.dropped = this.oldest;
  }
}
