/**
 * Which servers of a list have changed since its scheduler last looked, so that an index over the list is mended in the
 * places that changed and nowhere else.
 *
 * A scheduler's own bookkeeping: the kernel has nothing like it, as it walks its lists. Each watched list has a chain of
 * changed servers, linked through a column. Cost: O(1) a change, and nothing is allocated; a list that nobody watches
 * costs a comparison.
 */
import { grown } from '../../sim/index.js';

/** No list is watched under this number. */
export const NO_WATCH = -1;

/** In `next`: the last of a chain, and a server in no chain. */
const END = -1;
const UNCHANGED = -2;

/** Watches on the lists of one node. */
export class ServerWatches {
  /** Number of the watch on a server's list, or `NO_WATCH`. */
  private watch = new Int32Array(0);
  /** The server that changed before this one, `END` or `UNCHANGED`. */
  private next = new Int32Array(0);
  /** The last server that changed, by watch. */
  private heads = new Int32Array(4).fill(END);
  private free: number[] = [];
  private opened = 0;

  /** Starts watching a list, of which no server is watched yet. */
  open(): number {
    const watch = this.free.pop() ?? this.opened++;
    if (watch >= this.heads.length) this.heads = grown(this.heads, watch * 2);
    this.heads[watch] = END;
    return watch;
  }

  /** Ends a watch; the caller has left none of its servers in it. */
  close(watch: number): void {
    this.free.push(watch);
  }

  /** Puts a server under a watch, or under none with `NO_WATCH`; one that has changed is still to be taken from its old watch. */
  join(server: number, watch: number): void {
    this.watch[server] = watch;
  }

  /** A counter, weight or mark of a server has changed, or it is new in its list. */
  mark(server: number): void {
    const watch = this.watch[server]!;
    if (watch < 0 || this.next[server] !== UNCHANGED) return;
    this.next[server] = this.heads[watch]!;
    this.heads[watch] = server;
  }

  /** Takes a changed server out of its watch's chain, or returns -1 when there is none left. */
  take(watch: number): number {
    const server = this.heads[watch]!;
    if (server < 0) return server;
    this.heads[watch] = this.next[server]!;
    this.next[server] = UNCHANGED;
    return server;
  }

  /** Makes room for servers. */
  growTo(rows: number): void {
    const from = this.watch.length;
    this.watch = grown(this.watch, rows);
    this.next = grown(this.next, rows);
    this.watch.fill(NO_WATCH, from);
    this.next.fill(UNCHANGED, from);
  }
}
