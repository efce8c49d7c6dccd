/** What to bear in mind when reading the figures of the traffic: whom they leave out, and where they mean something of their own. */
import type { CaseView } from './case-view.js';
import { listText } from './wording.js';
import {
  NOTEWORTHY,
  endsAtIngress,
  errorShare,
  isFlattered,
  passesBalancer,
  shareText,
  totalOf,
  unansweredShare,
} from './outcome.js';
import { modesOf, sideOf } from './setting.js';

/** Notes for below the table of traffic, one sentence each. */
export function trafficNotes(views: readonly CaseView[]): string[] {
  return [...relayNote(views), ...proxyNotes(views), ...errorNote(views), ...answeredNote(views)];
}

/** Where proxies relay connections, a connection has two legs. */
function relayNote(views: readonly CaseView[]): string[] {
  const modes = modesOf(views).filter((mode) => totalOf(sideOf(views, mode).cases, 'connections_relayed') > 0);
  if (modes.length === 0) return [];
  return [
    `In ${listText(modes)} mode connect is the handshake with the proxy; path, 1st packet and CPU include the proxy's own connection to the endpoint.`,
  ];
}

/** Where an ingress proxy or a load balancer ends clients' connections, what is measured of their beginning means something of its own. */
function proxyNotes(views: readonly CaseView[]): string[] {
  const notes = [
    [endsAtIngress, 'Through an Ingress connect is the handshake with its proxy, and the 1st packet ends there.'],
    [
      passesBalancer,
      'Where a load balancer ends connections, connect is the handshake with it; path, 1st packet and CPU include its own connection onwards.',
    ],
  ] as const;
  return notes.flatMap(([isSo, note]) => (views.some(isSo) ? [note] : []));
}

/** Latencies have in them what proxies answered themselves. */
function errorNote(views: readonly CaseView[]): string[] {
  const [most, ...others] = views
    .filter((view) => errorShare(view) > NOTEWORTHY)
    .sort((a, b) => errorShare(b) - errorShare(a));
  if (most === undefined) return [];
  const cases = others.length === 0 ? '1 case' : `${others.length + 1} cases`;
  const upTo = others.length === 0 ? '' : 'up to ';
  const share = `${upTo}${shareText(errorShare(most))}, ${most.caseId}`;
  return [
    `Latencies include answers that are errors of ingress proxies: in ${cases} more than 1 % of the answers are (${share}).`,
  ];
}

/** Latencies lack requests that were not answered. */
function answeredNote(views: readonly CaseView[]): string[] {
  const [most, ...others] = views.filter(isFlattered).sort((a, b) => unansweredShare(b) - unansweredShare(a));
  if (most === undefined) return [];
  const cases = others.length === 0 ? '1 case' : `${others.length + 1} cases`;
  const upTo = others.length === 0 ? '' : 'up to ';
  const share = `${upTo}${shareText(unansweredShare(most))}, ${most.caseId}`;
  return [`Latencies are of answered requests only: in ${cases} more than 1 % were not answered (${share}).`];
}
