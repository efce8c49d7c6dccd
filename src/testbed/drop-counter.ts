/** Counts lost packets by cause and gives them back to the pool. */
import { DROP_CAUSES, type DropSink, type PacketPool } from '../net/index.js';
import { TracePoint } from '../sim/index.js';

/** Where all lost packets of a run end. */
export class DropCounter implements DropSink {
  /** Packets lost, by `DropCause`. */
  readonly byCause = new Float64Array(DROP_CAUSES.length);
  /** Trace point of every loss: cause, packet, its flow, when it was made; the packet's columns are still valid. */
  readonly dropped = new TracePoint('packet.dropped');
  private readonly packets: PacketPool;

  /** @param packets the pool */
  constructor(packets: PacketPool) {
    this.packets = packets;
  }

  /** Packets lost for any cause. */
  get total(): number {
    return this.byCause.reduce((sum, count) => sum + count, 0);
  }

  /** See `DropSink`. */
  drop(packet: number, cause: number): void {
    this.byCause[cause]!++;
    const { flow, birth } = this.packets;
    if (this.dropped.active) this.dropped.emit(cause, packet, flow[packet]!, birth[packet]!);
    this.packets.release(packet);
  }
}
