/** Tests: every `*.test.ts` below test/, on as many processes as the smallest machine that we build on has cores. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    alias: [{ find: /^fast-check$/, replacement: join(import.meta.dirname, 'test', 'seeded-fast-check.ts') }],
    pool: 'forks',
    maxWorkers: 2,
    // Some tests start a compiler or another process; on a busy machine that takes a while. No test measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The bytes of the results must not depend on where they were made; messages are compared as English.
    env: { LC_ALL: 'C', NO_COLOR: '1' },
  },
});
