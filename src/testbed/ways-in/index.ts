/** What stands between clients outside of the cluster and its nodes: routers and load balancers. */
export { CloudLoadBalancer, type LoadBalancerSetup } from './cloud-load-balancer.js';
export { EcmpRoutes, type FlowSpread } from './flow-spread.js';
