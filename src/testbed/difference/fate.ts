/** What became of a trial, in words that can be compared and read: which endpoints, from whom, refused or dropped. */
import { formatIp, formatIpPort, type IpAddress } from '../../net/index.js';
import type { Exploration } from '../flow-outcome.js';

/** What becomes of a kind of packet. */
export interface Fate {
  readonly kind: 'endpoints' | 'refused' | 'dropped' | 'node' | 'untouched';
  /** Endpoints that it may go to, as text, sorted; empty for the other kinds. */
  readonly endpoints: readonly string[];
  /** Whether the server sees another source than the sender: of no endpoint, of some, or of all. */
  readonly rewritten: 'no' | 'some' | 'all';
  /** Source that the server sees where it is rewritten; several only where endpoints differ. */
  readonly sources: readonly string[];
}

/**
 * Reads the outcomes of a trial.
 * @param source who sends
 */
export function fateOf({ outcomes }: Exploration, source: IpAddress): Fate {
  const endpoints = outcomes.filter(({ outcome }) => outcome.kind === 'endpoint').map(({ outcome }) => outcome);
  const none = { endpoints: [], rewritten: 'no', sources: [] } as const;
  if (endpoints.length === 0) {
    const kind = outcomes[0]?.outcome.kind;
    if (kind === 'reject') return { kind: 'refused', ...none };
    if (kind === 'drop') return { kind: 'dropped', ...none };
    return { kind: kind === 'accept' ? 'node' : 'untouched', ...none };
  }
  const rewritten = endpoints.filter(({ masquerade }) => masquerade);
  return {
    kind: 'endpoints',
    endpoints: [...new Set(endpoints.map(({ address, port }) => formatIpPort(address, port)))].sort(),
    rewritten: rewritten.length === 0 ? 'no' : rewritten.length === endpoints.length ? 'all' : 'some',
    sources: [
      ...new Set(rewritten.map((outcome) => formatIp(outcome.source)).filter((text) => text !== formatIp(source))),
    ],
  };
}

/** Whether two fates are the same for whoever uses the Service. */
export function sameFate(a: Fate, b: Fate): boolean {
  return a.kind === b.kind && a.rewritten === b.rewritten && a.endpoints.join() === b.endpoints.join();
}

/** A fate in a few words, beside another one: where both reach endpoints, what differs is said. */
export function fateText(fate: Fate, other: Fate): string {
  if (fate.kind !== 'endpoints') return FATES[fate.kind];
  const { length } = fate.endpoints;
  const sameEndpoints = other.kind === 'endpoints' && other.endpoints.join() === fate.endpoints.join();
  const reached = sameEndpoints ? 'same endpoints' : `${length} ${length === 1 ? 'endpoint' : 'endpoints'}`;
  const source = { no: 'source kept', some: 'source kept or rewritten', all: 'source rewritten' }[fate.rewritten];
  return `${reached}, ${source}`;
}

const FATES = {
  refused: 'refused',
  dropped: 'dropped in silence',
  node: 'answered by the node',
  untouched: 'left alone by the proxy',
} as const;
