/** A traced packet as a tree: nodes, what they did, chains and rules met. */
import { numberText, timeText } from '../../report/index.js';
import type { ChainVisit, Passage, PacketEnd, RuleVisit, TraceStep, TracedPacket, Visit } from '../../testbed/index.js';
import type { TreeLine } from './tree.js';

/** How much is shown. */
export interface PacketDetail {
  /** Whether the tunnel's outer packets are followed through the rules too, and rules are shown in full length. */
  readonly everything: boolean;
  /** Whether there are several connections, which have to be told apart. */
  readonly numbered: boolean;
}

/** Rules with a long list of targets are cut here, unless everything is shown. */
const LONG_RULE = 240;

/** The tree of one packet. */
export function packetTree(packet: TracedPacket, detail: PacketDetail): TreeLine {
  const { number, connection, kind, inAnswerTo, from, source, destination, effort, passages, end, sentNs } = packet;
  const which = detail.numbered ? ` of connection ${connection}` : '';
  const isKernels = inAnswerTo > 0 && passages[0]?.node !== from;
  const made: TreeLine[] = isKernels
    ? [{ text: `${from} makes it in answer to packet ${inAnswerTo}`, effort: null, below: [] }]
    : [];
  return {
    text: `packet ${number}${which}: ${kind}, ${source} -> ${destination}`,
    effort,
    kind: 'heading',
    below: [...made, ...passages.map((passage) => passageLine(passage, packet, detail)), endLine(end, sentNs)],
  };
}

function passageLine(
  { node, arrivedNs, startedNs, effort, steps }: Passage,
  { sentNs, from }: TracedPacket,
  detail: PacketDetail,
): TreeLine {
  const waited = startedNs > arrivedNs ? `, waits ${timeText(startedNs - arrivedNs)} for its core` : '';
  const when = arrivedNs === sentNs ? `, sent by ${from}` : `, ${timeText(arrivedNs - sentNs)} after it was sent`;
  return {
    text: `${node}${when}${waited}`,
    effort,
    kind: 'heading',
    below: steps.flatMap((step) => stepLines(step, detail)),
  };
}

function endLine({ kind, at, cause, source, destination, timeNs }: PacketEnd, sentNs: number): TreeLine {
  const after = `${timeText(timeNs - sentNs)} after it was sent`;
  if (kind === 'delivered') {
    return { text: `${at} takes ${source} -> ${destination}, ${after}`, effort: null, below: [] };
  }
  if (kind === 'lost') {
    const word = cause === 'rejected' || cause === 'no_listener' ? 'refused' : 'lost';
    return { text: `${word} on ${at}, ${after}`, effort: null, kind: 'bad', below: [] };
  }
  return { text: 'still under way', effort: null, below: [] };
}

function stepLines(step: TraceStep, detail: PacketDetail): TreeLine[] {
  if (step.kind === 'table') return tableLines(step, detail);
  const isFolded = step.facts['packet'] === 'outer' && !detail.everything;
  const below = isFolded ? [] : step.steps.flatMap((each) => stepLines(each, detail));
  const isBad = step.kind === 'drop' || (step.kind === 'hook' && /: (drop|reject)$/.test(step.title));
  const line: TreeLine = { text: step.title, effort: step.kind === 'drop' ? null : step.effort, below };
  const [only] = below;
  // A hook at which one thing is done needs no line of its own for that.
  const merged = step.kind === 'hook' && only !== undefined && below.length === 1 ? joined(step, only) : line;
  return [isBad ? { ...merged, kind: 'bad' } : merged];
}

function joined({ title, facts, effort, steps }: TraceStep, only: TreeLine): TreeLine {
  const hook = String(facts['hook']);
  // A table's line ends with the name of its chain, which for iptables is that of the hook.
  const what = steps[0]?.kind === 'table' ? only.text.replace(new RegExp(` ${hook}(?=$|:)`), '') : only.text;
  return {
    text: title.includes(':') && steps[0]?.kind !== 'table' ? title : `${hook}: ${what}`,
    effort,
    below: only.below,
  };
}

/** One line a base chain. */
function tableLines({ chains, effort, facts, title }: TraceStep, detail: PacketDetail): TreeLine[] {
  if (chains.length === 0) return [{ text: title, effort, below: [] }];
  return chains.map((chain, i) => {
    const mark = i === chains.length - 1 ? markText(facts) : '';
    return chainLine(chain, chains.length === 1 ? effort : chain.effort, mark, detail);
  });
}

function markText({ markBefore, mark }: TraceStep['facts']): string {
  if (typeof mark !== 'number' || typeof markBefore !== 'number') return '';
  return `: mark 0x${markBefore.toString(16)} -> 0x${mark.toString(16)}`;
}

function chainLine(
  { tool, table, chain, visits }: ChainVisit,
  effort: ChainVisit['effort'],
  mark: string,
  detail: PacketDetail,
): TreeLine {
  const below = visits.map((visit) => visitLine(visit, detail));
  return { text: `${tool} ${table} ${chain}${mark}`, effort, below };
}

function visitLine(visit: Visit, detail: PacketDetail): TreeLine {
  if (visit.kind === 'unmatched') {
    const { chain, count, effort } = visit;
    const rules =
      count === 1 ? '1 rule compared, it does not match' : `${numberText(count)} rules compared, none matches`;
    return { text: `${chain}: ${rules}`, effort, below: [] };
  }
  const { position, chainRules, effort, visits, result } = visit;
  const isBad = result === 'drop' || result === 'reject';
  return {
    text: `${numberText(position)}/${numberText(chainRules)} ${ruleText(visit, detail)}${saysText(visit)}`,
    effort,
    below: visits.map((each) => visitLine(each, detail)),
    ...(isBad && { kind: 'bad' }),
  };
}

function ruleText({ text }: RuleVisit, { everything }: PacketDetail): string {
  return everything || text.length <= LONG_RULE ? text : `${text.slice(0, LONG_RULE)}...`;
}

/** What a map held, and what chance chose. */
function saysText({ element, pick }: RuleVisit): string {
  const found = element === '' ? '' : ` => ${element}`;
  if (pick === null) return found;
  const { chosen, of, probability } = pick;
  return `${found} (pick ${chosen} of ${of}, probability ${numberText(Number(probability.toFixed(6)))})`;
}
