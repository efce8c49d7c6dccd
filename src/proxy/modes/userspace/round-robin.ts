/**
 * Whom a relay dials for the next client of one service port: strict round robin, and ClientIP affinity.
 *
 * Mirrors LoadBalancerRR (pkg/proxy/userspace/roundrobin.go, v1.20): the ready endpoints, shuffled and begun anew whenever the set of them
 * changes; a client's endpoint is remembered for a time that each use renews, and forgotten when the endpoint goes.
 * Left out: that a balancer which met endpoints before their Service keeps affinity for 3 h whatever the Service says.
 * Cost: O(1) a choice; 10 bytes an endpoint on nodes where the service port is used.
 */
import type { DialTarget } from '../../../kernel/relay/relay-table.js';
import type { IpAddress } from '../../../net/index.js';
import { SECOND, type Nanoseconds, type RandomStream } from '../../../sim/index.js';
import { EndpointCondition, type EndpointList, type ServicePort } from '../../service-port.js';

const { ready: READY } = EndpointCondition;

/** What is remembered of a client. */
interface Habit {
  address: IpAddress;
  port: number;
  usedAt: Nanoseconds;
}

/** The balancer of one service port on one node. */
export class RoundRobin {
  private readonly random: RandomStream;
  private source: EndpointList | null = null;
  /** The ready endpoints, in the ledger's order, and the order in which they take their turns. */
  private address: Uint32Array = new Uint32Array(0);
  private port: Uint16Array = new Uint16Array(0);
  private readonly turns: number[] = [];
  private next = 0;
  private affinitySeconds = 0;
  private readonly habits = new Map<IpAddress, Habit>();

  /** @param random for the order */
  constructor(random: RandomStream) {
    this.random = random;
  }

  /** Takes in what a service port has become. */
  update(port: ServicePort): void {
    this.affinitySeconds = port.affinitySeconds;
    if (port.endpoints === this.source) return;
    this.source = port.endpoints;
    const places = readyPlaces(port.endpoints);
    const address = Uint32Array.from(places, (place) => port.endpoints.address[place]!);
    const ports = Uint16Array.from(places, (place) => port.endpoints.port[place]!);
    if (sameElements(address, this.address) && sameElements(ports, this.port)) return;
    this.address = address;
    this.port = ports;
    this.dropHabits();
    this.turns.length = 0;
    for (let i = 0; i < address.length; i++) this.turns.push(i);
    this.random.shuffle(this.turns);
    this.next = 0;
  }

  /** Chooses an endpoint; see `RelayTable.choose`. */
  choose(client: IpAddress, again: boolean, nowNs: Nanoseconds, target: DialTarget): boolean {
    if (this.turns.length === 0) return false;
    const habit = this.affinitySeconds > 0 ? this.habits.get(client) : undefined;
    if (habit !== undefined && !again && nowNs - habit.usedAt < this.affinitySeconds * SECOND) {
      habit.usedAt = nowNs;
      target.address = habit.address;
      target.port = habit.port;
      return true;
    }
    const endpoint = this.turns[this.next]!;
    this.next = this.next + 1 === this.turns.length ? 0 : this.next + 1;
    target.address = this.address[endpoint]!;
    target.port = this.port[endpoint]!;
    if (this.affinitySeconds > 0) this.habits.set(client, { ...target, usedAt: nowNs });
    return true;
  }

  /** Forgets a client. */
  forget(client: IpAddress): void {
    this.habits.delete(client);
  }

  /** Forgets clients that have not come for too long. */
  forgetOld(nowNs: Nanoseconds): void {
    for (const [client, { usedAt }] of this.habits) {
      if (nowNs - usedAt >= this.affinitySeconds * SECOND) this.habits.delete(client);
    }
  }

  /** Forgets where clients went whose endpoint is not among the present ones. */
  private dropHabits(): void {
    if (this.habits.size === 0) return;
    const present = new Set<number>();
    for (let i = 0; i < this.address.length; i++) present.add(this.address[i]! * 65536 + this.port[i]!);
    for (const [client, { address, port }] of this.habits) {
      if (!present.has(address * 65536 + port)) this.habits.delete(client);
    }
  }
}

function readyPlaces({ length, conditions }: EndpointList): number[] {
  const places: number[] = [];
  for (let i = 0; i < length; i++) if ((conditions[i]! & READY) !== 0) places.push(i);
  return places;
}

function sameElements(a: Uint32Array | Uint16Array, b: Uint32Array | Uint16Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
