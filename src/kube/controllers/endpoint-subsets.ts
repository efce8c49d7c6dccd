/**
 * The subsets of one Service's Endpoints: addresses that offer the same ports, ready or not.
 *
 * Mirrors pkg/controller/endpoint endpoints_controller.go (2024-25) and RepackSubsets. One address a pod, of the Service's primary family; terminating
 * pods are in only when the Service publishes addresses that are not ready. Where all pods serve at the same ports there is one subset, which is kept
 * up to date pod by pod; else the subsets are made anew. Where upstream orders ports and subsets by a hash, the Service's order decides.
 * Cost: O(changed pods × log n), or O(pods).
 */
import { familyOf, type IpFamily } from '../../net/index.js';
import { addressIn, type EndpointPort, type Pod, type Service } from '../api.js';
import type { Addresses, EndpointAddress, EndpointAddresses } from '../endpoints-object.js';
import { AddressList, sameAddress } from './address-list.js';
import { fixedPortsOf, hasHostname, mayBeEndpoint, portsKey, resolvePorts } from './desired-endpoints.js';
import { repacked } from './mirroring.js';

/** An address with its condition. */
interface Member {
  readonly address: EndpointAddress;
  readonly ready: boolean;
}

/** Subsets of one Service. */
export class EndpointSubsets {
  readonly service: Service;
  /** Whether anything is known to have changed since `settled` was written; `unknown` at first. */
  state: 'unknown' | 'changed' | 'settled' = 'unknown';
  private readonly ports: readonly EndpointPort[] | undefined;
  private readonly members = new Map<string, Member>();
  private readonly podPorts = new Map<string, readonly EndpointPort[]>();
  private readonly ready = new AddressList();
  private readonly notReady = new AddressList();

  /**
   * @param service whose endpoints these are
   * @param pods those that it selects, with their keys
   */
  constructor(service: Service, pods: Iterable<readonly [key: string, pod: Pod]>) {
    this.service = service;
    this.ports = fixedPortsOf(service);
    for (const [key, pod] of pods) {
      const member = memberOf(service, pod, key);
      if (member === undefined) continue;
      this.members.set(key, member);
      if (this.ports === undefined) this.podPorts.set(key, resolvePorts(service.ports, pod));
    }
    const all = [...this.members.values()];
    this.ready.fill(all.filter((own) => own.ready).map(({ address }) => address));
    this.notReady.fill(all.filter((own) => !own.ready).map(({ address }) => address));
  }

  /** Takes in a changed pod. @param pod undefined for one that is gone, or that the Service does not select any more */
  change(key: string, pod: Pod | undefined): void {
    const before = this.members.get(key);
    const after = pod === undefined ? undefined : memberOf(this.service, pod, key);
    if (isSameMember(before, after)) return;
    this.state = 'changed';
    if (before !== undefined) this.listOf(before).remove(before.address);
    if (after === undefined) {
      this.members.delete(key);
      this.podPorts.delete(key);
      return;
    }
    this.members.set(key, after);
    this.listOf(after).add(after.address);
    if (this.ports === undefined && pod !== undefined) this.podPorts.set(key, resolvePorts(this.service.ports, pod));
  }

  /**
   * The subsets.
   * @param capacity most addresses of all subsets together: beyond it those that are not ready go first, in proportion to the subsets
   */
  list(capacity: number): { readonly subsets: readonly EndpointAddresses[]; readonly truncated: boolean } {
    const { ports, ready, notReady, service } = this;
    if (ports === undefined) return truncatedTo(this.named(), capacity);
    // A Service with an address and without ports has nothing to offer.
    const none = (ports.length === 0 && service.clusterIp !== 0) || this.members.size === 0;
    if (none) return { subsets: [], truncated: false };
    const [first, second] = [ready.list(capacity), notReady.list(Math.max(0, capacity - ready.length))];
    return {
      subsets: [{ ports, ready: first, notReady: second }],
      truncated: this.members.size > capacity,
    };
  }

  /** The subsets where pods serve at ports of their own. */
  private named(): readonly EndpointAddresses[] {
    const groups = new Map<string, { readonly ports: readonly EndpointPort[]; readonly endpoints: Flat[] }>();
    for (const [key, { address, ready }] of this.members) {
      const ports = this.podPorts.get(key);
      if (ports === undefined || ports.length === 0) continue;
      const name = portsKey(ports);
      const group = groups.get(name) ?? { ports, endpoints: [] };
      groups.set(name, group);
      group.endpoints.push({ ...address, ready });
    }
    return repacked([...groups.values()]).map(({ ports, endpoints }) => {
      const side = (ready: boolean): Addresses => {
        const list = new AddressList();
        list.fill(endpoints.filter((own) => own.ready === ready).map(({ ready: _ready, ...address }) => address));
        return list.list();
      };
      return { ports, ready: side(true), notReady: side(false) };
    });
  }

  private listOf({ ready }: Member): AddressList {
    return ready ? this.ready : this.notReady;
  }
}

function isSameMember(a: Member | undefined, b: Member | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.ready === b.ready && sameAddress(a.address, b.address);
}

type Flat = EndpointAddress & { readonly ready: boolean };

/** A pod as address of a Service; undefined when it is none. */
function memberOf(service: Service, pod: Pod, key: string): Member | undefined {
  const { publishNotReadyAddresses } = service;
  if (!mayBeEndpoint(pod) || (pod.terminating && !publishNotReadyAddresses)) return undefined;
  const ip = addressIn(pod, primaryFamily(service, pod));
  if (ip === 0) return undefined;
  const { uid } = pod.metadata;
  const address: EndpointAddress = {
    address: ip,
    node: pod.node,
    target: key,
    ...(uid !== undefined && { targetUid: uid }),
    ...(hasHostname(service, pod) && { hostname: pod.hostname }),
  };
  return { address, ready: publishNotReadyAddresses || pod.ready };
}

/** The family of a Service's Endpoints: its first one, else that of its address, else that of the pod. */
function primaryFamily({ ipFamilies, clusterIp }: Service, pod: Pod): IpFamily {
  return ipFamilies[0] ?? familyOf(clusterIp === 0 ? pod.ip : clusterIp);
}

/** Subsets cut down to a number of addresses: ready ones stay first, each subset keeps its share, rounded up. */
function truncatedTo(
  subsets: readonly EndpointAddresses[],
  capacity: number,
): { readonly subsets: readonly EndpointAddresses[]; readonly truncated: boolean } {
  const readyCount = subsets.reduce((sum, { ready }) => sum + ready.length, 0);
  const otherCount = subsets.reduce((sum, { notReady }) => sum + notReady.length, 0);
  if (readyCount + otherCount <= capacity) return { subsets, truncated: false };
  const cutsReady = readyCount > capacity;
  const room = cutsReady ? capacity : capacity - readyCount;
  const total = cutsReady ? readyCount : otherCount;
  let left = room;
  const shareOf = (count: number): number => {
    const share = Math.min(left, Math.ceil((count / total) * room));
    left -= Math.min(share, count);
    return share;
  };
  return {
    subsets: subsets.map(({ ports, ready, notReady }) => {
      if (cutsReady) return { ports, ready: [...ready].slice(0, shareOf(ready.length)), notReady: [] };
      return { ports, ready, notReady: [...notReady].slice(0, shareOf(notReady.length)) };
    }),
    truncated: true,
  };
}
