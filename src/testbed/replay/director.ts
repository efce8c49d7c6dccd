/**
 * One IPVS director: a node's ip_vs with its clock, and nothing around it. It has no rules and tracks no connections.
 *
 * The code of src/kernel/ipvs does all that the kernel does; here a script's servers, sysctls and virtual servers are put into it, and
 * packets are shown to it. Packets have the sizes of src/kernel/transport: headers without options.
 */
import { Ipvs, IpvsVerdict, Work } from '../../kernel/index.js';
import { HeaderBytes, PacketPool, Protocol } from '../../net/index.js';
import { RandomStreams, SECOND, Simulation, TimerWheels } from '../../sim/index.js';
import { KERNEL_SYSCTLS, type ScriptService, type SocketPlace } from '../../scenario/index.js';
import { DirectorServices } from './director-services.js';

/** What a director is made of. */
export interface DirectorOptions {
  readonly loadFactor: 256 | 257;
  /** Seed of all chance: only the scheduler `twos` has any. */
  readonly seed: string;
  /** Sysctls that are not at the kernel's default. */
  readonly sysctls: Readonly<Record<string, number>>;
}

/** A packet of a client or a server. */
export interface SentPacket {
  readonly protocol: number;
  readonly from: SocketPlace;
  readonly to: SocketPlace;
  /** TCP flag bits. */
  readonly flags: number;
  /** Bytes behind the headers. */
  readonly bytes: number;
}

/** What became of a client's packet. */
export interface Passage {
  readonly verdict: IpvsVerdict;
  /** Where it goes on to. */
  readonly to: SocketPlace;
}

/** The director. */
export class Director {
  readonly simulation = new Simulation();
  readonly ipvs: Ipvs;
  readonly services: DirectorServices;
  private readonly packets = new PacketPool();
  private readonly sysctls: Record<string, number>;

  constructor(services: readonly ScriptService[], { loadFactor, seed, sysctls }: DirectorOptions) {
    this.sysctls = { ...KERNEL_SYSCTLS, ...sysctls };
    this.ipvs = new Ipvs({
      simulation: this.simulation,
      wheels: new TimerWheels(this.simulation, 'timers'),
      packets: this.packets,
      work: new Work(),
      loadActiveFactor: loadFactor,
      random: new RandomStreams(seed).stream('ipvs'),
    });
    this.applySysctls();
    this.services = new DirectorServices(this.ipvs, services);
  }

  /** Sets a sysctl of net.ipv4.vs. */
  setSysctl(name: string, value: number): void {
    this.sysctls[name] = value;
    this.applySysctls();
  }

  /** Lets time pass. */
  wait(seconds: number): void {
    this.simulation.run(this.simulation.now + Math.round(seconds * SECOND));
  }

  /** A packet of a client, after the INPUT chain. @param mark its firewall mark, 0 for none */
  fromClient(sent: SentPacket, mark: number): Passage {
    const { packets } = this;
    const packet = this.take(sent);
    packets.mark[packet] = mark;
    const verdict = this.ipvs.localIn(packet);
    const to = { address: packets.destination[packet]!, port: packets.destinationPort[packet]! };
    packets.release(packet);
    return { verdict, to };
  }

  /** A packet of a server at FORWARD. @returns the source that its receiver sees */
  fromServer(sent: SentPacket): SocketPlace {
    const { packets } = this;
    const packet = this.take(sent);
    this.ipvs.forward(packet);
    const source = { address: packets.source[packet]!, port: packets.sourcePort[packet]! };
    packets.release(packet);
    return source;
  }

  private take({ protocol, from, to, flags, bytes }: SentPacket): number {
    const { packets } = this;
    const packet = packets.take(this.simulation.now);
    packets.protocol[packet] = protocol;
    packets.source[packet] = from.address;
    packets.sourcePort[packet] = from.port;
    packets.destination[packet] = to.address;
    packets.destinationPort[packet] = to.port;
    packets.flags[packet] = flags;
    const header = protocol === Protocol.tcp ? HeaderBytes.tcp : HeaderBytes.udp;
    packets.length[packet] = HeaderBytes.ipv4 + header + bytes;
    return packet;
  }

  private applySysctls(): void {
    const isSet = (name: keyof typeof KERNEL_SYSCTLS): boolean => this.sysctls[name] === 1;
    this.ipvs.sysctls = {
      conntrack: isSet('conntrack'),
      expireNodestConn: isSet('expire_nodest_conn'),
      expireQuiescentTemplate: isSet('expire_quiescent_template'),
      connReuseMode: isSet('conn_reuse_mode') ? 1 : 0,
      sloppyTcp: isSet('sloppy_tcp'),
    };
  }
}
