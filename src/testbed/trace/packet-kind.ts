/** What a packet is called: by its flags, its chunk, or what it carries. */
import { Protocol, TcpFlag } from '../../net/index.js';
import type { Headers } from './headers.js';

const { ack: ACK, fin: FIN, rst: RST, syn: SYN } = TcpFlag;

/** Chunks of SCTP by their type (RFC 9260, 3.2). */
const CHUNKS: ReadonlyMap<number, string> = new Map([
  [1, 'INIT'],
  [2, 'INIT ACK'],
  [3, 'SACK'],
  [6, 'ABORT'],
  [7, 'SHUTDOWN'],
  [8, 'SHUTDOWN ACK'],
  [10, 'COOKIE ECHO'],
  [11, 'COOKIE ACK'],
  [14, 'SHUTDOWN COMPLETE'],
]);

/**
 * Name of a packet.
 * @param payload bytes of data
 * @param isForward whether it goes the client's way
 */
export function packetKind({ protocol, flags }: Headers, payload: number, isForward: boolean): string {
  if (protocol === Protocol.icmp || protocol === Protocol.icmpv6) return 'port unreachable';
  const message = isForward ? 'request' : 'answer';
  if (protocol === Protocol.sctp) return CHUNKS.get(flags) ?? message;
  if (protocol === Protocol.udp || payload > 0) return message;
  const names = [
    [SYN, 'SYN'],
    [FIN, 'FIN'],
    [RST, 'RST'],
    [ACK, 'ACK'],
  ] as const;
  return names
    .filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join('+');
}
