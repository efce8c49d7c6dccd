/**
 * An address lookup by glibc 2.36: __res_context_search, __res_context_query and __res_context_send (resolv/res_query.c, res_send.c).
 *
 * A and AAAA go out at once from one socket; each name tried has a new one. NXDOMAIN and NODATA go on to the next search domain; so does
 * SERVFAIL, after every nameserver was asked `attempts` times. Any other failure ends the search, but the name is still tried as it stands. A
 * name that was tried as it stands first (enough dots) goes through the search domains afterwards. Where one of two queries
 * fails, the other one's answer counts alone. Measured on the real library in a network namespace, but for silence, which is read:
 * when one of two answers does not come in time, both queries are repeated one after the other, then from two sockets.
 * Left out: HOSTALIASES, rotate, and that a process remembers to ask one after the other.
 */
import { fqdn, isSendable } from './domain-name.js';
import { dotsIn, hasRecords, type Lookup, type LookupOutcome } from './lookup-round.js';
import type { QueryRound, ReplyFacts, RoundReplies } from './lookup-round.js';
import type { RecordType } from './record.js';
import type { ResolverSettings } from './resolver-settings.js';

/** What one name gave. */
type NameResult = 'found' | 'no-such-name' | 'no-data' | 'servfail' | 'silent' | 'failed';

const OUTCOMES: Readonly<Record<NameResult, LookupOutcome>> = {
  found: 'found',
  'no-such-name': 'no-such-name',
  'no-data': 'no-address',
  servfail: 'try-again',
  silent: 'try-again',
  failed: 'failed',
};

/**
 * Looks a name up.
 * @param types what is asked for at once: A and AAAA in this order, or one type
 */
export function* glibcLookup(name: string, types: readonly RecordType[], settings: ResolverSettings): Lookup {
  const asked = settings.noAaaa ? types.filter((type) => type === 'A') : types;
  if (asked.length === 0) return 'no-address';
  const walk = new GlibcNames(asked, settings);
  const isAbsolute = name.endsWith('.');
  const dots = dotsIn(name);
  let first: NameResult | undefined;
  if (isAbsolute || dots >= settings.ndots) {
    first = yield* walk.ask(fqdn(name));
    if (first === 'found' || isAbsolute) return OUTCOMES[first];
  }
  const seen = new Set<NameResult>();
  let hasRoot = false;
  let last: NameResult = first ?? 'no-such-name';
  for (const domain of settings.searches) {
    hasRoot ||= domain === '.';
    last = yield* walk.ask(domain === '.' ? fqdn(name) : fqdn(`${name}.${domain}`));
    if (last === 'found') return 'found';
    seen.add(last);
    if (last === 'silent' || last === 'failed') break;
  }
  const mayBeTop = dots > 0 || settings.searches.length === 0 || !settings.noTldQuery;
  if (mayBeTop && first === undefined && !hasRoot) {
    last = yield* walk.ask(fqdn(name));
    if (last === 'found') return 'found';
  }
  if (first !== undefined) return OUTCOMES[first];
  if (seen.has('no-data')) return 'no-address';
  // With one family alone the last answer decides (measured).
  if (seen.has('servfail') && asked.length > 1) return 'try-again';
  return OUTCOMES[last];
}

/** Asks for one name after the other, and remembers how to ask. */
class GlibcNames {
  private readonly types: readonly RecordType[];
  private readonly settings: ResolverSettings;
  private manner: ResolverSettings['singleRequest'];

  constructor(types: readonly RecordType[], settings: ResolverSettings) {
    this.types = types;
    this.settings = settings;
    this.manner = settings.singleRequest;
  }

  /** All nameservers in turn, `attempts` times, until one answers. */
  *ask(name: string): Generator<QueryRound, NameResult, RoundReplies> {
    if (!isSendable(name)) return 'failed';
    const { attempts, nameservers, tcpOnly } = this.settings;
    let last: NameResult = 'silent';
    for (let attempt = 0; attempt < attempts; attempt++) {
      for (let server = 0; server < nameservers.length; server++) {
        const result = yield* this.askServer({ name, server, attempt, isTcp: tcpOnly });
        if (typeof result === 'object') return result.result;
        last = result;
      }
    }
    return last;
  }

  /** One nameserver, until it has answered or failed; an answer that was cut is asked for again over TCP. */
  private *askServer(ask: ServerAsk): Generator<QueryRound, NameResult | { result: NameResult }, RoundReplies> {
    let { isTcp } = ask;
    for (;;) {
      const replies = yield this.round(ask, isTcp);
      if (!isTcp && replies.some((reply) => reply?.truncated === true)) {
        isTcp = true;
        continue;
      }
      const usable = replies.filter((reply) => reply !== undefined && !isRefusal(reply));
      const isWaiting =
        replies.length > 1 && replies.includes(undefined) && replies.some((reply) => reply !== undefined);
      if (isWaiting && this.manner !== 'reopen') {
        this.manner = this.manner === 'no' ? 'single' : 'reopen';
        continue;
      }
      if (usable.length > 0) return { result: resultOf(usable) };
      const refusal = replies.find((reply) => reply !== undefined);
      return refusal === undefined ? 'silent' : refusal.rcode === 'SERVFAIL' ? 'servfail' : 'failed';
    }
  }

  private round({ name, server, attempt }: ServerAsk, isTcp: boolean): QueryRound {
    const { types, manner } = this;
    const isPair = types.length > 1;
    return {
      name,
      types,
      nameservers: [server],
      protocol: isTcp ? 'tcp' : 'udp',
      isSequential: isPair && manner !== 'no' && !isTcp,
      ownSockets: isPair && manner === 'reopen' && !isTcp,
      attempt,
    };
  }
}

interface ServerAsk {
  readonly name: string;
  readonly server: number;
  readonly attempt: number;
  readonly isTcp: boolean;
}

/** Replies after which the next nameserver is asked. */
function isRefusal({ rcode }: ReplyFacts): boolean {
  return rcode === 'SERVFAIL' || rcode === 'NOTIMP' || rcode === 'REFUSED';
}

function resultOf(replies: readonly (ReplyFacts | undefined)[]): NameResult {
  if (replies.some(hasRecords)) return 'found';
  const rcode = replies.find((reply) => reply?.rcode !== 'NOERROR')?.rcode ?? 'NOERROR';
  return rcode === 'NXDOMAIN' ? 'no-such-name' : rcode === 'NOERROR' ? 'no-data' : 'failed';
}
