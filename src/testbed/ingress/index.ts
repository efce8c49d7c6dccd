/** Traffic through Ingresses, in the pods and nodes of a run. */
export { INGRESS_KEY, IngressTraffic, type InFront } from './ingress-traffic.js';
export { outsideProxies } from './outside-proxies.js';
