/**
 * Lookups of a run: resolvers in the clients, sockets that send their queries to the address of kube-dns, and the DNS server in the pods
 * behind it.
 *
 * Queries and answers are packets like all others: they pass the proxy's rules, are tracked and translated, get lost where packets get
 * lost. The server reads the cluster as it is at that moment.
 */
import {
  DNS_PORT,
  DNS_SERVICE,
  KUBEADM_DNS,
  objectKey,
  podResolvConf,
  queryBytes,
  resolverSettings,
  StoreSource,
  type Cluster,
  type ResolverSettings,
} from '../../kube/index.js';
import { familyOf, formatIp, type IpAddress } from '../../net/index.js';
import { SEGMENT_BYTES, type Case, type DnsOptions, type LookupOptions } from '../../scenario/index.js';
import {
  LookupRequests,
  Lookups,
  Messages,
  NamedConnections,
  NameServer,
  type ClientFabric,
  type ConversationEvents,
  type LookupSockets,
  type StationKind,
  type Stations,
} from '../../workload/index.js';
import { CaseError } from '../case-error.js';
import type { DialTarget } from '../clients.js';
import { documentationName, outsideWorld } from '../discovery/outside-world.js';
import type { Foundation } from '../foundation.js';
import { CLIENT_NAMESPACE, CLUSTER_DOMAIN, nameOf } from './looked-up-names.js';
import { LookupProbes } from './lookup-probes.js';

/** The Service behind whose address the servers are, as its key in the store. */
export const DNS_KEY = objectKey(DNS_SERVICE.namespace, DNS_SERVICE.name);

/** A node's own resolver file: nothing of it but the search domains, of which it has none, reaches a pod. */
const NODE_CONF = { nameservers: ['192.0.2.53'], searches: [], options: [] };

/** What lookups are made of. */
export interface NameLookupsSetup {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly plan: Case;
  readonly dns: DnsOptions;
  readonly lookup: LookupOptions;
  /** Where queries are queued; asked for when there is one. */
  readonly stations: () => Stations;
}

/** What traffic uses in place of sockets, and who is told of the sockets' events in its place. */
export interface NamedTraffic {
  readonly fabric: ClientFabric;
  /** Number of targets. */
  readonly targets: number;
  /** Who is told of the sockets of user 0, once `traffic` is there. */
  join(traffic: ConversationEvents): ConversationEvents;
}

/** All lookups of one run. */
export class NameLookups {
  readonly probes: LookupProbes;
  /** The server, as a kind of station. */
  readonly server: NameServer;
  /** Whether lookups are what is measured, not a part of it. */
  private readonly isWorkload: boolean;
  private readonly setup: NameLookupsSetup;
  private readonly messages = new Messages();
  private readonly nameserver: IpAddress;
  private readonly settings: ResolverSettings;
  private lookups: Lookups | undefined;

  /** @throws CaseError when the cluster has no DNS */
  constructor(setup: NameLookupsSetup) {
    const { base, cluster, plan, lookup } = setup;
    this.setup = setup;
    this.isWorkload = plan.workload.kind === 'dns';
    this.probes = new LookupProbes(base.simulation, base.probes.fromNs);
    this.nameserver = cluster.store.get('service', DNS_KEY)?.clusterIps[0] ?? 0;
    if (this.nameserver === 0) throw new CaseError(`names are looked up at ${DNS_KEY}, which has no cluster address`);
    this.settings = settingsOf(lookup, this.nameserver);
    this.server = this.makeServer();
    for (const kind of ['service', 'slice', 'pod'] as const) cluster.store.watch(kind, () => this.server.changed());
  }

  /** What the servers of a Service are; undefined for those of the workload. */
  kindOf(service: string): StationKind | undefined {
    return service === DNS_KEY ? this.server : undefined;
  }

  /**
   * What the traffic uses.
   * @param dialled what clients connect to, by target
   */
  traffic(dialled: readonly Pick<DialTarget, 'service'>[]): NamedTraffic {
    const { base, lookup } = this.setup;
    const { form, outside } = lookup;
    if (!this.isWorkload) {
      const names = dialled.map(({ service }) => nameOf({ namespace: service.namespace, name: service.service }, form));
      return this.joined(new NamedConnections(base.bridge, names), names.length);
    }
    const services = this.setup.cluster.services.map(({ metadata }) => nameOf(metadata, form));
    const names = outside === '' ? services : [outside];
    return this.joined(new LookupRequests(names), names.length);
  }

