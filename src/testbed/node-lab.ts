/**
 * A laboratory of one node: Services and slices in a store, a proxy mode, and packets tried out on what it has programmed.
 *
 * Everything is real but the network around the node: the ledger, the mode, the hooks with conntrack, NAT and rules. No time passes and nothing
 * syncs by itself. Outcomes are read from the packet behind the last hook, never from the ledger. Cost of a probe: that of one packet,
 * and about a microsecond.
 */
import { NftStore, RuleStore } from '../kernel/index.js';
import { SliceIndex, Store, type EndpointSlice, type Node, type Service } from '../kube/index.js';
import { Protocol, type IpFamily } from '../net/index.js';
import {
  Ledger,
  findProxyMode,
  programmedCounts,
  programmedTexts,
  healthCheckNodePorts,
  type LedgerSource,
  type ModeRun,
  type NodeFacts,
  type Proxier,
  type ProgrammedCount,
  type ProgrammedText,
  type ProxyNode,
  type ProxyOptions,
  type ServicePort,
  type SyncReport,
  type ToolInput,
} from '../proxy/index.js';
import { SECOND, invariant } from '../sim/index.js';
import { CaseError } from './case-error.js';
import { chanceSteps } from './chance-steps.js';
import { familyKernel } from './family-kernel.js';
import { outcomeKey, type Exploration, type Flow, type FlowOutcome, type LikelyOutcome } from './flow-outcome.js';
import { LabBench } from './lab-bench.js';
import { LabPods } from './lab-pods.js';
import { LabProber, type ProbeOptions } from './lab-prober.js';

/** What a laboratory is made of. */
export interface NodeLabSetup {
  /** Name in the list of proxy modes. */
  readonly mode: string;
  readonly family: IpFamily;
  /** The node; `index` (default 0) is what endpoints and hints call it. */
  readonly node: Omit<NodeFacts, 'index'> & { readonly index?: number };
  /** kube-proxy's defaults where nothing is said. */
  readonly options?: Partial<ProxyOptions>;
  /** How rules are looked up; default: by index. */
  readonly lookup?: 'walk' | 'index';
  /** A cluster to look at, whose store is used as it is; default: a store of the laboratory's own. */
  readonly source?: LedgerSource;
  /** What the store is given at the start. */
  readonly objects?: {
    readonly nodes?: readonly Node[];
    readonly services?: readonly Service[];
    readonly slices?: readonly EndpointSlice[];
  };
}

/** kube-proxy's defaults for one family, where no cluster CIDR is given. */
export const PROXY_DEFAULTS: ProxyOptions = {
  scheduler: 'rr',
  detector: { kind: 'none' },
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: [],
  localhostNodePorts: true,
  nfacctCounters: false,
  randomFully: true,
  conntrackTcpBeLiberal: false,
  serviceCidrs: [],
  strictArp: false,
  excludeCidrs: [],
  minSyncPeriodNs: SECOND,
  syncPeriodNs: 30 * SECOND,
  burst: 2,
};

/** One node, ready for syncs and probes. */
export class NodeLab {
  /** Services and slices; the ledger follows every write. */
  readonly store: Store;
  readonly ledger: Ledger;
  readonly bench: LabBench;
  /** The node as its proxy sees it, with what it has programmed so far. */
  private readonly parts: ProxyNode;
  private readonly run: ModeRun;
  private readonly prober: LabProber;
  private proxier: Proxier;
  /** Whether a sync is planned and not in place yet. */
  private planned = false;
  /** Health-check node ports that kube-proxy listens on. */
  private healthPorts: readonly number[] = [];

  /**
   * Nothing is in place before the first sync.
   * @throws CaseError when there is no such mode
   */
  constructor(setup: NodeLabSetup) {
    const { family, objects } = setup;
    const mode = findProxyMode(setup.mode);
    if (mode === undefined) throw new CaseError(`there is no proxy mode ${setup.mode}`);
    const options = { ...PROXY_DEFAULTS, minSyncPeriodNs: mode.defaultMinSyncPeriodNs, ...setup.options };
    const facts: NodeFacts = { index: 0, ...setup.node };
    this.store = setup.source?.store ?? new Store();
    for (const node of objects?.nodes ?? []) this.store.put('node', node);
    for (const service of objects?.services ?? []) this.store.put('service', service);
    for (const slice of objects?.slices ?? []) this.store.put('slice', slice);
    this.ledger = new Ledger(setup.source ?? { store: this.store, slices: new SliceIndex(this.store) }, family);
    const stores = { rules: new RuleStore(), nft: new NftStore(), lookup: setup.lookup ?? 'index' };
    this.bench = new LabBench(family, facts, (underlay) => familyKernel(underlay, stores));
    this.parts = { ...facts, ...this.bench.kernel, relay: this.bench.relay };
    this.prober = new LabProber(this.bench, new LabPods(this.store, facts.index, options));
    this.run = mode.start({ family, ledger: this.ledger, rules: stores.rules, nft: stores.nft, options });
    this.proxier = this.run.proxier(this.parts);
  }

  /** The node's kernel with everything that has been synced. */
  get node(): ProxyNode {
    this.settle();
    return this.parts;
  }

