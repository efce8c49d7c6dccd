/** A conntrack table with a clock and packets of its own, and words for what happens to an entry. */
import { CtState, CtStatus, Conntrack, TcpState, Work, type ConntrackSettings } from '../../../src/kernel/index.js';
import { PacketPool, Protocol, TcpFlag } from '../../../src/net/index.js';
import { MILLISECOND, SECOND, Simulation, TimerWheels } from '../../../src/sim/index.js';

/** Timeouts as kube-proxy and the kernel's defaults make them. */
export const SETTINGS: ConntrackSettings = {
  max: 131_072,
  buckets: 32_768,
  tcpEstablishedNs: 86_400 * SECOND,
  tcpCloseWaitNs: 3600 * SECOND,
  tcpTimeWaitNs: 120 * SECOND,
  udpNs: 30 * SECOND,
  udpStreamNs: 120 * SECOND,
};

/** Client and server of one connection. */
export interface Flow {
  readonly client: number;
  readonly server: number;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly protocol: number;
}

/** Flow number n of any number that differ. */
export function flow(n: number, protocol: number = Protocol.udp): Flow {
  return {
    client: 0x0a000000 + (n >>> 12),
    server: 0x0b000001,
    clientPort: 20_000 + (n & 0xfff),
    serverPort: 80,
    protocol,
  };
}

const FLAGS: Record<string, number> = {
  F: TcpFlag.fin,
  S: TcpFlag.syn,
  R: TcpFlag.rst,
  P: TcpFlag.psh,
  A: TcpFlag.ack,
};
const STATES: Record<number, string> = {
  [CtState.invalid]: 'INVALID',
  [CtState.new]: 'NEW',
  [CtState.established]: 'ESTABLISHED',
  [CtState.related]: 'RELATED',
};
const TCP_STATES = Object.fromEntries(Object.entries(TcpState).map(([name, number]) => [number, name]));

/** One node's connection tracking. */
export class Tracked {
  readonly simulation = new Simulation();
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly conntrack: Conntrack;
  private readonly packet = this.packets.take(0);

  constructor(settings: Partial<ConntrackSettings> = {}) {
    this.conntrack = new Conntrack({
      simulation: this.simulation,
      wheels: new TimerWheels(this.simulation, 'timer'),
      packets: this.packets,
      work: this.work,
      settings: { ...SETTINGS, ...settings },
    });
  }

  /** Writes the headers of a packet of a flow: from the client (`c`) or from the server (`s`). */
  write(f: Flow, from: 'c' | 's', flags = 0, protocol = f.protocol): number {
    const { packets, packet } = this;
    const [source, destination] = from === 'c' ? [f.client, f.server] : [f.server, f.client];
    const [sourcePort, destinationPort] = from === 'c' ? [f.clientPort, f.serverPort] : [f.serverPort, f.clientPort];
    packets.source[packet] = source;
    packets.destination[packet] = destination;
    packets.sourcePort[packet] = sourcePort;
    packets.destinationPort[packet] = destinationPort;
    packets.protocol[packet] = protocol;
    packets.flags[packet] = flags;
    return packet;
  }

  /** Tracks a packet and confirms its entry; returns what `track` did. */
  pass(f: Flow, from: 'c' | 's' = 'c', flags = 0, protocol = f.protocol): number {
    const slot = this.conntrack.track(this.write(f, from, flags, protocol));
    if (slot >= 0) this.conntrack.confirm(slot);
    return slot;
  }

  /**
   * One step of a script: `cSA` is SYN+ACK from the client, `su` a datagram from the server, `si` an ICMP error from the server about the
   * flow, `w2200` a wait of 2.2 s.
   * @returns the packet's state as rules see it
   */
  step(f: Flow, step: string): string {
    const from = step[0];
    if (from === 'w') {
      this.simulation.run(this.simulation.now + Number(step.slice(1)) * MILLISECOND);
      return '';
    }
    if (from !== 'c' && from !== 's') throw new Error(`unknown step ${step}`);
    if (step[1] === 'i') this.pass(f, from, f.protocol, Protocol.icmp);
    else
      this.pass(
        f,
        from,
        Array.from(step.slice(1)).reduce((flags, letter) => flags | (FLAGS[letter] ?? 0), 0),
      );
    return STATES[this.conntrack.packetState] ?? '';
  }

  /** Slot of the tuple that a packet of the flow would have, or -1. */
  find(f: Flow, from: 'c' | 's' = 'c'): number {
    const { packets } = this;
    const p = this.write(f, from);
    return this.conntrack.tuples.find(
      packets.source[p]!,
      packets.destination[p]!,
      packets.sourcePort[p]!,
      packets.destinationPort[p]!,
      f.protocol,
    );
  }

  /** Whether a lookup finds the flow's entry; late entries go by being looked up. */
  has(f: Flow, from: 'c' | 's' = 'c'): boolean {
    const { packets } = this;
    const p = this.write(f, from);
    const [source, destination] = [packets.source[p]!, packets.destination[p]!];
    const [sourcePort, destinationPort] = [packets.sourcePort[p]!, packets.destinationPort[p]!];
    return this.conntrack.isTaken(source, destination, sourcePort, destinationPort, f.protocol);
  }

  /** The flow's entry in words: state, `unreplied`, `assured`, and who its client is; `gone` for none. */
  entry(f: Flow): string {
    const slot = this.has(f) ? this.find(f) : -1;
    if (slot < 0) return 'gone';
    const { tuples } = this.conntrack;
    const status = tuples.status(slot >> 1);
    const words = f.protocol === Protocol.tcp ? [TCP_STATES[tuples.state(slot >> 1)]] : ['udp'];
    if (!(status & CtStatus.seenReply)) words.push('unreplied');
    if (status & CtStatus.assured) words.push('assured');
    if (slot & 1) words.push('turned');
    return words.join(' ');
  }

  /** Lets time go by and says whether the flow's entry is found until that many nanoseconds from now, and no longer. */
  ends(f: Flow, afterNs: number): 'on time' | 'early' | 'late' {
    const end = this.simulation.now + afterNs;
    if (afterNs > 0) {
      this.simulation.run(end - 1);
      if (!this.has(f)) return 'early';
    }
    this.simulation.run(end);
    return this.has(f) ? 'late' : 'on time';
  }
}
