/** Environment variables that look like options of the program but are none: most likely misspelt. */
import { variableOf } from './options.js';
import { say } from './terminal.js';

/**
 * Warns of unknown variables whose names begin with KPB_.
 * @param options names of all options of all commands
 */
export async function warnOfVariables(options: readonly string[]): Promise<void> {
  const known = new Set(options.map(variableOf));
  const unknown = Object.keys(process.env).filter((name) => name.startsWith('KPB_') && !known.has(name));
  // Those of the project's own tests.
  const misspelt = unknown.filter((name) => !name.startsWith('KPB_PROPERTY_')).sort();
  if (misspelt.length === 0) return;
  const { didYouMean } = await import('../scenario/index.js');
  for (const name of misspelt) say(`kpb: unknown environment variable ${name} is ignored${didYouMean(name, known)}`);
}
