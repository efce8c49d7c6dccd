/**
 * Hints for spec.trafficDistribution (kubernetes/endpointslice trafficdist, 2026-07).
 *
 * PreferClose and PreferSameZone give every ready endpoint its own zone as a hint, PreferSameNode its node too; endpoints that are not
 * ready are left alone, and one without zone gets no zone hint. A Service without trafficDistribution has no hints: what there is, is taken away. Equal hints
 * are one object. Cost: O(endpoints of the Service), where it has or had hints.
 */
import type { Endpoint, EndpointHints, Service } from '../api.js';

/** What an endpoint's hints shall be. */
export type HintRule = (endpoint: Endpoint) => EndpointHints | null;

const NO_HINTS: HintRule = () => null;

/** Hints of the nodes of one cluster. */
export class TrafficHints {
  private readonly nodeZone: (node: number) => string;
  private readonly preferSame: boolean;
  private readonly byZone = new Map<string, EndpointHints | null>();
  private readonly byNode: (EndpointHints | undefined)[] = [];

  /**
   * @param nodeZone zone of the node of an index; empty for none
   * @param preferSame feature gate PreferSameTrafficDistribution; without it PreferSameZone and PreferSameNode mean nothing
   */
  constructor(nodeZone: (node: number) => string, preferSame = true) {
    this.nodeZone = nodeZone;
    this.preferSame = preferSame;
  }

  /** The rule of a Service. */
  of({ trafficDistribution }: Service): HintRule {
    if (trafficDistribution === '') return NO_HINTS;
    if (trafficDistribution !== 'PreferClose' && !this.preferSame) return NO_HINTS;
    const wanted = trafficDistribution === 'PreferSameNode' ? this.nodeHints : this.zoneHints;
    return (endpoint) => (endpoint.ready ? wanted(endpoint.node) : endpoint.hints);
  }

  /** Zone of an endpoint; empty for none. */
  zoneOf({ node }: Endpoint): string {
    return this.nodeZone(node);
  }

  /** Hints that name one zone; null for none. */
  forZone(zone: string): EndpointHints | null {
    let hints = this.byZone.get(zone);
    if (hints === undefined) {
      hints = zone === '' ? null : { zones: [zone], nodes: [] };
      this.byZone.set(zone, hints);
    }
    return hints;
  }

  private readonly zoneHints = (node: number): EndpointHints | null => this.forZone(this.nodeZone(node));

  private readonly nodeHints = (node: number): EndpointHints | null => {
    if (node < 0) return null;
    const zone = this.nodeZone(node);
    const known = this.byNode[node];
    if (known !== undefined && (known.zones[0] ?? '') === zone) return known;
    return (this.byNode[node] = { zones: this.forZone(zone)?.zones ?? [], nodes: [node] });
  };
}

/** Whether a rule gives no endpoint any hints. */
export function givesNone(rule: HintRule): boolean {
  return rule === NO_HINTS;
}

/**
 * Endpoints with the hints that they shall have.
 * @returns the same list when all have them already
 */
export function withHints(endpoints: readonly Endpoint[], rule: HintRule): readonly Endpoint[] {
  if (!hintsDiffer(endpoints, rule)) return endpoints;
  return endpoints.map((endpoint) => {
    const hints = rule(endpoint);
    return sameHints(endpoint.hints, hints) ? endpoint : { ...endpoint, hints };
  });
}

/** Whether any endpoint lacks the hints that it shall have. */
export function hintsDiffer(endpoints: readonly Endpoint[], rule: HintRule): boolean {
  return endpoints.some((endpoint) => !sameHints(endpoint.hints, rule(endpoint)));
}

function sameHints(a: EndpointHints | null, b: EndpointHints | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && sameList(a.zones, b.zones) && sameList(a.nodes, b.nodes);
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
