/** One decision of an ip_vs scheduler: rr takes the next server, lc looks at all of them. */
import { Ipvs, Work } from '../../src/kernel/index.js';
import { VirtualServerRegistry } from '../../src/kernel/ipvs/virtual-server-table.js';
import { PacketPool, Protocol } from '../../src/net/index.js';
import { Simulation, TimerWheels } from '../../src/sim/index.js';
import type { Micro } from '../micro.js';

const ADDRESS = 0x0a60000a;
const PORT = 80;
const CLIENT = 0x0af40005;
/** Servers looked at a call, or picks where one look is enough. */
const LOOKS = 100_000;

/** The check is the sum of the places of the servers picked. */
export function schedulerPick(scheduler: 'rr' | 'lc', count: number): Micro {
  const simulation = new Simulation();
  const ipvs = new Ipvs({
    simulation,
    wheels: new TimerWheels(simulation, 'timers'),
    packets: new PacketPool(),
    work: new Work(),
  });
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
  const picks = scheduler === 'lc' ? LOOKS / count : LOOKS;
  const { active } = ipvs.servers;
  return {
    name: `ipvs, ${scheduler} picks one of ${count} servers`,
    operations: picks,
    run: () => {
      let servers = 0;
      for (let i = 0; i < picks; i++) {
        const server = service.pick(CLIENT, i & 0xffff, ADDRESS);
        // Every pick leaves its mark, as a connection does, so that the least one moves.
        active[server]!++;
        servers += server;
      }
      return servers;
    },
  };
}
