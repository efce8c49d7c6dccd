/** The objects of manifests one by one, as their readers give them. */
import type { Service } from '../../kube/api.js';
import type { ReadNode } from './node.js';
import type { ReadPod, ReadPodSet } from './pod.js';
import type { ReadSlice } from './slice.js';

/** Objects as read, before they are put together. */
export interface ReadObjects {
  readonly services: Service[];
  readonly pods: ReadPod[];
  readonly podSets: ReadPodSet[];
  readonly slices: ReadSlice[];
  readonly nodes: ReadNode[];
}
