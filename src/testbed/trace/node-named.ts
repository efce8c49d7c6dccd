/** Nodes by name, and lists of names in messages. */
import type { Node } from '../../kube/index.js';
import { didYouMean } from '../../scenario/index.js';
import { CaseError } from '../case-error.js';
import type { TraceWorld } from './trace-world.js';

const SHOWN = 5;

/** The node of a name. @throws CaseError when there is none */
export function nodeNamed({ cluster }: TraceWorld, name: string, option: string): Node {
  const { nodes } = cluster;
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  const names = nodes.map((node) => node.name);
  throw new CaseError(`${option}: there is no node ${name}${didYouMean(name, names) || `; there are: ${some(names)}`}`);
}

/** The beginning of a list of names, and how many more there are. */
export function some(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}
