/**
 * What a C library's resolver makes of `/etc/resolv.conf`: glibc 2.36 (resolv/res_init.c) and musl 1.2 (src/network/resolvconf.c).
 *
 * glibc takes 3 nameservers, any number of search domains, ndots up to 15, attempts up to 5, timeout up to 30 s. musl takes 3
 * nameservers, a search line of at most 255 characters, ndots up to 15, attempts up to 10, timeout up to 60 s, and no other option. Options
 * that change nothing about queries (rotate, inet6, trust-ad and the like) are passed over.
 */
import { parseIp } from '../../net/index.js';
import type { ResolvConf } from './resolv-conf.js';

/** Whose resolver. */
export type ResolverLibrary = 'glibc' | 'musl';

/** A resolver's settings. */
export interface ResolverSettings {
  readonly library: ResolverLibrary;
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  /** Names with fewer dots are tried with the search domains first. */
  readonly ndots: number;
  readonly timeoutSeconds: number;
  /** Rounds over the nameservers before a name is given up. */
  readonly attempts: number;
  /** UDP payload size that queries offer; 0 without EDNS. */
  readonly ednsBytes: number;
  /** Whether every query goes over TCP. */
  readonly tcpOnly: boolean;
  /** `single-request`: A and AAAA one after the other; `reopen`: each on a socket of its own as well. */
  readonly singleRequest: 'no' | 'single' | 'reopen';
  /** Whether AAAA is never asked (glibc 2.36). */
  readonly noAaaa: boolean;
  /** Whether a name without dots is never tried as it stands. */
  readonly noTldQuery: boolean;
}

/** UDP payload size of glibc's queries with EDNS (RESOLV_EDNS_BUFFER_SIZE). */
const EDNS_BYTES = 1200;
const MOST_NAMESERVERS = 3;
const LONGEST_MUSL_SEARCH = 255;

interface Caps {
  readonly attempts: number;
  readonly timeoutSeconds: number;
}

const CAPS: Readonly<Record<ResolverLibrary, Caps>> = {
  glibc: { attempts: 5, timeoutSeconds: 30 },
  musl: { attempts: 10, timeoutSeconds: 60 },
};

/** The settings that a file gives. */
export function resolverSettings(conf: ResolvConf, library: ResolverLibrary = 'glibc'): ResolverSettings {
  const { searches, options } = conf;
  const nameservers = conf.nameservers.filter(isAddress).slice(0, MOST_NAMESERVERS);
  const isGlibc = library === 'glibc';
  const has = (name: string): boolean => isGlibc && options.includes(name);
  const numberOf = (name: string, otherwise: number, most: number): number => {
    const text = options.findLast((option) => option.startsWith(`${name}:`))?.slice(name.length + 1);
    const value = /^\d+/.exec(text ?? '');
    return value === null ? otherwise : Math.min(most, Number(value[0]));
  };
  const caps = CAPS[library];
  const fits = isGlibc || searches.join(' ').length <= LONGEST_MUSL_SEARCH;
  return {
    library,
    nameservers: nameservers.length === 0 ? ['127.0.0.1'] : nameservers,
    searches: fits ? searches : [],
    ndots: numberOf('ndots', 1, 15),
    timeoutSeconds: Math.max(1, numberOf('timeout', 5, caps.timeoutSeconds)),
    attempts: Math.max(1, numberOf('attempts', 2, caps.attempts)),
    ednsBytes: has('edns0') ? EDNS_BYTES : 0,
    tcpOnly: has('use-vc'),
    singleRequest: has('single-request-reopen') ? 'reopen' : has('single-request') ? 'single' : 'no',
    noAaaa: has('no-aaaa'),
    noTldQuery: has('no-tld-query'),
  };
}

/** Both libraries pass over nameservers that are no addresses; one of a link may name its interface. */
function isAddress(nameserver: string): boolean {
  return parseIp(nameserver.replace(/%.+$/, '')) !== undefined;
}
