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

/** Why a request goes where it goes. */
export interface IngressDecision<Backend> {
  /** Host of the rules that were looked at, as they write it: that of the request, `*.` and its suffix, or empty; undefined when none fits. */
  readonly host: string | undefined;
  /** The path that won; undefined when none of that host fits. */
  readonly chosen: IngressPath<Backend> | undefined;
  /** Paths of that host that fit as well, and those that do not, in the order of the rules. */
  readonly alsoFit: readonly IngressPath<Backend>[];
  readonly others: readonly IngressPath<Backend>[];
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
    return this.best(host, path)?.chosen?.backend;
  }

  /** The same decision with what was looked at for it, as `match` takes a request. */
  decide(host: string, path: string): IngressDecision<Backend> {
    const found = this.best(host, path);
    if (found === undefined) return { host: undefined, chosen: undefined, alsoFit: [], others: [] };
    const { key, chosen, paths } = found;
    const asked = pathOf(path);
    const { implementationSpecific } = this.choices;
    const fits = (own: IngressPath<Backend>): boolean => rankOf(own, asked, implementationSpecific) >= 0;
    const rest = paths.filter((own) => own !== chosen);
    return { host: key, chosen, alsoFit: rest.filter(fits), others: rest.filter((own) => !fits(own)) };
  }

  /** Hosts of the rules, as `*.` and a suffix where they are that; empty for every host. */
  hosts(): readonly string[] {
    return [...this.byHost.keys()];
  }

  /** The most specific host that has rules, and what won among its paths; a less specific one only where the choices say so. */
  private best(
    host: string,
    path: string,
  ): { key: string; paths: readonly IngressPath<Backend>[]; chosen: IngressPath<Backend> | undefined } | undefined {
    const asked = pathOf(path);
    let first: ReturnType<IngressMatcher<Backend>['best']>;
    for (const key of hostKeys(host)) {
      const paths = this.byHost.get(key);
      if (paths === undefined) continue;
      const chosen = bestPath(paths, asked, this.choices.implementationSpecific);
      first ??= { key, paths, chosen };
      if (chosen !== undefined) return { key, paths, chosen };
      if (this.choices.onMissingPath === 'default-backend') break;
    }
    return first;
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
    const rank = rankOf(path, asked, implementationSpecific);
    if (rank > bestRank) {
      best = path;
      bestRank = rank;
    }
  }
  return best;
}

/** How well a path fits: -1 not at all, a prefix by its length, an exact one better than all. */
function rankOf(
  { path, pathType }: IngressPath<unknown>,
  asked: string,
  implementationSpecific: 'Exact' | 'Prefix',
): number {
  const isExact = (pathType === 'ImplementationSpecific' ? implementationSpecific : pathType) === 'Exact';
  if (isExact) return path === asked ? Infinity : -1;
  const bare = path.replace(/\/$/, '');
  return asked === bare || asked.startsWith(`${bare}/`) ? bare.length : -1;
}

/** A request's path without query and fragment. */
function pathOf(path: string): string {
  return path.replace(/[?#].*$/s, '') || '/';
}
