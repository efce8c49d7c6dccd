/**
 * What a scenario names but does not say: Kubernetes objects, kube-proxy's configuration and a cost profile. A scenario may also
 * hold them itself, as the expanded scenario of a stored run does.
 */
import type { CostProfile } from '../kernel/cost.js';
import type { ClusterObjects } from '../kube/api.js';
import { child, placeOf, plain, type Located } from './located.js';
import { objectsIn } from './manifest/raw-object.js';
import { readRawObjects } from './manifest/read.js';
import type { ManifestContent } from './manifest/read.js';
import type { ScenarioDocument } from './parse.js';
import { InputError } from './problem.js';
import { embeddedProfile } from './profile.js';
import { proxyConfiguration, type ProxyConfiguration } from './proxy-configuration.js';

/** What the scenario's text only names. */
export interface Supplies {
  /** Objects of the manifests; null for made-up services. */
  readonly objects: ClusterObjects | null;
  readonly profile: CostProfile;
  /** kube-proxy's configuration, which stands between defaults and what the scenario writes; undefined for none. */
  readonly configuration?: ProxyConfiguration | undefined;
  /** Fields of `cluster` that the objects speak for, which stand between defaults and configuration. */
  readonly networks?: Located | undefined;
}

/** The cost profile that a scenario holds itself, or undefined. @throws InputError with every problem */
export function ownProfile(document: ScenarioDocument): CostProfile | undefined {
  return embeddedProfile(document.spec, document.file);
}

/** The Kubernetes objects that a scenario holds itself (`cluster.objects`), or undefined. @throws InputError with every problem */
export function ownObjects(document: ScenarioDocument): ManifestContent | undefined {
  const tree = child(child(document.spec, 'cluster'), 'objects');
  if (tree === undefined) return undefined;
  const place = tree.place ?? { file: document.file, line: 1, column: 1 };
  if (tree.kind !== 'list') {
    throw new InputError([{ place, field: 'spec.cluster.objects', message: 'expected a list of Kubernetes objects' }]);
  }
  return readRawObjects(
    tree.items.flatMap((item) => objectsIn(plain(item), (path, atKey) => placeOf(item, path, atKey) ?? place)),
  );
}

/**
 * kube-proxy's configuration that a scenario holds itself (`proxyConfiguration`), or undefined.
 * @throws InputError with every problem
 */
export function ownConfiguration(document: ScenarioDocument): ProxyConfiguration | undefined {
  const tree = child(document.spec, 'proxyConfiguration');
  if (tree === undefined || document.proxyConfiguration !== undefined) return undefined;
  const start = tree.place ?? { file: document.file, line: 1, column: 1 };
  const field = 'spec.proxyConfiguration';
  if (tree.kind !== 'map') {
    const message = 'expected a path, or a KubeProxyConfiguration';
    throw new InputError([{ place: start, field, message }]);
  }
  return proxyConfiguration({
    value: plain(tree),
    field,
    place: (path, atKey) => placeOf(tree, path, atKey) ?? start,
  });
}
