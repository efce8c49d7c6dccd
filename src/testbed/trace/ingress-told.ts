/** What a trace tells of a request's way through an Ingress: the proxy, the rule that took it, the endpoint, and what the server reads. */
import {
  objectKey,
  type AffinityMode,
  type Ingress,
  type IngressDecision,
  type IngressPath,
  type IngressRoute,
  type PathType,
} from '../../kube/index.js';
import type { IngressOptions } from '../../scenario/case.js';
import type { Place } from './place.js';

/** A path of a rule of an Ingress, or what stands for one. */
export interface TracedRule {
  /** Namespace and name of the Ingress. */
  readonly ingress: string;
  /** Its class; empty for none. */
  readonly className: string;
  /** As the rule has it; empty for every host. */
  readonly host: string;
  readonly path: string;
  readonly pathType: PathType;
  /** Whether it is no rule, but the Ingress's default backend: it takes what no rule of its hosts does. */
  readonly isDefaultBackend: boolean;
}

/** Where a rule sends requests. */
export interface TracedBackend {
  /** Namespace and name of the Service, and its port by number or name. */
  readonly service: string;
  readonly port: string;
  /** Ready endpoints that the proxies know. */
  readonly endpoints: number;
  /** Why there are none, as it follows on the Service's name; empty where there are. */
  readonly without: string;
  /** How sessions hold by cookie; empty where endpoints are taken in turn. */
  readonly affinity: AffinityMode | '';
}

/** An endpoint that a proxy has turned to. */
export interface ProxyTry extends Place {
  /** With the port. */
  readonly address: string;
  readonly result: 'answered' | 'refused' | 'reset' | 'timed out' | 'under way';
}

/** The proxy that took the client's connection. */
export interface TracedProxy extends Place {
  /** Where it was dialled in the end, and the client as it sees it; both with the port. */
  readonly address: string;
  readonly seesClient: string;
}

/** A request's way through an Ingress. */
export interface TracedIngress {
  readonly host: string;
  readonly path: string;
  /** How the proxies are reached. */
  readonly exposure: IngressOptions['exposure'];
  /** The Service that they are behind; empty for those outside of the cluster. */
  readonly service: string;
  /** null when the client did not get to one. */
  readonly proxy: TracedProxy | null;
  /** What takes the request; null for nothing, which is a 404. */
  readonly rule: TracedRule | null;
  /** Paths of the same host that would have fit too, and those that do not. */
  readonly alsoFit: readonly TracedRule[];
  readonly others: readonly TracedRule[];
  /** Paths of the same host that fit and lead to no Service: the controller passes them over. */
  readonly passedOver: readonly TracedRule[];
  readonly backend: TracedBackend | null;
  /** Endpoints in the order in which the proxy has turned to them. */
  readonly tries: readonly ProxyTry[];
  /** What the proxy answered itself: 404, 502, 503 or 504; 0 where an endpoint answered, or nobody. */
  readonly ownAnswer: number;
  /** What an endpoint reads in X-Forwarded-For; empty where none was reached. */
  readonly forwardedFor: string;
}

/** The rules of a decision as they are told. */
export function toldRules({
  chosen,
  alsoFit,
  others,
}: IngressDecision<IngressRoute>): Pick<TracedIngress, 'rule' | 'alsoFit' | 'others'> {
  return {
    rule: chosen === undefined ? null : toldRule(chosen),
    alsoFit: alsoFit.map(toldRule),
    others: others.map(toldRule),
  };
}

/** Namespace and name of an Ingress. */
export function ingressKey({ metadata }: Ingress): string {
  return objectKey(metadata.namespace, metadata.name);
}

/** A path as it is told. */
export function toldRule({ path, pathType, backend }: IngressPath<IngressRoute>): TracedRule {
  const { ingress, host, isDefault } = backend;
  return {
    ingress: ingressKey(ingress),
    className: ingress.className,
    host,
    path,
    pathType,
    isDefaultBackend: isDefault,
  };
}
