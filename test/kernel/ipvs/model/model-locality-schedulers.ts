/** The schedulers of the reference model that remember servers for every virtual address: lblc and lblcr. */
import { leastCost, type Look, type MakeScheduler, type ModelList } from './model-schedulers.js';
import { loadOf, type ModelServer } from './model-server.js';

const HALF_HOUR_MS = 30 * 60 * 1000;
const DAY_MS = 48 * HALF_HOUR_MS;

/** What is remembered of an address. */
interface Remembered {
  /** Newest first; lblc has one at a time. */
  servers: ModelServer[];
  changedMs: number;
  usedMs: number;
}

/** What a scheduler remembers. Every half hour it forgets the addresses that nobody has asked for in a day. */
class Memory {
  private readonly entries = new Map<number, Remembered>();
  private readonly list: ModelList;
  private readonly startMs: number;

  constructor(list: ModelList) {
    this.list = list;
    this.startMs = list.nowMs;
  }

  recall(address: number): Remembered | undefined {
    const { nowMs } = this.list;
    const entry = this.entries.get(address);
    if (entry === undefined) return undefined;
    const lastCheckMs = this.startMs + Math.floor((nowMs - this.startMs) / HALF_HOUR_MS) * HALF_HOUR_MS;
    if (lastCheckMs >= entry.usedMs + DAY_MS) {
      this.entries.delete(address);
      return undefined;
    }
    entry.usedMs = nowMs;
    return entry;
  }

  begin(address: number, server: ModelServer): void {
    const { nowMs } = this.list;
    this.entries.set(address, { servers: [server], changedMs: nowMs, usedMs: nowMs });
  }
}

/** As wlc. */
function leastLoaded(servers: readonly ModelServer[], list: ModelList, look: Look): ModelServer | null {
  return leastCost(servers, (server) => loadOf(server, list.factor), look);
}

/** More connections than weight, while another server of the service is less than half full. */
function isCrowded(server: ModelServer, list: ModelList, look: Look): boolean {
  if (server.active <= server.weight) return false;
  return list.servers.some((other) => {
    look(other);
    return 2 * other.active < other.weight;
  });
}

export const lblc: MakeScheduler = (list, look) => {
  const memory = new Memory(list);
  return {
    pick({ destination }) {
      const last = memory.recall(destination)?.servers[0];
      if (last !== undefined && last.listed && last.weight > 0 && !isCrowded(last, list, look)) return last;
      const server = leastLoaded(list.servers, list, look);
      if (server !== null) memory.begin(destination, server);
      return server;
    },
    changed: () => undefined,
  };
};

export const lblcr: MakeScheduler = (list, look) => {
  const memory = new Memory(list);
  return {
    pick({ destination }) {
      const set = memory.recall(destination);
      set?.servers.filter((member) => !member.listed).forEach(look);
      const present = set?.servers.filter((member) => member.listed) ?? [];
      const member = leastLoaded(present, list, look);
      if (set !== undefined) shrinkIfOld(set, list, look);
      if (member !== null && !isCrowded(member, list, look)) return member;
      const server = leastLoaded(list.servers, list, look);
      if (server === null) return null;
      if (set === undefined) memory.begin(destination, server);
      else if (!set.servers.includes(server)) {
        set.servers.unshift(server);
        set.changedMs = list.nowMs;
      }
      return server;
    },
    changed: () => undefined,
  };
};

/** A set of more than one that has not changed for a day loses its most loaded member. */
function shrinkIfOld(set: Remembered, list: ModelList, look: Look): void {
  if (set.servers.length < 2 || list.nowMs <= set.changedMs + DAY_MS) return;
  set.servers.forEach(look);
  const most = mostLoaded(set.servers, list);
  if (most === undefined) return;
  set.servers = set.servers.filter((server) => server !== most);
  set.changedMs = list.nowMs;
}

/** The member of weight > 0 with the most load for its weight, the first on ties. */
function mostLoaded(members: readonly ModelServer[], { factor }: ModelList): ModelServer | undefined {
  const weighty = members.filter((server) => server.weight > 0);
  return weighty.reduce<ModelServer | undefined>((most, server) => {
    if (most === undefined) return server;
    const product = BigInt(loadOf(most, factor)) * BigInt(server.weight);
    return product < BigInt(loadOf(server, factor)) * BigInt(most.weight) ? server : most;
  }, undefined);
}
