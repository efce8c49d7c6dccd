/**
 * The schedulers of the reference model that walk the list of servers: rr, wrr, lc, wlc, sed, nq, fo, ovf. Each is a plain walk, front
 * (the server added last) to back, and counts the servers that it looks at.
 */
import { isUsable, loadOf, type LoadActiveFactor, type ModelServer } from './model-server.js';

/** What a scheduler sees of its service. */
export interface ModelList {
  /** Front first. */
  readonly servers: readonly ModelServer[];
  readonly factor: LoadActiveFactor;
  readonly nowMs: number;
  /** Flag sh-fallback or mh-fallback. */
  readonly fallback: boolean;
  /** Flag sh-port or mh-port. */
  readonly port: boolean;
}

/** What a scheduler sees of a packet. */
export interface Request {
  readonly source: number;
  readonly sourcePort: number;
  readonly destination: number;
}

/** What became of the list; `index` is the place in it, for a removal the place that the server had. */
export interface ListChange {
  readonly kind: 'add' | 'remove' | 'edit';
  readonly server: ModelServer;
  readonly index: number;
}

/** A scheduler of one service. */
export interface ModelScheduler {
  pick(request: Request): ModelServer | null;
  /** The list has changed. */
  changed(change: ListChange): void;
}

/** Told of every server that a walk looks at. */
export type Look = (server: ModelServer) => void;

/** Makes a scheduler for a list. */
export type MakeScheduler = (list: ModelList, look: Look) => ModelScheduler;

export const rr: MakeScheduler = (list, look) => {
  let mark: ModelServer | null = null;
  return {
    pick() {
      const start = mark === null ? 0 : list.servers.indexOf(mark) + 1;
      const order = mark === null ? list.servers : [...list.servers.slice(start), ...list.servers.slice(0, start)];
      const found = order.find((server) => {
        look(server);
        return isUsable(server);
      });
      if (found === undefined) return null;
      mark = found;
      return found;
    },
    changed({ kind, server, index }) {
      if (kind === 'remove' && server === mark) mark = list.servers[index - 1] ?? null;
    },
  };
};

export const wrr: MakeScheduler = (list, look) => {
  let mark: ModelServer | null = null;
  let step = 1;
  let most = 0;
  let threshold = 0;

  function measure(): void {
    const weights = list.servers.map((server) => server.weight).filter((weight) => weight > 0);
    step = weights.length === 0 ? 1 : weights.reduce((a, b) => greatestCommonDivisor(a, b));
    most = Math.max(0, ...weights) - (step - 1);
  }
  measure();
  threshold = most;

  return {
    pick() {
      if (most === 0) return null;
      const start = mark;
      let stop: ModelServer | null = null;
      let lastPass = false;
      let restarted = false;
      for (;;) {
        const from = mark === null ? 0 : list.servers.indexOf(mark) + 1;
        for (const server of list.servers.slice(from)) {
          look(server);
          mark = server;
          if (!server.overloaded && server.weight >= threshold) return server;
          if (server === stop) return null;
        }
        mark = null;
        threshold -= step;
        if (threshold <= 0) {
          threshold = most;
          if (lastPass || start === null) return null;
          restarted = true;
        }
        lastPass = threshold <= step;
        if (lastPass && restarted && start !== null) stop = start;
      }
    },
    changed() {
      mark = null;
      measure();
      if (threshold > most || threshold === 0) threshold = most;
      else if (step > 1) threshold = Math.floor(threshold / step) * step + 1;
    },
  };
};

/** By Euclid; of a number and 0 it is the number. */
export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** A scheduler that remembers nothing: its answer is a walk over the list. */
function walker(choose: (list: ModelList, look: Look) => ModelServer | null): MakeScheduler {
  return (list, look) => ({ pick: () => choose(list, look), changed: () => undefined });
}

export const lc = walker(({ servers, factor }, look) => {
  let best: ModelServer | null = null;
  for (const server of servers) {
    look(server);
    if (isUsable(server) && (best === null || loadOf(server, factor) < loadOf(best, factor))) best = server;
  }
  return best;
});

/** The first usable server, then every one that is not overloaded and whose cost for its weight is less. */
export function leastCost(
  servers: Iterable<ModelServer>,
  cost: (server: ModelServer) => number,
  look: Look,
): ModelServer | null {
  let best: ModelServer | null = null;
  for (const server of servers) {
    look(server);
    if (server.overloaded) continue;
    if (best === null) {
      if (server.weight > 0) best = server;
    } else if (BigInt(cost(best)) * BigInt(server.weight) > BigInt(cost(server)) * BigInt(best.weight)) {
      best = server;
    }
  }
  return best;
}

export const wlc = walker(({ servers, factor }, look) => leastCost(servers, (each) => loadOf(each, factor), look));

export const sed = walker(({ servers }, look) => leastCost(servers, (each) => each.active + 1, look));

export const nq = walker(({ servers }, look) => {
  const idle = servers.findIndex((server) => isUsable(server) && server.active === 0);
  if (idle < 0) return leastCost(servers, (each) => each.active + 1, look);
  servers.slice(0, idle + 1).forEach(look);
  return servers[idle]!;
});

function heaviest(mayTake: (server: ModelServer) => boolean): MakeScheduler {
  return walker(({ servers }, look) => {
    servers.forEach(look);
    const able = servers.filter((server) => isUsable(server) && mayTake(server));
    const most = Math.max(...able.map((server) => server.weight));
    return able.find((server) => server.weight === most) ?? null;
  });
}

export const fo = heaviest(() => true);

export const ovf = heaviest((server) => server.active <= server.weight);
