/** Scenarios for tests: a head that is always right, a cost profile with a price of 1 for everything. */
import type { CostProfile } from '../../src/scenario/index.js';
import {
  expandScenario,
  InputError,
  ownConfiguration,
  ownObjects,
  ownProfile,
  parseScenario,
} from '../../src/scenario/index.js';
import type { Scenario } from '../../src/scenario/index.js';
import { SYNC_WORK_NAMES, WORK_NAMES } from '../../src/kernel/work.js';

const price = { ns: 1, basis: 'assumed', source: 'test', date: '2026-01-01' } as const;
const priced = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, price]));

/** A price of 1 ns for everything. */
export const plainProfile: CostProfile = {
  name: 'plain',
  description: 'everything costs 1 ns',
  packet: priced(WORK_NAMES),
  sync: priced(SYNC_WORK_NAMES),
  far: { rule: { beyond: 10, ...price }, ipvsServer: { beyond: 10, ...price } },
};

/** A scenario with the given lines as its spec; the first of them is line 5 of the text. */
export function scenarioText(...spec: readonly string[]): string {
  return ['apiVersion: kpb/v1alpha1', 'kind: Scenario', 'metadata: { name: test }', 'spec:', ...spec, ''].join('\n');
}

/** Parses and expands a text. */
export function expanded(text: string, sets: readonly string[] = []): Scenario {
  const document = parseScenario(text, 's.yaml', sets);
  return expandScenario(document, {
    objects: ownObjects(document)?.objects ?? null,
    profile: ownProfile(document) ?? plainProfile,
    configuration: ownConfiguration(document),
  });
}

/** The lines of the problems that a step ends with. @throws Error when it finds none */
export function problemsOf(step: () => unknown): readonly string[] {
  try {
    step();
  } catch (error) {
    if (error instanceof InputError) return error.message.split('\n');
    throw error;
  }
  throw new Error('expected problems, found none');
}
