/**
 * A whole lookup at once, as getaddrinfo in a container does it: an address as it stands, the hosts file, then DNS.
 *
 * Whoever models the time between queries and replies drives `stubLookup` itself; this is for answers that are there at once.
 */
import { familyOf, parseIp, type IpAddress } from '../../net/index.js';
import { glibcLookup } from './glibc-lookup.js';
import { addressesInHosts, type HostsEntry } from './hosts-file.js';
import type { Lookup, LookupOutcome, QueryRound, ReplyFacts } from './lookup-round.js';
import type { DnsQuestion, DnsReply } from './message.js';
import { muslLookup } from './musl-lookup.js';
import type { RecordType } from './record.js';
import type { ResolverSettings } from './resolver-settings.js';

/** What is looked up. */
export interface LookupRequest {
  /** As the program writes it. */
  readonly name: string;
  /** A and AAAA in this order, or one type; addresses as they stand and the hosts file matter to these two alone. */
  readonly types: readonly RecordType[];
  readonly settings: ResolverSettings;
  readonly hosts: readonly HostsEntry[];
  /**
   * Asks a nameserver.
   * @returns its reply as it arrives; undefined where none comes
   */
  readonly ask: (question: DnsQuestion, round: QueryRound, nameserver: number) => DnsReply | undefined;
}

/** Queries sent together, and the reply that counted for each type. */
export interface LookupStep {
  readonly round: QueryRound;
  readonly replies: readonly (DnsReply | undefined)[];
}

/** What a lookup did and found. */
export interface LookupResult {
  readonly outcome: LookupOutcome;
  /** Where the addresses come from. */
  readonly source: 'literal' | 'hosts' | 'dns';
  readonly addresses: readonly IpAddress[];
  readonly steps: readonly LookupStep[];
  /** Queries sent, repetitions and further nameservers included. */
  readonly queries: number;
}

/** A lookup by DNS, to be driven round by round. */
export function stubLookup(name: string, types: readonly RecordType[], settings: ResolverSettings): Lookup {
  return (settings.library === 'glibc' ? glibcLookup : muslLookup)(name, types, settings);
}

/** Looks a name up. */
export function lookUp(request: LookupRequest): LookupResult {
  const { name, types, settings, hosts } = request;
  const families = types.flatMap((type) => (type === 'A' ? 4 : type === 'AAAA' ? 6 : []));
  const literal = families.length === 0 ? undefined : parseIp(name);
  if (literal !== undefined) {
    const isWanted = families.includes(familyOf(literal));
    return without(isWanted ? 'found' : 'no-address', 'literal', isWanted ? [literal] : []);
  }
  const known = addressesInHosts(hosts, name, families);
  if (known.length > 0) return without('found', 'hosts', known);
  const steps: LookupStep[] = [];
  const lookup = stubLookup(name, types, settings);
  let next = lookup.next();
  while (next.done !== true) {
    const step = answered(request, next.value);
    steps.push(step);
    next = lookup.next(step.replies.map((reply) => reply && factsOf(reply)));
  }
  const outcome = next.value;
  const addresses = outcome === 'found' ? addressesIn(steps) : [];
  const queries = steps.reduce((sum, { round }) => sum + round.types.length * round.nameservers.length, 0);
  return { outcome, source: 'dns', addresses, steps, queries };
}

/** What a reply means to a resolver. */
export function factsOf({ rcode, answer, truncated }: DnsReply): ReplyFacts {
  return { rcode, answers: answer.length, truncated };
}

function without(
  outcome: LookupOutcome,
  source: LookupResult['source'],
  addresses: readonly IpAddress[],
): LookupResult {
  return { outcome, source, addresses, steps: [], queries: 0 };
}

/** The first nameserver that answers counts. */
function answered({ ask }: LookupRequest, round: QueryRound): LookupStep {
  const replies = round.types.map((type) => {
    for (const nameserver of round.nameservers) {
      const reply = ask({ name: round.name, type }, round, nameserver);
      if (reply !== undefined) return reply;
    }
    return undefined;
  });
  return { round, replies };
}

/** The addresses of the name that was found: those of its last replies. */
function addressesIn(steps: readonly LookupStep[]): IpAddress[] {
  const last = steps.at(-1)?.round.name;
  const byType = new Map<RecordType, DnsReply>();
  for (const { round, replies } of steps) {
    if (round.name !== last) continue;
    for (const [i, type] of round.types.entries()) {
      const reply = replies[i];
      if (reply !== undefined) byType.set(type, reply);
    }
  }
  return [...byType.values()].flatMap(({ answer }) =>
    answer.flatMap((record) => ('address' in record ? [record.address] : [])),
  );
}
