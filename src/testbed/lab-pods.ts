/** Tells which addresses a laboratory takes for pods of its node. */
import type { Store } from '../kube/index.js';
import { inPrefix, type IpAddress } from '../net/index.js';
import { detectorOf, type ProxyOptions } from '../proxy/index.js';

/** The pods of one node, as far as anybody can tell from addresses. */
export class LabPods {
  private readonly store: Store;
  private readonly node: number;
  private readonly options: ProxyOptions;
  private version = -1;
  private readonly endpoints = new Set<IpAddress>();

  /**
   * @param store where slices are
   * @param node what endpoints call the node
   * @param options of the proxy, whose detector may know a range of pods
   */
  constructor(store: Store, node: number, options: ProxyOptions) {
    this.store = store;
    this.node = node;
    this.options = options;
  }

  /** Whether an address is a pod here: an endpoint on the node, or in the range of the proxy's detector. */
  has(address: IpAddress): boolean {
    const detector = detectorOf(this.options, this.node);
    if (detector.kind === 'source' && inPrefix(address, detector.prefix.address, detector.prefix.bits)) return true;
    if (this.version !== this.store.version) this.readEndpoints();
    return this.endpoints.has(address);
  }

  private readEndpoints(): void {
    this.version = this.store.version;
    this.endpoints.clear();
    for (const slice of this.store.list('slice')) {
      for (const { address, node } of slice.endpoints) if (node === this.node) this.endpoints.add(address);
    }
  }
}
