/**
 * What a stub resolver sends, in the two C libraries: each row is what the real library sent to a nameserver that answers so, measured in a
 * network namespace (glibc 2.36, musl 1.2.3); silence alone is read from the source.
 */
import { describe, expect, test } from 'vitest';
import {
  resolverSettings,
  stubLookup,
  type LookupOutcome,
  type Rcode,
  type RecordType,
  type ReplyFacts,
  type ResolverLibrary,
} from '../../../src/kube/index.js';

/** What a nameserver says to each type of a name: a response code, `data`, or nothing. */
type World = Readonly<Record<string, Partial<Record<RecordType, Rcode | 'data' | 'silence'>>>>;

interface Run {
  /** Names with their types, in the order of sending. */
  readonly sent: readonly string[];
  readonly outcome: LookupOutcome;
}

interface Setting {
  readonly library?: ResolverLibrary;
  readonly searches?: readonly string[];
  readonly options?: readonly string[];
  readonly nameservers?: number;
  readonly types?: readonly RecordType[];
}

const SEARCHES = ['one.test', 'two.test'];

function run(name: string, world: World, setting: Setting = {}): Run {
  const {
    library = 'glibc',
    searches = SEARCHES,
    options = ['ndots:2'],
    nameservers = 1,
    types = ['A', 'AAAA'],
  } = setting;
  const addresses = Array.from({ length: nameservers }, (_, i) => `127.0.0.${i + 1}`);
  const lookup = stubLookup(name, types, resolverSettings({ nameservers: addresses, searches, options }, library));
  const sent: string[] = [];
  let next = lookup.next();
  while (next.done !== true) {
    const { name: asked, types: own, protocol, nameservers: servers, isSequential, ownSockets } = next.value;
    const how = `${protocol === 'tcp' ? ' tcp' : ''}${ownSockets ? ' reopened' : isSequential ? ' in turn' : ''}`;
    const where = nameservers > 1 ? ` @${servers.join('+')}` : '';
    sent.push(`${asked} ${own.join('+')}${where}${how}`);
    next = lookup.next(own.map((type) => factsOf(world[asked]?.[type] ?? 'NXDOMAIN', protocol)));
  }
  return { sent, outcome: next.value };
}

function factsOf(answer: Rcode | 'data' | 'silence', protocol: 'udp' | 'tcp'): ReplyFacts | undefined {
  if (answer === 'silence') return undefined;
  const isLarge = answer === 'data' && protocol === 'udp';
  return answer === 'data'
    ? { rcode: 'NOERROR', answers: 1, truncated: isLarge && large }
    : { rcode: answer, answers: 0, truncated: false };
}

let large = false;
const both = (answer: Rcode | 'data' | 'silence') => ({ A: answer, AAAA: answer });
const FOUND = { A: 'data', AAAA: 'NOERROR' } as const;

