/** What may end a run early: Ctrl-C, a termination signal, the time limit. */
import { ExitCode } from './exit-code.js';
import type { RunStatus } from './run-directory.js';
import { say } from './terminal.js';

/** Why a run was broken off. */
export interface BreakOff {
  readonly status: RunStatus;
  readonly exitCode: number;
  readonly message: string;
}

const SIGNALS: Readonly<Record<'SIGINT' | 'SIGTERM', BreakOff>> = {
  SIGINT: { status: 'interrupted', exitCode: ExitCode.interrupted, message: 'interrupted' },
  SIGTERM: { status: 'interrupted', exitCode: ExitCode.terminated, message: 'terminated' },
};

/** Watches for the end of patience. */
export class BreakingOff {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly listeners: (readonly ['SIGINT' | 'SIGTERM', () => void])[];
  private why: BreakOff | undefined;

  /** @param timeoutMs time limit in milliseconds; undefined for none */
  constructor(timeoutMs: number | undefined) {
    this.listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => [name, () => this.onSignal(name)]);
    for (const [name, listener] of this.listeners) process.on(name, listener);
    if (timeoutMs === undefined) return;
    const message = 'the time limit is over';
    this.timer = setTimeout(() => this.stop({ status: 'timeout', exitCode: ExitCode.timeout, message }), timeoutMs);
  }

  /** Aborted when the run is to be broken off. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why the run was broken off; undefined while it was not. */
  get reason(): BreakOff | undefined {
    return this.why;
  }

  /** Stops watching. */
  close(): void {
    clearTimeout(this.timer);
    for (const [name, listener] of this.listeners) process.off(name, listener);
  }

  private onSignal(name: 'SIGINT' | 'SIGTERM'): void {
    // The second time the user means it: what was done is not written.
    if (this.why !== undefined) {
      // A terminal shows the Ctrl-C itself, without a line break.
      say(`${process.stderr.isTTY ? '\n' : ''}kpb: ${SIGNALS[name].message} again: nothing more is written`);
      process.exit(SIGNALS[name].exitCode);
    }
    this.stop(SIGNALS[name]);
  }

  private stop(why: BreakOff): void {
    this.why ??= why;
    this.controller.abort();
  }
}
