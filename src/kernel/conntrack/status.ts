/** What conntrack remembers of an entry besides its tuples: bits of its status. */

/** Bits of an entry's status, as far as they are needed (enum ip_conntrack_status). */
export const CtStatus = {
  /** Packets were seen in both directions. */
  seenReply: 1,
  /** Never evicted early. */
  assured: 2,
  /** In the table. */
  confirmed: 4,
  /** Its source is translated. */
  sourceNat: 8,
  /** Its destination is translated. */
  destinationNat: 16,
  /** The nat table was asked at the first hook, and at the last one. */
  destinationAsked: 64,
  sourceAsked: 128,
} as const;
