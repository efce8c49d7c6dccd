/**
 * The virtual servers of the newest revision, as service ports come, change and go; and which addresses stand on kube-ipvs0.
 *
 * Mirrors syncService and cleanLegacyService (pkg/proxy/ipvs/proxier.go, v1.30). Left out: excludeCIDRs for node ports, which go with their
 * service even where the node's address is excluded. Cost: O(1) a virtual server.
 */
import { EVERY_BIT, OWN_ADDRESS, type VirtualServerDefinition } from '../../../kernel/ipvs/definition.js';
import { SchedulerFlag } from '../../../kernel/ipvs/schedulers/index.js';
import { VirtualServerRegistry } from '../../../kernel/ipvs/virtual-server-table.js';
import { inPrefix, type IpAddress } from '../../../net/index.js';
import type { ProxyOptions } from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { Claims, NO_CLAIM } from './claims.js';
import { frontendsOf, type Frontend } from './frontends.js';
import { listNumber } from './node-lists.js';
import type { PlaceLists } from './place-lists.js';

/** Finds a service port in the newest revision. */
type FindPort = (key: number) => ServicePort | undefined;

/** The virtual servers of a run. */
export class VirtualServers {
  readonly registry = new VirtualServerRegistry();
  private readonly options: ProxyOptions;
  private readonly places: PlaceLists;
  private readonly claims = new Claims();
  /** Addresses that this revision touched, and whether they were bound before it. */
  private readonly touched = new Map<IpAddress, boolean>();
  private revision = 0;

  /**
   * @param options scheduler and excluded prefixes
   * @param places lists of servers
   */
  constructor(options: ProxyOptions, places: PlaceLists) {
    this.options = options;
    this.places = places;
  }

  /** Starts a revision. */
  advance(revision: number): void {
    this.revision = revision;
    this.registry.advance(revision);
    this.touched.clear();
  }

  /** A service port has a virtual server, or wants it and another one has it. */
  put(port: ServicePort, frontend: Frontend): void {
    if (this.claims.claim(port.protocol, frontend.address, frontend.port, port.key)) this.define(port, frontend);
  }

  /**
   * A service port has a virtual server no more.
   * @param find another service port may have it from now on
   * @returns whether the virtual server is gone
   */
  drop(port: ServicePort, frontend: Frontend, find: FindPort): boolean {
    const { address, port: number } = frontend;
    const { owner, changed } = this.claims.drop(port.protocol, address, number, port.key);
    if (!changed) return false;
    const heir = owner === NO_CLAIM ? undefined : find(owner);
    const inherited = heir && frontendsOf(heir).find((each) => each.address === address && each.port === number);
    if (heir && inherited) {
      this.define(heir, inherited);
      return false;
    }
    this.touch(address);
    if (address !== OWN_ADDRESS && this.isExcluded(address)) {
      // kube-proxy leaves it alone when it cleans up, but takes its address from the dummy device.
      this.registry.put(this.definition(port, frontend, false));
      return false;
    }
    this.registry.delete(port.protocol, address, number);
    return true;
  }

  /** Ends a revision: which addresses it has bound to kube-ipvs0, and which it has taken away. */
  finish(): { readonly bound: readonly IpAddress[]; readonly unbound: readonly IpAddress[] } {
    const bound: IpAddress[] = [];
    const unbound: IpAddress[] = [];
    for (const [address, before] of this.touched) {
      const after = this.registry.isBound(address, this.revision);
      if (after && !before) bound.push(address);
      if (before && !after) unbound.push(address);
    }
    return { bound, unbound };
  }

  private define(port: ServicePort, frontend: Frontend): void {
    this.touch(frontend.address);
    const definition = this.definition(port, frontend, frontend.address !== OWN_ADDRESS);
    const ownList = this.places.varies(port) ? { ownList: listNumber(port.key, frontend.local) } : {};
    this.registry.put({ ...definition, ...ownList });
  }

  private definition(port: ServicePort, { address, port: number }: Frontend, bound: boolean): VirtualServerDefinition {
    const { scheduler } = this.options;
    return {
      protocol: port.protocol,
      address,
      port: number,
      scheduler,
      // The client's port is hashed too, with mh only.
      flags: scheduler === 'mh' ? SchedulerFlag.port : 0,
      persistenceSeconds: port.affinitySeconds,
      persistenceMask: EVERY_BIT,
      bound,
      servers: this.places.base(port.key),
    };
  }

  private isExcluded(address: IpAddress): boolean {
    return this.options.excludeCidrs.some((prefix) => inPrefix(address, prefix.address, prefix.bits));
  }

  private touch(address: IpAddress): void {
    if (address === OWN_ADDRESS || this.touched.has(address)) return;
    this.touched.set(address, this.registry.isBound(address, this.revision));
  }
}
