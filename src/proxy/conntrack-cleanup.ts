/**
 * Stale conntrack entries: flows of UDP services that go to an endpoint which serves no more.
 *
 * Mirrors CleanStaleEntries (pkg/proxy/conntrack/cleanup.go, 1.34-era), the same in every mode: one dump of the family's table, then
 * each UDP entry is deleted whose original destination is an address and port of a service (any address, for a node port) and whose reply
 * does not come from a serving endpoint's address and port. Traffic policies, topology and termination play no part; services without
 * any serving endpoint are passed over. Cost: O(UDP service ports and their endpoints + entries).
 */
import { SYNC_WORK_KINDS, SyncWorkKind } from '../kernel/index.js';
import { AddressMap, Protocol, familyOf, type IpAddress } from '../net/index.js';
import type { Ledger } from './ledger.js';
import { EndpointCondition, type ServicePort } from './service-port.js';

/** The connection tracking table of a node, as far as clean-up reads and writes it; kernel's `Conntrack` is one. */
export interface FlowTable {
  /** Shows the number of every entry in the table; an entry may be deleted when its number has been shown. */
  entries(visit: (entry: number) => void): void;
  /** Deletes an entry. */
  destroy(entry: number): void;
  /** Tuples by slot: twice the entry's number for its original direction, one more for the reply. */
  readonly tuples: {
    source(slot: number): IpAddress;
    destination(slot: number): IpAddress;
    sourcePort(slot: number): number;
    destinationPort(slot: number): number;
    protocol(slot: number): number;
  };
}

/** What one clean-up did. */
export interface ConntrackCleanup {
  /** Entries read, and those of them that were deleted. */
  readonly dumped: number;
  readonly deleted: number;
  /** Units of work, indexed by `SyncWorkKind`: the dump, and a request for each entry deleted. */
  readonly work: Float64Array;
}

/** What is read of a ledger. */
type LedgerView = Pick<Ledger, 'family' | 'keysAt' | 'portAt'>;

/** Deletes the stale entries of a node, as the services of a revision have it. */
export function cleanStaleEntries(ledger: LedgerView, revision: number, flows: FlowTable): ConntrackCleanup {
  const frontends = new Frontends();
  for (const key of ledger.keysAt(revision)) {
    const port = ledger.portAt(key, revision);
    if (port?.protocol === Protocol.udp) frontends.add(port);
  }
  const { tuples } = flows;
  let dumped = 0;
  let deleted = 0;
  flows.entries((entry) => {
    const original = entry * 2;
    const destination = tuples.destination(original);
    if (familyOf(destination) !== ledger.family) return;
    dumped++;
    if (tuples.protocol(original) !== Protocol.udp) return;
    const reply = original + 1;
    const destinationPort = tuples.destinationPort(original);
    if (!frontends.isStale(destination, destinationPort, tuples.source(reply), tuples.sourcePort(reply))) return;
    flows.destroy(entry);
    deleted++;
  });
  const work = new Float64Array(SYNC_WORK_KINDS);
  work[SyncWorkKind.conntrackDumped] = dumped;
  work[SyncWorkKind.netlinkCall] = 1 + deleted;
  return { dumped, deleted, work };
}

/** Addresses and ports of UDP services that have a serving endpoint. */
class Frontends {
  /** By address: service ports by port number; and by node port. */
  private readonly addresses = new AddressMap();
  private readonly byPort: Map<number, ServicePort>[] = [];
  private readonly byNodePort = new Map<number, ServicePort>();

  add(port: ServicePort): void {
    const { conditions } = port.endpoints;
    if (!conditions.some((bits) => (bits & EndpointCondition.serving) !== 0)) return;
    for (const address of [port.clusterIp, ...port.loadBalancerVips, ...port.externalIps]) {
      let place = this.addresses.get(address);
      if (place < 0) {
        place = this.byPort.push(new Map()) - 1;
        this.addresses.set(address, place);
      }
      this.byPort[place]!.set(port.port, port);
    }
    if (port.nodePort !== 0) this.byNodePort.set(port.nodePort, port);
  }

  isStale(address: IpAddress, port: number, server: IpAddress, serverPort: number): boolean {
    const place = this.addresses.get(address);
    const service = place < 0 ? undefined : this.byPort[place]!.get(port);
    if (service !== undefined && !isServing(service, server, serverPort)) return true;
    const nodePort = this.byNodePort.get(port);
    return nodePort !== undefined && !isServing(nodePort, server, serverPort);
  }
}

/** Whether an address and port are a serving endpoint of a service port. Cost: O(endpoints), for flows to the service only. */
function isServing({ endpoints }: ServicePort, server: IpAddress, serverPort: number): boolean {
  const { address, port, conditions } = endpoints;
  for (let i = 0; i < endpoints.length; i++) {
    if (address[i] !== server || port[i] !== serverPort) continue;
    if ((conditions[i]! & EndpointCondition.serving) !== 0) return true;
  }
  return false;
}
