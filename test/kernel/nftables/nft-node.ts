/** A node's nftables with packets, for the tests of the kernel's part. */
import { Hook, type Verdict } from '../../../src/kernel/hook.js';
import { NftStore } from '../../../src/kernel/nftables/nft-store.js';
import { Nftables, NftStage, type NftBase } from '../../../src/kernel/nftables/nftables.js';
import type { NftRuleSpec } from '../../../src/kernel/nftables/rule.js';
import { Work, WorkKind } from '../../../src/kernel/work.js';
import { PacketPool } from '../../../src/net/index.js';
import { Context } from '../iptables/context.js';

export const LOCAL = 0xc0a80001;

/** A packet's headers. */
export interface TestPacket {
  readonly source?: number;
  readonly destination?: number;
  readonly port?: number;
  readonly protocol?: number;
  readonly mark?: number;
}

/** What rules said to a packet. */
export interface Said {
  readonly verdict: Verdict;
  readonly dnat: number;
  readonly masquerade: number;
  readonly mark: number;
}

/** A node. */
export class NftTestNode {
  readonly store: NftStore;
  readonly packets = new PacketPool();
  readonly work = new Work();
  readonly context = new Context([LOCAL]);
  readonly nftables: Nftables;

  constructor(lookup: 'index' | 'walk' = 'index', store = new NftStore()) {
    this.store = store;
    this.nftables = new Nftables(store, this.packets, this.work, lookup);
  }

  /** Puts a base chain with these rules in place. */
  base(rules: readonly NftRuleSpec[], changes: Partial<NftBase> = {}): void {
    const base: NftBase = { table: 't', name: 'base', type: 'filter', hook: Hook.forward, priority: 0, ...changes };
    this.nftables.setBase(base, this.store.addChain(base.name, rules));
  }

  /** Asks about one packet; clears the tally before. */
  ask(packet: TestPacket = {}, stage: NftStage = NftStage.filter, hook: Hook = Hook.forward): Said {
    const { packets, context } = this;
    const handle = packets.take(0);
    packets.source[handle] = packet.source ?? 0x0a000001;
    packets.destination[handle] = packet.destination ?? 0x0a000002;
    packets.sourcePort[handle] = 40000;
    packets.destinationPort[handle] = packet.port ?? 80;
    packets.protocol[handle] = packet.protocol ?? 6;
    packets.mark[handle] = packet.mark ?? 0;
    context.reset();
    this.work.clear();
    const verdict = this.nftables.evaluate(stage, hook, handle, context);
    const said = { verdict, dnat: context.dnatAddress, masquerade: context.masquerade, mark: packets.mark[handle] };
    packets.release(handle);
    return said;
  }

  /** Units of a kind of work since the last question. */
  units(kind: number): number {
    return this.work.counts[kind]!;
  }

  /** Rules compared for the last question. */
  get rules(): number {
    return this.units(WorkKind.nftRule);
  }
}
