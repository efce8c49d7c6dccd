/**
 * The flows of kube-proxy's own cases, where there is a folder of them, on a real kernel: what the simulator says of a flow is what happens to
 * real packets. That the simulator says what a case expects is the matter of test/conformance.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Protocol } from '../../../src/net/index.js';
import {
  casesIn,
  conformanceFolder,
  outsideVersion,
  type ConformanceCase,
} from '../../conformance/kube-proxy/case-file.js';
import { CaseWorld } from '../../conformance/kube-proxy/case-world.js';
import { fieldsOf, listOf, type Fields } from '../../conformance/kube-proxy/fields.js';
import { flowsIn } from '../../conformance/kube-proxy/flows.js';
import { asksForFullSync } from '../../conformance/kube-proxy/kinds.js';
import { proxySetup } from '../../conformance/kube-proxy/proxy-setup.js';
import { Ground } from './ground.js';
import { hasTool, kernelDoes, whyNot } from './possible.js';
import { makeCounters } from './program.js';
import { differences, type TriedFlow } from './trial.js';

/** Modes whose rules a kernel carries out alone. */
const MODES = ['iptables', 'nftables'];
/** Minor version of Kubernetes that is simulated. */
const MINOR = 34;

const canCount = whyNot() === '' && hasTool('nfacct') && kernelDoes('nfacct', 'add', 'x');
const folder = conformanceFolder('kube-proxy');
const cases = (casesIn(folder) ?? []).filter(
  (each) => stepsOf(each).some((step) => step['flows'] !== undefined) && outsideVersion(each, MINOR) === undefined,
);
const leftOut = new Map<string, number>();

describe.skipIf(whyNot() !== '' || cases.length === 0)(`flows of ${folder} on a real kernel`, () => {
  let ground: Ground;
  beforeAll(() => {
    ground = new Ground();
    if (canCount) makeCounters(ground.node);
  });
  afterAll(() => {
    ground.remove();
    for (const [reason, count] of leftOut) process.stderr.write(`left out on this kernel: ${count} ${reason}\n`);
  });

  const variants = cases.flatMap((each) =>
    each.modes.filter((mode) => MODES.includes(mode)).map((mode) => [each.file, each.id, mode, each] as const),
  );
  test.each(variants)('%s %s [%s]', async (_file, _id, mode, each) => {
    expect(await differencesIn(ground, each, mode)).toEqual([]);
  });
});

async function differencesIn(ground: Ground, { fields }: ConformanceCase, mode: string): Promise<string[]> {
  if (!canCount && mode === 'iptables' && proxySetup(fields['proxy'], mode).options.nfacctCounters === true) {
    leaveOut('cases with nfacct counters (no nfacct)', 1);
    return [];
  }
  const world = new CaseWorld(fields, { mode, lookup: 'index' });
  world.sync(false);
  const found = await afterSync(ground, world, fields);
  for (const value of listOf(fields['steps'], 'steps')) {
    const step = fieldsOf(value, 'step');
    world.step(step, asksForFullSync(step));
    found.push(...(await afterSync(ground, world, step)));
  }
  return found;
}

async function afterSync(ground: Ground, { lab, family, node, variant }: CaseWorld, holder: Fields): Promise<string[]> {
  const sticky = [...lab.store.list('service')].some(({ affinitySeconds }) => affinitySeconds > 0);
  const flows = flowsIn(holder, variant.mode).map((flow): TriedFlow => ({ ...flow, sticky }));
  const possible = flows.filter(({ protocol }) => protocol !== Protocol.sctp);
  leaveOut('flows over SCTP (Node.js has no sockets of that protocol)', flows.length - possible.length);
  if (possible.length === 0) return [];
  return differences(ground, [{ name: variant.mode, family, lab, localIps: node.localIps, flows: possible }]);
}

function leaveOut(reason: string, count: number): void {
  if (count > 0) leftOut.set(reason, (leftOut.get(reason) ?? 0) + count);
}

function stepsOf({ fields }: ConformanceCase): Fields[] {
  return [fields, ...listOf(fields['steps'], 'steps').map((step) => fieldsOf(step, 'step'))];
}
