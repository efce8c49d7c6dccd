/**
 * What one node's proxy tells its relay: the ports that are open, and for each the balancer that chooses whom to dial.
 *
 * Ports are those of the version that the node has; balancers follow the endpoints that it has seen, and exist for the service ports
 * that somebody has used on this node.
 */
import type { DialTarget, RelayTable } from '../../../kernel/relay/relay-table.js';
import type { IpAddress } from '../../../net/index.js';
import type { Nanoseconds, RandomStreams } from '../../../sim/index.js';
import { portKey, type Layout } from './layout.js';
import { RoundRobin } from './round-robin.js';
import { portOf, type Version } from './versions.js';

/** The table of one node and family. */
export class PortTable implements RelayTable {
  private readonly streams: RandomStreams;
  private readonly name: string;
  private layout: Layout | null = null;
  private endpoints: Version | null = null;
  /** By key of the service port. */
  private readonly balancers = new Map<number, RoundRobin>();

  /**
   * @param streams chance
   * @param name of this node and family, for its streams
   */
  constructor(streams: RandomStreams, name: string) {
    this.streams = streams;
    this.name = name;
  }

  /** Opens the ports of a layout, and closes all others. */
  open(layout: Layout): void {
    this.layout = layout;
  }

  /** Has the balancers follow the endpoints of a version. */
  follow(version: Version, nowNs: Nanoseconds): void {
    this.endpoints = version;
    for (const [key, balancer] of this.balancers) {
      const port = portOf(version, key);
      if (port === undefined) {
        this.balancers.delete(key);
      } else {
        balancer.update(port);
        balancer.forgetOld(nowNs);
      }
    }
  }

  /** See `RelayTable`. */
  listenerAt(protocol: number, port: number): number {
    const place = this.layout?.byProxyPort.get(portKey(protocol, port)) ?? -1;
    return this.layout?.openings[place]?.id ?? -1;
  }

  /** See `RelayTable`. */
  isOpen(listener: number): boolean {
    return this.layout?.byId.has(listener) ?? false;
  }

  /** See `RelayTable`. */
  choose(listener: number, client: IpAddress, again: boolean, nowNs: Nanoseconds, target: DialTarget): boolean {
    const opening = this.layout?.openings[this.layout.byId.get(listener)];
    if (!opening) return false;
    const { key } = opening.port;
    const balancer = this.balancers.get(key) ?? this.meet(key);
    return balancer?.choose(client, again, nowNs, target) ?? false;
  }

  /** See `RelayTable`. */
  forgetClient(client: IpAddress): void {
    for (const balancer of this.balancers.values()) balancer.forget(client);
  }

  /** The balancer of a service port that nobody has used on this node so far. */
  private meet(key: number): RoundRobin | undefined {
    const port = this.endpoints === null ? undefined : portOf(this.endpoints, key);
    if (port === undefined) return undefined;
    const balancer = new RoundRobin(this.streams.stream(`${this.name}/${key}`));
    balancer.update(port);
    this.balancers.set(key, balancer);
    return balancer;
  }
}
