/** Relays over sockets that only write down what is done with them, and a table that answers from a list. */
import type { RelaySockets } from '../../../src/kernel/relay/relay-sockets.js';
import type { DialTarget, RelayTable } from '../../../src/kernel/relay/relay-table.js';
import { Relay } from '../../../src/kernel/relay/relay.js';
import { TcpRelay } from '../../../src/kernel/relay/tcp-relay.js';
import { UdpRelay } from '../../../src/kernel/relay/udp-relay.js';
import { Leg } from '../../../src/kernel/transport/legs.js';
import { Simulation, TimerWheels } from '../../../src/sim/index.js';

/** A client's conversation as the node sees it. */
export interface Client {
  readonly address: number;
  readonly port: number;
  readonly localPort: number;
}

/** Sockets that write down what is done. Backends' handles count from 1000. */
export class MadeUpSockets implements RelaySockets {
  readonly log: string[] = [];
  readonly clients = new Map<number, Client>();
  /** What of clients the relay went on with. */
  readonly goneOnWith: string[] = [];
  /** Bytes of every message. */
  bytes = 100;
  /** Dials that fail at once for want of a source port. */
  withoutPort = 0;
  private work = '';
  private dialled = 0;

  peerAddress(client: number): number {
    return this.clients.get(client)?.address ?? 0;
  }

  peerPort(client: number): number {
    return this.clients.get(client)?.port ?? 0;
  }

  localPort(client: number): number {
    return this.clients.get(client)?.localPort ?? 0;
  }

  requestBytes(): number {
    return this.bytes;
  }

  answerBytes(): number {
    return this.bytes;
  }

  spend(wakes: number, bytes: number): void {
    this.work = ` [${wakes} wakes, ${bytes} bytes]`;
  }

  goOn(client: number, leg: number): void {
    this.goneOnWith.push(`${leg === Leg.opening ? 'opening' : 'message'} of ${client}`);
  }

  dial(host: number, address: number, port: number, session: number): number {
    if (this.withoutPort > 0) {
      this.withoutPort--;
      return -1;
    }
    this.write(`dial ${address}:${port} from ${host} for ${session}`);
    return 1000 + this.dialled++;
  }

  request(backend: number, sequence: number): void {
    this.write(`request ${sequence} to ${backend}`);
  }

  respond(client: number, sequence: number): void {
    this.write(`answer ${sequence} to ${client}`);
  }

  close(backend: number): void {
    this.write(`close ${backend}`);
  }

  hangUp(client: number): void {
    this.write(`hang up ${client}`);
  }

  /** What was done since the last call. */
  take(): string[] {
    return this.log.splice(0);
  }

  private write(line: string): void {
    this.log.push(line + this.work);
    this.work = '';
  }
}

/** A table with listeners by port, each with a list of backends that take turns; the first of a client's tries has `again` false. */
export class MadeUpTable implements RelayTable {
  /** By local port: number of the listener. */
  readonly ports: Map<number, number>;
  backends: number[] = [1, 2, 3, 4, 5, 6];
  readonly again: boolean[] = [];
  private next = 0;

  constructor(ports: readonly (readonly [number, number])[]) {
    this.ports = new Map(ports);
  }

  listenerAt(_protocol: number, port: number): number {
    return this.ports.get(port) ?? -1;
  }

  isOpen(listener: number): boolean {
    return [...this.ports.values()].includes(listener);
  }

  choose(_listener: number, _client: number, again: boolean, _nowNs: number, target: DialTarget): boolean {
    if (this.backends.length === 0) return false;
    this.again.push(again);
    target.address = this.backends[this.next++ % this.backends.length]!;
    target.port = 80;
    return true;
  }
}

/** One node's relay on host 7 that listens on ports 100 and 200. */
export function relayWorld() {
  const simulation = new Simulation();
  const wheels = new TimerWheels(simulation, 'timers');
  const sockets = new MadeUpSockets();
  const table = new MadeUpTable([
    [100, 11],
    [200, 22],
  ]);
  const relays: Relay[] = [];
  const parts = { simulation, wheels, sockets, relays };
  const tcp = new TcpRelay(parts);
  const udp = new UdpRelay(parts);
  const relay = new Relay(
    {
      tableChanged: (changed, isGone) => {
        udp.endAll(changed, false);
        if (isGone) tcp.endAll(changed, false);
      },
    },
    7,
  );
  relays[7] = relay;
  relay.install(4, table);
  const client = (handle: number, localPort: number, address = 50, port = handle): void => {
    sockets.clients.set(handle, { address, port, localPort });
  };
  return { simulation, sockets, table, tcp, udp, relay, client };
}
