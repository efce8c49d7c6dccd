/**
 * From the text of a connection script to a `ReplayScript`: every problem at once, each with its place.
 *
 * The text is JSON, as the trace files are, or YAML. Beyond the form of each field it is checked that names stand for something, that
 * servers are there when they are changed, and that what was recorded belongs to the steps. Cost: places are only found out when
 * something is wrong.
 */
import { checkedSubject, type Subject } from '../explain.js';
import { placeOf, plain, type Located } from '../located.js';
import { InputError } from '../problem.js';
import { NOT_YAML, readYaml } from '../yaml-source.js';
import { Complaints } from './complaints.js';
import { checkRecord } from './record-checks.js';
import { scriptSchema } from './script-schema.js';
import { scriptServices } from './script-services.js';
import { scriptSteps } from './script-steps.js';
import { checkSysctl } from './sysctl-names.js';
import type { ReplayObservation, ReplayPick, ReplayScript } from './script.js';

/**
 * Reads a script.
 * @param text JSON or YAML
 * @param file its name, for messages
 * @throws InputError with every problem
 */
export function readScript(text: string, file: string): ReplayScript {
  const subject = subjectOf(text, file);
  const source = checkedSubject(scriptSchema, subject);
  const complaints = new Complaints(subject);
  for (const [name, value] of Object.entries(source.sysctl ?? {})) {
    const path = ['sysctl', name];
    checkSysctl(name, value, { name: path, value: path }, complaints);
  }
  const services = scriptServices(source, complaints);
  const steps = scriptSteps(source, services, complaints);
  checkRecord(source, complaints);
  if (complaints.problems.length > 0) throw new InputError(complaints.problems);
  return {
    name: source.name ?? '',
    kernel: source.kernel ?? '',
    description: source.description ?? '',
    sysctls: source.sysctl ?? {},
    services,
    steps,
    // Fields that are absent are absent: the schema has no undefined ones.
    picks: source.picks as readonly ReplayPick[] | undefined,
    observations: (source.observations ?? []) as unknown as readonly ReplayObservation[],
  };
}

/** The values of a text, with their places for when something is wrong. */
function subjectOf(text: string, file: string): Subject {
  let tree: Located | undefined;
  const read = (): Located => (tree ??= readTree(text, file));
  return {
    value: jsonValue(text) ?? plain(read()),
    field: '',
    place: (path, atKey) => placeOf(read(), path, atKey) ?? { file, line: 1, column: 1 },
  };
}

/** Reads the text with its places. What is wrong with a JSON file is said once, and not in the words of YAML. */
function readTree(text: string, file: string): Located {
  try {
    return readYaml(text, file);
  } catch (error) {
    const [first] = error instanceof InputError ? error.problems : [];
    if (!file.endsWith('.json') || first?.message.startsWith(NOT_YAML) !== true) throw error;
    throw new InputError([{ ...first, message: 'not valid JSON' }]);
  }
}

/** The value of a JSON text; undefined for any other text, which may be YAML. */
function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
