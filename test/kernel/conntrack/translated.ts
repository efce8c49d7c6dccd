/** Connection tracking with NAT on top: packets that pass both hooks, with or without translations. */
import { CtStatus, Nat } from '../../../src/kernel/index.js';
import { RandomStream } from '../../../src/sim/index.js';
import { Tracked, type Flow } from './tracked.js';

/** What the nat table says to a new flow. */
export interface Binding {
  /** DNAT: address and port of the server; absent for none. */
  readonly server?: readonly [address: number, port: number];
  /** MASQUERADE: address of the device; absent for none. */
  readonly masquerade?: number;
  readonly randomFully?: boolean;
}

/** Source address and port, destination address and port of a packet. */
export type Headers = readonly [number, number, number, number];

/** One node's NAT. */
export interface Translated {
  readonly tracked: Tracked;
  readonly nat: Nat;
  /** A packet of the client passes the node; its headers as it leaves, or undefined when it found no port. */
  pass(f: Flow, binding: Binding): Headers | undefined;
  /** A packet with these headers passes the node without a rule for it; its headers as it leaves. */
  answer(source: number, sourcePort: number, destination: number, destinationPort: number): Headers | undefined;
}

/** A node with an empty table. */
export function translated(): Translated {
  const tracked = new Tracked();
  const { conntrack, packets } = tracked;
  const nat = new Nat(conntrack, packets, tracked.work, new RandomStream('5', 'nat-ports'));
  const pass = (f: Flow, { server, masquerade = 0, randomFully = false }: Binding): Headers | undefined => {
    const packet = tracked.write(f, 'c');
    const slot = conntrack.track(packet);
    const isNew = (conntrack.tuples.status(slot >> 1) & CtStatus.confirmed) === 0;
    if (isNew && server !== undefined) nat.bindDestination(slot >> 1, ...server);
    nat.translateDestination(packet, slot);
    if (isNew && !nat.bindSource(slot >> 1, masquerade, randomFully)) {
      conntrack.abandon(slot);
      return undefined;
    }
    nat.translateSource(packet, slot);
    conntrack.confirm(slot);
    return [
      packets.source[packet]!,
      packets.sourcePort[packet]!,
      packets.destination[packet]!,
      packets.destinationPort[packet]!,
    ];
  };
  return {
    tracked,
    nat,
    pass,
    answer: (source, sourcePort, destination, destinationPort) =>
      pass(
        { client: source, server: destination, clientPort: sourcePort, serverPort: destinationPort, protocol: 17 },
        {},
      ),
  };
}
