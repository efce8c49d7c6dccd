/** Every file: its name, its length, its opening comment, and no marker of work left undone. */
import { describe, expect, test } from 'vitest';
import { filesBelow, type SourceFile } from './tree.js';

const sources = filesBelow(['src'], '.ts');
const programs = [...sources, ...filesBelow(['test', 'bench'], '.ts'), ...filesBelow(['tools'], '.mjs')];
const prose = filesBelow(['docs'], '.md');
const scenarios = filesBelow(['scenarios'], '.yaml');

/** Paths of the files for which `bad` holds. */
function pathsWhere(files: readonly SourceFile[], bad: (file: SourceFile) => boolean): string[] {
  return files.filter(bad).map((file) => file.path);
}

function lineCount(text: string): number {
  return text.split('\n').length - 1;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

describe('names', () => {
  test('are in kebab case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|prop\.test|bench))?\.(ts|mjs)$/;
    expect(pathsWhere(programs, ({ path }) => !kebab.test(path.slice(path.lastIndexOf('/') + 1)))).toEqual([]);
  });

  test('say what a file is about', () => {
    const hollow = /(^|[/-])(utils?|helpers?|common|misc|manager|info|data)\.(ts|mjs)$/;
    expect(pathsWhere(programs, ({ path }) => hollow.test(path))).toEqual([]);
  });

  test('of tests mirror src', () => {
    const rooms = new Set(sources.map(({ path }) => path.split('/')[1]));
    // What is tested across rooms has a folder of its own.
    const across = new Set(['house', 'conformance', 'golden', 'property', 'e2e']);
    const tests = filesBelow(['test'], '.test.ts');
    expect(
      pathsWhere(tests, ({ path }) => !rooms.has(path.split('/')[1] ?? '') && !across.has(path.split('/')[1] ?? '')),
    ).toEqual([]);
  });
});

describe('length', () => {
  test('is at most 300 lines', () => {
    expect(pathsWhere(programs, ({ text }) => lineCount(text) > 300)).toEqual([]);
  });

  test('is under 200 lines for nine files of ten, under 120 for half', () => {
    const lengths = sources.map(({ text }) => lineCount(text));
    expect(lengths.filter((length) => length < 200).length / lengths.length).toBeGreaterThan(0.9);
    expect(median(lengths)).toBeLessThan(120);
  });

  test('of a line is at most 160 characters in source', () => {
    expect(pathsWhere(sources, ({ text }) => text.split('\n').some((line) => line.length > 160))).toEqual([]);
  });
});

describe('comments', () => {
  test('open every file of src, tests and benchmarks', () => {
    expect(pathsWhere(programs, ({ text }) => !/^(#!.*\n)?(\/\*\*\s|\/\/ \S)/.test(text))).toEqual([]);
  });

  test('open a scenario and say what to look at', () => {
    expect(pathsWhere(scenarios, ({ text }) => !text.startsWith('#'))).toEqual([]);
  });

  test('hold no marker of work left undone', () => {
    // Put together here, so that this file does not find itself.
    const words = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK', 'not ' + 'implemented'];
    const marker = new RegExp(`\\b(${words.join('|')})\\b`);
    expect(pathsWhere([...programs, ...prose, ...scenarios], ({ text }) => marker.test(text))).toEqual([]);
  });

  test('and prose name no machine of ours', () => {
    const machine = new RegExp(['work', 'home', 'root'].map((folder) => `(^|[^.\\w])/${folder}/`).join('|'), 'm');
    expect(pathsWhere([...programs, ...prose, ...scenarios], ({ text }) => machine.test(text))).toEqual([]);
  });
});

describe('tests', () => {
  test('are neither skipped nor alone by hand', () => {
    const tests = filesBelow(['test'], '.test.ts');
    expect(pathsWhere(tests, ({ text }) => /\b(test|it|describe)\.(only|skip|todo|fails)\(/.test(text))).toEqual([]);
  });

  test('exist for every room of src', () => {
    const tested = new Set(filesBelow(['test'], '.test.ts').map(({ path }) => path.split('/')[1]));
    const rooms = new Set(sources.map(({ path }) => path.split('/')[1]));
    expect([...rooms].filter((room) => !tested.has(room))).toEqual([]);
  });
});
