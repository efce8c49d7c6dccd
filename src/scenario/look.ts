/**
 * A cluster to look at: the cases of a scenario in the mode that is asked for, with the networks that its objects speak for, and without
 * the checks that only traffic needs.
 */
import type { ClusterObjects } from '../kube/api.js';
import { formatIpPrefix } from '../net/index.js';
import type { ClusterOptions } from './case.js';
import { DEFAULT_SPEC } from './defaults.js';
import { expandScenario, type Look, type Scenario } from './expand.js';
import { subnetLength } from './given-addresses.js';
import { child, located, plain, type Located } from './located.js';
import { readPrefix } from './manifest/ip-text.js';
import { outsideTexts, rangeField, takenRanges, takenText, type UsedRange } from './network-ranges.js';
import type { ScenarioDocument } from './parse.js';
import type { Supplies } from './supplies.js';
import { partSet } from './variant.js';

/** A cluster to look at, and what is to be said of it. */
export interface LookedAt {
  /** Cases that were written for the mode come first. */
  readonly scenario: Scenario;
  /** Networks that were taken from the objects, and addresses that lie outside, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Expands a scenario for looking at its cluster.
 * @throws InputError as `expandScenario` does
 */
export function expandToLook(document: ScenarioDocument, supplies: Supplies, look: Look): LookedAt {
  const { objects } = supplies;
  if (objects === null) return { scenario: expandScenario(document, supplies, look), notes: [] };
  const written = writtenNetworks(document, supplies);
  const taken = takenRanges(objects, rangesBefore(written));
  const fields: Record<string, string> = {};
  for (const { use, family, range } of taken) fields[rangeField(use, family)] = formatIpPrefix(range);
  for (const [family, field] of SUBNETS) {
    const length = subnetLength(objects, family);
    if (length !== undefined && !written.has(field)) fields[field] = `/${length}`;
  }
  const scenario = expandScenario(document, { ...supplies, networks: located({ cluster: fields }, null) }, look);
  const cluster = scenario.cases[0]?.cluster;
  const outside = cluster === undefined ? [] : outsideOf(objects, cluster);
  return { scenario, notes: [...taken.map(takenText), ...outside] };
}

const FAMILIES = [4, 6] as const;
const USES = ['service', 'node', 'pod'] as const;
const SUBNETS = [
  [4, 'nodeSubnet'],
  [6, 'nodeSubnet6'],
] as const;

/** The fields of `cluster` that kube-proxy's configuration or the scenario sets, or varies. */
function writtenNetworks({ spec }: ScenarioDocument, { configuration }: Supplies): ReadonlyMap<string, unknown> {
  const written = new Map<string, unknown>();
  const add = (tree: Located | undefined): void => {
    if (tree?.kind === 'map') for (const [name, { value }] of tree.entries) written.set(name, plain(value));
  };
  // The networks are the same in every mode.
  add(child(configuration?.settings(DEFAULT_SPEC.proxy.mode), 'cluster'));
  add(child(spec, 'cluster'));
  const matrix = child(spec, 'matrix');
  for (const [path, { value }] of matrix?.kind === 'map' ? matrix.entries : []) {
    if (path.startsWith('cluster.')) written.set(path.slice('cluster.'.length), undefined);
    for (const item of value.kind === 'list' ? value.items : []) {
      const set = partSet(path, item, 'cluster');
      for (const name of set?.kind === 'map' ? set.entries.keys() : []) written.set(name, undefined);
    }
  }
  return written;
}

function rangesBefore(written: ReadonlyMap<string, unknown>): (UsedRange & { readonly isWritten: boolean })[] {
  const defaults: Readonly<Record<string, unknown>> = DEFAULT_SPEC.cluster;
  return FAMILIES.flatMap((family) =>
    USES.flatMap((use) => {
      const field = rangeField(use, family);
      // What cannot be read is refused when the scenario is expanded.
      const range = readPrefix(written.get(field) ?? defaults[field]);
      return range === undefined ? [] : [{ use, family, range, isWritten: written.has(field) }];
    }),
  );
}

function outsideOf(objects: ClusterObjects, cluster: ClusterOptions): readonly string[] {
  const { podCidr, podCidr6, nodeCidr, nodeCidr6, serviceCidr, serviceCidr6 } = cluster;
  const ranges = {
    4: { pod: podCidr, node: nodeCidr, service: serviceCidr },
    6: { pod: podCidr6, node: nodeCidr6, service: serviceCidr6 },
  };
  return outsideTexts(
    objects,
    cluster.ipFamilies.flatMap((family) => USES.map((use) => ({ use, family, range: ranges[family][use] }))),
  );
}
