/** The part of a case that stands in front of Services: ingress controller and load balancer, everything decided and in base units. */

/** A cloud's load balancer: it passes packets on to nodes that pass its health checks, unless more is said. */
export interface LoadBalancerOptions {
  readonly healthIntervalNs: number;
  /** Checks that fail in a row until a node gets no more flows. */
  readonly unhealthyThreshold: number;
  /** Present where it sends to pods and not to nodes, and from a change of slices until it does so. */
  readonly podTargets?: { readonly delayNs: number };
  /** Present where it ends clients' connections and opens its own; version of the PROXY protocol's header that it sends, 0 for none. */
  readonly connections?: { readonly proxyProtocol: 0 | 1 | 2 };
}

/** An ingress controller: proxies in pods that end clients' connections and send each request on to an endpoint's pod. */
export interface IngressOptions {
  /** Class of the Ingresses that it takes; `any` for all. */
  readonly className: string;
  /** Proxies, unless manifests have the Service ingress-nginx/ingress-nginx-controller. */
  readonly replicas: number;
  /** How clients reach them: a node port, a load balancer's address, port 80 of the nodes that they run on, or of machines outside of the cluster. */
  readonly exposure: 'node-port' | 'load-balancer' | 'host-network' | 'outside';
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  /** What a request costs a proxy. */
  readonly serverNs: number;
  /** Requests that a proxy works on at a time. */
  readonly concurrency: number;
  /** Idle connections to endpoints that each proxy keeps; 0: a new one for every request. */
  readonly keepalive: number;
  /** Least time between two syncs with the endpoints. */
  readonly syncIntervalNs: number;
}
