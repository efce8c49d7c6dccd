/** One conformance case at work: its objects in the laboratory, its steps, and what its last sync did. */
import type { ClusterObjects } from '../../../src/kube/index.js';
import { objectKey } from '../../../src/kube/index.js';
import type { IpFamily } from '../../../src/net/index.js';
import type { SyncReport, ToolInput } from '../../../src/proxy/index.js';
import { objectsFrom } from '../../../src/scenario/index.js';
import { NodeLab } from '../../../src/testbed/index.js';
import { fieldsOf, knownFields, listOf, numberOf, textOf, type Fields } from './fields.js';
import { generatedSlices } from './generated-slices.js';
import { nodeSetup, proxySetup, type NodeSetup } from './proxy-setup.js';

/** A mode, and how its rules are looked up. */
export interface Variant {
  readonly mode: string;
  readonly lookup: 'walk' | 'index';
}

/** A kube-proxy does a full sync so long after the last one. */
const FULL_SYNC_SECONDS = 3600;

/** A case in one mode. Nothing is synced before `start`. */
export class CaseWorld {
  readonly lab: NodeLab;
  readonly variant: Variant;
  readonly family: IpFamily;
  readonly node: NodeSetup;
  /** Revision in place before the last sync; 0 before the first. */
  from = 0;
  /** What the last sync wrote. */
  report: SyncReport | undefined;
  /** What it handed to the kernel's tools. */
  scripts: readonly ToolInput[] = [];
  private revision = 0;
  private fullAt = -Infinity;
  private seconds = 0;

  /** Puts the objects in place, and before them what was there already. */
  constructor(fields: Fields, variant: Variant) {
    this.variant = variant;
    const { family, options } = proxySetup(fields['proxy'], variant.mode);
    this.family = family;
    this.node = nodeSetup(fields['node'], family);
    const before = this.read(fields['preexisting']);
    const objects = this.read([...listOf(fields['objects'], 'objects'), ...generatedSlices(fields['generate'])]);
    this.lab = new NodeLab({
      ...variant,
      family,
      node: { ...this.node, zone: objects.nodes[0]?.zone ?? '' },
      options,
      objects: before.services.length + before.slices.length > 0 ? before : objects,
    });
    if (before.services.length + before.slices.length === 0) return;
    this.sync(true);
    this.replace(before, objects);
    this.lab.restart();
    this.from = 0;
    this.revision = 0;
    this.fullAt = -Infinity;
  }

  /**
   * Applies a step: what goes, what comes, and the time that passes; then its sync.
   * @param full whether the sync is to be a full one even if nothing but the case asks for it
   */
  step(fields: Fields, full: boolean): void {
    const { store } = this.lab;
    let relabelled = false;
    for (const value of listOf(fields['delete'], 'delete')) {
      const gone = knownFields(value, ['apiVersion', 'kind', 'namespace', 'name'], 'delete');
      const name = textOf(gone['name'], 'delete.name');
      if (gone['kind'] === 'Node') {
        if (name === this.node.name) relabelled = this.inZone('');
        continue;
      }
      const kind = kindNamed(textOf(gone['kind'], 'delete.kind'));
      const key = objectKey(textOf(gone['namespace'], 'delete.namespace'), name);
      // What is not there is gone already.
      store.remove(kind, key);
    }
    const applied = this.read(fields['apply']);
    for (const service of applied.services) store.put('service', service);
    for (const slice of applied.slices) store.put('slice', slice);
    if (this.relabel(fields['apply'], applied)) relabelled = true;
    const seconds = numberOf(fields['advanceSeconds'] ?? 0, 'advanceSeconds');
    if (seconds > 0) this.lab.advance(seconds);
    this.seconds += seconds;
    this.sync(full || relabelled || this.seconds - this.fullAt >= FULL_SYNC_SECONDS);
  }

  /** Syncs; the first sync is a full one. */
  sync(full: boolean): void {
    const isFull = full || this.revision === 0;
    this.from = this.revision;
    this.report = this.lab.sync({ full: isFull });
    this.scripts = this.lab.script();
    this.revision = this.lab.ledger.revision;
    if (isFull) this.fullAt = this.seconds;
  }

  private read(manifests: unknown): ClusterObjects {
    return objectsFrom(listOf(manifests, 'objects'), { nodeNames: [this.node.name] });
  }

  private replace(before: ClusterObjects, after: ClusterObjects): void {
    const { store } = this.lab;
    for (const kind of ['service', 'slice'] as const) {
      const list =
        kind === 'service' ? ([before.services, after.services] as const) : ([before.slices, after.slices] as const);
      const keys = new Set(list[1].map(({ metadata }) => objectKey(metadata.namespace, metadata.name)));
      for (const { metadata } of list[0]) {
        const key = objectKey(metadata.namespace, metadata.name);
        if (!keys.has(key)) store.remove(kind, key);
      }
    }
    for (const service of after.services) store.put('service', service);
    for (const slice of after.slices) store.put('slice', slice);
  }

  /** The node's own labels may be among what is applied; whether they changed. */
  private relabel(manifests: unknown, { nodes }: ClusterObjects): boolean {
    const named = listOf(manifests, 'apply').map((value) => fieldsOf(value, 'apply'));
    if (
      !named.some(
        (value) => value['kind'] === 'Node' && fieldsOf(value['metadata'], 'metadata')['name'] === this.node.name,
      )
    )
      return false;
    return this.inZone(nodes[0]?.zone ?? '');
  }

  /** Puts the node into a zone; whether it was in another one. */
  private inZone(zone: string): boolean {
    const node = this.lab.node as { zone: string };
    if (node.zone === zone) return false;
    node.zone = zone;
    return true;
  }
}

function kindNamed(name: string): 'service' | 'slice' {
  if (name === 'Service') return 'service';
  if (name === 'EndpointSlice') return 'slice';
  throw new Error(`delete: ${name} cannot be deleted`);
}
