/**
 * The life of ip_vs connections: made, moved on by packets, ended by timers.
 *
 * Mirrors net/netfilter/ipvs/ip_vs_conn.c (Linux 6.1): every packet restarts its connection's timer; counters of the
 * server follow the state; a template that still controls connections when its timer fires is re-armed, for 60 s
 * from then on. Entries whose server was removed can be swept one jiffy later (`expire_nodest_conn`, kernels from
 * 5.9 on). A connection that ends takes its conntrack entry along (ip_vs_conn_drop_conntrack, vs/conntrack = 1). Timers
 * fire in whole seconds, and an entry lives until its own has fired: the kernel's wheel is coarser still for such
 * spans. So nothing ends while a packet is on its way through the node. Cost: O(1) a packet; a packet moves a timer
 * only when the new deadline is earlier than the one armed.
 */
import {
  MILLISECOND,
  SECOND,
  type Simulation,
  type TimerOwner,
  type TimerWheel,
  type TimerWheels,
} from '../../sim/index.js';
import { Protocol } from '../../net/index.js';
import { ConnectionTable, NO_CONNECTION } from './connection-table.js';
import type { FlowTracker } from './ipvs-options.js';
import type { Servers } from './servers.js';
import { ConnectionState, defaultTimeoutsNs, isActiveState } from './connection-state.js';
import { nextSctpState } from './sctp-state.js';
import { nextTcpState } from './tcp-state.js';

/** Re-arming of a template that is in use (IP_VS_CONN expire_later). */
const CONTROLLING_TIMEOUT_NS = 60 * SECOND;
/** One jiffy at 250 Hz. */
const JIFFY_NS = 4 * MILLISECOND;
/** What happens at a jiffy: the sweep, or the end of row `id - 1`. */
const SWEEP = 0;

/** Connections of one node with their timers. */
export class Connections implements TimerOwner {
  readonly table = new ConnectionTable();
  /** Connections made so far, templates not counted. */
  created = 0;
  /** Timeouts by state. */
  readonly timeoutsNs: Float64Array = defaultTimeoutsNs();
  /** Who forgets the flow of a connection that ends; null for nobody. */
  tracker: FlowTracker | null = null;
  private readonly simulation: Simulation;
  private readonly wheels: TimerWheels;
  private readonly servers: Servers;
  private timers: TimerWheel | null = null;
  private jiffies: TimerWheel | null = null;

  /** Nothing is allocated before the first connection. */
  constructor(simulation: Simulation, wheels: TimerWheels, servers: Servers) {
    this.simulation = simulation;
    this.wheels = wheels;
    this.servers = servers;
  }

  /** `ipvsadm --set`: timeouts in seconds of established TCP, of FIN_WAIT, and of UDP; 0 leaves one as it is. */
  setTimeouts(tcp: number, tcpFin: number, udp: number): void {
    if (tcp > 0) this.timeoutsNs[ConnectionState.established] = tcp * SECOND;
    if (tcpFin > 0) this.timeoutsNs[ConnectionState.finWait] = tcpFin * SECOND;
    if (udp > 0) this.timeoutsNs[ConnectionState.udp] = udp * SECOND;
  }

  /** The connection (or template, with port 0) of a client's packet, or `NO_CONNECTION`. */
  find(protocol: number, client: number, clientPort: number, virtual: number, virtualPort: number): number {
    return this.table.find(protocol, client, clientPort, virtual, virtualPort);
  }

  /** The connection of a server's packet to a client, or `NO_CONNECTION`. */
  findReply(protocol: number, server: number, serverPort: number, client: number, clientPort: number): number {
    const { table, servers } = this;
    let row = table.candidate(protocol, client, clientPort, NO_CONNECTION);
    while (row >= 0) {
      const target = table.server[row]!;
      if (servers.address[target] === server && this.portOf(row, target) === serverPort && table.template[row] === 0) {
        return row;
      }
      row = table.candidate(protocol, client, clientPort, row);
    }
    return NO_CONNECTION;
  }

  /**
   * Port of the server that a connection goes to; a server added with port 0 keeps the port that the client asked
   * for.
   */
  portOf(row: number, server: number): number {
    const port = this.servers.port[server]!;
    return port === 0 ? this.table.virtualPort[row]! : port;
  }

  /**
   * Makes a connection to a server; its first packet is still to be shown to `packet`.
   * @param control the template that it hangs on, or `NO_CONNECTION`
   */
  create(
    protocol: number,
    client: number,
    clientPort: number,
    virtual: number,
    virtualPort: number,
    server: number,
    control: number,
  ): number {
    const row = this.insert(protocol, client, clientPort, virtual, virtualPort, server, false);
    this.table.state[row] = firstState(protocol);
    if (control >= 0) {
      this.table.control[row] = control;
      this.table.controlled[control]!++;
    }
    this.created++;
    return row;
  }

  /** Makes a persistence template. */
  createTemplate(
    protocol: number,
    client: number,
    virtual: number,
    virtualPort: number,
    server: number,
    timeoutNs: number,
  ): number {
    const row = this.insert(protocol, client, 0, virtual, virtualPort, server, true);
    this.table.state[row] = ConnectionState.none;
    this.table.timeoutNs[row] = timeoutNs;
    this.restart(row);
    return row;
  }

