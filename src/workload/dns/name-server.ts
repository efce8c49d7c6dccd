/**
 * The DNS server's process in its pods: it takes its time for each query, answers as CoreDNS does, and asks an upstream about names that are
 * not its own, without a worker waiting meanwhile.
 *
 * Two queries in one message over TCP are served one after the other and answered together, in at most one segment. There is no cache: neither
 * of the upstream's answers nor of its own. Cost: an answer is made once for each name, type and transport, until something in
 * the cluster changes.
 */
import {
  ClusterDns,
  factsOf,
  sentReply,
  type ClusterDnsOptions,
  type DnsSource,
  type RecordType,
  type ReplyFacts,
} from '../../kube/index.js';
import { EventClass, grown, type Simulation } from '../../sim/index.js';
import type { ServerFabric } from '../fabric.js';
import type { StationKind, Stations } from '../stations.js';
import { Asked, type Messages } from './messages.js';

/** How the server behaves. */
export interface NameServerOptions {
  /** CPU time of a query. */
  readonly serverNs: number;
  /** Queries that one pod works on at a time. */
  readonly concurrency: number;
  /** How long the upstream takes. */
  readonly upstreamDelayNs: number;
}

/** What a server is made of. */
export interface NameServerParts {
  readonly simulation: Simulation;
  readonly fabric: ServerFabric;
  readonly messages: Messages;
  readonly options: NameServerOptions;
  readonly source: DnsSource;
  readonly dns: ClusterDnsOptions;
  /** Family over which it is asked, and the UDP payload size that queries offer; 0 without EDNS. */
  readonly family: 4 | 6;
  readonly ednsBytes: number;
  /** Payload of one TCP segment. */
  readonly segmentBytes: number;
  /** Where queries are queued. */
  readonly stations: () => Stations;
  /** Told of every query served. */
  readonly observe: (server: number) => void;
}

/** An answer as it is sent. */
interface Prepared {
  readonly facts: ReplyFacts;
  readonly bytes: number;
  readonly isOutside: boolean;
}

const TYPES: readonly (readonly [bit: number, type: RecordType])[] = [
  [Asked.a, 'A'],
  [Asked.aaaa, 'AAAA'],
];
const LENGTH_BYTES = 2;

/** The DNS servers of one run: all pods answer alike. */
export class NameServer implements StationKind {
  readonly distribution = 'constant';
  readonly meanNs: number;
  readonly concurrency: number;
  private readonly parts: NameServerParts;
  private readonly dns: ClusterDns;
  /** By name, type and transport. */
  private readonly prepared = new Map<number, Prepared>();
  private askedUpstream = false;
  // Answers that wait for the upstream.
  private readonly kind: number;
  private handles = new Int32Array(64);
  private messages = new Int32Array(64);
  private readonly free: number[] = [];
  private made = 0;

  /** Answers nothing before a station gives it a query. */
  constructor(parts: NameServerParts) {
    this.parts = parts;
    this.meanNs = parts.options.serverNs;
    this.concurrency = parts.options.concurrency;
    const { upstream } = parts.dns;
    const noticed: ClusterDnsOptions['upstream'] =
      upstream &&
      ((name, type) => {
        this.askedUpstream = true;
        return upstream(name, type);
      });
    this.dns = new ClusterDns(parts.source, { ...parts.dns, upstream: noticed });
    this.kind = parts.simulation.register('upstream-answer', EventClass.traffic, this);
  }

  /** Something in the cluster has changed. */
  changed(): void {
    this.prepared.clear();
  }

  /** See `StationKind`. */
  served(server: number, handle: number, message: number): void {
    const { messages, options, simulation, stations, observe } = this.parts;
    observe(server);
    const kind = messages.kind(message);
    const open = TYPES.filter(([bit]) => (kind & bit) !== 0 && messages.reply(message, bit) === undefined);
    const [next, other] = open;
    if (next === undefined) return;
    const reply = this.prepare(messages.name(message), next, (kind & Asked.tcp) !== 0);
    messages.answer(message, next[0], reply.facts, reply.bytes, reply.isOutside);
    if (other !== undefined) stations().take(server, handle, message);
    else if (!messages.isOutside(message)) this.respond(handle, message);
    else simulation.schedule(simulation.now + options.upstreamDelayNs, this.kind, this.wait(handle, message));
  }

  /** The upstream has answered. */
  fire(slot: number): void {
    this.free.push(slot);
    this.respond(this.handles[slot]!, this.messages[slot]!);
  }

  private respond(handle: number, message: number): void {
    const { fabric, messages, segmentBytes } = this.parts;
    const bytes = messages.bytes(message);
    fabric.respond(handle, message, (messages.kind(message) & Asked.tcp) === 0 ? bytes : Math.min(bytes, segmentBytes));
  }

  private prepare(name: number, [bit, type]: readonly [number, RecordType], isTcp: boolean): Prepared {
    const key = name * 8 + bit + (isTcp ? Asked.tcp : 0);
    const known = this.prepared.get(key);
    if (known !== undefined) return known;
    const { messages, family, ednsBytes } = this.parts;
    this.askedUpstream = false;
    const reply = this.dns.answer({ name: messages.nameText(name), type });
    const edns = ednsBytes === 0 ? {} : { ednsBytes };
    const sent = sentReply(reply, { protocol: isTcp ? 'tcp' : 'udp', family, ...edns });
    const made = {
      facts: factsOf(sent.reply),
      bytes: sent.bytes + (isTcp ? LENGTH_BYTES : 0),
      isOutside: this.askedUpstream,
    };
    this.prepared.set(key, made);
    return made;
  }

  private wait(handle: number, message: number): number {
    const slot = this.free.pop() ?? this.made++;
    if (slot >= this.handles.length) {
      this.handles = grown(this.handles, slot * 2);
      this.messages = grown(this.messages, slot * 2);
    }
    this.handles[slot] = handle;
    this.messages[slot] = message;
    return slot;
  }
}
