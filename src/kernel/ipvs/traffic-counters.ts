/**
 * What went through the servers of one node, as `ipvsadm -L --stats` shows it: connections, packets and bytes, per server and summed
 * over the servers of a virtual server.
 *
 * Mirrors ip_vs_conn_stats, ip_vs_in_stats and ip_vs_out_stats (Linux 6.1): a connection counts when it is scheduled; a packet only while
 * its server stands in a list, with the length of its IP packet. The kernel counts server, virtual server and total side by side; here the
 * latter two are summed up when asked for, those that are gone included. Left out: rates (`--rate`), zeroing (`-Z`). Cost: two additions a
 * packet.
 */
import { grown } from '../../sim/index.js';

/** Figures of a server, or of several together. */
export interface TrafficSums {
  /** Connections scheduled. */
  conns: number;
  /** Packets of clients, and of servers. */
  inPackets: number;
  outPackets: number;
  /** Their bytes: IP packets without the link's headers. */
  inBytes: number;
  outBytes: number;
}

/** A server's counters stand side by side: a packet then meets one line of the cache, seldom two. */
const CELLS = 5;
const [CONNS, IN_PACKETS, OUT_PACKETS, IN_BYTES, OUT_BYTES] = [0, 1, 2, 3, 4] as const;

/** Counters of one node; a server is a row of `Servers`. */
export class TrafficCounters {
  private cells = new Float64Array(0);
  /** Which life of a virtual server a row counts for; lives have numbers from 1 on. */
  private life = new Int32Array(0);
  private lives = 0;
  /** By number of the virtual server: the life that it is in, and what its forgotten servers had counted in it. */
  private readonly current = new Map<number, number>();
  private readonly gone = new Map<number, TrafficSums>();

  /** A virtual server is made: it starts at zero, whatever one of that number had counted before. */
  beginService(service: number): void {
    this.current.set(service, ++this.lives);
    this.gone.delete(service);
  }

  /** A server comes into the list of a virtual server: one that was in it before goes on counting, any other starts at zero. */
  join(server: number, service: number): void {
    const life = this.current.get(service) ?? 0;
    if (this.life[server] === life) return;
    this.life[server] = life;
    this.zero(server);
  }

  /** A server is forgotten, and its row will be used again; `service` is the one that it belonged to. */
  leave(server: number, service: number): void {
    const own = this.ofServer(server);
    if (this.life[server] === this.current.get(service) && own.conns > 0) {
      const sums = this.gone.get(service) ?? noTraffic();
      addTo(sums, own);
      this.gone.set(service, sums);
    }
    this.zero(server);
  }

  /** A connection is scheduled to a server. */
  connection(server: number): void {
    this.cells[server * CELLS + CONNS]!++;
  }

  /** A packet of a client goes to a server that stands in a list. */
  inbound(server: number, bytes: number): void {
    const { cells } = this;
    const at = server * CELLS;
    cells[at + IN_PACKETS]!++;
    cells[at + IN_BYTES]! += bytes;
  }

  /** A packet comes from a server that stands in a list. */
  outbound(server: number, bytes: number): void {
    const { cells } = this;
    const at = server * CELLS;
    cells[at + OUT_PACKETS]!++;
    cells[at + OUT_BYTES]! += bytes;
  }

  /** What went through a server since it came to its virtual server. */
  ofServer(server: number): TrafficSums {
    const at = server * CELLS;
    return {
      conns: this.cells[at + CONNS]!,
      inPackets: this.cells[at + IN_PACKETS]!,
      outPackets: this.cells[at + OUT_PACKETS]!,
      inBytes: this.cells[at + IN_BYTES]!,
      outBytes: this.cells[at + OUT_BYTES]!,
    };
  }

  /** Sums over the servers of a virtual server since it was made, those that are gone included. Cost: O(servers of the node). */
  ofService(service: number): TrafficSums {
    const sums = { ...(this.gone.get(service) ?? noTraffic()) };
    const life = this.current.get(service);
    if (life === undefined) return sums;
    for (let server = 0; server < this.life.length; server++) {
      if (this.life[server] === life) addTo(sums, this.ofServer(server));
    }
    return sums;
  }

  /** Makes room for rows 0 to `length` - 1. */
  growTo(length: number): void {
    this.cells = grown(this.cells, length * CELLS);
    this.life = grown(this.life, length);
  }

  private zero(server: number): void {
    this.cells.fill(0, server * CELLS, (server + 1) * CELLS);
  }
}

function addTo(sums: TrafficSums, more: TrafficSums): void {
  sums.conns += more.conns;
  sums.inPackets += more.inPackets;
  sums.outPackets += more.outPackets;
  sums.inBytes += more.inBytes;
  sums.outBytes += more.outBytes;
}

function noTraffic(): TrafficSums {
  return { conns: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };
}
