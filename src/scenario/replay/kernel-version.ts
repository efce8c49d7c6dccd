/**
 * Which of the two load formulas a kernel has, told by the text that names it.
 *
 * Up to Linux 6.1.191 and 6.12.116 a connection in an active state counts 256; from 6.1.192 and 6.12.117 on, 257, and overload
 * thresholds work in another way. Of other series nothing is known; they count as older.
 */

/** First patch level with the newer formula, by series. */
const NEWER_FROM: ReadonlyMap<string, number> = new Map([
  ['6.1', 192],
  ['6.12', 117],
]);

const VERSION = /(?<![\d.])(\d+\.\d+)(?:\.(\d+))?(?![\d.])/;

/**
 * The load factor of the kernel that a script was recorded on.
 * @param name the script's name; a version may stand behind an `@` (`lc-1@6.12`), without patch level for the newest one
 * @param kernel what the script says of the kernel, such as `Linux 6.1.176 x86_64`; it goes before the name
 */
export function loadFactorOf(name: string, kernel: string): 256 | 257 {
  return factorByText(name, kernel) ?? 256;
}

/** Whether neither the name nor what the script says of the kernel decides: the older formula is taken then. */
export function isUnknownKernel(name: string, kernel: string): boolean {
  return factorByText(name, kernel) === undefined;
}

function factorByText(name: string, kernel: string): 256 | 257 | undefined {
  return factorOf(VERSION.exec(kernel)) ?? factorOf(/@(\d+\.\d+)(?:\.(\d+))?$/.exec(name), Infinity);
}

/** @param otherwise the patch level where none is written */
function factorOf(version: RegExpExecArray | null, otherwise?: number): 256 | 257 | undefined {
  const patch = version?.[2] === undefined ? otherwise : Number(version[2]);
  if (version === null || patch === undefined) return undefined;
  const from = NEWER_FROM.get(version[1] ?? '');
  return from !== undefined && patch >= from ? 257 : 256;
}