describe('glibc', () => {
  test.each<[string, string, World, string[], LookupOutcome]>([
    ['finds at once', 'a', { 'a.one.test.': FOUND }, ['a.one.test. A+AAAA'], 'found'],
    [
      'goes on where a name does not exist',
      'a',
      {},
      ['a.one.test. A+AAAA', 'a.two.test. A+AAAA', 'a. A+AAAA'],
      'no-such-name',
    ],
    [
      'goes on where a name has no address',
      'a',
      { 'a.one.test.': both('NOERROR'), 'a.two.test.': FOUND },
      ['a.one.test. A+AAAA', 'a.two.test. A+AAAA'],
      'found',
    ],
    [
      'goes on where the server fails, after a second attempt',
      'a',
      { 'a.one.test.': both('SERVFAIL'), 'a.two.test.': FOUND },
      ['a.one.test. A+AAAA', 'a.one.test. A+AAAA', 'a.two.test. A+AAAA'],
      'found',
    ],
    [
      'ends the search where it is refused, but tries the name as it stands',
      'a',
      { 'a.one.test.': both('REFUSED'), 'a.two.test.': FOUND },
      ['a.one.test. A+AAAA', 'a.one.test. A+AAAA', 'a. A+AAAA'],
      'no-such-name',
    ],
    [
      'the same where its question is not understood, without another attempt',
      'a',
      { 'a.one.test.': both('FORMERR') },
      ['a.one.test. A+AAAA', 'a. A+AAAA'],
      'no-such-name',
    ],
    ['takes one family', 'a', { 'a.one.test.': { A: 'data', AAAA: 'NXDOMAIN' } }, ['a.one.test. A+AAAA'], 'found'],
    [
      'takes what did not fail',
      'a',
      { 'a.one.test.': { A: 'SERVFAIL', AAAA: 'data' } },
      ['a.one.test. A+AAAA'],
      'found',
    ],
    [
      'lets the other answer count where one fails',
      'a',
      { 'a.one.test.': { A: 'NOERROR', AAAA: 'SERVFAIL' }, 'a.two.test.': FOUND },
      ['a.one.test. A+AAAA', 'a.two.test. A+AAAA'],
      'found',
    ],
    [
      'with enough dots tries the name first and searches then',
      'a.b.c',
      { 'a.b.c.two.test.': FOUND },
      ['a.b.c. A+AAAA', 'a.b.c.one.test. A+AAAA', 'a.b.c.two.test. A+AAAA'],
      'found',
    ],
    [
      'says what the name as it stands gave',
      'a.b.c',
      { 'a.b.c.': both('NOERROR') },
      ['a.b.c. A+AAAA', 'a.b.c.one.test. A+AAAA', 'a.b.c.two.test. A+AAAA'],
      'no-address',
    ],
    ['with a dot at the end tries nothing else', 'a.', {}, ['a. A+AAAA'], 'no-such-name'],
  ])('%s', (_, name, world, sent, outcome) => expect(run(name, world)).toEqual({ sent, outcome }));

  test('a failure outweighs names that do not exist, for two families', () => {
    const failing: World = { 'a.one.test.': both('SERVFAIL') };
    expect(run('a', failing, { searches: ['one.test'] }).outcome).toBe('try-again');
    expect(run('a', failing, { searches: ['one.test'], types: ['A'] })).toEqual({
      sent: ['a.one.test. A', 'a.one.test. A', 'a. A'],
      outcome: 'no-such-name',
    });
  });

  test('one nameserver after the other, twice', () => {
    expect(run('a', { 'a.one.test.': both('SERVFAIL') }, { searches: ['one.test'], nameservers: 2 }).sent).toEqual([
      ...['a.one.test. A+AAAA @0', 'a.one.test. A+AAAA @1', 'a.one.test. A+AAAA @0', 'a.one.test. A+AAAA @1'],
      'a. A+AAAA @0',
    ]);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['ndots:0', ['ndots:0'], ['a. A+AAAA', 'a.one.test. A+AAAA', 'a.two.test. A+AAAA']],
    ['no-tld-query', ['no-tld-query'], ['a.one.test. A+AAAA', 'a.two.test. A+AAAA']],
    ['no-aaaa', ['no-aaaa'], ['a.one.test. A', 'a.two.test. A', 'a. A']],
    [
      'single-request',
      ['single-request'],
      ['a.one.test. A+AAAA in turn', 'a.two.test. A+AAAA in turn', 'a. A+AAAA in turn'],
    ],
    ['use-vc', ['use-vc'], ['a.one.test. A+AAAA tcp', 'a.two.test. A+AAAA tcp', 'a. A+AAAA tcp']],
  ])('%s', (_, options, sent) => expect(run('a', {}, { options }).sent).toEqual(sent));

  test('ndots is at most 15', () => {
    const name = 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p';
    expect(run(name, {}, { options: ['ndots:20'] }).sent[0]).toBe(`${name}. A+AAAA`);
  });

  test('the root may be a search domain', () => {
    expect(run('a', {}, { searches: ['one.test', '.'] }).sent).toEqual(['a.one.test. A+AAAA', 'a. A+AAAA']);
  });

  test('one answer that does not come makes it ask in turn, then from two sockets, and then it goes without', () => {
    const deaf: World = { 'a.one.test.': { A: 'data', AAAA: 'silence' } };
    expect(run('a', deaf)).toEqual({
      sent: ['a.one.test. A+AAAA', 'a.one.test. A+AAAA in turn', 'a.one.test. A+AAAA reopened'],
      outcome: 'found',
    });
  });

  test('silence ends the search after all attempts', () => {
    const deaf: World = { 'a.one.test.': both('silence') };
    expect(run('a', deaf, { options: ['attempts:3'] })).toEqual({
      sent: ['a.one.test. A+AAAA', 'a.one.test. A+AAAA', 'a.one.test. A+AAAA', 'a. A+AAAA'],
      outcome: 'no-such-name',
    });
  });

  test('an answer that was cut is asked for again over TCP', () => {
    large = true;
    try {
      expect(run('a', { 'a.one.test.': FOUND }).sent).toEqual(['a.one.test. A+AAAA', 'a.one.test. A+AAAA tcp']);
      const { sent } = run('a', { 'a.one.test.': FOUND }, { library: 'musl' });
      expect(sent).toEqual(['a.one.test. A+AAAA', 'a.one.test. A tcp']);
    } finally {
      large = false;
    }
  });
});

