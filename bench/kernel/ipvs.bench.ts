/**
 * Decisions of ip_vs schedulers, each with what a connection does to its server's counters: it comes, becomes active, and goes a
 * thousand connections later. What the index over the servers costs to keep is so part of it.
 */
import { Ipvs, Work } from '../../src/kernel/index.js';
import { VirtualServerRegistry } from '../../src/kernel/ipvs/virtual-server-table.js';
import type { VirtualServer } from '../../src/kernel/ipvs/virtual-server.js';
import { PacketPool, Protocol } from '../../src/net/index.js';
import { Simulation, TimerWheels } from '../../src/sim/index.js';
import { measure, type Measurement } from '../measurement.js';

/** Schedulers that find their server in the same time however many there are, and those that compare all of them. */
export const CONSTANT_SCHEDULERS = ['rr', 'sh', 'dh', 'mh'] as const;
export const COMPARING_SCHEDULERS = ['lc', 'wlc', 'sed', 'nq'] as const;

const ADDRESS = 0x0a60000a;
const PORT = 80;
const CLIENT = 0x0a400005;
/** Connections that are open at a time. */
const OPEN = 1_000;

/** Takes decisions among a number of servers; the digest is the sum of the rows picked. */
export function schedulerPicks(scheduler: string, servers: number, picks: number): Measurement {
  const service = virtualServer(scheduler, servers);
  // Indices and tables are made by the first decisions, which are not what is measured.
  run(service, OPEN);
  return measure(`ipvs, ${scheduler} picks one of ${servers} servers`, () => {
    const digest = String(run(service, picks));
    return { units: picks, unit: 'decisions', events: 0, digest, meanNs: 0 };
  });
}

function run(service: VirtualServer, picks: number): number {
  const { servers } = service;
  const open = new Int32Array(OPEN).fill(-1);
  let sum = 0;
  for (let i = 0; i < picks; i++) {
    const oldest = open[i % OPEN]!;
    if (oldest >= 0) servers.unbind(oldest, false, true);
    const server = service.pick(CLIENT + i * 7, i & 0xffff, ADDRESS);
    servers.bind(server, false);
    servers.setActive(server, true);
    open[i % OPEN] = server;
    sum += server;
  }
  return sum;
}

function virtualServer(scheduler: string, count: number): VirtualServer {
  const simulation = new Simulation();
  const wheels = new TimerWheels(simulation, 'timers');
  const ipvs = new Ipvs({ simulation, wheels, packets: new PacketPool(), work: new Work() });
  const registry = new VirtualServerRegistry();
  registry.advance(1);
  registry.put({
    protocol: Protocol.tcp,
    address: ADDRESS,
    port: PORT,
    scheduler,
    flags: 0,
    persistenceSeconds: 0,
    persistenceMask: 0xffffffff,
    bound: true,
    servers: {
      length: count,
      address: Uint32Array.from({ length: count }, (_, i) => 0x0af50000 + i),
      port: new Uint16Array(count).fill(8080),
    },
  });
  ipvs.use(registry.table(), []);
  const service = ipvs.service(Protocol.tcp, ADDRESS, PORT);
  if (service === null) throw new Error('the virtual server is not there');
  return service;
}
