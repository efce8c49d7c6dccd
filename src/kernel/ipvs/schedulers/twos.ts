/**
 * Power of two choices (net/netfilter/ipvs/ip_vs_twos.c, Linux 6.1): two servers drawn by weight, of which the one of
 * less load / weight is taken, the first drawn on ties.
 *
 * Both draws run from 0 to the sum of the usable weights, that sum included, and a draw belongs to the first server at
 * which the weights summed up reach it: so the first server in the list has one chance more than its weight says. Products
 * are cut off at 32 bits, as the kernel's are. The draws themselves come from the node's random stream. Cost: the
 * kernel walks the list to sum up the weights, and once more up to the later one of the two.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import { loadOf } from './load.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

class PowerOfTwoChoices implements Scheduler {
  private readonly list: ServerList;

  constructor(list: ServerList) {
    this.list = list;
  }

  pick(): number {
    const { order, count, random, work } = this.list;
    const { usableWeight } = this.list.servers;
    const total = this.totalWeight();
    work.add(WorkKind.ipvsServer, count);
    if (total === 0) return NO_SERVER;
    let left = random.below(total + 1);
    let otherLeft = random.below(total + 1);
    let choice = NO_SERVER;
    let other = NO_SERVER;
    let i = count - 1;
    for (; choice < 0 || other < 0; i--) {
      const server = order[i]!;
      const weight = usableWeight[server]!;
      if (weight === 0) continue;
      left -= weight;
      otherLeft -= weight;
      if (left <= 0 && choice < 0) choice = server;
      if (otherLeft <= 0 && other < 0) other = server;
    }
    work.add(WorkKind.ipvsServer, count - 1 - i);
    return this.isLighter(other, choice) ? other : choice;
  }

  listChanged(): void {
    // Holds no state of its own.
  }

  private totalWeight(): number {
    const { order, count } = this.list;
    const { usableWeight } = this.list.servers;
    let total = 0;
    for (let i = 0; i < count; i++) total += usableWeight[order[i]!]!;
    return total;
  }

  private isLighter(server: number, than: number): boolean {
    const { servers, loadActiveFactor } = this.list;
    const { usableWeight } = servers;
    const product = Math.imul(usableWeight[server]!, loadOf(servers, than, loadActiveFactor));
    return product > Math.imul(usableWeight[than]!, loadOf(servers, server, loadActiveFactor));
  }
}

/** `twos`. */
export const powerOfTwoChoices: SchedulerKind = {
  name: 'twos',
  doc: 'Power of two choices: of two servers drawn at random by weight, the one of less load in proportion to its weight.',
  cost: 'linear in the servers of the service',
  flags: [],
  make: (list) => new PowerOfTwoChoices(list),
};
