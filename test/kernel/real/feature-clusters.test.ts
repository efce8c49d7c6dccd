/** Every Service feature on a real kernel, in both families and both modes: all flows of a cluster of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowsOf, rarerFlowsOf } from '../../cluster-flows.js';
import { FEATURES, featureCluster } from './feature-clusters.js';
import { Ground } from './ground.js';
import { IS_WHOLE, whyNot } from './possible.js';
import { differences, trialOf } from './trial.js';

const MODES = ['iptables', 'nftables'];

describe.skipIf(whyNot() !== '')('Service features on a real kernel', () => {
  let ground: Ground;
  beforeAll(() => {
    ground = new Ground();
  });
  afterAll(() => ground.remove());

  describe.each(IS_WHOLE ? ([4, 6] as const) : ([4] as const))('IPv%i', (family) => {
    test.each(FEATURES)('%s', async (name) => {
      const cluster = featureCluster(name, family);
      const flows = [...flowsOf(cluster), ...rarerFlowsOf(cluster)];
      expect(flows.length).toBeGreaterThan(5);
      const trials = MODES.map((mode) => trialOf(mode, cluster, flows));
      expect(await differences(ground, trials)).toEqual([]);
    });
  });
});
