// Makes a clone ready to run: installs the locked packages when they are missing or stale, and with the
// word "build" compiles src to dist. Uses nothing but Node itself, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`kpb: Node 20.19 or newer is needed, this is ${process.versions.node}`);
  process.exit(1);
}

const root = join(import.meta.dirname, '..');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** Newest modification time of the files below a folder, in milliseconds. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function run(command, args) {
  // npm is a script on Windows, so a shell has to find it there.
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

const installed = modified(join(root, 'node_modules', '.package-lock.json'));
// An installation without development packages has no compiler.
if (installed < modified(join(root, 'package-lock.json')) || !existsSync(compiler)) {
  console.error('kpb: installing the locked packages (npm ci)');
  // The compiler is a development package, which a production environment would leave out.
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

if (process.argv.includes('build')) {
  const sources = Math.max(
    newest(join(root, 'src')),
    modified(join(root, 'tsconfig.json')),
    modified(join(root, 'tsconfig.build.json')),
    modified(join(root, 'package-lock.json')),
  );
  if (modified(join(root, 'dist', 'cli', 'main.js')) < sources) {
    console.error('kpb: compiling src to dist');
    // Without output on errors, the next try compiles again in place of running what is half right.
    run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noEmitOnError']);
  }
}
