/**
 * Queries of a run by number: what each asks for, whose it is, and what was answered.
 *
 * Packets carry the number alone, so that whoever is between a resolver and its server - rules, tunnels, a relay that goes on in its own
 * name - passes on what was asked. Numbers rise over the whole run and so on every socket. Typed columns of 15 bytes a message, kept until
 * the end of the run: a query may wait in a server's queue for longer than its resolver waits for it.
 */
import type { ReplyFacts } from '../../kube/index.js';
import { grown } from '../../sim/index.js';

/** What a message asks for, as bits: addresses of either family, and whether it goes over TCP, where both may stand in one message. */
export const Asked = { a: 1, aaaa: 2, tcp: 4 } as const;

/** Set in the same column once the upstream had to be asked. */
const OUTSIDE = 8;

/** All queries of one run. */
export class Messages {
  /** By message. */
  private names = new Int32Array(256);
  private asked = new Uint8Array(256);
  private lookups = new Int32Array(256);
  private factsA = new Uint8Array(256);
  private factsAaaa = new Uint8Array(256);
  private sizes = new Int32Array(256);
  private made = 0;
  private readonly nameIds = new Map<string, number>();
  private readonly nameTexts: string[] = [];
  /** Replies as resolvers see them, each kind once; 0 stands for none yet. */
  private readonly facts: (ReplyFacts | undefined)[] = [undefined];
  private readonly factIds = new Map<string, number>();

  /** The number of a name, fully qualified. */
  nameId(name: string): number {
    const known = this.nameIds.get(name);
    if (known !== undefined) return known;
    const id = this.nameTexts.push(name) - 1;
    this.nameIds.set(name, id);
    return id;
  }

  /** The name of a number. */
  nameText(id: number): string {
    return this.nameTexts[id]!;
  }

  /**
   * Adds a message.
   * @param name by its number
   * @param asked bits of `Asked`
   * @param lookup number of the lookup that it belongs to
   * @returns its number, from 1
   */
  add(name: number, asked: number, lookup: number): number {
    const message = ++this.made;
    if (message === this.names.length) this.growTo(message * 2);
    this.names[message] = name;
    this.asked[message] = asked;
    this.lookups[message] = lookup;
    return message;
  }

  /** What a message asks about, by the name's number. */
  name(message: number): number {
    return this.names[message]!;
  }

  /** Bits of `Asked`. */
  kind(message: number): number {
    return this.asked[message]!;
  }

  /** Number of the lookup that a message belongs to. */
  lookup(message: number): number {
    return this.lookups[message]!;
  }

  /** Bytes of the answers to a message so far. */
  bytes(message: number): number {
    return this.sizes[message]!;
  }

  /** Whether the answers to a message so far came of the upstream. */
  isOutside(message: number): boolean {
    return (this.asked[message]! & OUTSIDE) !== 0;
  }

  /** Notes the answer to one of a message's questions. @param bit which one */
  answer(message: number, bit: number, reply: ReplyFacts, bytes: number, isOutside: boolean): void {
    if (isOutside) this.asked[message]! |= OUTSIDE;
    const column = bit === Asked.a ? this.factsA : this.factsAaaa;
    column[message] = this.factId(reply);
    this.sizes[message]! += bytes;
  }

  /** The answer to one of a message's questions; undefined where there is none yet. */
  reply(message: number, bit: number): ReplyFacts | undefined {
    return this.facts[(bit === Asked.a ? this.factsA : this.factsAaaa)[message]!];
  }

  private factId({ rcode, answers, truncated }: ReplyFacts): number {
    // How many records there are matters to nobody, only whether there are any.
    const count = Math.min(answers, 1);
    const key = `${rcode} ${count} ${truncated}`;
    const known = this.factIds.get(key);
    if (known !== undefined) return known;
    const id = this.facts.push({ rcode, answers: count, truncated }) - 1;
    this.factIds.set(key, id);
    return id;
  }

  private growTo(length: number): void {
    this.names = grown(this.names, length);
    this.asked = grown(this.asked, length);
    this.lookups = grown(this.lookups, length);
    this.factsA = grown(this.factsA, length);
    this.factsAaaa = grown(this.factsAaaa, length);
    this.sizes = grown(this.sizes, length);
  }
}
