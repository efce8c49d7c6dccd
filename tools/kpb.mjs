#!/usr/bin/env node
// The command `kpb`: in a fresh clone it installs and compiles first, so that `npx kpb` works there as well; where the
// compiled program is there (an installed package, or after `npm start`) it goes straight to it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
if (!existsSync(join(here, '..', 'dist', 'cli', 'main.js'))) {
  const { status } = spawnSync(process.execPath, [join(here, 'ready.mjs'), 'build'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
await import('../dist/cli/main.js');
