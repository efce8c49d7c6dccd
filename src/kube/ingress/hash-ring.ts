/**
 * A ring of servers for consistent hashing: mirrors lua-resty-balancer's chash (resty/chash.lua, chash.c), which ingress-nginx picks by.
 *
 * Each server has 160 points; a key goes to the first point at or behind its checksum. One server more or less moves only the keys next to
 * its points. Servers all have weight 1, as ingress-nginx gives them. Cost: O(points log points) to build, O(log points) a key.
 */
import { crc32, crc32Update } from './crc32.js';

const POINTS = 160;

/** The ring. */
export class HashRing {
  private readonly hashes: Uint32Array;
  private readonly owners: readonly string[];

  /** @param servers names such as `10.244.1.5:8080`, each once */
  constructor(servers: readonly string[]) {
    const points = servers.flatMap((server) => pointsOf(server).map((hash) => ({ hash, server })));
    points.sort((a, b) => a.hash - b.hash);
    this.hashes = Uint32Array.from(points, ({ hash }) => hash);
    this.owners = points.map(({ server }) => server);
  }

  /** The server of a key; undefined when there is none. */
  find(key: string): string | undefined {
    const hash = crc32(key);
    let low = 0;
    let high = this.hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.hashes[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    return this.owners[low === this.hashes.length ? 0 : low];
  }
}

/** The points of a server: each is the checksum of its name and of the point before. */
function pointsOf(server: string): number[] {
  const base = ~crc32(server) >>> 0;
  const points: number[] = [];
  let before = 0;
  for (let i = 0; i < POINTS; i++) {
    const bytes = [before & 0xff, (before >>> 8) & 0xff, (before >>> 16) & 0xff, before >>> 24];
    before = ~crc32Update(base, bytes) >>> 0;
    points.push(before);
  }
  return points;
}
