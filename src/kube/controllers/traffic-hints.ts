/**
 * Hints for spec.trafficDistribution (kubernetes/endpointslice trafficdist, 2026-07).
 *
 * PreferClose and PreferSameZone give every ready endpoint its own zone as a hint, PreferSameNode its node too; endpoints that are not
 * ready are left alone, and one without zone gets no zone hint. A Service without trafficDistribution has no hints: what there is, is taken away. Equal hints
 * are one object. Left out: the annotation topology-mode Auto. Cost: O(endpoints of the Service), where it has or had hints.
 */
import type { Endpoint, EndpointHints, Node, Service } from '../api.js';

/** What an endpoint's hints shall be. */
export type HintRule = (endpoint: Endpoint) => EndpointHints | null;

/** Hints of the nodes of one cluster. */
export class TrafficHints {
  private readonly nodes: readonly Node[];
  private readonly byZone = new Map<string, EndpointHints | null>();
  private readonly byNode: (EndpointHints | undefined)[] = [];

  /** @param nodes by index */
  constructor(nodes: readonly Node[]) {
    this.nodes = nodes;
  }

  /** The rule of a Service. */
  of({ trafficDistribution }: Service): HintRule {
    if (trafficDistribution === '') return () => null;
    const wanted = trafficDistribution === 'PreferSameNode' ? this.nodeHints : this.zoneHints;
    return (endpoint) => (endpoint.ready ? wanted(endpoint.node) : endpoint.hints);
  }

  private readonly zoneHints = (node: number): EndpointHints | null => {
    const zone = this.nodes[node]?.zone ?? '';
    let hints = this.byZone.get(zone);
    if (hints === undefined) {
      hints = zone === '' ? null : { zones: [zone], nodes: [] };
      this.byZone.set(zone, hints);
    }
    return hints;
  };

  private readonly nodeHints = (node: number): EndpointHints | null => {
    if (node < 0) return null;
    return (this.byNode[node] ??= { zones: this.zoneHints(node)?.zones ?? [], nodes: [node] });
  };
}

/**
 * Endpoints with the hints that they shall have.
 * @returns the same list when all have them already
 */
export function withHints(endpoints: readonly Endpoint[], rule: HintRule): readonly Endpoint[] {
  if (!endpoints.some((endpoint) => !sameHints(endpoint.hints, rule(endpoint)))) return endpoints;
  return endpoints.map((endpoint) => {
    const hints = rule(endpoint);
    return sameHints(endpoint.hints, hints) ? endpoint : { ...endpoint, hints };
  });
}

function sameHints(a: EndpointHints | null, b: EndpointHints | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && sameList(a.zones, b.zones) && sameList(a.nodes, b.nodes);
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
