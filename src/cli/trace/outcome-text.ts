/** The last line of a trace: what became of the connection. */
import { timeText } from '../../report/index.js';
import type { Stop, Trace } from '../../testbed/index.js';
import { ownAnswerText } from './ingress-text.js';

/** What a client does that hears nothing, by protocol (Linux's defaults: tcp_syn_retries 6). */
const SILENCE: Readonly<Record<string, string>> = {
  tcp: 'the client hears nothing: it would send again after 1 s and give up after 127 s',
  sctp: 'the client hears nothing: it would send again',
  udp: 'the client hears nothing',
};

/** One sentence, without emphasis. */
export function outcomeText({ outcome, protocol, packets, from, to, ingress }: Trace): string {
  const { kind, server, stop, connectNs, answerNs } = outcome;
  const served =
    server === null ? '' : `${server.name} at ${server.address}${server.node === '' ? '' : ` on ${server.node}`}`;
  switch (kind) {
    case 'answered': {
      const handshake = protocol === 'udp' ? '' : `handshake ${timeText(connectNs)}, `;
      const trips = `round trips: ${handshake}request and answer ${timeText(answerNs - connectNs)}`;
      if (ingress !== undefined && ingress.ownAnswer > 0) {
        const name = ingress.proxy?.name ?? '';
        const who = ingress.exposure === 'outside' ? name : `the proxy ${name}`;
        return `answered ${ingress.ownAnswer} by ${who} itself: ${ownAnswerText(ingress)}; ${trips}`;
      }
      return `answered by ${served}, which sees ${server?.seesClient ?? ''}${ingress === undefined ? '' : ', the proxy'}; ${trips}`;
    }
    case 'refused':
    case 'reset':
      return `${kind}: ${stop === null ? closedText(outcome) : stopText(stop, packets)}`;
    case 'lost':
      return `lost: ${stop === null ? 'no answer came' : stopText(stop, packets)}; ${SILENCE[protocol] ?? ''}`;
    case 'no address':
      return `not sent: ${from.name} has no address from which ${to.address} could be reached`;
  }
}

function stopText({ packet, place, words, ipvs, rule }: Stop, packets: Trace['packets']): string {
  const kind = packets.find(({ number }) => number === packet)?.kind ?? '';
  const what = `packet ${packet} (${kind}) reaches ${place}, which ${words}`;
  if (rule === null) return ipvs === '' ? what : `${what}: ${ipvs}`;
  // What an nftables rule is about often stands in the one that leads to it.
  const before = rule.tool === 'nftables' ? rule.reachedBy.at(-1) : undefined;
  const by = before === undefined ? '' : `, reached by "${before}"`;
  return `${what}: rule ${rule.position} of ${rule.chain} in ${rule.tool} ${rule.table}, "${rule.text}"${by}`;
}

function closedText({ relay }: Trace['outcome']): string {
  if (relay === '') return 'the server closes the connection';
  return `kube-proxy's relay on ${relay} takes the connection and closes it again, as it does when nobody is left to dial`;
}
