/**
 * The import table bites: a small tree with one wrong import for each rule is judged by the project's own configuration.
 *
 * One tree holds them all, so that the judge starts once; a file named `fine` must not be named by any rule.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './tree.js';

const ROOMS = [
  ...['sim', 'net', 'measure', 'kernel', 'kube', 'proxy', 'workload', 'scenario'],
  ...['testbed', 'harness', 'report', 'executor', 'cli'],
];

/** What each room may import through the front door, as style and design have it; written apart from the rules on purpose. */
const ALLOWED: Record<string, string[]> = {
  sim: [],
  net: ['sim'],
  measure: ['sim'],
  kernel: ['net', 'sim'],
  kube: ['net', 'sim'],
  proxy: ['kernel', 'kube', 'net', 'sim'],
  workload: ['kube', 'net', 'sim'],
  scenario: ['workload', 'net', 'measure', 'sim'],
  testbed: ['scenario', 'proxy', 'workload', 'kube', 'kernel', 'net', 'measure', 'sim'],
  harness: ['testbed', 'scenario', 'measure', 'sim'],
  report: ['measure', 'sim'],
  executor: ['harness', 'testbed', 'scenario', 'measure', 'sim'],
  cli: ['executor', 'harness', 'report', 'testbed', 'scenario', 'measure', 'sim'],
};

/** Imports that must be refused, by the rule that refuses them: importing file, then what it imports. */
const REFUSED: Record<string, [from: string, to: string][]> = {
  'front-door': [
    ['src/testbed/deep.ts', '../kernel/conntrack/table.js'],
    ['src/testbed/deep.ts', '../workload/closed-loop.js'],
  ],
  'front-door-proxy': [['src/proxy/deep.ts', '../kernel/conntrack/table.js']],
  'front-door-scenario': [['src/scenario/deep.ts', '../kernel/hook.js']],
  'sibling-mode': [['src/proxy/modes/iptables/sibling.ts', '../ipvs/mode.js']],
  'no-node-below-executor': [
    ['src/harness/core.ts', 'node:fs'],
    ['src/sim/core.ts', 'path'],
  ],
  'no-unresolved': [['src/kube/nowhere.ts', './gone.js']],
  'no-undeclared-package': [['src/kube/stray.ts', 'stray']],
  'no-development-package': [['src/kube/dev.ts', 'grown-up-tools']],
  'no-test-in-src': [['src/kube/tested.ts', '../../test/kube/x.js']],
  'package-yargs': [['src/kube/yargs.ts', 'yargs']],
  'package-seedrandom': [['src/workload/chance.ts', 'seedrandom']],
};

/** Imports that must be allowed though they are not through an index. */
const FINE: [from: string, to: string][] = [
  ['src/testbed/fine.ts', '../kernel/hook.js'],
  ['src/testbed/fine.ts', '../kernel/work.js'],
  ['src/testbed/fine.ts', '../proxy/modes/index.js'],
  ['src/proxy/fine.ts', '../kernel/iptables/rule.js'],
  ['src/proxy/fine.ts', '../kernel/ipvs/ipvs.js'],
  ['src/scenario/fine.ts', '../kernel/cost.js'],
  ['src/scenario/fine.ts', '../kernel/ipvs/schedulers/index.js'],
  ['src/scenario/fine.ts', '../proxy/modes/index.js'],
  ['src/scenario/fine.ts', '../kube/api.js'],
  ['src/executor/fine.ts', 'node:fs'],
  ['src/cli/fine.ts', 'node:fs'],
  ['src/cli/fine.ts', 'yargs'],
  ['src/sim/fine.ts', 'seedrandom'],
];

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

let folder = '';
let violations: Violation[] = [];

/** Names of the rules broken by imports of one file of another. */
function broken(from: string, to: string): string[] {
  const found = violations.filter(
    (violation) => violation.from === from && from !== violation.to && violation.to.includes(to),
  );
  return found.map((violation) => violation.rule.name);
}

function rulesAbout(path: string): string[] {
  return violations.filter(({ from, to }) => from === path || to === path).map(({ rule }) => rule.name);
}

