/**
 * The packets of a trace: each gets its number when it is sent, its way as it goes, and its end.
 *
 * A row of the pool is used again as soon as its packet is gone, so that a row stands for the packet sent in it last.
 */
import { HeaderBytes, Protocol, TcpFlag, isIpv6, type IpAddress, type PacketPool } from '../../net/index.js';
import { NO_EFFORT, together, type Effort } from '../../kernel/index.js';
import { behind, type Connection, type ConnectionLog, type SegmentNumbers } from './connection-log.js';
import { destinationText, headersOf, sourceText, type Headers } from './headers.js';
import { packetKind } from './packet-kind.js';
import type { Passage, PacketEnd, TracedPacket } from './trace.js';

/** A packet under way. */
export interface PacketRecord {
  readonly number: number;
  /** Its row in the pool while it is under way. */
  readonly row: number;
  readonly connection: Connection;
  readonly isForward: boolean;
  readonly kind: string;
  readonly from: string;
  /** As its sender wrote them. */
  readonly headers: Headers;
  readonly payload: number;
  readonly numbers: SegmentNumbers;
  /** Of an ICMP error: the packet that it is about, and what the one who made the error saw of that. */
  readonly about: About | undefined;
  readonly sentNs: number;
  /** Number of the packet that it answers without a socket's doing; 0 for what sockets send. */
  readonly inAnswerTo: number;
  readonly passages: Passage[];
  end: PacketEnd;
  /** When it reached the node that it is on, or sets out from. */
  arrivedNs: number;
  /** Address of the device that has sent it last, and tunnel addresses of both ends of the tunnel that it is in. */
  lastHop: IpAddress;
  tunnel: readonly [IpAddress, IpAddress];
}

type Making = Pick<
  PacketRecord,
  'connection' | 'isForward' | 'from' | 'headers' | 'payload' | 'numbers' | 'about' | 'sentNs' | 'inAnswerTo'
>;

/** Says who sends a packet of a connection. */
type Sender = (connection: number, isForward: boolean) => string;

/** What an ICMP error is about. */
export interface About {
  readonly record: PacketRecord;
  readonly headers: Headers;
}

const { ack: ACK, rst: RST } = TcpFlag;

/** All packets of a trace. */
export class PacketLog {
  readonly records: PacketRecord[] = [];
  /** The packet lost last: what a node answers on its own is about that one. */
  lastLost: PacketRecord | undefined;
  private readonly pool: PacketPool;
  private readonly connections: ConnectionLog;
  private readonly byRow = new Map<number, PacketRecord>();

  /**
   * @param pool the packets
   * @param connections what they belong to
   */
  constructor(pool: PacketPool, connections: ConnectionLog) {
    this.pool = pool;
    this.connections = connections;
  }

  /** The packet in a row; undefined for one that nobody has sent, such as the tunnel's outer one. */
  at(row: number): PacketRecord | undefined {
    return this.byRow.get(row);
  }

  /**
   * A host sends the packet in a row.
   * @param sender who that is, by the number of the connection and whether the packet goes its client's way
   * @param cause the packet that is being delivered meanwhile, if this one answers it without a socket
   */
  sent(row: number, host: number, sender: Sender, nowNs: number, cause: PacketRecord | undefined): PacketRecord {
    const { pool, connections } = this;
    const headers = headersOf(pool, row);
    if (cause !== undefined && isStray(headers, cause)) {
      const { connection, isForward } = cause;
      return this.answered(row, cause, sender(connection.number, !isForward), nowNs);
    }
    const connection = connections.of(pool.flow[row]!, headers.protocol, host, headers.sourcePort);
    const isForward = host === connection.clientHost && headers.sourcePort === connection.clientPort;
    const payload = payloadOf(headers);
    const segment = { flags: headers.flags, message: pool.sequence[row]!, payload };
    const numbers = connections.sent(connection, isForward, segment);
    const own = { connection, isForward, headers, payload, numbers };
    return this.add(row, {
      ...own,
      about: undefined,
      from: sender(connection.number, isForward),
      sentNs: nowNs,
      inAnswerTo: 0,
    });
  }