describe('musl', () => {
  const musl = (name: string, world: World, setting: Setting = {}): Run =>
    run(name, world, { library: 'musl', ...setting });
  const times = (text: string, count: number): string[] => Array.from({ length: count }, () => text);

  test.each<[string, string, World, string[], LookupOutcome]>([
    ['finds at once', 'a', { 'a.one.test.': FOUND }, ['a.one.test. A+AAAA'], 'found'],
    [
      'goes on where a name does not exist',
      'a',
      {},
      ['a.one.test. A+AAAA', 'a.two.test. A+AAAA', 'a. A+AAAA'],
      'no-such-name',
    ],
    [
      'stops where a name has no address',
      'a',
      { 'a.one.test.': both('NOERROR') },
      ['a.one.test. A+AAAA'],
      'no-address',
    ],
    [
      'goes on where one family does not exist, though the other does',
      'a',
      { 'a.one.test.': { A: 'data', AAAA: 'NXDOMAIN' }, 'a.two.test.': FOUND },
      ['a.one.test. A+AAAA', 'a.two.test. A+AAAA'],
      'found',
    ],
    ['with enough dots does not search', 'a.b.c', {}, ['a.b.c. A+AAAA'], 'no-such-name'],
    [
      'stops where the server fails',
      'a',
      { 'a.one.test.': both('SERVFAIL') },
      times('a.one.test. A+AAAA', 6),
      'try-again',
    ],
    [
      'stops where the server fails for one family',
      'a',
      { 'a.one.test.': { A: 'data', AAAA: 'SERVFAIL' } },
      ['a.one.test. A+AAAA', ...times('a.one.test. AAAA', 9)],
      'try-again',
    ],
    ['waits where it is refused', 'a', { 'a.one.test.': both('REFUSED') }, times('a.one.test. A+AAAA', 2), 'try-again'],
  ])('%s', (_, name, world, sent, outcome) => expect(musl(name, world)).toEqual({ sent, outcome }));

  test('asks all nameservers at once', () => {
    expect(musl('a', { 'a.one.test.': FOUND }, { nameservers: 2 }).sent).toEqual(['a.one.test. A+AAAA @0+1']);
  });

  test('knows neither no-aaaa nor no-tld-query', () => {
    expect(musl('a', {}, { options: ['no-aaaa', 'no-tld-query'] }).sent).toHaveLength(3);
  });

  test('the root as search domain ends the lookup', () => {
    expect(musl('a', {}, { searches: ['one.test', '.'] })).toEqual({
      sent: ['a.one.test. A+AAAA'],
      outcome: 'try-again',
    });
  });
});
