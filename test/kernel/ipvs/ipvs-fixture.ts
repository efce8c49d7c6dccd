/** One node's ip_vs with clients and servers that speak just enough TCP and UDP, for the tests of this folder. */
import { Ipvs, IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { KUBE_PROXY_SYSCTLS, type IpvsOptions, type IpvsSysctls } from '../../../src/kernel/ipvs/ipvs-options.js';
import type { ServerColumns, VirtualServerDefinition } from '../../../src/kernel/ipvs/definition.js';
import type { UseOptions } from '../../../src/kernel/ipvs/node-services.js';
import type { VirtualServer } from '../../../src/kernel/ipvs/virtual-server.js';
import { VirtualServerRegistry } from '../../../src/kernel/ipvs/virtual-server-table.js';
import { Work } from '../../../src/kernel/work.js';
import { PacketPool, Protocol, TcpFlag } from '../../../src/net/index.js';
import { SECOND, Simulation, TimerWheels } from '../../../src/sim/index.js';

export const VIP = 0x0a60000a;
export const VPORT = 80;
export const CLIENT = 0x0a010005;
/** Address of the server that is added as number `n`, from 0. */
export const serverAddress = (n: number): number => 0x0af40001 + n;
export const SERVER_PORT = 8080;

/** Servers 0 to `count` - 1, in that order of addition. */
export function serverColumns(numbers: readonly number[]): ServerColumns {
  return {
    length: numbers.length,
    address: Uint32Array.from(numbers, serverAddress),
    port: new Uint16Array(numbers.length).fill(SERVER_PORT),
  };
}

/** A definition at VIP:VPORT over TCP unless told otherwise. */
export function definition(
  numbers: readonly number[],
  changes: Partial<VirtualServerDefinition> = {},
): VirtualServerDefinition {
  return {
    protocol: Protocol.tcp,
    address: VIP,
    port: VPORT,
    scheduler: 'rr',
    flags: 0,
    persistenceSeconds: 0,
    persistenceMask: 0xffffffff,
    bound: true,
    servers: serverColumns(numbers),
    ...changes,
  };
}

/** What became of a packet. */
export interface Answer {
  readonly verdict: IpvsVerdict;
  /** Number of the server that it went to; -1 for none. */
  readonly server: number;
  /** Its destination port, which is the server's if it went to one. */
  readonly port: number;
}

/** One node. */
export class Director {
  readonly simulation = new Simulation();
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly registry = new VirtualServerRegistry();
  readonly ipvs: Ipvs;
  private version = 0;

  constructor(
    sysctls: Partial<IpvsSysctls> = {},
    loadActiveFactor: 256 | 257 = 256,
    options: Pick<IpvsOptions, 'lookup' | 'random' | 'chains'> = {},
  ) {
    const wheels = new TimerWheels(this.simulation, 'timers');
    this.ipvs = new Ipvs({
      simulation: this.simulation,
      wheels,
      packets: this.packets,
      work: this.work,
      loadActiveFactor,
      sysctls: { ...KUBE_PROXY_SYSCTLS, ...sysctls },
      ...options,
    });
  }

  /** Puts definitions into the next version and has the node use it. */
  define(
    definitions: readonly VirtualServerDefinition[],
    ownAddresses: readonly number[] = [],
    options: UseOptions = {},
  ): void {
    this.registry.advance(++this.version);
    for (const each of definitions) this.registry.put(each);
    this.ipvs.use(this.registry.table(), ownAddresses, options);
  }

  /** Takes a virtual server away. */
  undefine(protocol: number, address: number, port: number): void {
    this.registry.advance(++this.version);
    this.registry.delete(protocol, address, port);
    this.ipvs.use(this.registry.table(), []);
  }

  /** The virtual server at VIP:VPORT. */
  service(protocol: number = Protocol.tcp): VirtualServer {
    const service = this.ipvs.service(protocol, VIP, VPORT);
    if (service === null) throw new Error('no virtual server');
    return service;
  }

  /** A packet from a client. */
  fromClient(flags: number, clientPort: number, client = CLIENT, protocol: number = Protocol.tcp, mark = 0): Answer {
    return this.send(protocol, client, clientPort, VIP, VPORT, flags, mark);
  }

  /** A packet to any address. */
  send(
    protocol: number,
    client: number,
    clientPort: number,
    address: number,
    port: number,
    flags: number,
    mark = 0,
    tracked = false,
  ): Answer {
    const { packets } = this;
    const packet = packets.take(this.simulation.now);
    packets.protocol[packet] = protocol;
    packets.source[packet] = client;
    packets.sourcePort[packet] = clientPort;
    packets.destination[packet] = address;
    packets.destinationPort[packet] = port;
    packets.flags[packet] = flags;
    packets.mark[packet] = mark;
    const verdict = this.ipvs.localIn(packet, tracked);
    const server = verdict === IpvsVerdict.forwarded ? packets.destination[packet] - serverAddress(0) : -1;
    const destinationPort = packets.destinationPort[packet];
    packets.release(packet);
    return { verdict, server, port: destinationPort };
  }

  /** A packet from a server to a client; returns its source as the client sees it, or null when it was not translated. */
  fromServer(
    server: number,
    flags: number,
    clientPort: number,
    client = CLIENT,
    protocol: number = Protocol.tcp,
    serverPort = SERVER_PORT,
  ): [number, number] | null {
    const { packets } = this;
    const packet = packets.take(this.simulation.now);
    packets.protocol[packet] = protocol;
    packets.source[packet] = serverAddress(server);
    packets.sourcePort[packet] = serverPort;
    packets.destination[packet] = client;
    packets.destinationPort[packet] = clientPort;
    packets.flags[packet] = flags;
    const translated = this.ipvs.forward(packet);
    const source: [number, number] = [packets.source[packet], packets.sourcePort[packet]];
    packets.release(packet);
    return translated ? source : null;
  }

  /** A TCP handshake; returns the server's number, or -1 when the client was refused. */
  connect(clientPort: number, client = CLIENT): number {
    const { server } = this.fromClient(TcpFlag.syn, clientPort, client);
    if (server < 0) return -1;
    this.fromServer(server, TcpFlag.syn | TcpFlag.ack, clientPort, client);
    this.fromClient(TcpFlag.ack, clientPort, client);
    return server;
  }

  /** Closes a connection, client first. */
  close(server: number, clientPort: number, client = CLIENT): void {
    this.fromClient(TcpFlag.fin | TcpFlag.ack, clientPort, client);
    this.fromServer(server, TcpFlag.fin | TcpFlag.ack, clientPort, client);
    this.fromClient(TcpFlag.ack, clientPort, client);
  }

  /** Lets time pass. */
  wait(seconds: number): void {
    this.simulation.run(this.simulation.now + Math.round(seconds * SECOND));
  }

  /** Active and inactive connections of a server in the list of VIP:VPORT. */
  load(server: number, protocol: number = Protocol.tcp): [active: number, inactive: number] {
    const row = this.service(protocol).find(serverAddress(server), SERVER_PORT);
    return [this.ipvs.servers.active[row]!, this.ipvs.servers.inactive[row]!];
  }

  /** Numbers of the servers in the list of VIP:VPORT, front first. */
  list(protocol: number = Protocol.tcp): number[] {
    const service = this.service(protocol);
    const rows = [...service.order.subarray(0, service.count)].reverse();
    return rows.map((row) => this.ipvs.servers.address[row]! - serverAddress(0));
  }
}
