/**
 * When endpoints of UDP ports were there, and when they changed: after such a change kube-proxy looks for stale connections
 * (ConntrackCleanupRequired, pkg/proxy/endpointschangetracker.go, 1.34-era).
 *
 * A change counts when its Service has or had UDP endpoints, by whichever of its slices. Cost: O(slices of the Service) a write, where there are UDP
 * endpoints at all.
 */
import type { EndpointSlice } from '../kube/index.js';
import { hasUdpEndpoints } from './service-map.js';
import { TouchLog } from './touch-log.js';

/** Stands in the log for all Services alike. */
const ANY = 0;

/** UDP endpoints of one family by revision; it is told of the slices that kube-proxy takes. */
export class UdpLog {
  private readonly changed = new TouchLog();
  private slices = 0;
  /** Revisions in which the first UDP slice came or the last one went, by turns, and whether there are any since. */
  private readonly turns: { readonly revision: number; readonly present: boolean }[] = [];

  /**
   * Notes a change of a slice.
   * @param before undefined for a new one
   * @param after undefined for one that is gone
   * @param others gives the Service's slices after the change
   */
  note(
    revision: number,
    before: EndpointSlice | undefined,
    after: EndpointSlice | undefined,
    others: () => readonly EndpointSlice[],
  ): void {
    const had = before !== undefined && hasUdpEndpoints(before);
    const has = after !== undefined && hasUdpEndpoints(after);
    if (had || has || (this.slices > 0 && others().some(hasUdpEndpoints))) this.changed.add(revision, ANY);
    this.slices += (has ? 1 : 0) - (had ? 1 : 0);
    const present = this.slices > 0;
    if (present !== (this.turns[this.turns.length - 1]?.present ?? false)) this.turns.push({ revision, present });
  }

  /** Whether UDP endpoints changed after one revision, up to and including another. */
  changedBetween(from: number, to: number): boolean {
    return this.changed.between(from, to).size > 0;
  }

  /** Whether there were UDP endpoints in a revision. */
  presentAt(revision: number): boolean {
    for (let i = this.turns.length - 1; i >= 0; i--) {
      if (this.turns[i]!.revision <= revision) return this.turns[i]!.present;
    }
    return false;
  }

  /** Drops what only revisions before `revision` need. */
  forgetBefore(revision: number): void {
    this.changed.forgetThrough(revision);
    while (this.turns.length > 1 && this.turns[1]!.revision <= revision) this.turns.shift();
  }
}
