/** A question on its way through a cluster's DNS server, and what comes of it. */
import type { ClusterDnsOptions } from './dns-options.js';
import type { DnsQuestion } from './message.js';
import type { DnsRecord } from './record.js';
import type { DnsSource } from './record-source.js';

/** A question, with whom to ask. */
export interface Inquiry {
  readonly source: DnsSource;
  readonly options: ClusterDnsOptions;
  readonly question: DnsQuestion;
  /** The zone that the name lies in, in the letter case of the question. */
  readonly zone: string;
}

/** Records for a question, none where the name has none of the type; undefined where there is no such name. */
export type Found =
  | {
      readonly answer: readonly DnsRecord[];
      readonly additional?: readonly DnsRecord[];
      readonly truncated?: boolean;
    }
  | undefined;

/** A name without a record of the type. */
export const NO_DATA = { answer: [] } as const satisfies Found;
