/**
 * What a controller makes of the Ingresses of its class: backends, and which of them a request goes to.
 *
 * Mirrors ingress-nginx (internal/ingress/controller): a backend is a Service's port; an Ingress's default backend takes what none of its
 * rules has of their hosts, or everything if it has no rules; backends that are no Services are passed over. Rules are those at the start of a run.
 * Left out: annotations other than those of cookie affinity, regular expressions and rewrites among them; TLS. Cost: O(paths).
 */
import type { Ingress, IngressBackend } from '../api.js';
import type { AffinityMode } from './cookie-affinity.js';
import { IngressMatcher, type IngressDecision, type IngressPath, type IngressRule } from './ingress-match.js';
import { AFFINITY_ANNOTATION, AFFINITY_MODE_ANNOTATION } from './taken-ingresses.js';

/** Host that a request asks for where a rule takes every host, and the label in place of a wildcard. */
const SOME_HOST = 'www.example';
const SOME_LABEL = 'www';

/** A Service's port to which requests are sent on. */
export interface RoutedBackend {
  readonly namespace: string;
  readonly service: string;
  /** Number or name. */
  readonly port: number | string;
  /** How its sessions hold to endpoints; undefined without cookie affinity. */
  readonly affinity: AffinityMode | undefined;
  /** IP protocol number; TCP when nothing is said. */
  readonly protocol?: number;
}

/** A request as far as Ingresses look at it. */
export interface IngressRequest {
  readonly host: string;
  readonly path: string;
}

/** Where a path of a rule leads, and whose rule it is. */
export interface IngressRoute {
  /** Number of the backend. */
  readonly backend: number;
  readonly ingress: Ingress;
  /** Host of the rule; empty for every host. */
  readonly host: string;
  /** Whether it is no rule, but the Ingress's default backend. */
  readonly isDefault: boolean;
}

/** The routes of one controller. */
export class IngressRoutes {
  readonly backends: readonly RoutedBackend[];
  /** One request for each host and path of the rules, in their order. */
  readonly requests: readonly IngressRequest[];
  /** Hosts of the rules; empty for every host. */
  readonly hosts: readonly string[];
  private readonly matcher: IngressMatcher<IngressRoute>;
  /** Paths whose backends are no Services. */
  private readonly others: IngressMatcher<IngressRoute>;

  /** @param ingresses those that it takes, the oldest first */
  constructor(ingresses: readonly Ingress[]) {
    const backends = new Backends();
    const rules = ingresses.flatMap((own) => rulesOf(own, backends));
    this.backends = backends.list;
    this.matcher = new IngressMatcher(rules);
    this.others = new IngressMatcher(ingresses.flatMap(otherRulesOf));
    this.hosts = this.matcher.hosts();
    const requests = rules.flatMap(({ host, paths }) => paths.map(({ path }) => requestFor(host, path)));
    this.requests = [...new Map(requests.map((own) => [`${own.host} ${own.path}`, own])).values()];
  }

  /** Number of a request's backend; -1 when nobody has it, which is answered with 404. */
  backendOf({ host, path }: IngressRequest): number {
    return this.matcher.match(host, path)?.backend ?? -1;
  }

  /** How a request's backend is found. */
  decide({ host, path }: IngressRequest): IngressDecision<IngressRoute> {
    return this.matcher.decide(host, path);
  }

  /** Paths of the request's host that fit it, the best first, and are passed over because they lead to no Service. */
  passedOver({ host, path }: IngressRequest): readonly IngressPath<IngressRoute>[] {
    const { chosen, alsoFit } = this.others.decide(host, path);
    return chosen === undefined ? [] : [chosen, ...alsoFit];
  }
}

/** The rules whose backends are no Services, which nobody stands for. */
function otherRulesOf(ingress: Ingress): IngressRule<IngressRoute>[] {
  return ingress.rules.map(({ host, paths }) => ({
    host,
    paths: paths.flatMap(({ path, pathType, backend }) => {
      return backend === null ? [{ path, pathType, backend: { backend: -1, ingress, host, isDefault: false } }] : [];
    }),
  }));
}

/** Numbers backends. */
class Backends {
  readonly list: RoutedBackend[] = [];
  private readonly numbers = new Map<string, number>();

  number(ingress: Ingress, { service, port }: IngressBackend): number {
    const { namespace } = ingress.metadata;
    const affinity = affinityOf(ingress);
    const key = [namespace, service, port, affinity ?? ''].join(' ');
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.list.length);
    return this.list.push({ namespace, service, port, affinity }) - 1;
  }
}

function affinityOf({ metadata: { annotations = {} } }: Ingress): AffinityMode | undefined {
  if (annotations[AFFINITY_ANNOTATION] !== 'cookie') return undefined;
  return annotations[AFFINITY_MODE_ANNOTATION] === 'persistent' ? 'persistent' : 'balanced';
}

function rulesOf(ingress: Ingress, backends: Backends): IngressRule<IngressRoute>[] {
  const { rules, defaultBackend } = ingress;
  const routed = rules.map(({ host, paths }) => ({
    host,
    paths: paths.flatMap(({ path, pathType, backend }) => {
      if (backend === null) return [];
      const number = backends.number(ingress, backend);
      return [{ path, pathType, backend: { backend: number, ingress, host, isDefault: false } }];
    }),
  }));
  if (!defaultBackend) return routed;
  const number = backends.number(ingress, defaultBackend);
  const hosts = rules.length === 0 ? [''] : [...new Set(rules.map(({ host }) => host))];
  const rest = hosts.map((host) => {
    const backend = { backend: number, ingress, host, isDefault: true };
    return { host, paths: [{ path: '/', pathType: 'Prefix' as const, backend }] };
  });
  return [...routed, ...rest];
}

function requestFor(host: string, path: string): IngressRequest {
  const asked = host === '' ? SOME_HOST : host.replace(/^\*/, SOME_LABEL);
  return { host: asked, path: path === '' ? '/' : path };
}
