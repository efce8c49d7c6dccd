/** Names and number texts: pure functions of what a case says. */
import { expect } from 'vitest';
import { servicePortDisplayName } from '../../../src/proxy/service-port.js';
import { probabilityText } from '../../../src/kernel/iptables/probability.js';
import { endpointTextChainName, serviceChainName } from '../../../src/proxy/modes/iptables/chain-name.js';
import { endpointTextNameBase, portNameBase } from '../../../src/proxy/modes/nftables/chain-name.js';
import type { ConformanceCase } from './case-file.js';
import { fieldsOf, knownFields, listOf, textOf, type Fields } from './fields.js';
import { protocolNamed } from './flows.js';

/** What a name is made of. */
interface NameInput {
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
  readonly protocol: number;
  /** As it is written: all of it, its address and its port; undefined for a service's name. */
  readonly endpoint: { readonly text: string; readonly address: string; readonly port: number } | undefined;
}

/** By mode: the name that a mode would give, told which one is asked for. */
const NAMES: Readonly<Record<string, (input: NameInput, expected: string) => string>> = {
  iptables: iptablesName,
  nftables: nftablesName,
};

/** Checks all inputs and probabilities of a case in one mode. */
export function checkNames({ id, fields }: ConformanceCase, mode: string): void {
  const name = NAMES[mode];
  if (name === undefined) throw new Error(`${id}: nothing is known of names in mode ${mode}`);
  const known = ['namespace', 'service', 'port', 'protocol', 'endpoint', 'expect'];
  const inputs = listOf(fields['inputs'], 'inputs').map((input) => knownFields(input, known, 'input'));
  const expected = inputs.map((input) => textOf(input['expect'], 'expect'));
  expect(inputs.map((input, i) => name(inputOf(input), expected[i] ?? ''))).toEqual(expected);
  const probabilities = fieldsOf(fields['probabilities'] ?? {}, 'probabilities');
  expect(Object.fromEntries(Object.keys(probabilities).map((n) => [n, probabilityText(Number(n))]))).toEqual(
    probabilities,
  );
}

function inputOf(input: Fields): NameInput {
  const text = (name: string): string => textOf(input[name], name);
  const isOfEndpoint = input['endpoint'] !== undefined && input['endpoint'] !== null;
  const endpoint = isOfEndpoint ? /^\[?(.*?)\]?:(\d+)$/.exec(text('endpoint')) : undefined;
  if (endpoint === null) throw new Error(`endpoint: ${text('endpoint')}`);
  return {
    namespace: text('namespace'),
    service: text('service'),
    port: text('port'),
    protocol: protocolNamed(text('protocol')),
    endpoint: endpoint && { text: text('endpoint'), address: endpoint[1] ?? '', port: Number(endpoint[2]) },
  };
}

/** The prefix says which of a service port's chains it is. */
function iptablesName({ namespace, service, port, protocol, endpoint }: NameInput, expected: string): string {
  const display = servicePortDisplayName(namespace, service, port);
  if (endpoint !== undefined) return endpointTextChainName(display, protocol, endpoint.text);
  for (const prefix of ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-FW-'] as const) {
    if (expected.startsWith(prefix)) return serviceChainName(prefix, display, protocol);
  }
  throw new Error(`${expected} is no chain of a service`);
}

/** Without the prefix that tells a service port's chains and sets apart. */
function nftablesName({ namespace, service, port, protocol, endpoint }: NameInput): string {
  const named = { namespace, service, portName: port, protocol };
  return endpoint === undefined ? portNameBase(named) : endpointTextNameBase(named, endpoint.address, endpoint.port);
}
