/**
 * Lookups of a run, in simulated time: stub resolvers of clients that send queries over sockets and wait for answers.
 *
 * What is asked in which order is the library's doing (kube's `stubLookup`); here are its sockets and its patience. glibc and musl keep one
 * UDP socket for a name, over all attempts; with another name, and where glibc wants a socket for each query, a new one is opened. glibc waits
 * the timeout at each attempt, musl a share of it; over TCP glibc leaves patience to the kernel. An ICMP error ends a round of glibc, whose
 * socket is connected; musl's hears nothing of it. One nameserver. Cost: one generator a lookup, a few objects a name.
 */
import { stubLookup, type Lookup, type QueryRound, type RecordType, type ReplyFacts } from '../../kube/index.js';
import { Protocol } from '../../net/index.js';
import { MILLISECOND, SECOND, type TimerWheel } from '../../sim/index.js';
import type { ConversationEvents } from '../fabric.js';
import type { LookupEnd, LookupParts } from './lookup-parts.js';
import { Asked } from './messages.js';

/** A lookup under way. */
interface Running {
  readonly number: number;
  readonly client: number;
  readonly owner: number;
  readonly startedAt: number;
  readonly steps: Lookup;
  round: QueryRound | undefined;
  name: number;
  replies: (ReplyFacts | undefined)[];
  /** Questions of the round that have been sent. */
  sent: number;
  socket: number;
  isTcp: boolean;
  queries: number;
  answered: number;
}

const { tcp: PROTOCOL_TCP, udp: PROTOCOL_UDP } = Protocol;
/** Before a message over TCP stands its length. */
const LENGTH_BYTES = 2;

/** All lookups of one run. */
export class Lookups implements ConversationEvents {
  private readonly parts: LookupParts;
  private readonly patience: TimerWheel;
  private readonly running: (Running | undefined)[] = [];
  private readonly free: number[] = [];
  private started = 0;

  /** Nothing happens before `start`. */
  constructor(parts: LookupParts) {
    this.parts = parts;
    this.patience = parts.wheels.add(MILLISECOND, this);
  }

  /** Lookups under way. */
  get active(): number {
    return this.running.reduce((sum, own) => sum + (own === undefined ? 0 : 1), 0);
  }

  /** Queries whose answer is still waited for, or that nobody has answered, of lookups under way. */
  get open(): number {
    return this.running.reduce((sum, own) => sum + (own === undefined ? 0 : own.queries - own.answered), 0);
  }

  /**
   * Begins a lookup.
   * @param name as the program writes it
   * @param owner handed back at the end
   * @returns its number for `cancel`, or -1 when it is over already for want of a source port: then nobody is told
   */
  start(client: number, name: string, owner: number): number {
    const { simulation, observer, settings, types } = this.parts;
    const slot = this.free.pop() ?? this.running.length;
    const lookup: Running = {
      number: ++this.started,
      client,
      owner,
      startedAt: simulation.now,
      steps: stubLookup(name, types, settings),
      round: undefined,
      name: -1,
      replies: [],
      sent: 0,
      socket: -1,
      isTcp: false,
      queries: 0,
      answered: 0,
    };
    this.running[slot] = lookup;
    observer.began(lookup.startedAt);
    const end = this.goOn(slot, lookup, []);
    if (end === undefined) return slot;
    this.finish(slot, lookup, end);
    return -1;
  }

  /** Its user gives a lookup up. */
  cancel(slot: number): void {
    const lookup = this.running[slot];
    if (lookup !== undefined) this.finish(slot, lookup, undefined);
  }

  /** See `ConversationEvents`: a TCP connection is up. */
  connected(handle: number, slot: number): void {
    const lookup = this.running[slot];
    if (lookup?.socket !== handle || lookup.round === undefined) return;
    this.send(lookup, lookup.round.types);
  }

  /** See `ConversationEvents`. */
  replied(_handle: number, slot: number, message: number): void {
    const { messages, observer } = this.parts;
    const lookup = this.running[slot];
    // What comes to a socket after another one's port is not an answer to what this lookup has asked.
    if (lookup?.round === undefined || messages.lookup(message) !== lookup.number) return;
    let isTruncated = false;
    for (const type of ['A', 'AAAA'] as const) {
      const bit = bitOf(type);
      const reply = messages.reply(message, bit);
      if ((messages.kind(message) & bit) === 0 || reply === undefined) continue;
      lookup.answered++;
      observer.answered(lookup.startedAt, reply);
      const place = messages.name(message) === lookup.name ? lookup.round.types.indexOf(type) : -1;
      if (place < 0) continue;
      lookup.replies[place] ??= reply;
      isTruncated ||= reply.truncated;
    }
    this.takeStock(slot, lookup, lookup.round, isTruncated);
  }

  /** See `ConversationEvents`: an ICMP error, or a TCP connection that broke. */
  failed(handle: number, slot: number): void {
    const lookup = this.running[slot];
    if (lookup?.socket !== handle) return;
    lookup.socket = -1;
    if (lookup.isTcp || this.parts.settings.library === 'glibc') this.endRound(slot, lookup);
  }

