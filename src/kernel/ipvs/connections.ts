/**
 * The life of ip_vs connections: made, moved on by packets, ended by timers.
 *
 * Mirrors net/netfilter/ipvs/ip_vs_conn.c (Linux 6.1): every packet restarts its connection's timer; counters of the
 * server follow the state; a template that still controls connections when its timer fires is re-armed, for 60 s
 * from then on. Entries whose server was removed can be swept one jiffy later (`expire_nodest_conn`, kernels from
 * 5.9 on). A connection made with the sysctl `conntrack` on takes its conntrack entry along (ip_vs_conn_drop_conntrack). Timers
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
import type { ConnectionChains } from './connection-chains.js';
import { ConnectionTable, NO_CONNECTION } from './connection-table.js';
import type { FlowTracker } from './ipvs-options.js';
import type { Servers } from './servers.js';
import { ConnectionState, defaultTimeoutsNs, isActiveState, isAssuring, TemplateState } from './connection-state.js';
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
  /** Whether connections were made whose flows have no conntrack entry. */
  hasUntracked = false;
  /** Timeouts by state. */
  readonly timeoutsNs: Float64Array = defaultTimeoutsNs();
  /** Who forgets the flow of a connection that ends; null for nobody. */
  tracker: FlowTracker | null = null;
  private readonly simulation: Simulation;
  private readonly wheels: TimerWheels;
  private readonly servers: Servers;
  private readonly chains: ConnectionChains;
  private timers: TimerWheel | null = null;
  private jiffies: TimerWheel | null = null;

  /** Nothing is allocated before the first connection. */
  constructor(simulation: Simulation, wheels: TimerWheels, servers: Servers, chains: ConnectionChains) {
    this.simulation = simulation;
    this.wheels = wheels;
    this.servers = servers;
    this.chains = chains;
  }

  /** `ipvsadm --set`: timeouts in seconds of established TCP, of FIN_WAIT, and of UDP; 0 leaves one as it is. */
  setTimeouts(tcp: number, tcpFin: number, udp: number): void {
    if (tcp > 0) this.timeoutsNs[ConnectionState.established] = tcp * SECOND;
    if (tcpFin > 0) this.timeoutsNs[ConnectionState.finWait] = tcpFin * SECOND;
    if (udp > 0) this.timeoutsNs[ConnectionState.udp] = udp * SECOND;
  }

  /** The connection of a client's packet, or `NO_CONNECTION`; a packet from port 0 has none (port 0 is that of templates). */
  find(protocol: number, client: number, clientPort: number, virtual: number, virtualPort: number): number {
    if (clientPort === 0) return NO_CONNECTION;
    return this.table.find(protocol, client, clientPort, virtual, virtualPort, 0);
  }

  /** The template of a client's network, or `NO_CONNECTION`. */
  findTemplate(protocol: number, network: number, virtual: number, virtualPort: number): number {
    return this.table.find(protocol, network, 0, virtual, virtualPort, 1);
  }

  /** The connection of a server's packet to a client, or `NO_CONNECTION`. */
  findReply(protocol: number, server: number, serverPort: number, client: number, clientPort: number): number {
    const { table, servers } = this;
    let row = table.candidate(protocol, client, clientPort, NO_CONNECTION);
    while (row >= 0) {
      const isFrom = table.serverPort[row] === serverPort && servers.address[table.server[row]!] === server;
      if (isFrom && table.template[row] === 0) return row;
      row = table.candidate(protocol, client, clientPort, row);
    }
    return NO_CONNECTION;
  }

  /** Puts an entry for a connection into the table; `bind` comes next. */
  insert(protocol: number, client: number, clientPort: number, virtual: number, virtualPort: number): number {
    this.chains.add();
    return this.table.insert(protocol, client, clientPort, virtual, virtualPort, 0);
  }

  /** Puts an entry for a persistence template into the table; `bindTemplate` comes next. */
  insertTemplate(protocol: number, network: number, virtual: number, virtualPort: number): number {
    this.chains.add();
    return this.table.insert(protocol, network, 0, virtual, virtualPort, 1);
  }

  /**
   * Makes an entry a connection to a server; its first packet is still to be shown to `packet`.
   * @param port the server's
   * @param control the template that it hangs on, or `NO_CONNECTION`
   * @param tracked whether its flow has a conntrack entry
   */
  bind(row: number, server: number, port: number, control: number, tracked: boolean): void {
    const { table } = this;
    this.point(row, server, port);
    table.state[row] = firstState(table.protocol[row]!);
    table.tracked[row] = tracked ? 1 : 0;
    if (!tracked) this.hasUntracked = true;
    if (control >= 0) {
      table.control[row] = control;
      table.controlled[control]!++;
    }
    this.created++;
  }

  /**
   * Makes an entry a persistence template.
   * @param port the server's; 0 for a template of a group of ports
   */
  bindTemplate(row: number, server: number, port: number, timeoutNs: number): void {
    const { table } = this;
    this.point(row, server, port);
    table.state[row] = ConnectionState.none;
    table.tracked[row] = 0;
    table.timeoutNs[row] = timeoutNs;
    this.restart(row);
  }

  /** A datagram that is scheduled and not stored: its server counts a connection up and down at once. */
  countOnce(server: number): void {
    this.servers.bind(server, false);
    this.servers.unbind(server, false, false);
    this.created++;
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
    if (table.control[row]! >= 0 && isAssuring(table.state[row]!, direction)) {
      table.state[table.control[row]!] = TemplateState.assured;
    }
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

  /** Whether the flow of a connection has a conntrack entry. */
  isTracked(row: number): boolean {
    return !this.hasUntracked || this.table.tracked[row] === 1;
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
    this.chains.remove();
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

  private point(row: number, server: number, port: number): void {
    const { table } = this;
    table.server[row] = server;
    table.serverPort[row] = port;
    table.active[row] = 0;
    table.armedNs[row] = Infinity;
    this.servers.bind(server, table.template[row] === 1);
  }

  private moveTo(row: number, state: number): void {
    if (state === this.table.state[row]) return;
    this.table.state[row] = state;
    this.setActive(row, isActiveState(state));
  }

  private setActive(row: number, active: boolean): void {
    const { table, servers } = this;
    if ((table.active[row] === 1) === active) return;
    table.active[row] = active ? 1 : 0;
    servers.setActive(table.server[row]!, active);
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
