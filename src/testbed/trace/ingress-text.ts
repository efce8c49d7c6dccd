/**
 * What Ingresses are asked for, as people write it: `http://HOST/PATH`, with or without a port, or `ingress:HOST/PATH`, whose host may be missing where
 * Ingresses have one alone. A path is taken as it stands: nothing is decoded, no `..` is resolved, what follows a `?` does not count.
 */
import { CaseError } from '../case-error.js';
import type { IngressAsked } from './request.js';

const HIGHEST_PORT = 65_535;
const SCHEME = /^(http|https|ingress):/i;
/** Host (or nothing), port, and the rest, which is the path. */
const HOST_AND_PATH = /^(\[[^\]\s]*\]|[^/:?#@[\]\s]*)(?::([^/?#]*))?([/?#]\S*)?$/;

/**
 * Reads a target that is a URL.
 * @returns undefined for other kinds of targets
 * @throws CaseError that says what would be accepted
 */
export function readIngressTarget(text: string): IngressAsked | undefined {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const isUrl = /^https?:\/\//i.test(text);
  // A Service may be called "http".
  if (scheme === undefined || (scheme !== 'ingress' && !isUrl)) return undefined;
  const rest = text.slice(isUrl ? scheme.length + 3 : scheme.length + 1);
  if (scheme === 'https') {
    throw new CaseError(`--to: TLS is not simulated, and Ingresses route what is in it alike: name http://${rest}`);
  }
  const [whole, host = '', port, path = '/'] = HOST_AND_PATH.exec(rest) ?? [];
  if (whole === undefined || (isUrl && host === '')) {
    throw new CaseError(`--to: expected http://HOST/PATH or ingress:HOST/PATH, found ${text}`);
  }
  const asked = path.replace(/[?#].*$/s, '') || '/';
  return { kind: 'ingress', host: host.toLowerCase(), port: portOf(text, port), path: asked };
}

function portOf(text: string, port: string | undefined): number {
  if (port === undefined || port === '') return 0;
  const number = /^\d+$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= HIGHEST_PORT) return number;
  throw new CaseError(`--to: expected a port from 1 to ${HIGHEST_PORT}, found ${port} in ${text}`);
}
