/**
 * Progress on stderr: a bar on a terminal, elsewhere a plain line every few seconds.
 */
import type { SingleBar } from 'cli-progress';
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
  if (!process.stderr.isTTY) return plainLines(total);
  const { default: progress } = await import('cli-progress');
  const format = '{bar} {value}/{total} runs, {eta_formatted} left  {label}';
  const bar: SingleBar = new progress.SingleBar(
    { stream: process.stderr, format, clearOnComplete: true, hideCursor: true, barsize: 30, etaBuffer: 20 },
    progress.Presets.shades_classic,
  );
  bar.start(total, 0, { label: '' });
  return { update: (done, label) => bar.update(done, { label }), end: () => bar.stop() };
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
