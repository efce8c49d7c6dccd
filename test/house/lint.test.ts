/** The lint rules bite: a line that the house refuses, put in the place of a file of src, is refused with the replacement named. */
import { ESLint } from 'eslint';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { filesBelow, ROOT } from './tree.js';

/** A file of a room below the executor; only its place counts, its text is replaced. */
const CORE = 'src/sim/units.ts';
/** A test, where much is allowed. */
const TEST = 'test/house/tree.ts';

/** What is refused below the executor, and a word of the message that says what to do instead. */
const REFUSED: [line: string, word: string][] = [
  ['export const x = Math.random();', 'RandomStream'],
  ['export const x = Date.now();', 'simulation.now'],
  ['export const x = new Date();', 'simulation.now'],
  ['export const x = performance.now();', 'simulation.now'],
  ['setTimeout(() => undefined, 1);', 'timer-wheel'],
  ['setInterval(() => undefined, 1);', 'timer-wheel'],
  ['console.log(1);', 'cli prints'],
  ['export const x = process.argv;', 'executor and the cli'],
  ['export const x = Math.log(2);', 'elementary'],
  ['export const x = Math.exp(2);', 'elementary'],
  ['export const x = Math.pow(2, 3);', 'elementary'],
  ['export const x = Math.sin(2);', 'elementary'],
  ['export const f = (a: number): number => a ** 0.5;', 'elementary'],
  ["export const x = 'a'.localeCompare('b');", 'locale'],
  ['export const x = (1e6).toLocaleString();', 'locale'],
  ["export const x = new Intl.NumberFormat('en');", 'locale'],
  ['export default 1;', 'by name'],
  ['export class A { x = 1 } export class B extends A { y = 1 }', 'no inheritance'],
  ['export enum E { a }', 'union'],
  ['export const f = (m: Map<string, string>): string => m.get("a")!;', 'typed columns'],
  ['export const f = (x: any): number => x;', 'any'],
  ['export const f = (x: Promise<void>): void => { x; };', 'Promises'],
  ['export const f = (x: number[]): number[] => x.sort();', 'compare'],
  ['export const f = (x: number) => x;', 'return type'],
  [`export function f(): number {\n  let n = 0;\n${'  n++;\n'.repeat(70)}  return n;\n}`, 'lines'],
  ['// line\n'.repeat(301), 'lines'],
];

const FINE = [
  'export const x = Math.sqrt(2) + 2 ** 50 + Math.imul(3, 4);',
  'export const f = (column: Float64Array): number => column[0]!;',
  'export class Lost extends Error { readonly key = 1 }',
  'export const f = (n: number): string => `${' + 'n} ns`;',
];

let eslint: ESLint;

async function messages(line: string, path: string): Promise<string> {
  const results = await eslint.lintText(`${line}\n`, { filePath: join(ROOT, path) });
  return results.flatMap((result) => result.messages.map((found) => found.message)).join('\n');
}

beforeAll(async () => {
  eslint = new ESLint({ cwd: ROOT });
  await messages('', CORE);
});

describe('below the executor', () => {
  test.each(REFUSED)('%s is refused', async (line, word) => {
    expect(await messages(line, CORE)).toContain(word);
  });

  test.each(FINE)('%s is fine', async (line) => {
    expect(await messages(line, CORE)).toBe('');
  });
});

describe('in every room', () => {
  const paths = filesBelow(['src'], '.ts').map(({ path }) => path);
  const rooms = [...new Set(paths.map((path) => path.split('/')[1] ?? ''))];

  test.each(rooms)(
    '%s: the clock is seen from the executor and the cli only, chance of the engine by nobody',
    async (room) => {
      const path = paths.find((candidate) => candidate.startsWith(`src/${room}/`)) ?? CORE;
      const above = room === 'executor' || room === 'cli';
      expect((await messages('export const x = Date.now();', path)) === '').toBe(above);
      expect(await messages('export const x = Math.random();', path)).toContain('RandomStream');
    },
  );
});

test('tests may look at any shape and say `!`', async () => {
  expect(await messages('export const f = (m: Map<string, string>): string => m.get("a")!;', TEST)).toBe('');
});
