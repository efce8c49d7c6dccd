/** The shipped prices against totals that were measured as totals: what netfilter takes of a packet in nftables mode. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CostModel, Work, WorkKind } from '../../src/kernel/index.js';
import { parseProfile } from '../../src/scenario/index.js';

const file = new URL('../../scenarios/profiles/reference-2026.yaml', import.meta.url);
const model = new CostModel(parseProfile(readFileSync(file, 'utf8'), 'reference-2026.yaml'));

type Units = Partial<Record<keyof typeof WorkKind, number>>;

/** What conntrack and NAT do for a pod's packet to a Service, whatever the mode. */
const ESTABLISHED: Units = { conntrackLookup: 1, natRewrite: 1 };
const FIRST: Units = { ...ESTABLISHED, conntrackLookup: 2, conntrackCreate: 1, natBinding: 1 };

// One Service of two endpoints, forwarded, caches warm; Linux 6.18 on the profile's machine, 2026-11-20.
test.each<[string, Units, number]>([
  ['a first packet', { ...FIRST, nftChain: 4, nftRule: 15, nftLookup: 6, nftNumgen: 1, jump: 7 }, 2270],
  ['a packet of a known connection', { ...ESTABLISHED, nftChain: 2, nftRule: 3 }, 720],
])('%s', (_, units, measuredNs) => {
  const work = new Work();
  for (const [name, count] of Object.entries(units)) work.add(WorkKind[name as keyof typeof WorkKind], count);
  expect(Math.abs(model.packetDuration(work) / measuredNs - 1)).toBeLessThan(0.05);
});
