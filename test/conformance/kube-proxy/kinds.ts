/** The list of kinds of case: adding one is a line here. */
import type { ConformanceCase } from './case-file.js';
import { CaseWorld, type Variant } from './case-world.js';
import { EXPECTATION_FIELDS, checkAll } from './expectations.js';
import { fieldsOf, knownFields, listOf, type Fields } from './fields.js';
import { checkNames } from './naming.js';

/** How cases of a kind are run. */
export interface CaseKind {
  /** What a case is run in, one test each. */
  variants(conformanceCase: ConformanceCase): readonly Variant[];
  /** Runs a case; throws when it fails. */
  run(conformanceCase: ConformanceCase, variant: Variant): void;
}

const ABOUT = ['id', 'name', 'kind', 'origin', 'modes', 'versionRange', 'note'];
const SETTING = ['proxy', 'node', 'objects', 'preexisting', 'generate', 'steps'];
const STEP = ['description', 'note', 'delete', 'apply', 'advanceSeconds'];

/** Objects in a laboratory, steps, and whatever is expected of them; in both lookups where packets are sent. */
const laboratory: CaseKind = {
  variants({ modes, fields }) {
    const steps = listOf(fields['steps'], 'steps').map((step) => fieldsOf(step, 'step'));
    const lookups = [fields, ...steps].some((holder) => holder['flows'] !== undefined) ? ['walk', 'index'] : ['index'];
    return modes.flatMap((mode) => lookups.map((lookup) => ({ mode, lookup }) as Variant));
  },
  run({ id, fields, modes }, variant) {
    knownFields(fields, [...ABOUT, ...SETTING, ...EXPECTATION_FIELDS], id);
    const world = new CaseWorld(fields, variant);
    world.sync(false);
    checkAll(world, fields, modes);
    for (const value of listOf(fields['steps'], `${id} steps`)) {
      const step = knownFields(value, [...STEP, ...EXPECTATION_FIELDS], `${id} step`);
      world.step(step, asksForFullSync(step));
      checkAll(world, step, modes);
    }
  },
};

/** Names need no objects. */
const names: CaseKind = {
  variants: ({ modes }) => modes.map((mode) => ({ mode, lookup: 'index' })),
  run(conformanceCase, { mode }) {
    knownFields(conformanceCase.fields, [...ABOUT, 'inputs', 'probabilities'], conformanceCase.id);
    checkNames(conformanceCase, mode);
  },
};

/** All kinds. */
export const CASE_KINDS: Readonly<Record<string, CaseKind>> = {
  flows: laboratory,
  rules: laboratory,
  sync: laboratory,
  metric: laboratory,
  categorize: laboratory,
  tracking: laboratory,
  ipvs: laboratory,
  conntrack: laboratory,
  naming: names,
};

/** A step may have the proxy forced to write everything, as its tests do: nothing but the type of its sync says so. */
export function asksForFullSync(step: Fields): boolean {
  if (step['expectSync'] === undefined) return false;
  return fieldsOf(step['expectSync'], 'expectSync')['syncType'] === 'full';
}
