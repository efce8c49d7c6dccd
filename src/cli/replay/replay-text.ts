/**
 * A replay for people: a line for each client, ipvsadm's tables where the script looks and at its end, and whether it went as recorded.
 */
import { type TextStyle } from '../../report/index.js';
import { placeText, type OpenStep, type ReplayPick } from '../../scenario/index.js';
import { pickText, type ReplayEvent } from '../../testbed/index.js';
import { counted } from '../counted.js';
import type { Replayed } from './replayed.js';
import { serviceCommand, stepText, sysctlCommand } from './step-text.js';

/** How much is shown. */
export interface ShownReplay {
  /** Every step, and not only clients and looks. */
  readonly everyStep: boolean;
  readonly tables: 'all' | 'end' | 'none';
}

interface Line {
  readonly cells: readonly string[];
  /** What stands behind the cells. */
  readonly rest: string;
  readonly isBad: boolean;
}

const HEADINGS = ['step', 'time', 'id', 'client', 'asks', 'server'];

/** The whole text. */
export function replayText(replayed: Replayed, shown: ShownReplay, style: TextStyle): string {
  const blocks = [
    headText(replayed, style),
    ...stepBlocks(replayed, shown, style),
    ...(shown.tables === 'none' ? [] : endBlocks(replayed, style)),
    verdictText(replayed, style),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function headText({ script, loadFactor, isOtherFactor, scheduler }: Replayed, style: TextStyle): string {
  const { name, description, kernel, services } = script;
  const title = [name, description].filter((text) => text !== '').join(': ');
  const names = scheduler ?? [...new Set(services.map((service) => service.scheduler))].join(', ');
  const other = (isOther: boolean): string => (isOther ? ' (in place of its own)' : '');
  const kernelText = kernel === '' ? '' : `kernel ${kernel}; `;
  return [
    ...(title === '' ? [] : [style.bold(title)]),
    `scheduler ${names}${other(scheduler !== undefined)}; ${kernelText}an active connection counts ${loadFactor}${other(isOtherFactor)}`,
  ].join('\n');
}

/** Lines of clients in blocks, tables between them. */
function stepBlocks(replayed: Replayed, shown: ShownReplay, style: TextStyle): string[] {
  const { replay, script } = replayed;
  const events = new Map(replay.events.map((event) => [event.step, event]));
  const sysctls = Object.entries(script.sysctls).map(([name, value]) => sysctlCommand(name, value));
  const commands = shown.everyStep
    ? [...sysctls, ...script.services.map(serviceCommand)].map((text) => `$ ${text}`)
    : [];
  const sections: (string | Line[])[] = commands.length > 0 ? [commands.join('\n')] : [];
  let lines: Line[] = [];
  let seconds = 0;
  let picked = 0;
  script.steps.forEach((step, index) => {
    const event = events.get(index);
    seconds = event?.seconds ?? seconds;
    if (event?.pick !== undefined && 'client' in step) {
      lines.push(pickLine(replayed, event, step, script.picks?.[picked++]));
    } else if (event?.seen !== undefined && 'result' in event.seen) {
      lines.push({ ...plainLine(index, seconds, event.seen.id), rest: `sends a byte: ${event.seen.result}` });
    } else if (event?.table !== undefined) {
      if (shown.tables !== 'all') return;
      const command = step.op === 'conns' ? 'ipvsadm -Lnc' : 'ipvsadm -Ln --nosort';
      sections.push(
        lines,
        `${style.bold(`step ${index}, ${timeText(seconds)}: ${command}`)}\n${withoutBreak(event.table)}`,
      );
      lines = [];
    } else if (shown.everyStep) {
      lines.push({ ...plainLine(index, seconds, 'id' in step ? step.id : ''), rest: stepText(script, step) });
    }
    if (step.op === 'wait') seconds += step.seconds;
  });
  const all = [...sections, lines].filter((section) => section.length > 0);
  return linedUp(all, style);
}

/** Columns as wide as in the whole text. */
function linedUp(sections: readonly (string | readonly Line[])[], style: TextStyle): string[] {
  const widths = HEADINGS.map((heading) => heading.length);
  for (const section of sections) {
    if (typeof section === 'string') continue;
    for (const { cells } of section) cells.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  const line = (cells: readonly string[], rest: string): string =>
    `${cells.map((cell, i) => (i < 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ')}  ${rest}`.trimEnd();
  return sections.map((section) => {
    if (typeof section === 'string') return section;
    const texts = section.map(({ cells, rest, isBad }) => (isBad ? style.bad(line(cells, rest)) : line(cells, rest)));
    return [style.bold(line(HEADINGS, 'result')), ...texts].join('\n');
  });
}

function pickLine({ script, scheduler }: Replayed, event: ReplayEvent, step: OpenStep, recorded?: ReplayPick): Line {
  const pick = event.pick ?? { id: step.id, rs: null };
  const service = script.services[step.service]?.name ?? '';
  const asks = script.services.length > 1 ? `${service} ${placeText(step.place)}` : placeText(step.place);
  const cells = [String(event.step), timeText(event.seconds), pick.id, placeText(step.client), asks, pick.rs ?? '-'];
  const isOther = recorded !== undefined && pickText(recorded) !== pickText(pick);
  const result = resultText(step, pick, script.services[step.service]?.onePacket === true);
  const rest = isOther ? `${result}; recorded: ${pickText(recorded)}` : result;
  return { cells, rest, isBad: isOther && scheduler === undefined };
}

function plainLine(index: number, seconds: number, id: string): Line {
  return { cells: [String(index), timeText(seconds), id], rest: '', isBad: false };
}

/** @param onePacket nothing is stored then, and no answer translated: it does not reach the client */
function resultText({ op }: OpenStep, { rs, result, state }: ReplayPick, onePacket: boolean): string {
  const entry = state === undefined ? '' : ` (${state})`;
  if (result === undefined) return op === 'connect' ? 'open' : onePacket ? 'delivered' : 'answered';
  if (result === 'refused') return rs === null ? 'refused: no server' : `refused by the server${entry}`;
  return rs === null ? 'timeout: dropped' : `timeout: no answer${entry}`;
}

function endBlocks({ replay }: Replayed, style: TextStyle): string[] {
  const { servers, connections, statistics } = replay.end;
  const tables = { 'ipvsadm -Ln': servers, 'ipvsadm -Lnc': connections, 'ipvsadm -Ln --stats': statistics };
  const heading = `at the end, ${timeText(replay.seconds)}:`;
  return Object.entries(tables).map(
    ([command, text]) => `${style.bold(`${heading} ${command}`)}\n${withoutBreak(text)}`,
  );
}

function verdictText({ script, scheduler, comparison, replay }: Replayed, style: TextStyle): string {
  const { differences, picks, observations } = comparison;
  const seen = `${counted(replay.picks.length, 'pick')}, ${counted(replay.observations.length, 'observation')}`;
  if (picks === 0 && observations === 0) return `${seen}; the script holds no recording to compare with`;
  if (scheduler !== undefined) {
    const recorded = script.picks ?? [];
    const alike = recorded.filter((pick, i) => pick.rs === replay.picks[i]?.rs).length;
    return `${seen}; under ${scheduler}, ${alike} of ${counted(recorded.length, 'pick')} went to the recorded server`;
  }
  if (differences.length === 0) {
    return style.good(`${counted(picks, 'pick')}, ${counted(observations, 'observation')}: as recorded`);
  }
  const lines = differences.map(
    ({ step, what, expected, got }) => `step ${step} ${what}: expected ${expected}, got ${got}`,
  );
  return style.bad([...lines, `${counted(differences.length, 'difference')} from what was recorded`].join('\n'));
}

/** Blanks at line ends are ipvsadm's and stay. */
function withoutBreak(text: string): string {
  return text.replace(/\n$/, '');
}

function timeText(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
