/** Hosts joined by a made-up network of one millisecond each way, in which a test may lose, hold back or change packets. */
import { Failure, Hosts, Transport } from '../../../src/kernel/index.js';
import { PacketPool, Protocol, TcpFlag } from '../../../src/net/index.js';
import { EventClass, MILLISECOND, Simulation, TimerWheels } from '../../../src/sim/index.js';

/** Address of the client and of the server. */
export const CLIENT = 0x0a000001;
export const SERVER = 0x0a000002;
const FAILURES = Object.fromEntries(Object.entries(Failure).map(([name, number]) => [number, name]));

/** A client, a server that listens on port 80, and what happens between them. */
export class TwoHosts {
  readonly simulation = new Simulation();
  readonly packets = new PacketPool();
  readonly hosts = new Hosts();
  readonly client = this.hosts.add({ address: CLIENT, node: -1, core: -1 });
  readonly server = this.hosts.add({ address: SERVER, node: -1, core: -1 });
  readonly transport: Transport;
  /** What was sent, as [milliseconds, text]. */
  readonly sent: [number, string][] = [];
  /** Notes no packets, where there are very many. */
  quiet = false;
  /** What clients and servers were told, as [milliseconds, text]. */
  readonly told: [number, string][] = [];
  /** Decides over a packet: to the host of its destination (`pass`), lost, or kept for the test to deliver. */
  judge: (packet: number) => 'pass' | 'lose' | 'keep' = () => 'pass';
  readonly kept: number[] = [];
  /** The server answers each request at once with that many bytes; -1 for never. */
  answerBytes = 200;
  private readonly arrival: number;

  constructor() {
    this.hosts.listen(this.server, 80);
    this.arrival = this.simulation.register('arrival', EventClass.arrival, {
      fire: (packet) => {
        this.deliver(packet);
      },
    });
    this.transport = new Transport({
      simulation: this.simulation,
      wheels: new TimerWheels(this.simulation, 'timer'),
      packets: this.packets,
      hosts: this.hosts,
      output: { transmit: (packet) => this.transmit(packet), sourceFor: () => 0 },
      user: {
        connected: (_, owner) => this.note(`${owner} connected`),
        replied: (_, owner, sequence) => this.note(`${owner} has answer ${sequence}`),
        failed: (_, owner, failure) => this.note(`${owner} ${FAILURES[failure]}`),
        accepted: () => undefined,
        ended: () => undefined,
        requested: (handle, host, sequence) => {
          this.note(`server ${host} has request ${sequence}`);
          if (this.answerBytes >= 0) this.transport.respond(handle, sequence, this.answerBytes);
        },
      },
      observer: { arrived: () => undefined },
    });
  }

  /** Opens a connection of the client to the server's port 80. */
  connect(owner = 1, protocol: number = Protocol.tcp): number {
    return this.transport.connect(protocol, this.client, SERVER, 80, owner);
  }

  /** Lets the time go on until that many milliseconds from the start. */
  until(milliseconds: number): void {
    this.simulation.run(milliseconds * MILLISECOND);
  }

  /** Gives a packet to the host that has its destination address. */
  deliver(packet: number): void {
    const host = this.hosts.address.indexOf(this.packets.destination[packet]!);
    this.transport.deliver(packet, host);
  }

  /** A packet in words, such as `client SYN` or `server data 1 240`: sender, what, number of the message, length unless it is a bare header. */
  describe(packet: number): string {
    const { packets } = this;
    const source =
      packets.source[packet] === CLIENT ? 'client' : packets.source[packet] === SERVER ? 'server' : 'other';
    if (packets.protocol[packet] === Protocol.icmp) return `${source} ICMP`;
    const what = packets.protocol[packet] === Protocol.udp ? 'datagram' : flagNames(packets.flags[packet]!);
    const sequence = packets.sequence[packet]! > 0 ? ` ${packets.sequence[packet]!}` : '';
    const bytes = packets.length[packet]! === 40 ? '' : ` ${packets.length[packet]!}`;
    return `${source} ${what}${sequence}${bytes}`;
  }

  private transmit(packet: number): void {
    if (!this.quiet) this.sent.push([this.simulation.now / MILLISECOND, this.describe(packet)]);
    const judgement = this.judge(packet);
    if (judgement === 'keep') this.kept.push(packet);
    else if (judgement === 'lose') this.packets.release(packet);
    else this.simulation.schedule(this.simulation.now + MILLISECOND, this.arrival, packet);
  }

  private note(text: string): void {
    this.told.push([this.simulation.now / MILLISECOND, text]);
  }
}

function flagNames(flags: number): string {
  const names = [
    [TcpFlag.syn, 'SYN'],
    [TcpFlag.fin, 'FIN'],
    [TcpFlag.rst, 'RST'],
    [TcpFlag.psh, 'data'],
  ] as const;
  const named = names.filter(([bit]) => flags & bit).map(([, name]) => name);
  // Data always acknowledges.
  if (flags & TcpFlag.ack && !(flags & TcpFlag.psh)) named.push('ACK' as never);
  return named.join('+');
}
