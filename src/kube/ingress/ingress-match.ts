/**
 * Which backend an Ingress sends a request to: hosts and paths of networking.k8s.io/v1, matched as KEP-1453 has it.
 *
 * A host is precise, `*.` and a suffix (exactly one label more), or empty for all; the most specific one that fits is taken. Exact paths are
 * compared letter by letter, prefixes element by element without regard to a slash at their end. Exact wins over Prefix, a longer prefix
 * over a shorter one, and among equals the first. Cost: O(rules of the host).
 */

/** How a path is compared. */
export type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific';

/** One path of a rule. */
export interface IngressPath<Backend> {
  /** Empty only with ImplementationSpecific: all. */
  readonly path: string;
  readonly pathType: PathType;
  readonly backend: Backend;
}

/** Paths of a host. */
export interface IngressRule<Backend> {
  /** Empty: every host. */
  readonly host: string;
  readonly paths: readonly IngressPath<Backend>[];
}

/** What the API leaves to the controller. */
export interface IngressChoices {
  /** What ImplementationSpecific means: ingress-nginx takes it as a prefix. */
  readonly implementationSpecific: 'Exact' | 'Prefix';
  /**
   * Where a request goes whose host has rules, none of which has its path: to the default backend, as with ingress-nginx, whose
   * hosts are servers of their own; or to the rules of a less specific host.
   */
  readonly onMissingPath: 'default-backend' | 'less-specific-host';
}

/** As ingress-nginx chooses. */
export const INGRESS_NGINX_CHOICES: IngressChoices = {
  implementationSpecific: 'Prefix',
  onMissingPath: 'default-backend',
};

/** The rules of one controller, of all its Ingresses, the oldest first. */
export class IngressMatcher<Backend> {
  private readonly byHost = new Map<string, IngressPath<Backend>[]>();
  private readonly choices: IngressChoices;

  /** @param rules rules of one host may occur several times; their paths add up */
  constructor(rules: readonly IngressRule<Backend>[], choices: IngressChoices = INGRESS_NGINX_CHOICES) {
    this.choices = choices;
    for (const { host, paths } of rules) {
      const key = host.toLowerCase();
      const known = this.byHost.get(key);
      if (known === undefined) this.byHost.set(key, [...paths]);
      else known.push(...paths);
    }
  }

  /**
   * The backend of a request.
   * @param host value of the Host header, with or without a port
   * @param path path of the request; a query behind it does not count
   * @returns undefined for the default backend, or 404 where there is none
   */
  match(host: string, path: string): Backend | undefined {
    const asked = path.replace(/[?#].*$/s, '');
    for (const key of hostKeys(host)) {
      const paths = this.byHost.get(key);
      if (paths === undefined) continue;
      const found = bestPath(paths, asked === '' ? '/' : asked, this.choices.implementationSpecific);
      if (found !== undefined || this.choices.onMissingPath === 'default-backend') return found?.backend;
    }
    return undefined;
  }
}

/** The hosts of rules that a host fits, the most specific one first. */
function hostKeys(host: string): readonly string[] {
  const bare = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  const dot = bare.indexOf('.');
  // A wildcard needs a label in its place, and a suffix behind.
  return dot > 0 ? [bare, `*${bare.slice(dot)}`, ''] : [bare, ''];
}

function bestPath<Backend>(
  paths: readonly IngressPath<Backend>[],
  asked: string,
  implementationSpecific: 'Exact' | 'Prefix',
): IngressPath<Backend> | undefined {
  let best: IngressPath<Backend> | undefined;
  let bestRank = -1;
  for (const path of paths) {
    const isExact = (path.pathType === 'ImplementationSpecific' ? implementationSpecific : path.pathType) === 'Exact';
    const bare = path.path.replace(/\/$/, '');
    const fits = isExact ? path.path === asked : asked === bare || asked.startsWith(`${bare}/`);
    const rank = isExact ? Infinity : bare.length;
    if (fits && rank > bestRank) {
      best = path;
      bestRank = rank;
    }
  }
  return best;
}
