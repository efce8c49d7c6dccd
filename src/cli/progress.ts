/**
 * Progress on stderr: a bar on a terminal, elsewhere a plain line every few seconds.
 *
 * The bar changes nothing of the terminal that has to be set right afterwards: the cursor stays visible and lines wrap, so
 * that a program that is stopped or killed leaves a usable terminal behind.
 */
import { clearScreenDown } from 'node:readline';
import type { GenericFormatter } from 'cli-progress';
import { progressLine } from './progress-line.js';
import type { Verbosity } from './terminal.js';

/** Milliseconds between two plain lines. */
const LINE_EVERY_MS = 5_000;

/** Shows how far a run is. */
export interface ProgressDisplay {
  /** Says how far the run is. @param done jobs that have ended @param label what ended last */
  update(done: number, label: string): void;
  /** Clears the display. */
  end(): void;
}

/** Starts a display. @param total number of jobs */
export async function startProgress(total: number, { quiet }: Verbosity): Promise<ProgressDisplay> {
  if (quiet) return { update: () => undefined, end: () => undefined };
  // A dumb terminal cannot go back in a line.
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? await bar(total) : plainLines(total);
}

async function bar(total: number): Promise<ProgressDisplay> {
  const { default: progress } = await import('cli-progress');
  const startedAt = Date.now();
  let label = '';
  let endsAt = 0;
  // The library's own estimate is 0 until the first job has ended, and stands still between jobs.
  const format: GenericFormatter = (options, { progress: share, value, maxWidth }) => {
    const leftS = Math.max(0, endsAt - Date.now()) / 1000;
    const drawn = progress.Format.BarFormat(share, options);
    return progressLine({ bar: drawn, done: value, total, leftS, label }, maxWidth);
  };
  const single = new progress.SingleBar(
    { stream: process.stderr, format, clearOnComplete: true, hideCursor: false, linewrap: true, barsize: 20 },
    progress.Presets.shades_classic,
  );
  const end = (): void => {
    process.off('exit', end);
    single.stop();
    // What the user typed meanwhile may have pushed the bar down.
    clearScreenDown(process.stderr);
  };
  // However the program ends, the shell's next line does not begin behind the bar.
  process.on('exit', end);
  single.start(total, 0);
  return {
    update: (done, ended) => {
      const now = Date.now();
      endsAt = now + ((now - startedAt) / done) * (total - done);
      label = ended;
      single.update(done);
    },
    end,
  };
}

function plainLines(total: number): ProgressDisplay {
  let last = Date.now();
  return {
    update: (done, label) => {
      const now = Date.now();
      if (now - last < LINE_EVERY_MS || done === total) return;
      last = now;
      process.stderr.write(`kpb: ${done} of ${total} runs done (${label})\n`);
    },
    end: () => undefined,
  };
}
