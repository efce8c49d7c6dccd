/**
 * The whole input of a run as one scenario file: defaults filled in, seeds listed, objects of manifests and cost profile
 * inside. Running that file repeats the run, also under later versions with other defaults.
 */
import { stringify } from 'yaml';
import { withDefaults } from './expand.js';
import type { Scenario } from './expand.js';
import { child, emptyMap, located, mergedAt, plain, replaceNode, without } from './located.js';
import { manifestsOf } from './manifest/write.js';
import type { ScenarioDocument } from './parse.js';
import { profileDocument } from './profile.js';
import type { Supplies } from './supplies.js';

/** What was chosen from the scenario for one run. */
export interface Chosen {
  readonly scenario: Scenario;
  /** Whether cases were left out; then the text names those that were not. */
  readonly filtered: boolean;
}

/**
 * Writes the expanded scenario.
 * @returns YAML, the same for the same input
 */
export function expandedText(document: ScenarioDocument, supplies: Supplies, { scenario, filtered }: Chosen): string {
  let spec = replaceNode(
    withDefaults(document.spec, supplies.configuration),
    ['run', 'seeds'],
    located(scenario.seeds, null),
  );
  if (supplies.objects !== null) {
    const cluster = child(spec, 'cluster') ?? emptyMap(null);
    spec = replaceNode(spec, ['cluster'], without(without(cluster, 'manifests'), 'objects'));
    spec = mergedAt(spec, ['cluster', 'objects'], located(manifestsOf(supplies.objects), null), null);
  }
  spec = without(without(spec, 'only'), 'proxyConfiguration');
  const { configuration } = supplies;
  if (configuration !== undefined) {
    spec = mergedAt(spec, ['proxyConfiguration'], located(configuration.source, null), null);
  }
  // A run of some cases of a run of some cases names its cases too.
  if (filtered || child(document.spec, 'only') !== undefined)
    spec = mergedAt(
      spec,
      ['only'],
      located(
        scenario.cases.map((item) => item.id),
        null,
      ),
      null,
    );
  spec = replaceNode(spec, ['profile'], profileDocument(supplies.profile));
  const whole = { apiVersion: 'kpb/v1alpha1', kind: 'Scenario', metadata: { name: document.name }, spec: plain(spec) };
  return stringify(whole, { lineWidth: 0, aliasDuplicateObjects: false });
}
