/** Notes on a run as a whole. */
import { expect, test } from 'vitest';
import { runNotes } from '../../src/cli/run-notes.js';
import { expandScenario, parseProfile, parseScenario } from '../../src/scenario/index.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROFILE = 'scenarios/profiles/reference-2026.yaml';

/** The notes of a scenario with some lines of its own. */
function notesOf(...lines: readonly string[]): string[] {
  const head = ['apiVersion: kpb/v1alpha1', 'kind: Scenario', 'metadata: { name: n }', 'spec:'];
  const profile = parseProfile(readFileSync(join(import.meta.dirname, '../..', PROFILE), 'utf8'), PROFILE);
  const document = parseScenario([...head, ...lines, ''].join('\n'), 'n.yaml');
  return runNotes(expandScenario(document, { objects: null, profile }));
}

const DUAL = '  cluster: { ipFamilies: [IPv4, IPv6], services: { ipFamilyPolicy: RequireDualStack } }';

test('a dual-stack run says which family its traffic has', () => {
  expect(notesOf(DUAL)).toEqual([
    'The cluster is dual-stack; traffic is IPv4 only. workload.ipFamily chooses its family.',
  ]);
  expect(notesOf(DUAL, '  workload: { ipFamily: IPv6 }')[0]).toContain('traffic is IPv6 only');
  expect(notesOf('  question: none')).toEqual([]);
  expect(notesOf(DUAL, '  matrix: { workload.ipFamily: [IPv4, IPv6] }')).toEqual([]);
});
