/**
 * A reference model of ip_vs: what the kernel does with a packet, step by step, as one would tell it.
 *
 * Linux 6.1.176 (load factor 257: 6.12.117), IPv4, TCP and UDP, masquerade forwarding. Left out: SCTP, ICMP, FTP,
 * virtual servers with port 0, the freeing of servers without users. It is written for the reader: arrays that are searched, no index, no cache.
 */
import { ModelConnections, type ModelConnection } from './model-connections.js';
import { ModelService, type ServiceSettings } from './model-service.js';
import type { LoadActiveFactor, ModelServer } from './model-server.js';
import { DEFAULT_TIMEOUTS, nextState, type Segment, type Sender } from './model-states.js';

/** Settings in net.ipv4.vs; the values that a new namespace has are those of `KERNEL_SYSCTLS`. */
export interface ModelSysctls {
  conntrack: boolean;
  connReuseMode: boolean;
  expireNodestConn: boolean;
  expireQuiescentTemplate: boolean;
  sloppyTcp: boolean;
}

export const KERNEL_SYSCTLS: Readonly<ModelSysctls> = {
  conntrack: false,
  connReuseMode: true,
  expireNodestConn: false,
  expireQuiescentTemplate: false,
  sloppyTcp: false,
};

/** A packet to a virtual address. */
export interface ClientPacket {
  readonly protocol: 'tcp' | 'udp';
  readonly client: number;
  readonly clientPort: number;
  readonly virtual: number;
  readonly virtualPort: number;
  /** Flags; none for UDP. */
  readonly segment?: Segment;
  readonly mark?: number;
  /** Whether it belongs to a conntrack entry that an earlier packet made. */
  readonly isTracked?: boolean;
}

/** A packet of a server to a client. */
export interface ServerPacket {
  readonly protocol: 'tcp' | 'udp';
  readonly server: { readonly address: number; readonly port: number };
  readonly client: number;
  readonly clientPort: number;
  readonly segment?: Segment;
}

/** What becomes of a client's packet: not ip_vs's business, sent on to a server, dropped in silence, or answered by an ICMP error. */
export interface Outcome {
  readonly verdict: 'accepted' | 'forwarded' | 'dropped' | 'refused';
  readonly server: ModelServer | null;
  /** The server's port, which the packet gets as its destination; 0 without a server. */
  readonly port: number;
}

const PROTOCOL = { tcp: 6, udp: 17 } as const;

const NO_MATCH = { verdict: 'accepted', server: null, port: 0 } as const;
const DROPPED = { verdict: 'dropped', server: null, port: 0 } as const;
const REFUSED = { verdict: 'refused', server: null, port: 0 } as const;

/** One node's ip_vs. */
export class Model {
  nowMs = 0;
  readonly sysctls: ModelSysctls;
  readonly timeouts: Record<string, number> = { ...DEFAULT_TIMEOUTS };
  readonly services: ModelService[] = [];
  readonly connections: ModelConnections;
  /** How many servers schedulers have looked at. */
  looked = 0;
  /** Servers aside, by protocol, address and port of their service. */
  private readonly aside = new Map<string, ModelServer[]>();
  private readonly factor: LoadActiveFactor;

  constructor(sysctls: Partial<ModelSysctls> = {}, factor: LoadActiveFactor = 256, granularityMs = 1) {
    this.sysctls = { ...KERNEL_SYSCTLS, ...sysctls };
    this.factor = factor;
    this.connections = new ModelConnections(factor, granularityMs);
  }

  addService(settings: ServiceSettings): ModelService {
    const { protocol, address, port } = settings;
    const place = [protocol, address, port].join();
    const aside = this.aside.get(place) ?? [];
    this.aside.set(place, aside);
    const look = (): void => {
      this.looked++;
    };
    const service = new ModelService(settings, { factor: this.factor, nowMs: () => this.nowMs, look }, aside);
    this.services.push(service);
    return service;
  }

  /** Takes a service away, and its servers with it. */
  removeService(service: ModelService): void {
    for (const server of [...service.servers]) this.removeServer(service, server);
    this.services.splice(this.services.indexOf(service), 1);
  }

  /** Takes a server from its service's list; its connections go soon, or stay, as expire_nodest_conn says. */
  removeServer(service: ModelService, server: ModelServer): void {
    service.remove(server);
    if (this.sysctls.expireNodestConn) this.connections.sweepSoon();
  }

  /** As `ipvsadm --set`; in seconds, 0 for no change. */
  setTimeouts(tcp: number, tcpFin: number, udp: number): void {
    if (tcp > 0) this.timeouts['ESTABLISHED'] = tcp;
    if (tcpFin > 0) this.timeouts['FIN_WAIT'] = tcpFin;
    if (udp > 0) this.timeouts['UDP'] = udp;
  }

  /** Lets time pass, at least one tick. */
  wait(milliseconds: number): void {
    this.connections.tick();
    this.nowMs += milliseconds;
    this.connections.expire(this.nowMs);
  }

