/** What a container of a cluster finds when it starts: environment variables of Services, resolver file, hosts file. */
import { resolvConfText, type Cluster, type EnvironmentVariable, type ResolvConf } from '../../kube/index.js';
import { askerName, askerOf } from './asker.js';
import { DiscoveryLab } from './discovery-lab.js';
import { outsideWorld } from './outside-world.js';

/** The texts. */
export interface ContainerReport {
  readonly from: string;
  readonly variables: readonly EnvironmentVariable[];
  readonly resolvConf: string;
  /** Empty where it is not known which Pod. */
  readonly hosts: string;
  /** What is assumed, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * The texts of a Pod's containers, or of those of some Pod of a namespace.
 * @param from NAMESPACE/POD or NAMESPACE
 * @param hostResolvConf the nodes' own resolver file; undefined for a made-up one
 * @throws CaseError when there is no such Pod
 */
export function reportContainer(
  cluster: Cluster,
  from: string,
  hostResolvConf: ResolvConf | undefined,
): ContainerReport {
  const lab = new DiscoveryLab(cluster, { upstream: outsideWorld([]), hostResolvConf });
  const asker = askerOf(cluster.store, from);
  const { events, ...conf } = lab.resolvConf(asker);
  return {
    from: askerName(asker),
    variables: lab.variables(asker),
    resolvConf: resolvConfText(conf),
    hosts: lab.hostsText(asker),
    notes: [
      ...lab.notesFor(asker),
      ...apiServerNotes(cluster),
      ...events.map(({ reason, message }) => `${reason}: ${message}`),
    ],
  };
}

/** Every real cluster has this Service, and manifests seldom do. */
function apiServerNotes({ store }: Cluster): string[] {
  if (store.get('service', 'default/kubernetes') !== undefined) return [];
  return ['no Service default/kubernetes: the variables that every container has of it are missing'];
}
