/**
 * What tells a replay from what a kernel was seen to do.
 *
 * Picks must agree in server, result and state; server lists in order, weights and counters; connection tables in every entry. There the
 * seconds left may differ by 2, since recording took time; so an entry with no more left than that may be there or not.
 */
import type { ListedConnection, ReplayObservation, ReplayPick, ReplayScript } from '../../scenario/index.js';
import type { Replay } from './replay-script.js';

/** Seconds by which `expires` may differ. */
const EXPIRES_TOLERANCE = 2;

/** One difference. */
export interface ReplayDifference {
  /** Index of the step. */
  readonly step: number;
  /** What differs: a client's id, or a place in a list. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** How much of a recording was compared. */
export interface ReplayComparison {
  readonly differences: readonly ReplayDifference[];
  /** Recorded picks and observations. */
  readonly picks: number;
  readonly observations: number;
}

/** Compares; what was not recorded is not looked at. */
export function compareReplay(script: ReplayScript, replay: Replay): ReplayComparison {
  const { picks = [], observations, steps } = script;
  const opening = steps.flatMap(({ op }, index) => (op === 'connect' || op === 'udp' ? [index] : []));
  const seen = new Map(replay.observations.map((each) => [each.step, each]));
  return {
    differences: [
      ...picks.flatMap((expected, i) => pickDifferences(expected, replay.picks[i], opening[i] ?? -1)),
      ...observations.flatMap((expected) => observationDifferences(expected, seen.get(expected.step))),
    ].sort((a, b) => a.step - b.step),
    picks: picks.length,
    observations: observations.length,
  };
}

/** A pick in words. */
export function pickText({ rs, result, state }: ReplayPick): string {
  const server = rs ?? 'no server';
  return [server, result, state === undefined ? undefined : `(${state})`]
    .filter((part) => part !== undefined)
    .join(' ');
}

function pickDifferences(expected: ReplayPick, got: ReplayPick | undefined, step: number): ReplayDifference[] {
  const [wanted, found] = [pickText(expected), got === undefined ? 'nothing' : pickText(got)];
  return wanted === found ? [] : [{ step, what: expected.id, expected: wanted, got: found }];
}

function observationDifferences(expected: ReplayObservation, got: ReplayObservation | undefined): ReplayDifference[] {
  const { step } = expected;
  if ('dests' in expected) {
    const found = got !== undefined && 'dests' in got ? got.dests : {};
    return Object.entries(expected.dests).flatMap(([name, servers]) =>
      listDifferences(servers.map(fieldsText), (found[name] ?? []).map(fieldsText), (place) => ({
        step,
        what: `${name}[${place}]`,
      })),
    );
  }
  if ('conns' in expected) {
    const found = got !== undefined && 'conns' in got ? got.conns : [];
    return connectionDifferences(expected.conns, found, step);
  }
  const found = got !== undefined && 'result' in got ? got.result : 'nothing';
  return expected.result === found ? [] : [{ step, what: expected.id, expected: expected.result, got: found }];
}

function connectionDifferences(
  expected: readonly ListedConnection[],
  got: readonly ListedConnection[],
  step: number,
): ReplayDifference[] {
  const missing = [...got];
  const differences: ReplayDifference[] = [];
  const unlike: ListedConnection[] = [];
  for (const entry of expected) {
    const index = missing.findIndex((candidate) => isAlike(candidate, entry));
    if (index < 0) unlike.push(entry);
    else missing.splice(index, 1);
  }
  for (const entry of unlike) {
    const key = connectionKey(entry);
    const index = missing.findIndex((candidate) => connectionKey(candidate) === key);
    const found = index < 0 ? undefined : missing.splice(index, 1)[0];
    if (found === undefined && isEnding(entry)) continue;
    const got = found === undefined ? 'no entry' : entryText(found);
    differences.push({ step, what: `conns ${key}`, expected: entryText(entry), got });
  }
  for (const entry of missing.filter((left) => !isEnding(left))) {
    differences.push({ step, what: `conns ${connectionKey(entry)}`, expected: 'no entry', got: entryText(entry) });
  }
  return differences;
}

function listDifferences(
  expected: readonly string[],
  got: readonly string[],
  where: (place: number) => { readonly step: number; readonly what: string },
): ReplayDifference[] {
  return Array.from({ length: Math.max(expected.length, got.length) }, (_, i) => i).flatMap((i) => {
    const [wanted, found] = [expected[i] ?? 'no server', got[i] ?? 'no server'];
    return wanted === found ? [] : [{ ...where(i), expected: wanted, got: found }];
  });
}

function isAlike(a: ListedConnection, b: ListedConnection): boolean {
  return (
    connectionKey(a) === connectionKey(b) &&
    a.rs === b.rs &&
    a.state === b.state &&
    Math.abs(a.expires - b.expires) <= EXPIRES_TOLERANCE
  );
}

function isEnding({ expires }: ListedConnection): boolean {
  return expires <= EXPIRES_TOLERANCE;
}

function connectionKey({ proto, client, vip }: ListedConnection): string {
  return `${proto} ${client} ${vip}`;
}

function entryText({ rs, state, expires }: ListedConnection): string {
  return `${rs} ${state} ${expires} s`;
}

function fieldsText(server: { rs: string; weight: number; active: number; inactive: number }): string {
  return `${server.rs} weight ${server.weight} active ${server.active} inactive ${server.inactive}`;
}
