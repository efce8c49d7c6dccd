/** Finding the entry of a packet of a known flow among many, in a random order that no cache foresees. */
import { Conntrack, Work } from '../../src/kernel/index.js';
import { PacketPool, Protocol } from '../../src/net/index.js';
import { RandomStream, Simulation, TimerWheels } from '../../src/sim/index.js';
import type { Micro } from '../micro.js';

const LOOKUPS = 20_000;
const FOREVER = 1e15;

/** The check is the sum of the slots found. */
export function conntrackLookup(flows: number): Micro {
  const simulation = new Simulation();
  const packets = new PacketPool();
  const conntrack = new Conntrack({
    simulation,
    wheels: new TimerWheels(simulation, 'timers'),
    packets,
    work: new Work(),
    settings: {
      max: 2 * flows,
      buckets: flows,
      tcpEstablishedNs: FOREVER,
      tcpCloseWaitNs: FOREVER,
      tcpTimeWaitNs: FOREVER,
      udpNs: FOREVER,
      udpStreamNs: FOREVER,
    },
  });
  const packet = packets.take(0);
  const show = (flow: number): number => {
    packets.protocol[packet] = Protocol.udp;
    packets.source[packet] = 0x0af40000 + (flow >>> 8);
    packets.sourcePort[packet] = 32768 + (flow & 255);
    packets.destination[packet] = 0x0a600001;
    packets.destinationPort[packet] = 80;
    return conntrack.track(packet);
  };
  for (let flow = 0; flow < flows; flow++) conntrack.confirm(show(flow));
  const chance = new RandomStream('bench', 'flows');
  const order = Int32Array.from({ length: LOOKUPS }, () => chance.below(flows));
  return {
    name: `conntrack, packet of a known flow, ${flows} flows`,
    operations: LOOKUPS,
    run: () => {
      let slots = 0;
      for (let i = 0; i < LOOKUPS; i++) slots += show(order[i]!);
      return slots;
    },
  };
}