  /**
   * Moves a connection on by one of its packets and restarts its timer.
   * @param direction one of `Direction`
   * @param flags TCP flag bits, or the type of SCTP's first chunk
   */
  packet(row: number, direction: number, flags: number): void {
    const { table } = this;
    const protocol = table.protocol[row]!;
    if (protocol === Protocol.tcp) this.moveTo(row, nextTcpState(direction, table.state[row]!, flags));
    else if (protocol === Protocol.sctp) this.moveTo(row, nextSctpState(direction, table.state[row]!, flags));
    table.timeoutNs[row] = this.timeoutsNs[table.state[row]!]!;
    this.restart(row);
  }

  /** Restarts the timer of an entry. */
  restart(row: number): void {
    const { table } = this;
    const deadline = this.simulation.now + table.timeoutNs[row]!;
    table.deadlineNs[row] = deadline;
    if (deadline < table.armedNs[row]!) this.arm(row, deadline);
  }

  /** Ends an entry now, and the conntrack entry of its flow, unless that belongs to a newer connection already. */
  remove(row: number): void {
    const { table } = this;
    if (table.tracked[row] === 1) {
      this.tracker?.forget(
        table.clientAddress[row]!,
        table.virtualAddress[row]!,
        table.clientPort[row]!,
        table.virtualPort[row]!,
        table.protocol[row]!,
      );
    }
    const control = table.control[row]!;
    if (control >= 0) table.controlled[control]!--;
    this.servers.unbind(table.server[row]!, table.template[row] === 1, table.active[row] === 1);
    this.timers?.cancel(row);
    this.jiffies?.cancel(row + 1);
    table.release(row);
  }

  /** Ends all entries now, templates last. */
  clear(): void {
    const { table } = this;
    for (const template of [0, 1]) {
      for (let row = 0; row < table.rows; row++) {
        if (table.live[row] !== 0 && table.template[row] === template) this.remove(row);
      }
    }
  }

  /** Hides a template that does not hold any more; it ends with its timer. */
  voidTemplate(row: number): void {
    this.table.hide(row);
  }

  /**
   * Ends a connection at the next jiffy; no packet finds it any more, but until then its server counts it.
   * @param replaced whether the packet at hand has begun a new conntrack entry for the flow, which then stays
   */
  expireNow(row: number, replaced: boolean): void {
    if (replaced) this.table.tracked[row] = 0;
    this.table.hide(row);
    this.table.deadlineNs[row] = this.simulation.now;
    this.atNextJiffy(row + 1);
  }

  /** Has the entries whose server is in no list ended at the next jiffy. */
  sweepSoon(): void {
    this.atNextJiffy(SWEEP);
  }

  /** A timer of the wheel fired: the deadline may have moved on meanwhile. */
  expire(id: number): void {
    const deadline = this.table.deadlineNs[id]!;
    if (deadline > this.simulation.now) this.arm(id, deadline);
    else if (this.table.controlled[id] === 0) this.remove(id);
    else this.prolong(id);
  }

  /** A template past its deadline is in use: it goes on. */
  private prolong(row: number): void {
    const { table } = this;
    table.timeoutNs[row] = CONTROLLING_TIMEOUT_NS;
    let deadline = table.deadlineNs[row]!;
    while (deadline <= this.simulation.now) deadline += CONTROLLING_TIMEOUT_NS;
    table.deadlineNs[row] = deadline;
    this.arm(row, deadline);
  }

  /** Ends the entries whose server is in no list (ip_vs_expire_nodest_conn_flush). */
  private sweep(): void {
    const { table, servers } = this;
    for (let row = 0; row < table.rows; row++) {
      if (table.live[row] === 0 || servers.available[table.server[row]!] === 1) continue;
      if (table.controlled[row]! > 0) continue;
      const control = table.control[row]!;
      this.remove(row);
      if (control >= 0 && table.controlled[control] === 0) this.remove(control);
    }
  }

  private insert(
    protocol: number,
    client: number,
    clientPort: number,
    virtual: number,
    virtualPort: number,
    server: number,
    template: boolean,
  ): number {
    const { table } = this;
    const row = table.insert(protocol, client, clientPort, virtual, virtualPort);
    table.server[row] = server;
    table.active[row] = 0;
    table.template[row] = template ? 1 : 0;
    table.tracked[row] = template ? 0 : 1;
    table.armedNs[row] = Infinity;
    this.servers.bind(server, template);
    return row;
  }

  private moveTo(row: number, state: number): void {
    if (state === this.table.state[row]) return;
    this.table.state[row] = state;
    this.setActive(row, isActiveState(state));
  }

  private setActive(row: number, active: boolean): void {
    const { table, servers } = this;
    if ((table.active[row] === 1) === active) return;
    const server = table.server[row]!;
    const by = active ? 1 : -1;
    table.active[row] = active ? 1 : 0;
    servers.active[server]! += by;
    servers.inactive[server]! -= by;
  }

  private atNextJiffy(id: number): void {
    this.jiffies ??= this.wheels.add(JIFFY_NS, {
      expire: (due) => {
        if (due === SWEEP) this.sweep();
        else this.remove(due - 1);
      },
    });
    this.jiffies.arm(id, this.simulation.now + 1);
  }

  private arm(row: number, deadline: number): void {
    this.timers ??= this.wheels.add(SECOND, this);
    this.table.armedNs[row] = deadline;
    this.timers.arm(row, deadline);
  }
}

function firstState(protocol: number): number {
  if (protocol === Protocol.tcp) return ConnectionState.none;
  return protocol === Protocol.sctp ? ConnectionState.sctpNone : ConnectionState.udp;
}
