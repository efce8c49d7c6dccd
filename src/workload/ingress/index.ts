/** Ingress proxies: what they do with requests and connections, as programs that use sockets. */
export { EndpointChoice } from './endpoint-choice.js';
export {
  IngressProxies,
  ProxyError,
  type AskedFor,
  type ProxyObserver,
  type ProxyParts,
  type ProxySockets,
} from './ingress-proxies.js';
