/**
 * SCTP as Services see it: which chunk stands for what the transport says in the words of TCP.
 *
 * An association (RFC 9260) opens with four packets instead of three, INIT, INIT ACK, COOKIE ECHO and COOKIE ACK, and closes with SHUTDOWN, its
 * ACK and its COMPLETE; between them DATA and SACK behave as segments and acknowledgements do here. What the transport has in its
 * columns are signals, TCP's flag bits and three more; on the wire of SCTP each is the type of a packet's first chunk. Left out: several
 * chunks in a packet, streams, multihoming, HEARTBEAT, verification tags.
 */
import { TcpFlag } from '../../net/index.js';

const { ack: ACK, fin: FIN, psh: PSH, rst: RST, syn: SYN } = TcpFlag;

/** Signals beyond TCP's flags, which SCTP needs: the two cookies, and that a shutdown is complete. */
export const SctpSignal = { cookieEcho: 0x20, cookieAck: 0x40, shutdownComplete: 0x80 } as const;

/** Types of chunks (RFC 9260, 3.2). */
export const SctpChunk = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
} as const;

const SIGNALS = new Uint8Array(256).fill(ACK);
SIGNALS[SctpChunk.data] = PSH | ACK;
SIGNALS[SctpChunk.init] = SYN;
SIGNALS[SctpChunk.initAck] = SYN | ACK;
SIGNALS[SctpChunk.abort] = RST;
SIGNALS[SctpChunk.shutdown] = FIN | ACK;
SIGNALS[SctpChunk.shutdownAck] = FIN | ACK;
SIGNALS[SctpChunk.cookieEcho] = SctpSignal.cookieEcho;
SIGNALS[SctpChunk.cookieAck] = SctpSignal.cookieAck;
SIGNALS[SctpChunk.shutdownComplete] = SctpSignal.shutdownComplete;

/** The signal that a chunk is. */
export function signalOf(chunk: number): number {
  return SIGNALS[chunk]!;
}

/**
 * The chunk that a signal is.
 * @param fromServer whether the server says it: its FIN answers the client's
 */
export function chunkOf(signal: number, fromServer: boolean): number {
  if (signal & RST) return SctpChunk.abort;
  if (signal & SYN) return signal & ACK ? SctpChunk.initAck : SctpChunk.init;
  if (signal & FIN) return fromServer ? SctpChunk.shutdownAck : SctpChunk.shutdown;
  if (signal & SctpSignal.cookieEcho) return SctpChunk.cookieEcho;
  if (signal & SctpSignal.cookieAck) return SctpChunk.cookieAck;
  if (signal & SctpSignal.shutdownComplete) return SctpChunk.shutdownComplete;
  return signal & PSH ? SctpChunk.data : SctpChunk.sack;
}
