/** What is said about manifests that were read. */
import { counted } from './counted.js';
import type { LoadedScenario } from './load-scenario.js';
import { tell, type Verbosity } from './terminal.js';

/** Says what the manifests held, and what of it was passed over. */
export function tellManifests({ manifests }: LoadedScenario, verbosity: Verbosity): void {
  if (manifests === undefined) return;
  const { services, pods, podSets, nodes } = manifests.objects;
  const sets = podSets.reduce((sum, set) => sum + set.replicas, 0);
  const counts = [
    counted(services.length, 'Service'),
    counted(pods.length, 'Pod'),
    `${counted(podSets.length, 'workload')} with ${counted(sets, 'replica')}`,
  ];
  if (nodes.length > 0) counts.push(counted(nodes.length, 'Node'));
  tell(`manifests: ${counts.join(', ')}`, verbosity);
  const ignored = [...manifests.ignored].map(([kind, count]) => `${count} ${kind}`).join(', ');
  if (ignored !== '') tell(`manifests: not needed and passed over: ${ignored}`, verbosity);
  for (const note of manifests.notes) tell(`manifests: ${note}`, verbosity);
}
