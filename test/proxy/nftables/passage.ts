/** A first packet's way through a node in nftables mode, hook after hook, with the rules that it meets. */
import { Hook, Verdict } from '../../../src/kernel/hook.js';
import { NftStage } from '../../../src/kernel/nftables/nftables.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { formatIp } from '../../../src/net/index.js';
import type { NftNode } from './nft-world.js';

/** What became of a packet. */
export interface Passage {
  /** `address:port` it was sent on to, `ACCEPT`, `DROP` or `REJECT`. */
  readonly outcome: string;
  readonly masquerade: boolean;
  /** Rules examined: before destination NAT, nat, filter behind it, nat behind routing. */
  readonly rules: readonly number[];
  /** Every kind of work together, stage after stage. */
  readonly work: readonly number[];
}

/** Where a packet comes from and goes to. */
export interface Journey {
  readonly source: number;
  readonly destination: number;
  readonly port: number;
  readonly protocol?: number;
  readonly draw?: number;
  /** `forward` unless told otherwise; `input` for the node itself, `output` from it. */
  readonly by?: 'forward' | 'input' | 'output';
}

/** Sends a packet through as the first one of a connection; destination NAT is applied before the filter. */
export function pass(
  node: NftNode,
  { source, destination, port, protocol = 6, draw = 0, by = 'forward' }: Journey,
): Passage {
  const { packets, context, nftables, work } = node;
  const packet = node.packet(source, destination, port, protocol);
  context.reset();
  context.draws = [draw];
  const rules: number[] = [];
  const all: number[] = [];
  let verdict: Verdict = Verdict.accept;
  const ask = (stage: NftStage, hook: Hook): void => {
    if (verdict !== Verdict.accept) return;
    work.clear();
    verdict = nftables.evaluate(stage, hook, packet, context);
    rules.push(work.counts[WorkKind.nftRule]!);
    all.push(...work.counts);
  };
  const entry = by === 'output' ? Hook.output : Hook.prerouting;
  ask(NftStage.preDnat, entry);
  ask(NftStage.nat, entry);
  if (context.dnatAddress !== 0) {
    packets.destination[packet] = context.dnatAddress;
    packets.destinationPort[packet] = context.dnatPort;
  }
  ask(NftStage.filter, { forward: Hook.forward, input: Hook.input, output: Hook.output }[by]);
  if (by !== 'input') ask(NftStage.nat, Hook.postrouting);
  packets.release(packet);
  const sentTo = context.dnatAddress === 0 ? 'ACCEPT' : `${formatIp(context.dnatAddress)}:${context.dnatPort}`;
  const outcomes = {
    [Verdict.accept]: sentTo,
    [Verdict.drop]: 'DROP',
    [Verdict.reject]: 'REJECT',
    [Verdict.reset]: '',
  };
  return { outcome: outcomes[verdict], masquerade: context.masquerade > 0, rules, work: all };
}

/** A draw that picks the endpoint with that index of `count` equal ones. */
export function drawFor(index: number, count: number): number {
  return Math.floor(((index + 0.5) / count) * 2 ** 32);
}
