/**
 * How many entries a lookup in the kernel's table of ip_vs connections compares.
 *
 * Mirrors ip_vs_conn_tab (net/netfilter/ipvs/ip_vs_conn.c, Linux 6.1): one table for both families, 2^conn_tab_bits chains, never resized.
 * The hash has a random seed per boot, so which entries share a chain is nobody's to say; what is counted is the mean, which is
 * exact. A lookup that finds nothing compares a whole chain: entries / chains. One that finds its entry compares, beside that entry, half of
 * the others of the chain: newer entries stand before it, older ones behind. (A flow younger than the others meets fewer, an older one
 * more.) Cost: O(1).
 */

/** Bits of the table's size: the default, and what the module parameter conn_tab_bits may be. */
export const ConnectionTableBits = { default: 12, least: 8, most: 27 } as const;

/** The chains of one node. */
export class ConnectionChains {
  /** Entries in the table, templates included, and their largest number so far. */
  entries = 0;
  peak = 0;
  /** Number of chains. */
  readonly count: number;
  private readonly share: number;

  /** @param bits conn_tab_bits; out of range the kernel takes the default, and so does this */
  constructor(bits: number = ConnectionTableBits.default) {
    const { least, most } = ConnectionTableBits;
    this.count = 2 ** (bits >= least && bits <= most ? bits : ConnectionTableBits.default);
    this.share = 1 / this.count;
  }

  /** An entry comes into the table. */
  add(): void {
    if (++this.entries > this.peak) this.peak = this.entries;
  }

  /** An entry leaves the table. */
  remove(): void {
    this.entries--;
  }

  /** Entries compared by a lookup that finds nothing, in the mean. */
  missed(): number {
    return this.entries * this.share;
  }

  /** Entries compared before the one that is found, in the mean. */
  met(): number {
    return (this.entries - 1) * this.share * 0.5;
  }
}
