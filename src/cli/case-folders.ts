/**
 * Names of folders for cases. A case's identifier is one wherever files have names, as long as it holds nothing but ASCII
 * letters, digits and `=,.+_-`; anything else becomes `_`, and a hash of the identifier tells it from others.
 */
import { canonicalHash } from '../harness/index.js';

/** Longest name: file systems take 255 bytes, but whole paths are limited too on some. */
const LONGEST = 120;

/**
 * A folder name for each case.
 * @param ids identifiers of cases, no two equal
 * @returns name by identifier; no two are equal, also where upper and lower case are the same
 */
export function caseFolders(ids: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id.toLowerCase(), (counts.get(id.toLowerCase()) ?? 0) + 1);
  return new Map(ids.map((id) => [id, counts.get(id.toLowerCase()) === 1 && isSafe(id) ? id : hashed(id)]));
}

function isSafe(id: string): boolean {
  return id.length <= LONGEST && /^\w[\w=,.+-]*$/.test(id) && !id.endsWith('.') && id.includes('=');
}

/** `~` stands in no safe identifier, so these names are apart from those. */
function hashed(id: string): string {
  const hash = canonicalHash(id);
  return `${id.replace(/^\W|[^\w=,.+-]/g, '_').slice(0, LONGEST - hash.length - 1)}~${hash}`;
}
