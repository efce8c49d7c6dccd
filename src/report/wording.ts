/** How sentences are worded: lists, figures by mode, and words that agree with their number. */
import type { CaseView } from './case-view.js';
import { thousands } from './number-text.js';

/** A case's mode, with its scheduler where the run has several: `in ipvs mode with rr`. */
export function inMode({ mode, scheduler }: CaseView, among: readonly CaseView[]): string {
  const several = among.some((other) => other.mode === mode && other.scheduler !== scheduler);
  return `in ${mode} mode${several ? ` with ${scheduler}` : ''}`;
}

/** What is said of one mode. */
export interface ModeText {
  readonly mode: string;
  readonly text: string;
}

/** `a, b and c`; with another word in the last place, such as `or`. */
export function listText(items: readonly string[], last = 'and'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1) ?? ''}`;
}

/**
 * What is said of each mode: `7 rules in ipvs mode, 5 in iptables and nftables mode and 1 in userspace mode`; in the order given.
 * @param noun what the texts count, in the singular; empty when they say it themselves
 */
export function byMode(items: readonly ModeText[], noun = ''): string {
  const groups: { text: string; modes: string[] }[] = [];
  for (const { mode, text } of items) {
    const last = groups.at(-1);
    if (last?.text === text) last.modes.push(mode);
    else groups.push({ text, modes: [mode] });
  }
  const texts = groups.map(({ text, modes }, i) => {
    const counts = i > 0 || noun === '' ? text : withNoun(text, noun);
    return `${counts} in ${listText(modes)} mode`;
  });
  return listText(texts);
}

/** The word for a number as text: that for one with `1` and `less than 1`, else that for several. */
export function agreeing(number: string, one: string, several: string): string {
  return number === '1' || number === 'less than 1' ? one : several;
}

/** A number with its noun: `1 rule`, `5,012 rules`. */
export function counted(count: number, noun: string): string {
  return withNoun(thousands(count), noun);
}

/** The same of a number as text. */
export function withNoun(number: string, noun: string): string {
  return `${number} ${agreeing(number, noun, `${noun}s`)}`;
}
