/** The program in this process: quicker than the compiled one, and without the variables that say how the tests are run. */
import { vi } from 'vitest';
import { main } from '../../src/cli/program.js';
import { hideTestVariables, type Call } from './program.js';

/** Calls the program and takes what it writes and its exit code. @param words arguments */
export async function called(...words: readonly string[]): Promise<Call> {
  const texts = { stdout: '', stderr: '' };
  hideTestVariables();
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text, ...rest: readonly unknown[]) => {
      texts[stream] += String(text);
      const last = rest.at(-1);
      if (typeof last === 'function') (last as () => void)();
      return true;
    });
  }
  await main(words);
  const code = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  return { code, ...texts };
}
