/** Traffic through Ingresses, in the pods and nodes of a run. */
export { INGRESS_KEY, IngressTraffic } from './ingress-traffic.js';
