/**
 * Three network namespaces: clients, a node, servers. All sources live on the clients' side, all destinations that are not the
 * node's on the servers' side; the node between them holds kube-proxy's rules and nothing else.
 *
 *   clients (c1) --- (c0) node (s0) --- (s1) servers
 *
 * The node sends what comes from the clients to the servers and the other way round, whatever the address: so one address may be a
 * client and an endpoint at the same time, and what kube-proxy leaves alone arrives at the servers unchanged.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Agent, type Place } from './agent.js';
import { Namespace, run } from './namespace.js';

/** Addresses of the links; from the benchmark range of RFC 2544 and its like for IPv6 (RFC 5180), which no test uses otherwise. */
const LINKS = {
  4: { clients: '198.18.0.2', toClients: '198.18.0.1', servers: '198.18.1.2', toServers: '198.18.1.1', bits: 30 },
  6: { clients: '2001:2::2', toClients: '2001:2::1', servers: '2001:2:0:1::2', toServers: '2001:2:0:1::1', bits: 126 },
} as const;

const FAMILIES = [4, 6] as const;
const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

const SETTINGS = [
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.conf.all.accept_local=1',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.default.send_redirects=0',
  // kube-proxy's setting for node ports on 127.0.0.1.
  'net.ipv4.conf.all.route_localnet=1',
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv6.conf.default.accept_dad=0',
  // Errors are the answers that are waited for here.
  'net.ipv4.icmp_ratelimit=0',
  'net.ipv6.icmp.ratelimit=0',
];

/** What lives where. */
export interface GroundPlan {
  readonly family: 4 | 6;
  /** Sources behind the clients' link. */
  readonly clients: ReadonlySet<string>;
  /** The node's own addresses beside loopback. */
  readonly node: ReadonlySet<string>;
  /** Every destination and endpoint that is not the node's. */
  readonly servers: ReadonlySet<string>;
  /** Ports that are listened on everywhere, by protocol. */
  readonly ports: { readonly tcp: ReadonlySet<number>; readonly udp: ReadonlySet<number> };
}

/** What is there of a family. */
interface Laid {
  readonly clients: Set<string>;
  readonly node: Set<string>;
  readonly servers: Set<string>;
  /** TCP ports; `address port` for UDP, by side. */
  readonly listening: { readonly serverSide: Set<string>; readonly nodeSide: Set<string> };
}

/** The namespaces, and an agent in each. */
export class Ground {
  readonly clientSide: Agent;
  readonly nodeSide: Agent;
  readonly serverSide: Agent;
  readonly node: Namespace;
  private readonly clients: Namespace;
  private readonly servers: Namespace;
  private laid = { 4: nothing(), 6: nothing() };

  constructor() {
    this.clients = new Namespace();
    this.node = new Namespace();
    this.servers = new Namespace();
    for (const each of this.namespaces()) each.set(...SETTINGS);
    this.join();
    const pin = this.steer();
    this.clientSide = new Agent(this.clients, pin);
    this.nodeSide = new Agent(this.node, pin);
    this.serverSide = new Agent(this.servers);
  }

  /**
   * Sees to it that the addresses are there and that all ports are listened on. What is there already stays, unless the node was
   * another one: extra clients and servers do no harm, since nobody sends to them.
   */
  async lay(plan: GroundPlan): Promise<void> {
    const { family } = plan;
    if (!isSame(this.laid[family].node, plan.node)) await this.clear();
    const laid = this.laid[family];
    this.addAddresses(this.clients, laid.clients, plan.clients, family);
    this.addAddresses(this.node, laid.node, plan.node, family);
    this.addAddresses(this.servers, laid.servers, plan.servers, family);
    await Promise.all([
      this.serverSide.listen(missingPlaces(laid.listening.serverSide, plan, laid.servers)),
      this.nodeSide.listen(missingPlaces(laid.listening.nodeSide, plan, [...laid.node, LOOPBACK[family]])),
    ]);
  }

  /** Removes everything. */
  remove(): void {
    for (const agent of [this.clientSide, this.nodeSide, this.serverSide]) agent.stop();
    for (const each of this.namespaces()) each.remove();
  }

  private namespaces(): readonly Namespace[] {
    return [this.clients, this.node, this.servers];
  }

  private async clear(): Promise<void> {
    await Promise.all([this.serverSide.close(), this.nodeSide.close()]);
    for (const each of this.namespaces()) {
      for (const family of FAMILIES) each.batch(['addr flush dev here'], family);
    }
    this.laid = { 4: nothing(), 6: nothing() };
  }

