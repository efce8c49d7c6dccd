/** Stale connections: which entries of a real conntrack table one clean-up deletes. */
import { expect } from 'vitest';
import { cleanStaleEntries } from '../../../src/proxy/index.js';
import type { Expectation } from './expectation.js';
import { flagOf, knownFields, listOf, numberOf, textOf, type Fields } from './fields.js';
import { protocolNamed } from './flows.js';
import { addressOf } from './proxy-setup.js';
import type { CaseWorld } from './case-world.js';

const FIELDS = [
  'protocol',
  'originalDestination',
  'originalDestinationPort',
  'replySource',
  'replySourcePort',
  'expectKept',
];
/** Stands for the addresses of all nodes, in connections to node ports. */
const ANY_NODE = 'any node IP';

/** Entries before a clean-up, and which of them are there after it. */
export const entriesExpectation: Expectation = {
  field: 'entries',
  besides: ['expectDeleted'],
  check(world, value, holder) {
    const entries = listOf(value, 'entries').map((entry) => knownFields(entry, FIELDS, 'entry'));
    const rows = entries.map((entry, index) => add(world, entry, index));
    const { ledger, bench } = world.lab;
    const { conntrack } = bench.stack;
    const { deleted } = cleanStaleEntries(ledger, ledger.revision, conntrack);
    const left = new Set<number>();
    conntrack.entries((row) => left.add(row));
    const texts = entries.map((entry) => JSON.stringify(entry));
    expect(rows.map((row, i) => `${left.has(row)} ${texts[i]}`)).toEqual(
      entries.map((entry, i) => `${flagOf(entry['expectKept'], 'expectKept', true)} ${texts[i]}`),
    );
    if (holder['expectDeleted'] !== undefined) expect(deleted).toBe(holder['expectDeleted']);
  },
};

/** Puts an entry of a client of its own into the table; where nothing is said of a port, nothing was translated. */
function add({ lab, node, family }: CaseWorld, entry: Fields, index: number): number {
  const text = (name: string): string => textOf(entry[name], name);
  const destination = text('originalDestination') === ANY_NODE ? node.ip : addressOf(text('originalDestination'));
  const port = numberOf(entry['originalDestinationPort'], 'originalDestinationPort');
  const server = text('replySource') === ANY_NODE ? node.ip : addressOf(text('replySource'));
  const serverPort = numberOf(entry['replySourcePort'] ?? port, 'replySourcePort');
  const protocol = protocolNamed(text('protocol'));
  const client = addressOf(family === 4 ? '198.51.100.1' : '2001:db8:ffff::1');
  const { conntrack } = lab.bench.stack;
  const { tuples } = conntrack;
  const row = tuples.take();
  tuples.setTuple(row * 2, client, destination, 50_000 + index, port, protocol);
  tuples.setTuple(row * 2 + 1, server, client, serverPort, 50_000 + index, protocol);
  tuples.setDeadline(row, Number.MAX_SAFE_INTEGER);
  conntrack.confirm(row * 2);
  return row;
}
