/**
 * The ends of a trace as people write them: `NAMESPACE/POD`, `node:NAME` and addresses; `NAMESPACE/SERVICE:PORT`, `IP:PORT`, `node:NAME:PORT`, with
 * a protocol behind them; `http://HOST/PATH` or `ingress:HOST/PATH`.
 *
 * Whether there is such a thing in the cluster is another question (`ends.ts`). A name without a namespace is in `default`.
 */
import { Protocol, parseIp } from '../../net/index.js';
import { didYouMean } from '../../scenario/index.js';
import { CaseError } from '../case-error.js';
import { readIngressTarget } from './ingress-text.js';
import type { SourceName, TargetName } from './request.js';

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', Protocol.tcp],
  ['udp', Protocol.udp],
  ['sctp', Protocol.sctp],
]);

const SOURCES = 'NAMESPACE/POD, pod:NAMESPACE/POD, node:NAME or an address';
const TARGETS =
  'NAMESPACE/SERVICE:PORT, IP:PORT, [IPV6]:PORT or node:NAME:PORT, with /tcp, /udp or /sctp behind it, or http://HOST/PATH';
const HIGHEST_PORT = 65_535;
/** What stands before the last colon outside of brackets, the port behind it, and the protocol. */
const WITH_PORT = /^(.+):([^:/[\]]+)(?:\/([^/:]*))?$/;

/**
 * Reads who connects.
 * @param text as given; undefined for any pod
 * @throws CaseError that says what would be accepted
 */
export function readSource(text: string | undefined): SourceName {
  if (text === undefined) return { kind: 'any pod' };
  const address = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return { kind: 'address', address };
  if (text.startsWith('node:') && text.length > 5) return { kind: 'node', name: text.slice(5) };
  const name = namespaced(text.replace(/^pod:/, ''));
  if (name !== undefined) return { kind: 'pod', ...name };
  throw new CaseError(`--from: expected ${SOURCES}, found ${text}`);
}

/**
 * Reads what is dialled.
 * @throws CaseError that says what would be accepted
 */
export function readTarget(text: string): TargetName {
  const asked = readIngressTarget(text);
  if (asked !== undefined) return asked;
  const whole = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
  if (whole !== undefined) throw new CaseError(`--to: ${text} lacks a port, as in ${withPort(text)}`);
  const [, head, port = '', suffix] = WITH_PORT.exec(text) ?? [];
  const protocol = protocolOf(suffix);
  if (head === undefined) return serviceNamed(text, text, '', 0);
  if (head === 'node') throw new CaseError(`--to: ${text} lacks a port, as in node:${port}:30080`);
  const address = parseIp(head.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined)
    return { kind: 'address', address, port: portOf(text, port), protocol: protocol || Protocol.tcp };
  if (head.startsWith('node:')) {
    return { kind: 'node', name: head.slice(5), port: portOf(text, port), protocol: protocol || Protocol.tcp };
  }
  return serviceNamed(text, head, port, protocol);
}

function serviceNamed(text: string, service: string, port: string, protocol: number): TargetName {
  const name = namespaced(service);
  if (name === undefined) throw new CaseError(`--to: expected ${TARGETS}, found ${text}`);
  return { kind: 'service', ...name, port, protocol };
}

function namespaced(text: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace = 'default', name = ''] = /^(?:([^/:\s]+)\/)?([^/:\s]+)$/.exec(text) ?? [];
  return name === '' ? undefined : { namespace, name };
}

/** 0 where none is given. */
function protocolOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const known = PROTOCOLS.get(text.toLowerCase());
  if (known !== undefined) return known;
  throw new CaseError(
    `--to: expected tcp, udp or sctp behind the port, found ${text}${didYouMean(text, PROTOCOLS.keys())}`,
  );
}

function portOf(text: string, port: string): number {
  const number = /^\d+$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= HIGHEST_PORT) return number;
  throw new CaseError(`--to: expected a port from 1 to ${HIGHEST_PORT}, found ${port} in ${text}`);
}

function withPort(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]:80` : `${address}:80`;
}
