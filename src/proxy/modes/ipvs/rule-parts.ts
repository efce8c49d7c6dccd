/** Parts that the chains of the ipvs mode are made of. */
import type { RuleSpec, Target } from '../../../kernel/index.js';
import { SET_KINDS, type SetHandle } from './ip-sets.js';

/** Which sets have entries, as bits 1 << handle. */
export type FilledSets = number;

/** Adds a chain with its rules and returns its handle; a chain must be there before one that jumps to it. */
export type AddChain = (name: string, specs: readonly RuleSpec[]) => number;

/** Whether a set has entries. */
export function isFilled(filled: FilledSets, handle: SetHandle): boolean {
  return (filled & (1 << handle)) !== 0;
}

/** A rule that matches a set, with the set's comment. */
export function inSet(handle: SetHandle, directions: string, target: Target): RuleSpec {
  return { comment: SET_KINDS[handle]!.comment, set: { handle, directions }, target };
}

/** The same, where kube-proxy writes no comment. */
export function inSetBare(handle: SetHandle, directions: string, target: Target): RuleSpec {
  return { set: { handle, directions }, target };
}

/** A jump from a built-in chain. */
export function jump(chain: number, comment: string): RuleSpec {
  return { comment, target: { kind: 'jump', chain } };
}
