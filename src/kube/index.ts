/** The cluster as data and control loops: objects, store, addresses, controllers, and the cluster that holds them. */
export type {
  ClusterObjects,
  ContainerPort,
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
  Node,
  ObjectMeta,
  Pod,
  PodSet,
  ProtocolNumber,
  Service,
  ServicePortSpec,
  TrafficPolicy,
} from './api.js';
export { SERVICE_DEFAULTS } from './api.js';
export { Cluster } from './cluster.js';
export { addressIn } from './api.js';
export type { ClusterSetup } from './cluster-setup.js';
export { ClusterError } from './cluster-error.js';
export {
  EndpointSliceController,
  type EndpointSliceSetup,
  type SliceWriteCounts,
} from './controllers/endpoint-slice.js';
export { reconcileSlices, type SliceReconcileInput, type SliceWrites } from './controllers/slice-reconcile.js';
export { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from './controllers/slice-labels.js';
export { DesiredEndpoints, type EndpointGroup } from './controllers/desired-endpoints.js';
export { SelectorIndex } from './controllers/selector-index.js';
export type { PodListener, PodTiming, RollingUpdate } from './controllers/pod-set.js';
export { formatCidr, type Cidr } from './address-range.js';
export { PodNetwork, type PodIps } from './pod-network.js';
export { madeUpObjects, MADE_UP_NAMESPACE, MADE_UP_PORT, MADE_UP_TARGET_PORT } from './made-up.js';
export { PodAddresses, type PodAddressPlan } from './pod-addresses.js';
export { SliceIndex } from './slice-index.js';
export { Store, objectKey, type Kind, type ObjectsByKind, type WatchEvent, type WatchListener } from './store.js';