  private addAddresses(at: Namespace, present: Set<string>, wanted: Iterable<string>, family: 4 | 6): void {
    const missing = [...wanted].filter((address) => !present.has(address));
    for (const address of missing) present.add(address);
    const words = family === 4 ? '/32 dev here' : '/128 dev here nodad noprefixroute';
    const lines = missing.map((address) => `addr add ${address}${words}`);
    at.batch(lines, family);
  }

  private join(): void {
    const { clients, node, servers } = this;
    run('ip', ['link', 'add', 'c1', 'netns', clients.name, 'type', 'veth', 'peer', 'name', 'c0', 'netns', node.name]);
    run('ip', ['link', 'add', 's1', 'netns', servers.name, 'type', 'veth', 'peer', 'name', 's0', 'netns', node.name]);
    for (const each of this.namespaces()) each.batch(['link add here type bridge', 'link set here up']);
    clients.batch(['link set c1 up']);
    node.batch(['link set c0 up', 'link set s0 up']);
    servers.batch(['link set s1 up']);
    for (const family of FAMILIES) this.route(family);
  }

  /**
   * Has packets received on another core than the one on which clients work, if there are two. Else the error that refuses a TCP connection
   * comes while connect(2) still holds the socket, and over IPv6 it is then not heeded before the SYN is sent again, a second later.
   * @returns words that hold a command to the clients' core
   */
  private steer(): readonly string[] {
    const pin = ['taskset', '1'];
    if (availableParallelism() < 2 || spawnSync('taskset', ['1', 'true']).status !== 0) return [];
    for (const each of this.namespaces()) {
      try {
        each.exec('sh', ['-ec', 'for queue in /sys/class/net/*/queues/rx-0/rps_cpus; do echo 2 > $queue; done']);
      } catch {
        return [];
      }
    }
    return pin;
  }

  private route(family: 4 | 6): void {
    const { clients, node, servers } = this;
    const link = LINKS[family];
    const at = (address: string, device: string): string =>
      `addr add ${address}/${link.bits} dev ${device}${family === 6 ? ' nodad' : ''}`;
    const ends = [
      [clients, 'c1', link.clients, link.toClients],
      [servers, 's1', link.servers, link.toServers],
    ] as const;
    for (const [end, device, own, other] of ends) {
      end.batch(
        [
          at(own, device),
          `route add default via ${other}`,
          // What comes in is for this side; what it sends goes out, also to an address that it has itself.
          `rule add pref 5 iif ${device} lookup local`,
          'rule add pref 10 lookup main',
          'rule add pref 20 lookup local',
          'rule del pref 0',
        ],
        family,
      );
    }
    const icmp = family === 4 ? 'icmp' : 'ipv6-icmp';
    node.batch(
      [
        at(link.toClients, 'c0'),
        at(link.toServers, 's0'),
        `route add default via ${link.servers}`,
        `route add default via ${link.servers} dev s0 table 100`,
        `route add default via ${link.clients} dev c0 table 101`,
        'rule add pref 10 iif c0 lookup 100',
        'rule add pref 11 iif s0 lookup 101',
        // Errors that the node sends are for clients, and so is what its servers send: its own clients use higher ports.
        `rule add pref 12 ipproto ${icmp} lookup 101`,
        'rule add pref 13 iif lo ipproto tcp sport 1-32767 lookup 101',
        'rule add pref 14 iif lo ipproto udp sport 1-32767 lookup 101',
      ],
      family,
    );
  }
}

function nothing(): Laid {
  const empty = (): Set<string> => new Set();
  return {
    clients: empty(),
    node: empty(),
    servers: empty(),
    listening: { serverSide: empty(), nodeSide: empty() },
  };
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

/** Where a side has still to listen; noted as if it did. */
function missingPlaces(listening: Set<string>, { family, ports }: GroundPlan, addresses: Iterable<string>): Place[] {
  const places: Place[] = [];
  const add = (name: string, place: Place): void => {
    if (listening.has(name)) return;
    listening.add(name);
    places.push(place);
  };
  for (const port of ports.tcp) add(`${port}`, { family, protocol: 'tcp', port });
  for (const address of addresses) {
    for (const port of ports.udp) add(`${address} ${port}`, { family, protocol: 'udp', port, address });
  }
  return places;
}
