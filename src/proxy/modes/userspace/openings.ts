/**
 * The local ports on which the proxies of all nodes listen, one a service port.
 *
 * kube-proxy 1.20 has the kernel choose a free port for each service port (no --proxy-port-range), from ip_local_port_range; a service port
 * whose addresses, ports or affinity change gets a new one. Each node would draw its own; here all nodes use the same, so that they can share
 * their rules, and it is the first free one from a place that the service port's name says: so `kpb rules` and `kpb trace` agree.
 * A port is free again when no version of the rules needs it. When none is left, a service port is not served, and
 * SCTP is not served at all, as in 1.20.
 */
import { Protocol } from '../../../net/index.js';
import { invariant } from '../../../sim/index.js';
import { sha256 } from '../../sha256.js';
import type { ServicePort } from '../../service-port.js';

/** Linux's default ip_local_port_range. */
const FIRST_PORT = 32768;
const PORTS = 60999 - FIRST_PORT + 1;

/** A listening socket for a service port. */
export interface Opening {
  /** Number of the socket, never used again. */
  readonly id: number;
  readonly proxyPort: number;
  /** The service port as it was when the socket was opened; its endpoints may have changed since. */
  readonly port: ServicePort;
  /** Layouts that need it. */
  holders: number;
}

/** Whether a service port keeps its socket and its rules (sameConfig). */
export function sameConfig(a: ServicePort, b: ServicePort): boolean {
  return (
    a === b ||
    (a.protocol === b.protocol &&
      a.port === b.port &&
      a.nodePort === b.nodePort &&
      a.clusterIp === b.clusterIp &&
      a.affinitySeconds > 0 === b.affinitySeconds > 0 &&
      sameElements(a.externalIps, b.externalIps) &&
      sameElements(a.loadBalancerVips, b.loadBalancerVips))
  );
}

/** Gives out listening sockets. */
export class Openings {
  private readonly salt: string;
  private readonly byKey = new Map<number, Opening[]>();
  private readonly used = { [Protocol.tcp]: new Uint8Array(PORTS), [Protocol.udp]: new Uint8Array(PORTS) };
  private readonly inUse = { [Protocol.tcp]: 0, [Protocol.udp]: 0 };
  private made = 0;

  /** @param salt goes into the ports beside the service ports' names: two families have different ones */
  constructor(salt: string) {
    this.salt = salt;
  }

  /** The socket of a service port, held once more; null when it gets none. */
  take(port: ServicePort): Opening | null {
    const known = this.byKey.get(port.key)?.find((opening) => sameConfig(opening.port, port));
    const opening = known ?? this.open(port);
    if (opening !== null) opening.holders++;
    return opening;
  }

  /** Lets a socket go; nobody listens there when its last holder has done so. */
  release(opening: Opening): void {
    opening.holders--;
    if (opening.holders > 0) return;
    const { key } = opening.port;
    const left = this.byKey.get(key)?.filter((other) => other !== opening) ?? [];
    if (left.length > 0) this.byKey.set(key, left);
    else this.byKey.delete(key);
    const protocol = relayed(opening.port);
    invariant(protocol !== undefined, 'opening-protocol', 'a socket is open for a protocol that is not relayed');
    this.used[protocol][opening.proxyPort - FIRST_PORT] = 0;
    this.inUse[protocol]--;
  }

  private open(port: ServicePort): Opening | null {
    const protocol = relayed(port);
    if (protocol === undefined || this.inUse[protocol] === PORTS) return null;
    const used = this.used[protocol];
    let place = this.placeOf(port);
    while (used[place] === 1) place = place + 1 === PORTS ? 0 : place + 1;
    used[place] = 1;
    this.inUse[protocol]++;
    const opening: Opening = { id: this.made++, proxyPort: FIRST_PORT + place, port, holders: 0 };
    this.byKey.set(port.key, [...(this.byKey.get(port.key) ?? []), opening]);
    return opening;
  }

  /** Where the search for a free port begins. */
  private placeOf({ displayName, protocol }: ServicePort): number {
    const [a = 0, b = 0, c = 0, d = 0] = sha256(`${this.salt} ${displayName} ${protocol}`);
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % PORTS;
  }
}

/** The protocol of a service port if it can be relayed. */
function relayed({ protocol }: ServicePort): typeof Protocol.tcp | typeof Protocol.udp | undefined {
  return protocol === Protocol.tcp || protocol === Protocol.udp ? protocol : undefined;
}

function sameElements(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
