/**
 * Memory over a long run: what a tenth of the packets leave in use, and what all of them do. A run takes nothing with its
 * length, once tables and pools have their size.
 */
import { World } from '../../src/testbed/world.js';
import { collectGarbage } from '../measurement.js';
import { servicePathCase } from './service-path.bench.js';

/** Memory in use after a garbage collection, in bytes. */
export interface MemoryUse {
  readonly packets: number;
  readonly heap: number;
  /** Typed arrays. */
  readonly arrays: number;
}

/** Runs the service path of keepalive connections, 1,000 Services in iptables mode, for about so many packets. */
export function memoryOver(packets: number): { readonly before: MemoryUse; readonly after: MemoryUse } {
  const requests = packets / 2;
  const plan = servicePathCase({ workload: 'keepalive', mode: 'iptables', services: 1000, requests });
  const world = new World(plan, 'bench');
  world.traffic.start();
  const until = (share: number): MemoryUse => {
    world.base.simulation.run(share * plan.run.durationNs);
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return { packets: world.base.bridge.delivered, heap: heapUsed, arrays: arrayBuffers };
  };
  const before = until(0.1);
  const after = until(1);
  world.base.checkConservation();
  return { before, after };
}
