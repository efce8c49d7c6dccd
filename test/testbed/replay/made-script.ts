/** Scripts made in a test: one virtual server unless told otherwise, and what each of their steps came to. */
import { readScript, type ReplayObservation, type ReplayPick } from '../../../src/scenario/index.js';
import { replayScript, type Replay } from '../../../src/testbed/index.js';

/** What a script has beside its steps. */
export interface MadeScript {
  readonly services?: readonly object[];
  readonly sysctl?: object;
  readonly loadFactor?: 256 | 257;
  readonly seed?: string;
}

/** A virtual server at 10.96.0.10:80. */
export function service(fields: object = {}): object {
  return { name: 'a', proto: 'tcp', vip: '10.96.0.10:80', scheduler: 'rr', ...fields };
}

/** Adds server `n` of a virtual server. */
export function add(n: number, fields: object = {}): object {
  return { op: 'add', svc: 'a', rs: rs(n), weight: 1, ...fields };
}

/** Place of server `n`. */
export function rs(n: number): string {
  return `10.244.0.${n}:8080`;
}

/** A client of its own for each number. */
export function connect(id: number, fields: object = {}): object {
  return { op: 'connect', id: `c${id}`, svc: 'a', src: `10.1.0.${id}`, sport: 20_000 + id, ...fields };
}

/** Replays steps. */
export function replayed(
  steps: readonly object[],
  { services = [service()], sysctl = {}, ...rest }: MadeScript = {},
): Replay {
  const script = readScript(JSON.stringify({ services, sysctl, steps }), 'made.json');
  return replayScript(script, { loadFactor: 256, seed: '1', ...rest });
}

/** The picks of a replay, by id. */
export function picksOf({ picks }: Replay): Record<string, Omit<ReplayPick, 'id'>> {
  return Object.fromEntries(picks.map(({ id, ...rest }) => [id, rest]));
}

/** Servers that were picked, in their order; null for none. */
export function serversOf({ picks }: Replay): (string | null)[] {
  return picks.map((pick) => pick.rs);
}

/** What the looks of a kind showed, in their order. */
export function looks<K extends 'dests' | 'conns' | 'result'>(
  { observations }: Replay,
  kind: K,
): Extract<ReplayObservation, Record<K, unknown>>[K][] {
  return observations.flatMap((seen) =>
    kind in seen ? [(seen as Extract<ReplayObservation, Record<K, unknown>>)[kind]] : [],
  );
}
