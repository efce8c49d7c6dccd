/**
 * Addresses of pods in every family of the cluster: a pod has one of each, given out and given back together.
 *
 * Each family has its own subnets and its own turn (host-local keeps its ranges apart), so that the two addresses of a pod need not have
 * the same number. Cost: that of `PodAddresses`, for each family.
 */
import type { IpAddress, IpFamily } from '../net/index.js';
import { addressIn, type Pod } from './api.js';
import type { PodAddresses } from './pod-addresses.js';

/** Addresses of one pod, the primary one first. */
export type PodIps = Pick<Pod, 'ip' | 'secondIp'>;

/** Gives pods their addresses. */
export class PodNetwork {
  /** By family, the cluster's primary one first. */
  private readonly pools: readonly PodAddresses[];

  /** @param pools one for each family of the cluster, the primary one first; one or two */
  constructor(pools: readonly PodAddresses[]) {
    this.pools = pools;
  }

  /** Pod addresses of a family, or undefined when the cluster does not have it. */
  of(family: IpFamily): PodAddresses | undefined {
    return this.pools.find((pool) => pool.family === family);
  }

  /** Pods that fit on one node. */
  get perNode(): number {
    return Math.min(...this.pools.map((pool) => pool.perNode));
  }

  /** Pods that a node has room for. */
  free(node: number): number {
    let least = Infinity;
    for (const pool of this.pools) least = Math.min(least, pool.free(node));
    return least;
  }

  /**
   * Takes the addresses that a pod already has, and gives it those that it lacks.
   * @returns its addresses; undefined when none of them is free in the node's subnets
   * @throws ClusterError when the node's subnets are used up
   */
  take(node: number, pod: PodIps): PodIps | undefined {
    const kept = this.pools.map((pool): IpAddress | undefined => {
      const own = addressIn(pod, pool.family);
      return own !== 0 && pool.take(node, own) ? own : undefined;
    });
    if (kept.every((own) => own === undefined)) return undefined;
    const [ip = 0, secondIp = 0] = this.pools.map((pool, i) => kept[i] ?? pool.next(node));
    return { ip, secondIp };
  }

  /**
   * The next free addresses of a node.
   * @throws ClusterError when a subnet of the node is used up
   */
  next(node: number): PodIps {
    const [first, second] = this.pools;
    return { ip: first?.next(node) ?? 0, secondIp: second?.next(node) ?? 0 };
  }

  /** Gives a pod's addresses back; those that are not in use are passed over. */
  release({ ip, secondIp }: PodIps): void {
    for (const pool of this.pools) {
      pool.release(ip);
      if (secondIp !== 0) pool.release(secondIp);
    }
  }

  /**
   * Refuses more pods than there are addresses left.
   * @throws ClusterError that says how many fit and what would do
   */
  checkRoom(pods: number): void {
    for (const pool of this.pools) pool.checkRoom(pods);
  }
}
