/** What hashes are made of: the same whatever addresses were met before. */
import { expect, test, vi } from 'vitest';
import { scenarioText } from './made-up-scenario.js';

const TEXT = scenarioText(
  '  cluster:',
  '    ipFamilies: [IPv6, IPv4]',
  '    services: { type: LoadBalancer, sourceRanges: ["2001:db8::/32"] }',
  '  proxy: { nodePortAddresses: ["fd00::/8"], excludeCidrs: ["fd01::/16"] }',
);

const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { clusterIP: "fd00:10:96::7", ports: [{ port: 80 }] }\n';

/** Content of the first case in a process that has met some addresses before. */
async function contentAfter(met: readonly string[], manifests: string | null): Promise<[content: string, raw: string]> {
  vi.resetModules();
  const { parseIp } = await import('../../src/net/index.js');
  for (const text of met) parseIp(text);
  const { caseContent, expandScenario, parseScenario, readManifests } = await import('../../src/scenario/index.js');
  const { plainProfile: profile } = await import('./made-up-scenario.js');
  const objects = manifests === null ? null : readManifests([{ file: 'm', text: manifests }]).objects;
  const text = manifests === null ? TEXT : scenarioText('  question: any');
  const [own] = expandScenario(parseScenario(text, 's.yaml'), { objects, profile }).cases;
  if (own === undefined) throw new Error('no case');
  return [JSON.stringify(caseContent(own)), JSON.stringify(own)];
}

test.each([null, SERVICE])('no number of an address is in it (manifests: %j)', async (manifests) => {
  const [first, raw] = await contentAfter([], manifests);
  const [second, other] = await contentAfter(['2001:db8:7::1', 'fd00::', 'fd00:10:96::7'], manifests);
  expect(raw).not.toBe(other);
  expect(second).toBe(first);
});
