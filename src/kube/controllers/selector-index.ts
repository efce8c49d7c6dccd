/**
 * Which pods a Service selects, and which Services select a pod.
 *
 * Pods are grouped by namespace and labels, since the pods of one Deployment have the same ones; selectors are matched with
 * groups, not pods. A Service and a group meet through one label of the selector, its first, so that neither side looks at
 * all of the other. An empty selector selects nothing, as the API treats it. Follows the store by watches. Cost: O(pods with
 * the same labels) a write of a pod, by a search for its record.
 */
import type { Pod, Service } from '../api.js';
import { objectKey, type Store } from '../store.js';

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** The pods of one namespace that have the same labels. */
interface PodGroup {
  readonly namespace: string;
  readonly labels: Labels;
  /** Keys and pods in parallel: a map for each group would take more memory than the pods themselves. */
  readonly keys: string[];
  readonly pods: Pod[];
  /** Keys of the Services that select them; undefined when a Service changed since. */
  services: readonly string[] | undefined;
}

interface Selection {
  /** Key of the Service. */
  readonly service: string;
  readonly selector: Labels;
}

interface Meeting {
  readonly groups: PodGroup[];
  readonly selections: Selection[];
}

/** Matches Services with pods. */
export class SelectorIndex {
  /** By namespace and one label. */
  private readonly meetings = new Map<string, Meeting>();
  private readonly groups = new Map<string, PodGroup>();
  /** Pods made from one template share their labels object: the group by identity, when the namespace fits. */
  private readonly recent = new WeakMap<Labels, PodGroup>();

  /** @param store what to follow; what it holds already is taken in */
  constructor(store: Store) {
    for (const [key, pod] of store.entries('pod')) put(this.groupOf(pod), key, pod, undefined);
    for (const [key, service] of store.entries('service')) this.enter(key, service);
    store.watch('pod', ({ type, key, object, previous }) => {
      const group = this.groupOf(object);
      const before = previous === undefined ? undefined : this.groupOf(previous);
      if (previous !== undefined && before !== undefined && before !== group) remove(before, previous);
      if (type === 'deleted') remove(group, object);
      else put(group, key, object, before === group ? previous : undefined);
    });
    store.watch('service', ({ type, key, object, previous }) => {
      if (type === 'deleted') this.leave(key, object);
      else if (previous === undefined) this.enter(key, object);
      else if (!sameLabels(previous.selector ?? {}, object.selector ?? {})) {
        this.leave(key, previous);
        this.enter(key, object);
      }
    });
  }

  /**
   * Calls `visit` with every pod of a namespace that has all labels of a selector, group by group in order of creation.
   * @param selector labels; none select nothing
   */
  forEachPod(namespace: string, selector: Labels, visit: (pod: Pod, key: string) => void): void {
    const first = firstLabel(selector);
    if (first === undefined) return;
    for (const group of this.meetings.get(`${namespace}/${first}`)?.groups ?? []) {
      if (!selects(selector, group.labels)) continue;
      for (let i = 0; i < group.pods.length; i++) visit(group.pods[i]!, group.keys[i]!);
    }
  }

  /** Whether any pod of a namespace has all labels of a selector. */
  hasPods(namespace: string, selector: Labels): boolean {
    const first = firstLabel(selector);
    const groups = first === undefined ? [] : (this.meetings.get(`${namespace}/${first}`)?.groups ?? []);
    return groups.some((group) => group.pods.length > 0 && selects(selector, group.labels));
  }

  /** Keys of the Services that select a pod, each once, in an order fixed by the labels and the order of creation. */
  servicesOf(pod: Pod): readonly string[] {
    const group = this.groupOf(pod);
    return (group.services ??= this.match(group));
  }

  private match(group: PodGroup): readonly string[] {
    const found: string[] = [];
    for (const label of labelTexts(group.labels)) {
      for (const { service, selector } of this.meetings.get(`${group.namespace}/${label}`)?.selections ?? []) {
        if (selects(selector, group.labels)) found.push(service);
      }
    }
    return found;
  }

  private enter(key: string, service: Service): void {
    this.meet(service, (selections, selector) => selections.push({ service: key, selector }));
  }

  private leave(key: string, service: Service): void {
    this.meet(service, (selections) => {
      const at = selections.findIndex((selection) => selection.service === key);
      if (at >= 0) selections.splice(at, 1);
    });
  }

  private meet(service: Service, change: (selections: Selection[], selector: Labels) => void): void {
    const selector = service.selector ?? {};
    const first = firstLabel(selector);
    if (first === undefined) return;
    const meeting = this.meetingOf(service.metadata.namespace, first);
    change(meeting.selections, selector);
    for (const group of meeting.groups) group.services = undefined;
  }

  private meetingOf(namespace: string, label: string): Meeting {
    const key = `${namespace}/${label}`;
    let meeting = this.meetings.get(key);
    if (meeting === undefined) {
      meeting = { groups: [], selections: [] };
      this.meetings.set(key, meeting);
    }
    return meeting;
  }

  private groupOf(pod: Pod): PodGroup {
    const { namespace, labels } = pod.metadata;
    const recent = this.recent.get(labels);
    if (recent?.namespace === namespace) return recent;
    const texts = labelTexts(labels);
    const key = objectKey(namespace, texts.join(','));
    let group = this.groups.get(key);
    if (group === undefined) {
      group = { namespace, labels, keys: [], pods: [], services: undefined };
      this.groups.set(key, group);
      for (const text of texts) this.meetingOf(namespace, text).groups.push(group);
    }
    this.recent.set(labels, group);
    return group;
  }
}

/** Puts a pod into a group: in the place of what it was `before` there, else at the end. */
function put(group: PodGroup, key: string, pod: Pod, before: Pod | undefined): void {
  const at = before === undefined ? -1 : group.pods.indexOf(before);
  if (at >= 0) group.pods[at] = pod;
  else {
    group.keys.push(key);
    group.pods.push(pod);
  }
}

function remove(group: PodGroup, pod: Pod): void {
  const at = group.pods.indexOf(pod);
  if (at < 0) return;
  group.keys.splice(at, 1);
  group.pods.splice(at, 1);
}

/** Whether labels hold all pairs of a selector. */
export function selects(selector: Labels, labels: Labels): boolean {
  for (const name in selector) if (labels[name] !== selector[name]) return false;
  return true;
}

/** Whether two label sets hold the same pairs. */
export function sameLabels(a: Labels, b: Labels): boolean {
  return a === b || (Object.keys(a).length === Object.keys(b).length && selects(a, b));
}

function labelTexts(labels: Labels): string[] {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]!}`);
}

function firstLabel(selector: Labels): string | undefined {
  for (const name in selector) return `${name}=${selector[name]!}`;
  return undefined;
}
