/**
 * An address lookup by musl 1.2: name_from_dns_search and __res_msend (src/network/lookup_name.c, res_msend.c).
 *
 * A and AAAA go out at once, to all nameservers at once, and the first answer counts. Only NXDOMAIN goes on to the next search domain: a
 * name without address and a failing server end the lookup. A name with enough dots is never searched for. A failing server is asked again
 * at once, twice as often as there are queries, in each attempt; other refusals count as silence. Measured on the real library (1.2.3)
 * in a network namespace; that a reply that was cut is asked for again over TCP, alone, is from memory (1.2.4 on).
 */
import { fqdn, isSendable } from './domain-name.js';
import { dotsIn, hasRecords, type Lookup, type LookupOutcome } from './lookup-round.js';
import type { QueryRound, ReplyFacts, RoundReplies } from './lookup-round.js';
import type { RecordType } from './record.js';
import type { ResolverSettings } from './resolver-settings.js';

/**
 * Looks a name up.
 * @param types what is asked for at once: A and AAAA in this order, or one type
 */
export function* muslLookup(name: string, types: readonly RecordType[], settings: ResolverSettings): Lookup {
  const isSearched = !name.endsWith('.') && dotsIn(name) < settings.ndots;
  for (const domain of isSearched ? settings.searches : []) {
    const result = yield* askAll(fqdn(`${name}.${domain}`), types, settings);
    if (result !== 'no-such-name') return result;
  }
  return yield* askAll(fqdn(name), types, settings);
}

type Asking = Generator<QueryRound, LookupOutcome, RoundReplies>;

/** One name of all nameservers, until every query is answered or the attempts are used up. */
function* askAll(name: string, types: readonly RecordType[], settings: ResolverSettings): Asking {
  // What cannot be written ends the lookup (an empty label: a dot as search domain).
  if (!isSendable(name)) return 'try-again';
  const everywhere = settings.nameservers.map((_, i) => i);
  const replies = new Map<RecordType, ReplyFacts>();
  for (let attempt = 0; attempt < settings.attempts && replies.size < types.length; attempt++) {
    let waiting = types.filter((type) => !replies.has(type));
    let nameservers: readonly number[] = everywhere;
    let retries = 2 * types.length;
    while (waiting.length > 0) {
      const once = { isSequential: false, ownSockets: false, attempt };
      const came = yield { name, types: waiting, nameservers, protocol: 'udp', ...once };
      const failed: RecordType[] = [];
      for (const [i, type] of waiting.entries()) {
        const reply = came[i];
        if (reply?.rcode === 'NOERROR' || reply?.rcode === 'NXDOMAIN') {
          replies.set(type, reply.truncated ? ((yield* overTcp(name, type, attempt)) ?? reply) : reply);
        } else if (reply?.rcode === 'SERVFAIL') failed.push(type);
      }
      waiting = failed.slice(0, retries);
      retries -= waiting.length;
      // Asked again is the one that failed.
      nameservers = [0];
    }
  }
  return outcomeOf(types.map((type) => replies.get(type)));
}

function* overTcp(
  name: string,
  type: RecordType,
  attempt: number,
): Generator<QueryRound, ReplyFacts | undefined, RoundReplies> {
  const once = { isSequential: false, ownSockets: false, attempt };
  const [reply] = yield { name, types: [type], nameservers: [0], protocol: 'tcp', ...once };
  return reply;
}

function outcomeOf(replies: RoundReplies): LookupOutcome {
  for (const reply of replies) {
    if (reply === undefined) return 'try-again';
    if (reply.rcode === 'NXDOMAIN') return 'no-such-name';
  }
  return replies.some(hasRecords) ? 'found' : 'no-address';
}
