/**
 * The connection table of the reference model: an array, newest first, with timers that are looked at when time passes.
 */
import { afterBinding, afterUnbinding, type LoadActiveFactor, type ModelServer } from './model-server.js';
import { isActive } from './model-states.js';

/** What a user who asks for an entry tells of it. */
export interface ConnectionKey {
  readonly protocol: number;
  readonly client: number;
  /** 0 for a template. */
  readonly clientPort: number;
  /** Virtual address, or the mark of a template of a service with a mark. */
  readonly virtual: number;
  readonly virtualPort: number;
}

/** A connection or a persistence template. */
export interface ModelConnection extends ConnectionKey {
  readonly server: ModelServer;
  /** Where packets go on the server. */
  readonly serverPort: number;
  readonly isTemplate: boolean;
  /** Whether the conntrack entry of the flow is the connection's to end. */
  tracked: boolean;
  state: string;
  timeoutMs: number;
  deadlineMs: number;
  /** The template that the connection hangs on. */
  readonly control: ModelConnection | null;
  /** How many connections hang on this template. */
  controlled: number;
  /** No packet finds it any more. */
  hidden: boolean;
  /** Ends with the next tick, whatever its deadline. */
  ending: boolean;
  counted: 'active' | 'inactive' | 'templates';
}

const MINUTE_MS = 60_000;

/** All connections and templates of a node. */
export class ModelConnections {
  /** Newest first. */
  live: ModelConnection[] = [];
  /** Connections whose conntrack entry went with them, in this order. */
  readonly forgotten: ModelConnection[] = [];
  /** Whether a template and the last connection on it ended so close together that only chance says which was first. */
  isAmbiguous = false;
  private readonly factor: LoadActiveFactor;
  /** Entries end at the first multiple of this that is not before their deadline. */
  private readonly granularityMs: number;
  private isSweepDue = false;

  constructor(factor: LoadActiveFactor, granularityMs: number) {
    this.factor = factor;
    this.granularityMs = granularityMs;
  }

  find(key: ConnectionKey): ModelConnection | undefined {
    return this.live.find(
      (each) =>
        !each.hidden &&
        each.protocol === key.protocol &&
        each.client === key.client &&
        each.clientPort === key.clientPort &&
        each.virtual === key.virtual &&
        each.virtualPort === key.virtualPort,
    );
  }

  /** The connection that a packet of a server belongs to. */
  findReply(
    protocol: number,
    server: { address: number; port: number },
    client: { address: number; port: number },
  ): ModelConnection | undefined {
    return this.live.find(
      (each) =>
        !each.hidden &&
        !each.isTemplate &&
        each.protocol === protocol &&
        each.client === client.address &&
        each.clientPort === client.port &&
        each.server.address === server.address &&
        each.serverPort === server.port,
    );
  }

  /** A new connection, or a template, bound to its server. */
  create(
    key: ConnectionKey,
    server: ModelServer,
    options: Pick<ModelConnection, 'serverPort' | 'isTemplate' | 'state' | 'timeoutMs' | 'control' | 'tracked'>,
  ): ModelConnection {
    const counted = options.isTemplate ? 'templates' : 'inactive';
    const { protocol, client, clientPort, virtual, virtualPort } = key;
    const entry: ModelConnection = {
      ...{ protocol, client, clientPort, virtual, virtualPort },
      ...options,
      ...{ server, counted, deadlineMs: Infinity, controlled: 0, hidden: false, ending: false },
    };
    server[counted]++;
    afterBinding(server);
    if (entry.control !== null) entry.control.controlled++;
    return entry;
  }

  /** Puts an entry to the front of the table. */
  insert(entry: ModelConnection): void {
    this.live.unshift(entry);
  }

  /** A connection enters a state: its server counts it accordingly. */
  enter(entry: ModelConnection, state: string): void {
    const counted = isActive(state) ? 'active' : 'inactive';
    entry.server[entry.counted]--;
    entry.server[counted]++;
    entry.counted = counted;
    entry.state = state;
  }

  /** Restarts the timer. */
  touch(entry: ModelConnection, nowMs: number): void {
    entry.deadlineMs = nowMs + entry.timeoutMs;
  }

  /** Ends an entry with the next tick; no packet finds it until then. */
  endSoon(entry: ModelConnection, nowMs: number): void {
    entry.hidden = true;
    entry.ending = true;
    entry.deadlineMs = nowMs;
  }

  /** Ends the entries of servers that are in no list, with the next tick. */
  sweepSoon(): void {
    this.isSweepDue = true;
  }

  /** Ends an entry. */
  remove(entry: ModelConnection): void {
    this.live = this.live.filter((each) => each !== entry);
    this.unbind(entry);
    if (entry.tracked) this.forgotten.push(entry);
  }

  /** The server of an entry that is not in the table, or not any more, counts it no longer. */
  unbind(entry: ModelConnection): void {
    entry.server[entry.counted]--;
    if (entry.control !== null) entry.control.controlled--;
    afterUnbinding(entry.server, this.factor);
  }

  /** The next tick: what was to end soon ends. */
  tick(): void {
    for (const entry of this.live.filter((each) => each.ending)) this.remove(entry);
    if (!this.isSweepDue) return;
    this.isSweepDue = false;
    const orphans = this.live.filter((each) => !each.server.listed);
    for (const entry of orphans.filter((each) => !each.isTemplate)) this.remove(entry);
    for (const entry of orphans.filter((each) => each.isTemplate)) {
      if (entry.controlled === 0) this.remove(entry);
    }
  }

  /** Time has come to `nowMs`: timers that are over fire, the earliest first. */
  expire(nowMs: number): void {
    for (;;) {
      const due = this.live.filter((each) => this.endMs(each) <= nowMs);
      if (due.length === 0) return;
      const firstMs = Math.min(...due.map((each) => this.endMs(each)));
      const now = due.filter((each) => this.endMs(each) === firstMs);
      const templates = now.filter((each) => each.isTemplate);
      const inUse = templates.filter((each) => each.controlled > 0);
      for (const entry of now.filter((each) => !each.isTemplate)) this.remove(entry);
      if (inUse.some((each) => each.controlled === 0)) this.isAmbiguous = true;
      for (const template of templates) {
        if (template.controlled === 0) this.remove(template);
        else this.prolong(template);
      }
    }
  }

  /** When the timer of an entry fires. */
  endMs(entry: ModelConnection): number {
    return Math.ceil(entry.deadlineMs / this.granularityMs) * this.granularityMs;
  }

  /** A template that connections hang on lives on for a minute at a time, and so it stays. */
  private prolong(template: ModelConnection): void {
    template.timeoutMs = MINUTE_MS;
    template.deadlineMs += MINUTE_MS;
  }
}
