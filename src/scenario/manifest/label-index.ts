/**
 * Which Pods have given labels, and which of them stand for a workload, without looking at every Pod.
 *
 * A Pod stands for a workload that selects it when the workload made it, by its owner: a Deployment through a ReplicaSet of its name and one hash. Of a
 * Pod that says nothing of owners, as lists are that somebody has cut down, the name decides; one of another name is nobody's.
 */
import { isNamedBySet } from '../../kube/set-pod.js';
import type { ObjectMeta } from '../../kube/api.js';
import type { ReadPod } from './pod.js';

type Labels = Readonly<Record<string, string>>;

/** Something with labels; a Pod, where it is one that is listed. */
export interface Labelled {
  readonly namespace: string;
  readonly labels: Labels;
  readonly pod?: ReadPod;
}

/** A workload, as far as its Pods are known by it. */
export interface Workload {
  readonly metadata: ObjectMeta;
  readonly selector: Labels;
}

/** Kinds of workloads. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** Letters of a name before its random end; what is longer is cut off (apiserver pkg/storage/names, maxGeneratedNameLength). */
const MOST_BEFORE_END = 58;

/** Labelled things by namespace and label. */
export class LabelIndex {
  private readonly byLabel = new Map<string, Labelled[]>();
  private readonly byNamespace = new Map<string, Labelled[]>();

  /** @param all what is looked for */
  constructor(all: readonly Labelled[]) {
    for (const own of all) {
      push(this.byNamespace, own.namespace, own);
      for (const [key, value] of Object.entries(own.labels))
        push(this.byLabel, `${own.namespace}/${key}=${value}`, own);
    }
  }

  /** Whether anything has all labels of a selector. An empty selector selects everything in its namespace. */
  has(namespace: string, selector: Labels): boolean {
    return this.some(namespace, selector, () => true);
  }

  /** Whether any Pod is listed that stands for a workload. */
  hasPodOf(workload: Workload, kind: WorkloadKind): boolean {
    const { metadata, selector } = workload;
    return this.some(metadata.namespace, selector, ({ pod }) => pod !== undefined && standsFor(pod, metadata, kind));
  }

  private some(namespace: string, selector: Labels, suits: (own: Labelled) => boolean): boolean {
    const wanted = Object.entries(selector);
    const first = wanted[0];
    const candidates =
      first === undefined ? this.byNamespace.get(namespace) : this.byLabel.get(`${namespace}/${first[0]}=${first[1]}`);
    return (candidates ?? []).some((own) => wanted.every(([key, value]) => own.labels[key] === value) && suits(own));
  }
}

function standsFor({ metadata: { name, labels }, owner }: ReadPod, set: ObjectMeta, kind: WorkloadKind): boolean {
  const hash = labels['pod-template-hash'];
  if (owner === undefined) {
    const start = `${set.name}-${hash ?? ''}-`.slice(0, MOST_BEFORE_END);
    if (kind === 'Deployment' && hash !== undefined && name.startsWith(start)) return true;
    return kind === 'DaemonSet' ? name.startsWith(`${set.name}-`) : isNamedBySet(name, { kind, metadata: set });
  }
  if (owner.kind === kind) return owner.name === set.name;
  if (kind !== 'Deployment' || owner.kind !== 'ReplicaSet' || !owner.name.startsWith(`${set.name}-`)) return false;
  const rest = owner.name.slice(set.name.length + 1);
  return rest === hash || /^[a-z0-9]+$/.test(rest);
}

function push(groups: Map<string, Labelled[]>, key: string, own: Labelled): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [own]);
  else group.push(own);
}
