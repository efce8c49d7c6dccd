/** Watches the hooks of one node and family: where a packet enters, is filtered, leaves or stays, and what tables and conntrack say to it. */
import {
  Hook,
  IptablesTrail,
  NftablesTrail,
  Verdict,
  hookName,
  lastRule,
  type ChainVisit,
  type Conntrack,
  type IpPath,
  type Visit,
} from '../../kernel/index.js';
import type { IpFamily } from '../../net/index.js';
import { entryWords, trackWords } from './conntrack-words.js';
import { seeComingUp, seeGoingDown, seeLoopback } from './device-watch.js';
import type { Watching } from './watching.js';

const VERDICT_NAMES: Readonly<Record<number, string>> = { [Verdict.drop]: 'DROP', [Verdict.reject]: 'REJECT' };

/** Watches the hooks of a family. */
export function watchHooks(watching: Watching, path: IpPath, family: IpFamily): void {
  const { hooks } = path;
  const enter = hooks.enter.bind(hooks);
  const filter = hooks.filter.bind(hooks);
  const leave = hooks.leave.bind(hooks);
  const stay = hooks.stay.bind(hooks);
  const passLoopback = hooks.passLoopback.bind(hooks);
  hooks.enter = (packet, hook) => {
    noticeAnswer(watching, packet);
    const slot = within(watching, packet, hook, 'first', () => enter(packet, hook));
    seeComingUp(watching, path, packet, hook);
    return slot;
  };
  hooks.filter = (packet, hook) => within(watching, packet, hook, 'filter', () => filter(packet, hook));
  hooks.leave = (packet, slot, outAddress) => {
    const goesOn = within(watching, packet, Hook.postrouting, 'last', () => leave(packet, slot, outAddress));
    if (goesOn) seeGoingDown(watching, path, packet, outAddress);
    return goesOn;
  };
  hooks.stay = (packet, slot) => within(watching, packet, Hook.input, 'last', () => stay(packet, slot));
  hooks.passLoopback = (packet) => {
    seeLoopback(watching, packet);
    return within(watching, packet, Hook.prerouting, 'loopback', () => passLoopback(packet));
  };
  watchTables(watching, path, family);
}

/** Watches conntrack, which both families of a node share. */
export function watchConntrack({ steps }: Watching, conntrack: Conntrack): void {
  const track = conntrack.track.bind(conntrack);
  const confirm = conntrack.confirm.bind(conntrack);
  conntrack.track = (packet) => {
    steps.enter('conntrack', 'conntrack', packet);
    const slot = track(packet);
    steps.leave(trackWords(conntrack, slot));
    return slot;
  };
  conntrack.confirm = (slot) => {
    steps.enterAsBefore('conntrack', 'conntrack');
    confirm(slot);
    steps.leave(entryWords(conntrack, slot));
  };
}

const PARTS = { first: '', filter: ': filter', last: '', loopback: ': again, over loopback' } as const;

function within<T>(
  { steps, world, passage }: Watching,
  packet: number,
  hook: Hook,
  part: keyof typeof PARTS,
  work: () => T,
): T {
  const name = hookName(hook);
  const isOuter = packet === world.base.underlay.outer;
  const before = passage.rule;
  steps.enter('hook', `${name}${PARTS[part]}`, packet, { hook: name, part, packet: isOuter ? 'outer' : 'inner' });
  const result = work();
  const refused = passage.rule === before ? undefined : `${name}: ${passage.rule?.result ?? ''}`;
  steps.leave(refused === undefined ? {} : { title: refused });
  return result;
}

/** The kernel has made a packet of its own: from here on its steps stand by themselves. */
function noticeAnswer({ steps, packets, passage, world }: Watching, row: number): void {
  if (row === passage.row || row === world.base.underlay.outer || packets.at(row) !== undefined) return;
  const cause = packets.lastLost;
  if (cause === undefined) return;
  const record = packets.answered(row, cause, passage.node, world.base.simulation.now);
  passage.answer = record.number;
  steps.enter('answer', `answers with packet ${record.number}: ${record.kind}`, row, { packet: record.number });
}

function watchTables(watching: Watching, { parts: { netfilter, nftables } }: IpPath, family: IpFamily): void {
  const { steps, meter, world } = watching;
  const pool = world.base.packets;
  const rules = new IptablesTrail(netfilter, meter);
  const nftRules = new NftablesTrail(nftables, family, meter);
  const evaluate = netfilter.evaluate.bind(netfilter);
  netfilter.evaluate = (table, hook, packet, context) => {
    const mark = pool.mark[packet]!;
    steps.enter('table', 'iptables', packet);
    rules.begin(table, hook);
    const verdict = evaluate(table, hook, packet, context);
    tableAnswered(watching, rules.end(), verdict, [mark, pool.mark[packet]!]);
    return verdict;
  };
  const evaluateNft = nftables.evaluate.bind(nftables);
  nftables.evaluate = (stage, hook, packet, context) => {
    const mark = pool.mark[packet]!;
    steps.enter('table', 'nftables', packet);
    nftRules.begin();
    const verdict = evaluateNft(stage, hook, packet, context);
    tableAnswered(watching, nftRules.end(), verdict, [mark, pool.mark[packet]!]);
    return verdict;
  };
}

function tableAnswered(
  { steps, passage }: Watching,
  chains: readonly ChainVisit[],
  verdict: Verdict,
  [markBefore, mark]: readonly [number, number],
): void {
  const said = VERDICT_NAMES[verdict];
  const last = chains.at(-1);
  const rule = last === undefined ? undefined : lastRule(last.visits);
  if (said !== undefined && last !== undefined && rule !== undefined) {
    const { chain, position, text, result } = rule;
    const { tool, table, visits } = last;
    passage.rule = { tool, table, chain, position, text, result, reachedBy: reachedBy(visits) };
  }
  const names = [...new Set(chains.map(({ tool, table }) => `${tool} ${table}`))].join(', ');
  const marks = mark === markBefore ? {} : { markBefore, mark };
  steps.leave({ ...(names !== '' && { title: names }), facts: { verdict: said ?? 'ACCEPT', ...marks }, chains });
}

/** The rules that lead to the last one, the outermost first. */
function reachedBy(visits: readonly Visit[]): readonly string[] {
  const last = visits.at(-1);
  if (last?.kind !== 'rule' || last.visits.length === 0) return [];
  return [last.text, ...reachedBy(last.visits)];
}
