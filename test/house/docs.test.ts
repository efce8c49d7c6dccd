/** The documentation: links lead somewhere, named files exist, tables say what the program says, examples work. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { beforeAll, describe, expect, test } from 'vitest';
import { expandScenario, parseProfile, parseScenario } from '../../src/scenario/index.js';
import { kpb, makeReady, newFolder } from '../cli/program.js';
import { NO_MEANING, TABLE_NAMES, tablesIn, withTables } from './doc-tables.js';
import { filesBelow, ROOT, type SourceFile } from './tree.js';

const TOP = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];
const pages = [...TOP.map(page), ...filesBelow(['docs'], '.md')];

function page(path: string): SourceFile {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

function pageAt(path: string): SourceFile | undefined {
  return pages.find((known) => known.path === path);
}

/** The page without its blocks of code. */
function prose({ text }: SourceFile): string {
  return text.replaceAll(/```[\s\S]*?```/g, '');
}

/** Blocks of code of one language. */
function blocks({ text }: SourceFile, language: string): string[] {
  return [...text.matchAll(/```(\w*)\n([\s\S]*?)```/g)].flatMap(([, own, code = '']) =>
    own === language ? [code] : [],
  );
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchors(of: SourceFile): string[] {
  const headings = [...prose(of).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'));
}

function brokenLinks(of: SourceFile): string[] {
  const targets = [...prose(of).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (target.startsWith('https://')) return false;
    const [path = '', anchor] = target.split('#');
    const full = join(dirname(of.path), path).replaceAll('\\', '/');
    const linked = path === '' ? of : pageAt(full);
    if (linked === undefined && !existsSync(join(ROOT, full))) return true;
    return anchor !== undefined && (linked === undefined || !anchors(linked).includes(anchor));
  });
}

/** Files that a page names in backticks; placeholders such as `<name>` stand for what there is not yet. */
function missingFiles(of: SourceFile): string[] {
  const named = [...prose(of).matchAll(/`((?:src|test|docs|scenarios|tools|bench|\.ci)\/[\w./*<>-]*)`/g)];
  const paths = named.map(([, path = '']) => path).filter((path) => !/[*<]/.test(path));
  return paths.filter((path) => !existsSync(join(ROOT, path)));
}

describe.each(pages)('$path', (of) => {
  test('has links that lead somewhere', () => {
    expect(brokenLinks(of)).toEqual([]);
  });

  test('names files that exist', () => {
    expect(missingFiles(of)).toEqual([]);
  });
});

test('a broken link and a missing file are found', () => {
  const text =
    '# A b\n\n[a](#a-b) [b](#c) [c](nowhere.md) [d](docs/MODEL.md#nothing) `src/nowhere.ts` `src/<name>.ts`\n';
  expect(brokenLinks({ path: 'README.md', text })).toEqual(['#c', 'nowhere.md', 'docs/MODEL.md#nothing']);
  expect(missingFiles({ path: 'README.md', text })).toEqual(['src/nowhere.ts']);
});

describe('tables', () => {
  const holders = pages.filter(({ text }) => tablesIn(text).length > 0);

  // Run with -u, this writes the tables anew; a column of meanings is kept.
  test.each(holders)('of $path are those of the program', async ({ path, text }) => {
    const full = join(ROOT, path);
    const options = { ...(await resolveConfig(full)), filepath: full };
    await expect(await format(withTables(text), options)).toMatchFileSnapshot(full);
  });

  test('stand on some page, each once', () => {
    expect(holders.flatMap(({ text }) => tablesIn(text)).sort()).toEqual([...TABLE_NAMES].sort());
  });

  test('explain every row', () => {
    expect(holders.filter(({ text }) => withTables(text).includes(NO_MEANING)).map(({ path }) => path)).toEqual([]);
  });
});

test('the map names every room and no other', () => {
  const rooms = readdirSync(join(ROOT, 'src')).sort();
  const { text } = page('docs/ARCHITECTURE.md');
  const rows = [...text.matchAll(/^\| `(\w+)` +\|/gm)].map(([, room = '']) => room);
  expect(rows.sort()).toEqual(rooms);
  const [map = ''] = blocks({ path: '', text }, 'text');
  expect(rooms.filter((room) => !new RegExp(`\\b${room}\\b`).test(map))).toEqual([]);
});

describe('examples', () => {
  const folder = newFolder();

  beforeAll(() => {
    makeReady();
    symlinkSync(join(ROOT, 'scenarios'), join(folder, 'scenarios'));
    writeFileSync(join(folder, 'my-scenario.yaml'), readFileSync(join(ROOT, 'scenarios', 'endpoints.yaml')));
    const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n';
    const path = '{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }';
    const ingress = `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web }\nspec: { rules: [{ host: shop.example, http: { paths: [${path}] } }] }\n`;
    writeFileSync(join(folder, 'cluster.yaml'), `${service}---\n${ingress}`);
  });

  const profile = () => parseProfile(page('scenarios/profiles/reference-2026.yaml').text, 'reference-2026.yaml');

  test.each(pages.flatMap((of) => blocks(of, 'yaml').map((text) => ({ path: of.path, text }))))(
    'of scenarios in $path are valid',
    ({ path, text }) => {
      const scenario = expandScenario(parseScenario(text, path), { objects: null, profile: profile() });
      expect(scenario.cases.length).toBeGreaterThan(0);
    },
  );

  /** Lines of shell in the README, without their comments. */
  const lines = blocks(page('README.md'), 'sh').flatMap((block) => block.trim().split('\n'));
  const commands = lines.map((line) => line.replace(/\s+# .*$/, ''));

  test('name scripts of the package', () => {
    const { scripts } = JSON.parse(page('package.json').text) as { scripts: Readonly<Record<string, string>> };
    const named = commands.flatMap((line) => /^npm (?:run )?(\S+)/.exec(line)?.[1] ?? []);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test('of the README work, one after the other', () => {
    // Something to keep as a baseline; what the examples run is only listed.
    const run = ['run', 'endpoints', '--filter', 'endpoints=1,mode=iptables', '--runs', '1', '-q'];
    expect(kpb(folder, ...run, '--set', 'run.duration=20ms', '--set', 'run.warmup=0').code).toBe(0);
    const calls = commands.filter((line) => line.startsWith('npx kpb '));
    expect(calls.length).toBeGreaterThan(5);
    for (const line of calls) {
      const own = line.startsWith('npx kpb run') && !line.includes('--help') ? `${line} --dry-run` : line;
      const program = `kpb() { "${process.execPath}" "${join(ROOT, 'dist/cli/main.js')}" "$@"; }`;
      const script = `${program}; ${own.replace('--dry-run --dry-run', '--dry-run').replace('npx kpb', 'kpb')}`;
      const { status, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
      expect({ line, status }, stderr).toEqual({ line, status: 0 });
    }
  });
});
