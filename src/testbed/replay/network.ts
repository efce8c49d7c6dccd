/**
 * What stands around the director of a replayed script: servers that answer, refuse or stay silent.
 *
 * The network of the trace files: an address in 10.244.254.0/24 never answers; behind a server that was added as dead nothing listens, so
 * it answers with RST (or ICMP port unreachable); everywhere else that a script names something listens, on every port if it names port 0.
 */
import { inPrefix, type IpPrefix } from '../../net/index.js';
import { placeText, type SocketPlace } from '../../scenario/index.js';

/** Where nobody is at home. */
const SILENT: readonly IpPrefix[] = [{ address: 0x0af4fe00, bits: 24 }];

/** How a server takes a packet. */
export type Manner = 'answers' | 'refuses' | 'silent';

/** The servers. */
export class Network {
  private readonly listening = new Set<string>();

  /** A script adds a server: from now on something listens there, or nothing does. */
  place(server: SocketPlace, dead: boolean): void {
    if (dead) this.listening.delete(placeText(server));
    else this.listening.add(placeText(server));
  }

  /** How a place takes packets. */
  manner(server: SocketPlace): Manner {
    if (SILENT.some(({ address, bits }) => inPrefix(server.address, address, bits))) return 'silent';
    // A server of port 0, as virtual servers of a mark have, is asked at the port that the client asked for.
    const listens = [server.port, 0].some((port) => this.listening.has(placeText({ ...server, port })));
    return listens ? 'answers' : 'refuses';
  }
}
