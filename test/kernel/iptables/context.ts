/** What rules ask about a node and say about a packet, with draws that the test sets. */
import { CtState, type RuleContext } from '../../../src/kernel/hook.js';

/** A context for one packet after the other. */
export class Context implements RuleContext {
  state: number = CtState.new;
  fromPod = true;
  dnatAddress = 0;
  dnatPort = 0;
  masquerade = 0;
  inAddress = 0x0af40001;
  nowNs = 0;
  /** Draws taken so far; the n-th is `draws[n]`, over and over. */
  drawn = 0;
  draws: readonly number[] = [0];
  private readonly local: readonly number[];

  /** @param local the node's own addresses besides 127.0.0.0/8 */
  constructor(local: readonly number[]) {
    this.local = local;
  }

  now(): number {
    return this.nowNs;
  }

  isLocal(address: number): boolean {
    return address >>> 24 === 127 || this.local.includes(address);
  }

  draw(): number {
    return this.draws[this.drawn++ % this.draws.length]!;
  }

  /** Forgets what the last packet's rules said. */
  reset(): void {
    this.dnatAddress = 0;
    this.dnatPort = 0;
    this.masquerade = 0;
    this.drawn = 0;
  }
}