  /** A resolver has waited for long enough. */
  expire(slot: number): void {
    const lookup = this.running[slot];
    if (lookup === undefined) return;
    this.parts.observer.timedOut(lookup.startedAt);
    this.endRound(slot, lookup);
  }

  /** Goes on where every question is answered, or one that was cut short is to be asked again at once. */
  private takeStock(slot: number, lookup: Running, round: QueryRound, isTruncated: boolean): void {
    const isCut = isTruncated && !lookup.isTcp && this.parts.settings.library === 'glibc';
    if (isCut || !round.types.some((_, place) => lookup.replies[place] === undefined)) {
      this.endRound(slot, lookup);
    } else if (
      round.isSequential &&
      lookup.sent < round.types.length &&
      lookup.replies[lookup.sent - 1] !== undefined
    ) {
      if (!this.sendNext(slot, lookup, round)) this.tell(slot, lookup, 'no-port');
    }
  }

  private endRound(slot: number, lookup: Running): void {
    const end = this.goOn(slot, lookup, lookup.replies);
    if (end !== undefined) this.tell(slot, lookup, end);
  }

  /** The next round; how the lookup ends, if it does. */
  private goOn(slot: number, lookup: Running, replies: readonly (ReplyFacts | undefined)[]): LookupEnd | undefined {
    this.patience.cancel(slot);
    const next = lookup.steps.next(replies);
    if (next.done === true) return next.value;
    const round = next.value;
    const isTcp = round.protocol === 'tcp';
    const name = this.parts.messages.nameId(round.name);
    if (isTcp || lookup.isTcp || name !== lookup.name) this.close(lookup);
    lookup.round = round;
    lookup.name = name;
    lookup.isTcp = isTcp;
    lookup.sent = 0;
    lookup.replies = round.types.map(() => undefined);
    if (!this.begin(slot, lookup, round)) return 'no-port';
    const waitNs = this.waitNs(round);
    if (waitNs > 0) this.patience.arm(slot, this.parts.simulation.now + waitNs);
    return undefined;
  }

  private begin(slot: number, lookup: Running, round: QueryRound): boolean {
    if (lookup.isTcp) return this.openSocket(slot, lookup, PROTOCOL_TCP);
    if (round.isSequential) return this.sendNext(slot, lookup, round);
    if (lookup.socket < 0 && !this.openSocket(slot, lookup, PROTOCOL_UDP)) return false;
    for (const type of round.types) this.send(lookup, [type]);
    return true;
  }

  /** The next question of those that wait for each other. */
  private sendNext(slot: number, lookup: Running, round: QueryRound): boolean {
    if (round.ownSockets) this.close(lookup);
    if (lookup.socket < 0 && !this.openSocket(slot, lookup, PROTOCOL_UDP)) return false;
    this.send(lookup, round.types.slice(lookup.sent, lookup.sent + 1));
    return true;
  }

  /** Sends questions in one message. */
  private send(lookup: Running, types: readonly RecordType[]): void {
    const { messages, sockets, observer, queryBytes } = this.parts;
    const each = queryBytes(messages.nameText(lookup.name)) + (lookup.isTcp ? LENGTH_BYTES : 0);
    const asked = types.reduce((bits, type) => bits | bitOf(type), lookup.isTcp ? Asked.tcp : 0);
    lookup.sent += types.length;
    lookup.queries += types.length;
    for (let i = 0; i < types.length; i++) observer.asked(lookup.startedAt, lookup.isTcp);
    sockets.request(lookup.socket, messages.add(lookup.name, asked, lookup.number), each * types.length);
  }

  private openSocket(slot: number, lookup: Running, protocol: number): boolean {
    lookup.socket = this.parts.sockets.connect(protocol, lookup.client, slot);
    return lookup.socket >= 0;
  }

  private close(lookup: Running): void {
    if (lookup.socket >= 0) this.parts.sockets.close(lookup.socket);
    lookup.socket = -1;
  }

  /** How long a round waits; 0 for as long as the kernel does. */
  private waitNs({ protocol, nameservers }: QueryRound): number {
    const { library, timeoutSeconds, attempts, nameservers: all } = this.parts.settings;
    if (library === 'musl') return Math.floor((timeoutSeconds * SECOND) / attempts);
    if (protocol === 'tcp') return 0;
    // Of the n-th nameserver: n times doubled, and shared by all (send_dg).
    const place = nameservers[0] ?? 0;
    const seconds = Math.floor((timeoutSeconds * 2 ** place) / (place > 0 ? all.length : 1));
    return Math.max(1, seconds) * SECOND;
  }

  private tell(slot: number, lookup: Running, end: LookupEnd): void {
    this.finish(slot, lookup, end);
    this.parts.user.resolved(lookup.owner, end);
  }

  private finish(slot: number, lookup: Running, end: LookupEnd | undefined): void {
    this.patience.cancel(slot);
    this.close(lookup);
    this.running[slot] = undefined;
    this.free.push(slot);
    this.parts.observer.ended(lookup.startedAt, end, lookup.queries, lookup.queries - lookup.answered);
  }
}

function bitOf(type: RecordType): number {
  return type === 'A' ? Asked.a : Asked.aaaa;
}