/** The tree: files, each with the imports that it makes. */
function tree(): Map<string, string[]> {
  const files = new Map<string, string[]>();
  const add = (path: string, ...imports: string[]): void => {
    files.set(path, [...(files.get(path) ?? []), ...imports]);
  };
  for (const room of ROOMS) {
    add(`src/${room}/index.ts`);
    for (const other of ROOMS) if (other !== room) add(`src/${room}/to-${other}.ts`, `type ../${other}/index.js`);
  }
  for (const path of ['kernel/hook', 'kernel/work', 'kernel/cost', 'kernel/conntrack/table', 'workload/closed-loop']) {
    add(`src/${path}.ts`);
  }
  for (const path of ['iptables/rule', 'ipvs/ipvs', 'ipvs/schedulers/index']) add(`src/kernel/${path}.ts`);
  for (const path of ['proxy/modes/index', 'proxy/modes/ipvs/mode', 'kube/api', 'scenario/case']) add(`src/${path}.ts`);
  for (const [from, to] of [...Object.values(REFUSED).flat(), ...FINE]) add(from, to);
  add('test/kube/x.ts');
  add('src/net/one.ts', 'type ./two.js');
  add('src/net/two.ts', 'type ./one.js');
  add('src/net/lonely.ts');
  add('src/attic/x.ts', '../sim/index.js');
  add('src/cli/main.ts', './fine.js', './to-sim.js');
  return files;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kpb-house-'));
  for (const [path, imports] of tree()) {
    const lines = imports.map((target, n) => {
      const [module, type] = target.startsWith('type ') ? [target.slice(5), 'type '] : [target, ''];
      return `import ${type}* as m${n} from '${module}';\nexport ${type}{ m${n} };\n`;
    });
    write(path, lines.join('') + 'export const here = 1;\n');
  }
  for (const name of ['stray', 'yargs', 'seedrandom', 'grown-up-tools']) {
    write(`node_modules/${name}/package.json`, `{"name":"${name}","version":"1.0.0","main":"index.js"}`);
    write(`node_modules/${name}/index.js`, 'exports.here = 1;\n');
  }
  const declared = { dependencies: { yargs: '1', seedrandom: '1' }, devDependencies: { 'grown-up-tools': '1' } };
  write('package.json', JSON.stringify({ name: 'tree', type: 'module', ...declared }));
  write('tsconfig.json', '{"compilerOptions":{"module":"nodenext","moduleResolution":"nodenext"},"include":["src"]}');
  const judge = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const args = [judge, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src'];
  const output = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  violations = (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(ROOMS)('%s', (room) => {
  test('imports what stands below it, and nothing else', () => {
    const open = ROOMS.filter(
      (other) => other !== room && broken(`src/${room}/to-${other}.ts`, `src/${other}/index.ts`).length === 0,
    );
    expect(open.sort()).toEqual([...ALLOWED[room]!].sort());
  });
});

test.each(Object.entries(REFUSED).flatMap(([rule, pairs]) => pairs.map((pair) => [rule, ...pair] as const)))(
  '%s refuses %s -> %s',
  (rule, from, to) => {
    const target = to
      .replace(/^(\.\.?\/)+/, '')
      .replace(/^node:/, '')
      .replace(/\.js$/, '');
    expect(broken(from, target)).toContain(rule);
  },
);

test('lists, contract files and packages in their room are allowed', () => {
  const from = new Set(FINE.map(([path]) => path));
  const found = [...from].flatMap((path) => violations.filter((violation) => violation.from === path));
  expect(found.filter(({ rule }) => rule.name !== 'reachable')).toEqual([]);
});

test('a cycle of types is a cycle', () => {
  expect(broken('src/net/one.ts', 'src/net/two.ts')).toContain('no-cycle');
});

test('a file that nobody knows is refused', () => {
  expect(rulesAbout('src/net/lonely.ts')).toContain('no-orphan');
});

test('a file to which nothing leads from the program is refused', () => {
  expect(rulesAbout('src/cli/to-measure.ts')).toContain('reachable');
  expect(rulesAbout('src/cli/to-sim.ts')).toEqual([]);
  expect(rulesAbout('src/cli/main.ts')).toEqual([]);
});

test('a folder that is no room is refused', () => {
  expect(rulesAbout('src/attic/x.ts')).toContain('known-room');
});