  /** A packet arrives at a virtual address. */
  fromClient(packet: ClientPacket): Outcome {
    // The hooks are there as long as any service is.
    if (this.services.length === 0) return NO_MATCH;
    const key = { ...packet, protocol: PROTOCOL[packet.protocol] };
    let connection = this.connections.find(key);
    if (connection !== undefined && packet.segment?.syn === true && this.mustScheduleAnew(connection)) {
      if (this.giveUp(connection, packet) === 'drop') return DROPPED;
      connection = undefined;
    }
    if (connection !== undefined && !connection.server.listed) {
      if (!this.sysctls.expireNodestConn) return DROPPED;
      if (this.giveUp(connection, packet) === 'drop') return DROPPED;
      connection = undefined;
    }
    if (connection === undefined) {
      const service = this.findService(packet);
      if (service === undefined || !this.mayOpen(packet)) return NO_MATCH;
      connection = this.schedule(service, packet);
      if (connection === undefined) return REFUSED;
      if (service.settings.onePacket === true && packet.protocol === 'udp') {
        this.connections.unbind(connection);
        return forwardedTo(connection);
      }
      this.connections.insert(connection);
    }
    this.seen(connection, 'client', packet.segment);
    return forwardedTo(connection);
  }

  /** A server's packet is forwarded to a client: the connection that it belongs to, if any. */
  fromServer(packet: ServerPacket): ModelConnection | undefined {
    if (this.services.length === 0) return undefined;
    const client = { address: packet.client, port: packet.clientPort };
    const connection = this.connections.findReply(PROTOCOL[packet.protocol], packet.server, client);
    if (connection !== undefined) this.seen(connection, 'server', packet.segment);
    return connection;
  }

  private mustScheduleAnew(connection: ModelConnection): boolean {
    if (this.sysctls.expireNodestConn && connection.server.weight === 0) return true;
    const isOver = connection.state === 'TIME_WAIT' || connection.state === 'CLOSE';
    return this.sysctls.connReuseMode && isOver && connection.control === null;
  }

  /** Ends a connection for the sake of a packet, which is lost if its conntrack entry is older than itself. */
  private giveUp(connection: ModelConnection, packet: ClientPacket): 'drop' | 'go on' {
    const isOld = packet.isTracked === true;
    if (!isOld) connection.tracked = false;
    this.connections.endSoon(connection, this.nowMs);
    return isOld ? 'drop' : 'go on';
  }

  private findService({ protocol, virtual, virtualPort, mark = 0 }: ClientPacket): ModelService | undefined {
    const byMark = this.services.find(({ settings }) => settings.protocol === 0 && settings.address === mark);
    if (mark !== 0 && byMark !== undefined) return byMark;
    return this.services.find(
      ({ settings }) =>
        settings.protocol === PROTOCOL[protocol] && settings.address === virtual && settings.port === virtualPort,
    );
  }

  private mayOpen({ protocol, segment }: ClientPacket): boolean {
    if (protocol === 'udp') return true;
    return segment?.rst !== true && (segment?.syn === true || this.sysctls.sloppyTcp);
  }

  /** A connection that is bound to a server but in no table yet. */
  private schedule(service: ModelService, packet: ClientPacket): ModelConnection | undefined {
    const { persistenceSeconds = 0, port } = service.settings;
    const template = persistenceSeconds > 0 ? this.templateFor(service, packet) : undefined;
    const server = persistenceSeconds > 0 ? template?.server : this.pick(service, packet);
    if (server === undefined) return undefined;
    // Persistence changes no port but the service's own, and a service with a mark has none.
    const keepsPort = persistenceSeconds > 0 && packet.virtualPort !== port;
    const connection = this.connections.create({ ...packet, protocol: PROTOCOL[packet.protocol] }, server, {
      serverPort: keepsPort ? packet.virtualPort : server.port,
      isTemplate: false,
      state: packet.protocol === 'tcp' ? 'NONE' : 'UDP',
      timeoutMs: 0,
      control: template ?? null,
      tracked: this.sysctls.conntrack,
    });
    if (template !== undefined) this.connections.touch(template, this.nowMs);
    return connection;
  }

  private pick(service: ModelService, packet: ClientPacket): ModelServer | undefined {
    const { client: source, clientPort: sourcePort, virtual: destination } = packet;
    return service.pick({ source, sourcePort, destination }) ?? undefined;
  }

  /** The template of a client, made if need be; none when there is no server for it. */
  private templateFor(service: ModelService, packet: ClientPacket): ModelConnection | undefined {
    const { protocol, address, port, mask = 0xffffffff, persistenceSeconds = 0 } = service.settings;
    const client = Number(BigInt(packet.client) & BigInt(mask));
    const key = { protocol, client, clientPort: 0, virtual: address, virtualPort: port };
    const found = this.connections.find(key);
    if (found !== undefined) {
      const isQuiescent = this.sysctls.expireQuiescentTemplate && found.server.weight === 0;
      if (found.server.listed && !isQuiescent) return found;
      found.hidden = true;
    }
    const server = this.pick(service, packet);
    if (server === undefined) return undefined;
    const template = this.connections.create(key, server, {
      serverPort: server.port,
      isTemplate: true,
      state: 'NONE',
      timeoutMs: persistenceSeconds * 1000,
      control: null,
      tracked: false,
    });
    this.connections.insert(template);
    return template;
  }

  /** A packet of a connection passes. */
  private seen(connection: ModelConnection, sender: Sender, segment: Segment | undefined): void {
    if (segment !== undefined) this.connections.enter(connection, nextState(connection.state, sender, segment));
    connection.timeoutMs = this.timeouts[connection.state]! * 1000;
    this.connections.touch(connection, this.nowMs);
  }
}

function forwardedTo({ server, serverPort }: ModelConnection): Outcome {
  return { verdict: 'forwarded', server, port: serverPort };
}
