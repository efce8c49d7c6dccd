/**
 * kube-proxy's nftables mode: Services become elements of maps and short chains in a table of its own.
 *
 * Mirrors pkg/proxy/nftables/proxier.go (1.34). The table of a revision is compiled once for all nodes, and what nodes choose otherwise
 * is laid over it. Left out: transactions that fail.
 */
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import { invariant, SECOND } from '../../../sim/index.js';
import { parseIp } from '../../../net/index.js';
import { EndpointChoices } from '../../endpoint-choice.js';
import type { ModeRun, ModeSetup, Proxier, ProxyMode, ProxyNode, ProxyOptions } from '../../proxier.js';
import { makeFixedTable, type FixedTable } from './fixed-table.js';
import { NftablesProxier, NOTHING_IN_PLACE } from './nftables-proxier.js';
import { PortChainWriter } from './port-chains.js';
import { PortIdentities } from './port-identities.js';
import { detectorKey, ruleDetector, ruleOptions, type RuleOptions } from './rule-options.js';
import { StaleChainSets } from './stale-chains.js';
import { TableCompiler, type LedgerView } from './table-version.js';
import { VersionCache } from './version-cache.js';

/** The nftables mode, for the list of modes. */
export const nftablesMode: ProxyMode = {
  name: 'nftables',
  doc: 'Maps from addresses and ports to short chains; a first packet costs the same for any number of services.',
  pick: 'at random',
  defaultMinSyncPeriodNs: SECOND,
  forcedSyncPeriodNs: 3600 * SECOND,
  hasScheduler: false,
  start: (setup) => new NftablesRun(setup),
};

/** The mode at work, for one family. */
class NftablesRun implements ModeRun {
  readonly ledger: LedgerView;
  readonly store: NftStore;
  readonly options: ProxyOptions;
  readonly rules: RuleOptions;
  readonly fixed: FixedTable;
  readonly identities: PortIdentities;
  private readonly choices = new EndpointChoices();
  /** By kind of detector: usually one. */
  private readonly caches = new Map<string, VersionCache>();
  private readonly staleSets = new StaleChainSets();
  private readonly proxiers = new Map<number, NftablesProxier>();

  constructor({ ledger, nft, options, family }: ModeSetup) {
    const loopbackV6 = parseIp('::1');
    invariant(loopbackV6 !== undefined, 'loopback-v6', '::1 is an address');
    this.ledger = ledger;
    this.store = nft;
    this.options = options;
    this.rules = ruleOptions(options, family, loopbackV6);
    this.fixed = makeFixedTable(nft, this.rules);
    this.identities = new PortIdentities(nft);
  }

  proxier(node: ProxyNode): Proxier {
    // A second proxier on a node is kube-proxy started again: it knows nothing, but finds what the first one put in place.
    const inPlace = this.proxiers.get(node.index)?.stop() ?? NOTHING_IN_PLACE;
    const { ledger, store, options, rules, fixed, identities, staleSets } = this;
    const setup = { ledger, store, options, rules, fixed, identities, staleSets, cache: this.cacheFor(node) };
    const proxier = new NftablesProxier(setup, node, inPlace);
    this.proxiers.set(node.index, proxier);
    return proxier;
  }

  private cacheFor(node: ProxyNode): VersionCache {
    const detector = ruleDetector(this.options, node);
    const key = detectorKey(detector);
    let cache = this.caches.get(key);
    if (cache === undefined) {
      const writer = new PortChainWriter(this, detector);
      const { ledger, choices, store, fixed } = this;
      cache = new VersionCache(new TableCompiler({ ledger, choices, store, fixed, writer }));
      this.caches.set(key, cache);
    }
    return cache;
  }
}
