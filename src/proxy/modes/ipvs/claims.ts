/**
 * Which service port has a virtual server where several want the same one (an external address and port in two Services, say).
 *
 * kube-proxy goes through its services in the random order of a Go map, and the last one wins; here the one with the greatest key does.
 * Cost: O(1) a claim.
 */
import { KeyMap } from '../../../kernel/ipvs/key-map.js';
import type { IpAddress } from '../../../net/index.js';

/** No service port. */
export const NO_CLAIM = -1;

/** Claims of service ports on virtual servers. */
export class Claims {
  private readonly rows = new KeyMap();
  /** By row: the service port that has it, or `NO_CLAIM`. */
  private readonly owners: number[] = [];
  /** Service ports that want it too. */
  private readonly others = new Map<number, number[]>();

  /**
   * A service port wants a virtual server.
   * @returns whether it has it now
   */
  claim(protocol: number, address: IpAddress, port: number, key: number): boolean {
    const row = this.row(protocol, address, port);
    const owner = this.owners[row]!;
    if (owner === key) return true;
    if (owner === NO_CLAIM) {
      this.owners[row] = key;
      return true;
    }
    const others = (this.others.get(row) ?? []).filter((other) => other !== key);
    this.others.set(row, [...others, Math.min(owner, key)]);
    this.owners[row] = Math.max(owner, key);
    return key > owner;
  }

  /**
   * A service port wants a virtual server no more.
   * @returns who has it now: the same as before, another one, or `NO_CLAIM`; and whether that changed
   */
  drop(protocol: number, address: IpAddress, port: number, key: number): { owner: number; changed: boolean } {
    const row = this.row(protocol, address, port);
    const others = (this.others.get(row) ?? []).filter((other) => other !== key);
    const owner = this.owners[row]!;
    const changed = owner === key;
    const next = changed ? others.reduce((best, other) => Math.max(best, other), NO_CLAIM) : owner;
    this.owners[row] = next;
    const left = others.filter((other) => other !== next);
    if (left.length > 0) this.others.set(row, left);
    else this.others.delete(row);
    return { owner: next, changed };
  }

  private row(protocol: number, address: IpAddress, port: number): number {
    const upper = (protocol << 16) | port;
    const known = this.rows.get(upper, address);
    if (known >= 0) return known;
    const row = this.owners.length;
    this.rows.set(upper, address, row);
    this.owners.push(NO_CLAIM);
    return row;
  }
}
