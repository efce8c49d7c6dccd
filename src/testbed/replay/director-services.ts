/** The virtual servers of a director, by their place in the script, and what `ipvsadm` does to them. */
import { invariant } from '../../sim/index.js';
import {
  MARK_PROTOCOL,
  NO_SERVER,
  VirtualServerRegistry,
  type Ipvs,
  type VirtualServer,
  type VirtualServerDefinition,
} from '../../kernel/index.js';
import { Protocol } from '../../net/index.js';
import type { ListedServer, ScriptService, SocketPlace } from '../../scenario/index.js';
import { placeText } from '../../scenario/index.js';

/** What a server is added or changed with. */
export interface ServerWeight {
  readonly weight: number;
  /** Thresholds; 0 for none. */
  readonly upper: number;
  readonly lower: number;
}

const NO_SERVERS = { length: 0, address: new Uint32Array(0), port: new Uint16Array(0) };

/** The virtual servers. */
export class DirectorServices {
  private readonly ipvs: Ipvs;
  private readonly services: readonly ScriptService[];
  private readonly registry = new VirtualServerRegistry();
  private version = 0;

  /** Makes them all, in their order and without servers. */
  constructor(ipvs: Ipvs, services: readonly ScriptService[]) {
    this.ipvs = ipvs;
    this.services = services;
    for (const service of services) this.define(service, service.scheduler, service.flags);
    // State is made at the first look: a scheduler starts when its virtual server does, with no servers.
    services.forEach((_, index) => this.at(index));
  }

  /** `ipvsadm -a`: the server is not in the list yet. */
  add(index: number, { address, port }: SocketPlace, { weight, upper, lower }: ServerWeight): void {
    this.at(index).add(address, port, weight, upper, lower);
  }

  /** `ipvsadm -e`. */
  edit(index: number, server: SocketPlace, { weight, upper, lower }: ServerWeight): void {
    this.at(index).edit(this.rowOf(index, server), weight, upper, lower);
  }

  /** `ipvsadm -d`. */
  remove(index: number, server: SocketPlace): void {
    this.ipvs.services.removeServer(this.rowOf(index, server));
  }

  /** `ipvsadm -E` with another scheduler: servers and counters stay. */
  setScheduler(index: number, scheduler: string, flags: number): void {
    this.define(this.serviceOf(index), scheduler, flags);
  }

  /** The server lists by name, front first. */
  lists(): Readonly<Record<string, readonly ListedServer[]>> {
    return Object.fromEntries(this.services.map(({ name }, index) => [name, this.listOf(index)]));
  }

  private listOf(index: number): ListedServer[] {
    const { servers } = this.ipvs;
    const service = this.at(index);
    const rows = Array.from(service.order.subarray(0, service.count)).reverse();
    return rows.map((row) => ({
      rs: placeText({ address: servers.address[row]!, port: servers.port[row]! }),
      weight: servers.weight[row]!,
      active: servers.active[row]!,
      inactive: servers.inactive[row]!,
    }));
  }

  private define(service: ScriptService, scheduler: string, flags: number): void {
    this.registry.advance(++this.version);
    this.registry.put(definitionOf(service, scheduler, flags));
    this.ipvs.use(this.registry.table(), []);
  }

  private at(index: number): VirtualServer {
    const { protocol, address, port } = definitionOf(this.serviceOf(index), '', 0);
    const found = this.ipvs.service(protocol, address, port);
    invariant(found !== null, 'service-defined', () => `virtual server ${index} of the script is not there`);
    return found;
  }

  private rowOf(index: number, { address, port }: SocketPlace): number {
    const row = this.at(index).find(address, port);
    invariant(row !== NO_SERVER, 'server-present', () => `${placeText({ address, port })} is in no list`);
    return row;
  }

  private serviceOf(index: number): ScriptService {
    const service = this.services[index];
    invariant(service !== undefined, 'service-known', () => `the script has no virtual server ${index}`);
    return service;
  }
}

function definitionOf(service: ScriptService, scheduler: string, flags: number): VirtualServerDefinition {
  const { mark, proto, places, persistSeconds, netmask, onePacket } = service;
  const [place] = places;
  const where =
    mark > 0 || place === undefined
      ? { protocol: MARK_PROTOCOL, address: mark, port: 0, bound: false }
      : { protocol: Protocol[proto], address: place.address, port: place.port, bound: true };
  return {
    ...where,
    scheduler,
    flags,
    persistenceSeconds: persistSeconds,
    persistenceMask: netmask,
    onePacket,
    servers: NO_SERVERS,
  };
}
