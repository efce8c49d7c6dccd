/** What is said about manifests that were read. */
import { withoutEndpoints, type ManifestContent } from '../scenario/index.js';
import { counted } from './counted.js';
import { tell, type Verbosity } from './terminal.js';

/** Says what the manifests held, and what of it was passed over. */
export function tellManifests(
  { manifests }: { readonly manifests: ManifestContent | undefined },
  verbosity: Verbosity,
): void {
  if (manifests === undefined) return;
  const { services, pods, podSets, nodes, ingresses = [] } = manifests.objects;
  const sets = podSets.reduce((sum, set) => sum + set.replicas, 0);
  const counts = [
    counted(services.length, 'Service'),
    counted(pods.length, 'Pod'),
    `${counted(podSets.length, 'workload')} with ${counted(sets, 'replica')}`,
  ];
  if (nodes.length > 0) counts.push(counted(nodes.length, 'Node'));
  if (ingresses.length > 0) counts.push(`${ingresses.length} Ingress${ingresses.length === 1 ? '' : 'es'}`);
  tell(`manifests: ${counts.join(', ')}`, verbosity);
  const ignored = [...manifests.ignored].map(([kind, count]) => `${count} ${kind}`).join(', ');
  if (ignored !== '') tell(`manifests: not needed and passed over: ${ignored}`, verbosity);
  for (const note of manifests.notes) tell(`manifests: ${note}`, verbosity);
  const lacks = withoutEndpoints(manifests.objects);
  if (lacks.length === 0) return;
  const most = verbosity.verbose ? lacks.length : MOST_NAMED;
  const named = lacks.slice(0, most).map(({ service, reason }) => `${service} (${reason})`);
  if (lacks.length > most) named.push(`and ${lacks.length - most} more (-v shows all)`);
  const have = lacks.length === 1 ? 'has' : 'have';
  tell(`${counted(lacks.length, 'Service')} ${have} no endpoints: ${named.join(', ')}`, verbosity);
}

/** Services without endpoints that are named unless all are asked for. */
const MOST_NAMED = 3;
