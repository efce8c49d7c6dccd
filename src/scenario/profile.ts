/**
 * Reads a cost profile: a price for every kind of work, each with its basis, source and date, so that no figure of a
 * result rests on a number that nobody can trace.
 */
import { z } from 'zod';
import type { CostProfile } from '../kernel/cost.js';
import { SYNC_WORK_NAMES, WORK_NAMES } from '../kernel/work.js';
import { checked } from './explain.js';
import { child, located } from './located.js';
import type { Located } from './located.js';
import * as q from './quantity.js';
import { readYaml } from './yaml-source.js';

const constant = {
  ns: q.atLeast(0),
  basis: q.word('measured', 'derived', 'assumed'),
  source: q.text,
  date: q.quantity('a date as YYYY-MM-DD', (value) =>
    typeof value === 'string' && /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(value) ? value : undefined,
  ),
};

const far = z.strictObject({ beyond: q.whole(0), ...constant });

const spec = z.strictObject({
  description: q.text,
  packet: pricesOf(WORK_NAMES),
  sync: pricesOf(SYNC_WORK_NAMES),
  far: z.strictObject({ rule: far, ipvsServer: far }),
});

const profileSchema = z.strictObject({
  apiVersion: q.word('kpb/v1alpha1'),
  kind: q.word('CostProfile'),
  metadata: z.strictObject({ name: q.text }),
  spec,
});

function pricesOf(names: readonly string[]) {
  return z.strictObject(Object.fromEntries(names.map((name) => [name, z.strictObject(constant)])));
}

/**
 * Reads a cost profile.
 * @param text YAML
 * @param file its name, for messages
 * @throws InputError with every problem: missing and unknown kinds of work, prices that are no numbers, missing sources
 */
export function parseProfile(text: string, file: string): CostProfile {
  return profileOf(readYaml(text, file), { file, field: '' });
}

/** The profile that a scenario holds itself, or undefined. */
export function embeddedProfile(scenarioSpec: Located, file: string): CostProfile | undefined {
  const tree = child(scenarioSpec, 'profile');
  return tree?.kind === 'map' ? profileOf(tree, { file, field: 'spec.profile' }) : undefined;
}

/** A profile in the form of its file. */
export function profileDocument({ name, ...rest }: CostProfile): Located {
  return located({ apiVersion: 'kpb/v1alpha1', kind: 'CostProfile', metadata: { name }, spec: rest }, null);
}

function profileOf(tree: Located, origin: { readonly file: string; readonly field: string }): CostProfile {
  const { metadata, spec: prices } = checked(profileSchema, tree, origin);
  return { name: metadata.name, ...prices };
}
