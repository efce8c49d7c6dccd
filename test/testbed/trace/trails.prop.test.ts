/** Whoever follows a packet sees every rule that is compared, and changes nothing: over random clusters, all flows, all modes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CostModel,
  IptablesTrail,
  Meter,
  NftablesTrail,
  type ChainVisit,
  type Visit,
} from '../../../src/kernel/index.js';
import { NodeLab, type NodeLabSetup } from '../../../src/testbed/index.js';
import { PROXY_MODES } from '../../../src/proxy/index.js';
import { flowsOf, randomCluster, type RandomCluster } from '../../random-cluster.js';
import { PLAIN_PRICES } from '../small-case.js';

function setup(cluster: RandomCluster, mode: string): NodeLabSetup {
  const { node, family, options, services, slices } = cluster;
  return { mode, family, node, options, lookup: 'walk', objects: { services, slices } };
}

/** A laboratory in which every table's answer is followed. */
function followed(cluster: RandomCluster, mode: string): { readonly lab: NodeLab; readonly met: ChainVisit[] } {
  const lab = new NodeLab(setup(cluster, mode));
  lab.sync();
  const { netfilter, nftables } = lab.node;
  const meter = new Meter(lab.bench.work, new CostModel(PLAIN_PRICES));
  const rules = new IptablesTrail(netfilter, meter);
  const nftRules = new NftablesTrail(nftables, cluster.family, meter);
  const met: ChainVisit[] = [];
  const evaluate = netfilter.evaluate.bind(netfilter);
  netfilter.evaluate = (table, hook, packet, context) => {
    rules.begin(table, hook);
    const verdict = evaluate(table, hook, packet, context);
    met.push(...rules.end());
    return verdict;
  };
  const evaluateNft = nftables.evaluate.bind(nftables);
  nftables.evaluate = (...question) => {
    nftRules.begin();
    const verdict = evaluateNft(...question);
    met.push(...nftRules.end());
    return verdict;
  };
  return { lab, met };
}

/** Rules seen in a tree. */
function seen(visits: readonly Visit[]): number {
  return visits.reduce((sum, visit) => sum + (visit.kind === 'unmatched' ? visit.count : 1 + seen(visit.visits)), 0);
}

/** Efforts of what hangs below add up to less than that of what they hang on, by what the table itself takes. */
function addsUp({ effort, visits }: Pick<ChainVisit, 'effort' | 'visits'>): boolean {
  const below = visits.reduce((sum, visit) => sum + visit.effort.ns, 0);
  return below <= effort.ns && visits.every((visit) => visit.kind === 'unmatched' || addsUp(visit));
}

test.each(PROXY_MODES.map(({ name }) => name))('in %s mode', (mode) => {
  fc.assert(
    fc.property(randomCluster(), fc.nat(2 ** 32 - 1), (cluster, draw) => {
      const plain = new NodeLab(setup(cluster, mode));
      plain.sync();
      const { lab, met } = followed(cluster, mode);
      for (const flow of flowsOf(cluster).slice(0, 10)) {
        met.length = 0;
        const outcome = lab.probe(flow, { draw });
        expect(outcome).toEqual(plain.probe(flow, { draw }));
        // A relay is talked to after its first packet, whose work alone the outcome has.
        const rules = met.reduce((sum, chain) => sum + seen(chain.visits), 0);
        if (mode === 'userspace') expect(rules).toBeGreaterThanOrEqual(outcome.rules);
        else expect(rules).toBe(outcome.rules);
        expect(met.every(addsUp)).toBe(true);
        if (outcome.kind === 'drop' && mode !== 'ipvs' && mode !== 'userspace')
          expect(met.at(-1)?.verdict).toBe('drop');
      }
    }),
    { numRuns: 12 },
  );
});
