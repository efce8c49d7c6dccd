/** The cluster as data and control loops: objects, store, addresses, controllers, and the cluster that holds them. */
export type {
  ClusterObjects,
  ContainerPort,
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
  Ingress,
  IngressBackend,
  IngressClass,
  Node,
  ObjectMeta,
  OtherSlice,
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
export type { Addresses, EndpointAddress, EndpointAddresses, Endpoints } from './endpoints-object.js';
export { EndpointSliceController, type EndpointSliceSetup } from './controllers/endpoint-slice.js';
export type { SliceWriteCounts } from './controllers/slice-writer.js';
export type { ControllerPace } from './controllers/controller-pace.js';
export type { RateLimit } from './controllers/token-bucket.js';
export { TOPOLOGY_ANNOTATIONS } from './controllers/topology-hints.js';
export { WatchFanout, type FanoutCounts, type GivenSizes, type ObjectSizes } from './watch-fanout.js';
export type { SizeContext } from './object-size.js';
export { endpointsJsonBytes, sliceJsonBytes } from './object-json.js';
export { reconcileSlices, type SliceReconcileInput, type SliceWrites } from './controllers/slice-reconcile.js';
export { HEADLESS_LABEL, MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from './controllers/slice-labels.js';
export { DesiredEndpoints, type EndpointGroup } from './controllers/desired-endpoints.js';
export { SelectorIndex } from './controllers/selector-index.js';
export type { ReadinessProbe } from './controllers/readiness-probes.js';
export type { PodListener, PodTiming, RollingUpdate, SuddenReplacement } from './controllers/pod-lives.js';
export { formatCidr, type Cidr } from './address-range.js';
export { PodNetwork, type PodIps } from './pod-network.js';
export { madeUpObjects, MADE_UP_NAMESPACE, MADE_UP_PORT, MADE_UP_TARGET_PORT } from './made-up.js';
export { PodAddresses, type PodAddressPlan } from './pod-addresses.js';
export { SliceIndex } from './slice-index.js';
export { Store, objectKey, type Kind, type ObjectsByKind, type WatchEvent, type WatchListener } from './store.js';
export * from './discovery.js';
export {
  MIRRORED_BY,
  mirrorEndpoints,
  type EndpointsSubset,
  type MirroredEndpoint,
  type MirroredSlice,
} from './controllers/mirroring.js';
export { dnsLabelProblems } from './validation/names.js';
export { errorBody, type FieldError, type FieldPath } from './validation/field-error.js';
export { REVIEWED_KINDS, reviewErrors, type Review, type ReviewedKind } from './validation/review.js';
export { writtenNodePortErrors } from './allocation/written-node-ports.js';
export { admitService } from './allocation/admit-service.js';
export { ServiceAllocators, type Allocation } from './allocation/service-allocators.js';
