/** What is done to packets that get no further, in words for people: what follows on "node-0" or "the wire". */
import { DropCause } from '../../net/index.js';

/** By cause; the names of metrics stand in net's `DROP_CAUSES`. */
const WORDS: Readonly<Record<number, string>> = {
  [DropCause.linkQueue]: 'loses it: its queue is full',
  [DropCause.cpuBacklog]: 'loses it: the queue of its core is full',
  [DropCause.conntrackFull]: 'drops it: its conntrack table is full',
  [DropCause.natPortExhausted]: 'drops it: no source port is left for NAT',
  [DropCause.ruleDrop]: 'drops it by a rule',
  [DropCause.rejected]: 'refuses it and tells its sender',
  [DropCause.noRoute]: 'loses it: nobody has that address',
  [DropCause.noListener]: 'refuses it: nobody listens on that port',
  [DropCause.ttl]: 'drops it: its time to live is over',
  [DropCause.mtu]: 'drops it: too large for the next device',
  [DropCause.ipvsDrop]: 'drops it in ip_vs',
};

/** Words for a `DropCause`. */
export function causeWords(cause: number): string {
  return WORDS[cause] ?? 'loses it';
}
