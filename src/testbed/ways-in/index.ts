/** What stands between clients outside of the cluster and its nodes: routers and load balancers. */
export { CloudLoadBalancer, type LoadBalancerSetup } from './cloud-load-balancer.js';
export type { ConnectionBalancer } from './connection-balancer.js';
export { EcmpRoutes, type EcmpHashing } from './ecmp-routes.js';
export type { FlowSpread } from './flow-spread.js';
export { addMachine, type OutsideMachine } from './outside-machine.js';
export { PodRoutes } from './pod-routes.js';
export { wayInOf, type WayIn } from './way-in.js';
