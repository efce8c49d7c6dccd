/** Random clusters of one family on a real kernel, each in both modes: what the test files of the two families share. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IpFamily } from '../../../src/net/index.js';
import { flowsOf, rarerFlowsOf } from '../../cluster-flows.js';
import { randomCluster } from '../../random-cluster.js';
import { Ground } from './ground.js';
import { IS_WHOLE, whyNot } from './possible.js';
import { differences, trialOf } from './trial.js';

/** Modes whose rules a kernel carries out alone. */
const MODES = ['iptables', 'nftables'];
/** Clusters of each family. */
const CLUSTERS = IS_WHOLE ? 100 : 10;
/** Flows tried of each cluster, spread over all of them. */
const FLOWS = 30;

/** Defines the tests of a family. */
export function tryRandomClusters(family: IpFamily): void {
  describe.skipIf(whyNot() !== '')(`random clusters of IPv${family} on a real kernel`, () => {
    let ground: Ground;
    beforeAll(() => {
      ground = new Ground();
    });
    afterAll(() => ground.remove());

    const clusters = fc.sample(randomCluster([family]), { numRuns: CLUSTERS, seed: 20261120 });
    test.each(clusters.map((cluster, index) => [index, cluster] as const))('cluster %i', async (_, cluster) => {
      const all = [...flowsOf(cluster), ...rarerFlowsOf(cluster)];
      const step = Math.max(1, Math.ceil(all.length / FLOWS));
      const flows = all.filter((_flow, index) => index % step === 0);
      const trials = MODES.map((mode) => trialOf(mode, cluster, flows));
      expect(await differences(ground, trials)).toEqual([]);
    });
  });
}
