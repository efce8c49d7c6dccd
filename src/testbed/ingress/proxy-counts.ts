/** Counts what ingress proxies do, from the end of the warm-up on. */
import type { Simulation } from '../../sim/index.js';
import { ProxyError, type ProxyObserver } from '../../workload/index.js';

/** Counts of all proxies of one run. */
export class ProxyCounts implements ProxyObserver {
  /** Requests sent on to endpoints, tries included; connections opened for them; tries of another endpoint. */
  sent = 0;
  opened = 0;
  retries = 0;
  /** What proxies answered themselves. */
  readonly answers = { notFound: 0, badGateway: 0, unavailable: 0, timedOut: 0 };
  private readonly simulation: Simulation;
  private readonly fromNs: number;

  /** @param fromNs end of the warm-up */
  constructor(simulation: Simulation, fromNs: number) {
    this.simulation = simulation;
    this.fromNs = fromNs;
  }

  /** See `ProxyObserver`. */
  dialled(): void {
    if (this.isMeasured) this.opened++;
  }

  /** See `ProxyObserver`. */
  sentOn(): void {
    if (this.isMeasured) this.sent++;
  }

  /** See `ProxyObserver`. */
  triedAgain(): void {
    if (this.isMeasured) this.retries++;
  }

  /** See `ProxyObserver`. */
  refused(status: number): void {
    if (!this.isMeasured) return;
    if (status === ProxyError.notFound) this.answers.notFound++;
    else if (status === ProxyError.badGateway) this.answers.badGateway++;
    else if (status === ProxyError.unavailable) this.answers.unavailable++;
    else this.answers.timedOut++;
  }

  /** Requests that no endpoint answered. */
  get refusals(): number {
    const { notFound, badGateway, unavailable, timedOut } = this.answers;
    return notFound + badGateway + unavailable + timedOut;
  }

  private get isMeasured(): boolean {
    return this.simulation.now >= this.fromNs;
  }
}