  /**
   * Syncs to the newest state of the store.
   * @param full whether everything is to be written anew
   * @returns what the sync writes
   */
  sync({ full = false }: { readonly full?: boolean } = {}): SyncReport {
    this.settle();
    this.planned = true;
    return this.proxier.prepare(this.ledger.revision, this.bench.simulation.now, full);
  }

  /**
   * What the last sync hands to the kernel's tools.
   * @throws InvariantError when anything has been done since
   */
  script(): readonly ToolInput[] {
    invariant(this.planned, 'lab-script', 'the text of a sync is to be asked for right behind the sync');
    return this.proxier.script();
  }

  /** Everything that the proxy has in place, as texts for the kernel's tools. */
  texts(): readonly ProgrammedText[] {
    return programmedTexts(this.node, this.ledger.family, () => this.ports());
  }

  /**
   * Everything that the proxy has in place, counted.
   * @param report of the last sync
   */
  counts(report: SyncReport): readonly ProgrammedCount[] {
    return programmedCounts(this.node, this.ledger.family, report);
  }

  /** Stops kube-proxy and starts it again; what it has programmed stays until its next sync. */
  restart(): void {
    this.settle();
    this.proxier = this.run.proxier(this.parts);
  }

  /** Lets time go by; nothing syncs meanwhile. */
  advance(seconds: number): void {
    this.settle();
    const { simulation } = this.bench;
    simulation.run(simulation.now + seconds * SECOND);
  }

  /**
   * Takes the first packet of a new connection through the node. What it leaves behind (conntrack entry, ip_vs connection, session
   * affinity of its source) is forgotten again unless it is to be kept.
   */
  probe(flow: Flow, options: ProbeOptions = {}): FlowOutcome {
    this.settle();
    return this.prober.probe(flow, options);
  }

  /**
   * Every outcome that a flow may have, and how likely each is: for rules by trying the draws, for ip_vs by asking the scheduler as often as
   * there are servers, from its beginning. Connections of ip_vs that were kept are forgotten.
   */
  explore(flow: Flow): Exploration {
    this.settle();
    const service = this.parts.ipvs.active
      ? this.parts.ipvs.service(flow.protocol, flow.destination, flow.destinationPort)
      : null;
    if (service !== null) return { outcomes: this.exploreServers(flow) };
    const first = this.prober.probe(flow, { draw: 0 });
    if (this.prober.relayed) return { outcomes: this.exploreRelay(flow, first) };
    if (this.prober.drawn === 0) return { outcomes: [{ outcome: first, probability: 1 }] };
    const steps = chanceSteps((draw) => this.prober.probe(flow, { draw }), outcomeKey);
    return { outcomes: steps.map(({ value, probability }) => ({ outcome: value, probability })) };
  }

  private exploreServers(flow: Flow): readonly LikelyOutcome[] {
    const { ipvs } = this.parts;
    ipvs.reset();
    const service = ipvs.service(flow.protocol, flow.destination, flow.destinationPort);
    const tries = Math.max(1, service?.count ?? 1);
    const isPersistent = (service?.definition.persistenceSeconds ?? 0) > 0;
    const found = new Map<string, { outcome: FlowOutcome; count: number }>();
    for (let i = 0; i < tries; i++) {
      const outcome = this.prober.probe(this.prober.fromNextPort(flow, i), { keep: true });
      const entry = found.get(outcomeKey(outcome));
      if (entry === undefined) found.set(outcomeKey(outcome), { outcome, count: 1 });
      else entry.count++;
      // The scheduler goes on where it stands, and the client is a new one each time.
      if (isPersistent) ipvs.connections.clear();
    }
    ipvs.reset();
    for (let i = 0; i < tries; i++) this.prober.forget(this.prober.fromNextPort(flow, i));
    return [...found.values()].map(({ outcome, count }) => ({ outcome, probability: count / tries }));
  }

  /** Relays go round their endpoints in turn: as often as it takes to come back to the first one. */
  private exploreRelay(flow: Flow, first: FlowOutcome): readonly LikelyOutcome[] {
    const outcomes = [first];
    for (let next = this.prober.probe(flow); outcomeKey(next) !== outcomeKey(first); next = this.prober.probe(flow))
      outcomes.push(next);
    return outcomes.map((outcome) => ({ outcome, probability: 1 / outcomes.length }));
  }

  private *ports(): Generator<ServicePort> {
    const { ledger } = this;
    for (const key of ledger.keysAt(ledger.revision)) {
      const port = ledger.portAt(key, ledger.revision);
      if (port !== undefined) yield port;
    }
  }

  /** Puts a planned sync in place. */
  private settle(): void {
    if (!this.planned) return;
    this.planned = false;
    this.proxier.commit();
    const { hosts, host } = this.bench;
    for (const port of this.healthPorts) hosts.unlisten(host, port, Protocol.tcp);
    const { ledger } = this;
    this.healthPorts = [...healthCheckNodePorts(ledger, ledger.revision).values()];
    for (const port of this.healthPorts) hosts.listen(host, port, Protocol.tcp);
  }
}
