/**
 * A connection script for one IPVS director, checked: what `kpb ipvs replay` carries out, and what a kernel was seen to do with it.
 *
 * Plain records. Addresses are numbers, everything that a name stands for has been found: a step names its service by index, a record
 * of what was seen stands beside the step that it is about.
 */
import type { IpAddress } from '../../net/index.js';

/** An address and a port. */
export interface SocketPlace {
  readonly address: IpAddress;
  readonly port: number;
}

/** Sysctls net.ipv4.vs.* by name. */
export type SysctlValues = Readonly<Record<string, number>>;

/** A virtual server. */
export interface ScriptService {
  readonly name: string;
  readonly proto: 'tcp' | 'udp';
  readonly scheduler: string;
  /** Bits of `SchedulerFlag`. */
  readonly flags: number;
  /** Where clients find it; several for a firewall mark. */
  readonly places: readonly SocketPlace[];
  /** The mark that packets to its places are given; 0 for a virtual server with an address of its own. */
  readonly mark: number;
  /** Seconds of persistence; 0 for none. */
  readonly persistSeconds: number;
  /** What persistence looks at of a client's address. */
  readonly netmask: number;
  readonly onePacket: boolean;
}

/** What every step about one server of a virtual server has. */
interface ServerStep {
  /** Index of the virtual server. */
  readonly service: number;
  readonly server: SocketPlace;
}

interface WeighedStep extends ServerStep {
  readonly weight: number;
  /** Thresholds; 0 for none. */
  readonly upper: number;
  readonly lower: number;
}

/** A server is added; behind a dead one nothing listens. */
export interface AddStep extends WeighedStep {
  readonly op: 'add';
  readonly dead: boolean;
}

/** A client's first packet. */
export interface OpenStep {
  readonly op: 'connect' | 'udp';
  readonly id: string;
  readonly service: number;
  readonly client: SocketPlace;
  /** Which of the virtual server's places it asks for. */
  readonly place: SocketPlace;
}

/** Who ends a connection, and how: with a FIN from both sides, from one, or with a RST. */
export type CloseBy = 'client' | 'server' | 'half' | 'half-server' | 'rst' | 'server-rst';

/** One step. */
export type ScriptStep =
  | AddStep
  | (WeighedStep & { readonly op: 'weight' })
  | (ServerStep & { readonly op: 'remove' })
  | OpenStep
  | { readonly op: 'close'; readonly id: string; readonly by: CloseBy }
  | { readonly op: 'data'; readonly id: string }
  | { readonly op: 'wait'; readonly seconds: number }
  | { readonly op: 'sysctl'; readonly name: string; readonly value: number }
  /** Seconds; 0 leaves one as it is. */
  | { readonly op: 'timeouts'; readonly tcp: number; readonly tcpfin: number; readonly udp: number }
  | { readonly op: 'scheduler'; readonly service: number; readonly scheduler: string; readonly flags: number }
  | { readonly op: 'snapshot' }
  | { readonly op: 'conns' };

/** What became of a client's first packet, in the words of the trace files. */
export interface ReplayPick {
  readonly id: string;
  /** The server that was chosen, `address:port`. */
  readonly rs: string | null;
  /** Absent when the client got through. */
  readonly result?: string;
  /** State of the entry; only together with a result and a server. */
  readonly state?: string;
}

/** A server in a list. */
export interface ListedServer {
  readonly rs: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

/** An entry of the connection table. */
export interface ListedConnection {
  readonly proto: string;
  readonly client: string;
  readonly vip: string;
  readonly rs: string;
  readonly state: string;
  /** Whole seconds left. */
  readonly expires: number;
}

/** What a step that looks shows; `step` is its index. */
export type ReplayObservation =
  | { readonly step: number; readonly dests: Readonly<Record<string, readonly ListedServer[]>> }
  | { readonly step: number; readonly conns: readonly ListedConnection[] }
  | { readonly step: number; readonly id: string; readonly result: string };

/** A script. */
export interface ReplayScript {
  /** Empty when the file does not say. */
  readonly name: string;
  readonly kernel: string;
  readonly description: string;
  readonly sysctls: SysctlValues;
  readonly services: readonly ScriptService[];
  readonly steps: readonly ScriptStep[];
  /** What a kernel was seen to choose, one for each `connect` and `udp`; undefined when the file has no picks. */
  readonly picks: readonly ReplayPick[] | undefined;
  /** What it was seen to show; for some or all of the steps that look. */
  readonly observations: readonly ReplayObservation[];
}
