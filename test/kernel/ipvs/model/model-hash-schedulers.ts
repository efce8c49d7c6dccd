/** The schedulers of the reference model that look a server up by a hash, and walk no list: sh, dh and mh. */
import {
  greatestCommonDivisor,
  type ListChange,
  type MakeScheduler,
  type ModelList,
  type Request,
} from './model-schedulers.js';
import { isUsable, type ModelServer } from './model-server.js';

const BUCKETS = 256;
const MAGLEV_ENTRIES = 4093;
const MAGLEV_KEY_1 = 2654435761n;
const MAGLEV_KEY_2 = 2654446892n;

const WORD = 2 ** 32;

/** hash_32 of the kernel, to 8 bits. */
function goldenHash(value: number): number {
  return Number(((BigInt(value) * 0x61c88647n) % BigInt(WORD)) >> 24n);
}

function sourceOf(list: ModelList, { source, sourcePort }: Request): number {
  return (source + (list.port ? sourcePort : 0)) % WORD;
}

export const sh: MakeScheduler = (list) => {
  let buckets = fillByWeight(list.servers);
  return {
    pick(request) {
      const hash = goldenHash(sourceOf(list, request));
      const server = buckets[hash];
      if (server === undefined) return null;
      if (isUsable(server)) return server;
      if (!list.fallback) return null;
      for (let i = 0; i < BUCKETS; i++) {
        const other = buckets[(hash + ((i + hash) % BUCKETS)) % BUCKETS]!;
        if (isUsable(other)) return other;
      }
      return null;
    },
    changed() {
      buckets = fillByWeight(list.servers);
    },
  };
};

/** Round and round the list, every server taking as many buckets a visit as it has weight, but at least one. */
function fillByWeight(servers: readonly ModelServer[]): ModelServer[] {
  const buckets: ModelServer[] = [];
  while (servers.length > 0 && buckets.length < BUCKETS) {
    for (const server of servers) {
      const count = Math.min(Math.max(server.weight, 1), BUCKETS - buckets.length);
      for (let i = 0; i < count; i++) buckets.push(server);
    }
  }
  return buckets;
}

export const dh: MakeScheduler = (list) => {
  let buckets = fillEqually(list.servers);
  return {
    pick({ destination }) {
      const server = buckets[goldenHash(destination)];
      return server !== undefined && isUsable(server) ? server : null;
    },
    changed({ kind }: ListChange) {
      if (kind !== 'edit') buckets = fillEqually(list.servers);
    },
  };
};

function fillEqually(servers: readonly ModelServer[]): ModelServer[] {
  return servers.length === 0 ? [] : Array.from({ length: BUCKETS }, (_, i) => servers[i % servers.length]!);
}

export const mh: MakeScheduler = (list) => {
  let entries = fillMaglev(list.servers);
  return {
    pick(request) {
      const value = sourceOf(list, request);
      const hash = maglevHash(value, MAGLEV_KEY_1) % MAGLEV_ENTRIES;
      const server = entries[hash];
      if (server === undefined) return null;
      if (isUsable(server)) return server;
      if (!list.fallback) return null;
      for (let i = 0; i < MAGLEV_ENTRIES; i++) {
        const shifted = (value + ((hash + i) % MAGLEV_ENTRIES)) % WORD;
        const other = entries[maglevHash(shifted, MAGLEV_KEY_1) % MAGLEV_ENTRIES]!;
        if (isUsable(other)) return other;
      }
      return null;
    },
    changed() {
      entries = fillMaglev(list.servers);
    },
  };
};

/** Round and round the list, every server claiming as many entries a visit as it has turns. */
function fillMaglev(servers: readonly ModelServer[]): (ModelServer | undefined)[] {
  const table = new Array<ModelServer | undefined>(MAGLEV_ENTRIES).fill(undefined);
  const turns = maglevTurns(servers.map((server) => server.lastWeight));
  if (turns.every((count) => count === 0)) return table;
  const places = servers.map(({ address, port }) => maglevHash((address + port) % WORD, MAGLEV_KEY_1) % MAGLEV_ENTRIES);
  const skips = servers.map(
    ({ address, port }) => (maglevHash((address + port) % WORD, MAGLEV_KEY_2) % (MAGLEV_ENTRIES - 1)) + 1,
  );
  let free = MAGLEV_ENTRIES;
  while (free > 0) {
    for (const [i, server] of servers.entries()) {
      for (let turn = 0; turn < turns[i]! && free > 0; turn++) {
        while (table[places[i]!] !== undefined) places[i] = (places[i]! + skips[i]!) % MAGLEV_ENTRIES;
        table[places[i]!] = server;
        free--;
      }
    }
  }
  return table;
}

/** Weights scaled down: over their greatest common divisor, and so that the greatest has at most 6 bits. */
function maglevTurns(weights: readonly number[]): number[] {
  const most = Math.max(0, ...weights);
  if (most === 0) return weights.map(() => 0);
  const divisor = weights.reduce((a, b) => greatestCommonDivisor(a, b));
  const shift = Math.max(0, Math.floor(most / divisor).toString(2).length - 6);
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, (weight / divisor) >> shift)));
}

const hashes = new Map<string, number>();

/** SipHash-1-3 of four little-endian bytes under the key (key, key), low 32 bits. */
function maglevHash(value: number, key: bigint): number {
  const name = `${key}/${value}`;
  let hash = hashes.get(name);
  if (hash === undefined) {
    hash = Number(sipHash(BigInt(value), key) % BigInt(WORD));
    hashes.set(name, hash);
  }
  return hash;
}

function sipHash(value: bigint, key: bigint): bigint {
  const block = (4n << 56n) | value;
  const v: SipState = [
    key ^ 0x736f6d6570736575n,
    key ^ 0x646f72616e646f6dn,
    key ^ 0x6c7967656e657261n,
    key ^ 0x7465646279746573n,
  ];
  v[3] ^= block;
  sipRound(v);
  v[0] ^= block;
  v[2] ^= 0xffn;
  for (let i = 0; i < 3; i++) sipRound(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

type SipState = [bigint, bigint, bigint, bigint];

function sipRound(v: SipState): void {
  v[0] = add(v[0], v[1]);
  v[1] = rotate(v[1], 13n) ^ v[0];
  v[0] = rotate(v[0], 32n);
  v[2] = add(v[2], v[3]);
  v[3] = rotate(v[3], 16n) ^ v[2];
  v[0] = add(v[0], v[3]);
  v[3] = rotate(v[3], 21n) ^ v[0];
  v[2] = add(v[2], v[1]);
  v[1] = rotate(v[1], 17n) ^ v[2];
  v[2] = rotate(v[2], 32n);
}

function add(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a + b);
}

function rotate(a: bigint, bits: bigint): bigint {
  return BigInt.asUintN(64, (a << bits) | (a >> (64n - bits)));
}