  /** A reset or an ICMP error that answers a packet without a socket's doing. */
  answered(row: number, cause: PacketRecord, from: string, nowNs: number): PacketRecord {
    const headers = headersOf(this.pool, row);
    const isError = headers.protocol === Protocol.icmp;
    const segment = { flags: cause.headers.flags, sequence: cause.numbers.sequence, payload: cause.payload };
    const wasAcknowledging = (cause.headers.flags & ACK) !== 0;
    // RFC 9293, 3.10.7.1: the reset takes its number from the acknowledgement, or acknowledges what came.
    const numbers = {
      sequence: wasAcknowledging ? cause.numbers.acknowledgement : 0,
      acknowledgement: wasAcknowledging ? 0 : behind(segment) >>> 0,
    };
    const about = isError ? { record: cause, headers: headersOf(this.pool, cause.row) } : undefined;
    const { connection, isForward } = cause;
    const own = { connection, isForward: !isForward, headers, payload: 0, numbers };
    return this.add(row, { ...own, about, from, sentNs: nowNs, inAnswerTo: cause.number });
  }

  /** The packet in a row has come to its end; its receiver has heard of it. */
  ended(row: number, end: Pick<PacketEnd, 'kind' | 'timeNs' | 'at' | 'cause'>): PacketRecord | undefined {
    const record = this.byRow.get(row);
    if (record === undefined) return undefined;
    const headers = headersOf(this.pool, row);
    record.end = { ...end, source: sourceText(headers), destination: destinationText(headers) };
    this.byRow.delete(row);
    if (end.kind === 'lost') this.lastLost = record;
    if (end.kind === 'delivered' && record.about === undefined) {
      const segment = { flags: record.headers.flags, sequence: record.numbers.sequence, payload: record.payload };
      this.connections.received(record.connection, record.isForward, segment);
    }
    return record;
  }

  /** The packets as they are told. */
  list(): readonly TracedPacket[] {
    return this.records.map(told);
  }

  private add(row: number, parts: Making): PacketRecord {
    const { headers, payload, isForward, sentNs } = parts;
    const record: PacketRecord = {
      ...parts,
      number: this.records.length + 1,
      row,
      kind: packetKind(headers, payload, isForward),
      passages: [],
      end: { kind: 'under way', timeNs: 0, at: '', cause: '', source: '', destination: '' },
      arrivedNs: sentNs,
      lastHop: headers.source,
      tunnel: [0, 0],
    };
    this.records.push(record);
    this.byRow.set(row, record);
    return record;
  }
}

/** Whether a packet sent while another one is delivered is no socket's: an ICMP error, or a reset of what nobody knows. */
function isStray({ protocol, flags }: Headers, cause: PacketRecord): boolean {
  if (protocol === Protocol.icmp) return true;
  const answering = cause.connection.ends[cause.isForward ? 1 : 0];
  return protocol === Protocol.tcp && (flags & RST) !== 0 && !answering.hasSent;
}

function payloadOf({ protocol, length, source, flags }: Headers): number {
  const ip = isIpv6(source) ? HeaderBytes.ipv6 : HeaderBytes.ipv4;
  switch (protocol) {
    case Protocol.tcp:
      return length - ip - HeaderBytes.tcp;
    case Protocol.udp:
      return length - ip - HeaderBytes.udp;
    case Protocol.sctp:
      // The simulator's SCTP packets all have room for the header of a DATA chunk, which is type 0.
      return flags === 0 ? length - ip - HeaderBytes.sctp - SCTP_CHUNK_BYTES : 0;
    default:
      return 0;
  }
}

const SCTP_CHUNK_BYTES = 16;

function told(record: PacketRecord): TracedPacket {
  const { number, connection, isForward, kind, inAnswerTo, from, headers, sentNs, passages, end } = record;
  return {
    number,
    connection: connection.number,
    isForward,
    kind,
    inAnswerTo,
    from,
    source: sourceText(headers),
    destination: destinationText(headers),
    bytes: headers.length,
    sentNs,
    passages,
    effort: passages.reduce((sum: Effort, { effort }) => together(sum, effort), NO_EFFORT),
    end,
  };
}