  /** Checks that every lookup and query is accounted for. @throws InvariantError when one is not */
  check(): void {
    if (this.lookups !== undefined) this.probes.check(this.lookups.active, this.lookups.open);
  }

  private joined(fabric: NamedConnections | LookupRequests, targets: number): NamedTraffic {
    return {
      fabric,
      targets,
      join: (traffic) => {
        const lookups = this.makeLookups(fabric);
        this.lookups = lookups;
        fabric.join({ lookups, events: traffic });
        return fabric instanceof LookupRequests ? lookups : fabric;
      },
    };
  }

  private makeLookups(user: NamedConnections | LookupRequests): Lookups {
    const { base, lookup } = this.setup;
    const { simulation, wheels } = base;
    const edns = ednsOf(this.settings);
    const sizes = new Map<string, number>();
    const sizeOf = (name: string): number => {
      const known = sizes.get(name) ?? queryBytes({ name, type: 'A' }, edns).length;
      sizes.set(name, known);
      return known;
    };
    const lookups: Lookups = new Lookups({
      simulation,
      wheels,
      messages: this.messages,
      sockets: this.sockets(() => lookups),
      observer: this.probes,
      user,
      settings: this.settings,
      types: lookup.families.map((family) => (family === 4 ? 'A' : 'AAAA')),
      queryBytes: sizeOf,
    });
    return lookups;
  }

  /** Where lookups are the workload, their packets are what is measured of packets; else they have a user of their own. */
  private sockets(lookups: () => Lookups): LookupSockets {
    const { transport, bridge } = this.setup.base;
    const nothing = (): void => undefined;
    const user = this.isWorkload
      ? 0
      : transport.join({
          connected: (handle, owner) => lookups().connected(handle, owner),
          replied: (handle, owner, message) => lookups().replied(handle, owner, message),
          failed: (handle, owner) => lookups().failed(handle, owner),
          accepted: nothing,
          requested: nothing,
          ended: nothing,
        });
    return {
      connect: (protocol, client, owner) =>
        transport.connect(protocol, bridge.clientHosts[client]!, this.nameserver, DNS_PORT, owner, user),
      request: (handle, message, bytes) => transport.request(handle, message, bytes),
      close: (handle) => transport.close(handle),
    };
  }

  private makeServer(): NameServer {
    const { base, cluster, dns, lookup, plan, stations } = this.setup;
    const { store, slices, nodes } = cluster;
    const aliases = [...store.list('service')].flatMap(({ externalName = '' }) => externalName || []);
    const outside = [...(lookup.outside === '' ? [] : [lookup.outside]), ...aliases].map(documentationName);
    const family = familyOf(this.nameserver);
    return new NameServer({
      simulation: base.simulation,
      fabric: base.bridge,
      messages: this.messages,
      options: dns,
      source: new StoreSource({ store, slices, nodes }),
      dns: { ...KUBEADM_DNS, upstream: outsideWorld(outside) },
      family,
      ednsBytes: this.settings.ednsBytes,
      segmentBytes: SEGMENT_BYTES[family][plan.cluster.overlay],
      stations,
      // Where lookups are a part of something else, how they fall on the DNS pods says nothing about the Services.
      observe: (server) => this.isWorkload && base.probes.served(server),
    });
  }
}

/** What a client's resolver makes of the file that the kubelet gives to its pod. */
function settingsOf({ resolver }: LookupOptions, nameserver: IpAddress): ResolverSettings {
  const options = [`ndots:${resolver.ndots}`, ...resolver.options].map((option) => {
    const [name = '', ...value] = option.split(':');
    return value.length === 0 ? { name } : { name, value: value.join(':') };
  });
  const conf = podResolvConf(
    { namespace: CLIENT_NAMESPACE, hostNetwork: false, dnsConfig: { searches: resolver.searches, options } },
    { clusterDns: [formatIp(nameserver)], clusterDomain: CLUSTER_DOMAIN, hostResolvConf: NODE_CONF },
  );
  return resolverSettings(conf, resolver.library);
}

function ednsOf({ ednsBytes }: ResolverSettings): { readonly ednsBytes?: number } {
  return ednsBytes === 0 ? {} : { ednsBytes };
}
