/**
 * A server ("destination") of the reference model: its counters, its load, its overload thresholds.
 *
 * The model says in plain objects what ip_vs of Linux 6.1.176 was seen and read to do (and 6.12.117 where that differs).
 * It shares no code with src/kernel/ipvs and takes no shortcut, so that the two can be held against each other.
 */

/** The kernels whose load formula and thresholds differ: a load of 256 * active + inactive up to 6.1.176, 257 later. */
export type LoadActiveFactor = 256 | 257;

/** One server of one service; the same object while it is in the list, aside, and back in the list. */
export interface ModelServer {
  readonly address: number;
  readonly port: number;
  weight: number;
  /** The last weight other than 0, except that an addition with weight 0 makes it 0. Only mh reads it. */
  lastWeight: number;
  /** Thresholds of connections, active or not; 0 for none. */
  upper: number;
  lower: number;
  overloaded: boolean;
  active: number;
  inactive: number;
  /** Persistence templates; no scheduler reads this. */
  templates: number;
  /** Whether it is in its service's list. */
  listed: boolean;
}

/** What a user says of a server when adding or editing it. */
export interface ServerSettings {
  readonly weight: number;
  readonly upper?: number;
  readonly lower?: number;
}

/** A server that was never there before; `configure` is still to be called. */
export function newServer(address: number, port: number): ModelServer {
  const counters = { active: 0, inactive: 0, templates: 0 };
  return { address, port, weight: 0, lastWeight: 0, upper: 0, lower: 0, overloaded: false, listed: false, ...counters };
}

/** Whether schedulers may choose it. */
export function isUsable(server: ModelServer): boolean {
  return server.weight > 0 && !server.overloaded;
}

/** The load that lc, wlc, lblc and lblcr compare. */
export function loadOf(server: ModelServer, factor: LoadActiveFactor): number {
  return factor * server.active + server.inactive;
}

/** Takes over what a user says; thresholds that are not named become 0. */
export function configure(
  server: ModelServer,
  settings: ServerSettings,
  isAddition: boolean,
  factor: LoadActiveFactor,
): void {
  const { weight, upper = 0, lower = 0 } = settings;
  server.weight = weight;
  if (isAddition || weight > 0) server.lastWeight = weight;
  const before = { upper: server.upper, lower: server.lower };
  server.upper = upper;
  server.lower = lower;
  if (factor === 256) {
    if (upper === 0 || upper > before.upper) server.overloaded = false;
  } else if (upper !== before.upper || lower !== before.lower) {
    judge(server);
  }
}

/** A connection or a template was given to the server: `active`, `inactive` and `templates` count it already. */
export function afterBinding(server: ModelServer): void {
  const { upper, active, inactive } = server;
  if (upper > 0 && active + inactive >= upper) server.overloaded = true;
}

/** A connection or a template left the server: the counters do not count it any more. */
export function afterUnbinding(server: ModelServer, factor: LoadActiveFactor): void {
  if (factor === 257) {
    if (server.overloaded) judge(server);
    return;
  }
  const { upper, lower, active, inactive } = server;
  const total = active + inactive;
  if (lower > 0) {
    if (total < lower) server.overloaded = false;
  } else if (upper > 0) {
    if (total * 4 < upper * 3) server.overloaded = false;
  } else {
    server.overloaded = false;
  }
}

/** Linux 6.12: overloaded from the upper threshold on, until the total is below the lower one. */
function judge(server: ModelServer): void {
  const { upper, active, inactive } = server;
  const total = active + inactive;
  const lower = server.lower > 0 ? server.lower : upper - Math.floor(upper / 4);
  if (upper === 0) server.overloaded = false;
  else if (total >= upper) server.overloaded = true;
  else if (total < lower) server.overloaded = false;
}
