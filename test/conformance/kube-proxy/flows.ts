/** Flows: what becomes of the first packet of a connection, in every mode alike. */
import { expect } from 'vitest';
import { Protocol, formatIpPort } from '../../../src/net/index.js';
import type { Exploration, Flow } from '../../../src/testbed/index.js';
import type { CaseWorld } from './case-world.js';
import type { Expectation } from './expectation.js';
import { flagOf, knownFields, listOf, numberOf, textOf, textsOf, type Fields } from './fields.js';
import { addressOf } from './proxy-setup.js';

const FIELDS = ['name', 'source', 'destination', 'destinationPort', 'protocol', 'modes', 'derived', 'expect'];
const WORDS: Readonly<Record<string, string>> = { REJECT: 'reject', DROP: 'drop', ACCEPT: 'accept', none: 'none' };
/** Modes that choose an endpoint by a draw, each with the same probability. */
const UNIFORM = ['iptables', 'nftables'];

/** A flow of a case or step. */
export interface CaseFlow extends Flow {
  readonly name: string;
  /** What is expected of it. */
  readonly expect: unknown;
}

/** The flows of a case or step in a mode. */
export function flowsIn(holder: Fields, mode: string): CaseFlow[] {
  return listOf(holder['flows'], 'flows')
    .map((flow) => knownFields(flow, FIELDS, 'flow'))
    .filter((flow) => flow['modes'] === undefined || textsOf(flow['modes'], 'flow.modes').includes(mode))
    .map((flow) => {
      const name = textOf(flow['name'], 'flow.name');
      return {
        name,
        source: addressOf(textOf(flow['source'], `${name} source`)),
        destination: addressOf(textOf(flow['destination'], `${name} destination`)),
        destinationPort: numberOf(flow['destinationPort'], `${name} destinationPort`),
        protocol: protocolNamed(textOf(flow['protocol'], `${name} protocol`)),
        expect: flow['expect'],
      };
    });
}

/** All flows of a case or step. */
export const flowsExpectation: Expectation = {
  field: 'flows',
  check(world, _value, holder) {
    const results = flowsIn(holder, world.variant.mode).map(({ name, expect: value, ...flow }) => {
      const wanted = knownFields(value, ['outcome', 'masquerade'], `${name} expect`);
      const outcome = textOf(wanted['outcome'], `${name} outcome`);
      const masquerade = flagOf(wanted['masquerade'], `${name} masquerade`, false);
      const found = foundText(name, world, world.lab.explore(flow));
      return { wanted: wantedText(name, outcome, masquerade), found };
    });
    expect(results.map(({ found }) => found)).toEqual(results.map(({ wanted }) => wanted));
  },
};

/** A protocol's number. */
export function protocolNamed(name: string): number {
  const number = { TCP: Protocol.tcp, UDP: Protocol.udp, SCTP: Protocol.sctp }[name.toUpperCase()];
  if (number === undefined) throw new Error(`protocol: ${name}`);
  return number;
}

/** Masquerade matters where endpoints are reached. */
function wantedText(name: string, outcome: string, masquerade: boolean): string {
  const word = WORDS[outcome];
  if (word !== undefined) return `${name}: ${word}`;
  const endpoints = outcome.split(',').map((text) => text.trim());
  return `${name}: ${[...new Set(endpoints)].sort().join(', ')}${masquerade ? ' masqueraded' : ''}`;
}

function foundText(name: string, { variant }: CaseWorld, { outcomes }: Exploration): string {
  const kinds = [...new Set(outcomes.map(({ outcome }) => outcome.kind))];
  if (kinds.length > 1 || kinds[0] !== 'endpoint') return `${name}: ${kinds.join(' or ')}`;
  const shares = new Map<string, number>();
  for (const { outcome, probability } of outcomes) {
    const text = formatIpPort(outcome.address, outcome.port);
    shares.set(text, (shares.get(text) ?? 0) + probability);
  }
  const even = [...shares.values()].every((share) => Math.abs(share - 1 / shares.size) < 1e-6);
  const uneven = UNIFORM.includes(variant.mode) && !even ? ` unevenly (${[...shares.values()].join(', ')})` : '';
  const masquerade = outcomes.some(({ outcome }) => outcome.masquerade);
  return `${name}: ${[...shares.keys()].sort().join(', ')}${masquerade ? ' masqueraded' : ''}${uneven}`;
}
