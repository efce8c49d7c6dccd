/**
 * Network namespaces of a test, made and removed by `ip netns`.
 *
 * Names carry the process that made them, so that several test files may run at once, and so that what a killed run left behind is
 * told from what is in use: it is removed when the next one begins.
 */
import { execFileSync } from 'node:child_process';

/** Runs a command; its error output is the message when it fails. */
export function run(command: string, words: readonly string[], input = ''): string {
  try {
    return execFileSync(command, words, {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    throw new Error(`${command} ${words.join(' ')}: ${stderr ?? message}`, { cause: error });
  }
}

const NAME = /^kpb-(\d+)-\S+/gm;

/** Namespaces made by this process so far. */
let made = 0;

/** One network namespace, its loopback device up. */
export class Namespace {
  readonly name: string;

  constructor() {
    if (made === 0) removeLeftovers();
    this.name = `kpb-${process.pid}-${made++}`;
    run('ip', ['netns', 'add', this.name]);
    this.batch(['link set lo up']);
  }

  /** Runs a command inside; returns what it prints. */
  exec(command: string, words: readonly string[] = [], input?: string): string {
    return run('ip', ['netns', 'exec', this.name, command, ...words], input);
  }

  /** Sets kernel parameters, `name=value` each. */
  set(...settings: readonly string[]): void {
    this.exec('sysctl', ['-q', '-w', ...settings]);
  }

  /** Carries out lines of `ip`. */
  batch(lines: readonly string[], family?: 4 | 6): void {
    if (lines.length === 0) return;
    const words = family === undefined ? [] : [`-${family}`];
    run('ip', ['-n', this.name, ...words, '-batch', '-'], `${lines.join('\n')}\n`);
  }

  /** Removes it, and with it its devices and rules. Processes inside are the caller's. */
  remove(): void {
    run('ip', ['netns', 'del', this.name]);
  }
}

function removeLeftovers(): void {
  for (const [, pid = ''] of run('ip', ['netns', 'list']).matchAll(NAME)) {
    if (isAlive(Number(pid))) continue;
    for (const [name] of run('ip', ['netns', 'list']).matchAll(new RegExp(`^kpb-${pid}-\\S+`, 'gm'))) {
      try {
        run('ip', ['netns', 'del', name]);
      } catch {
        // Another run is at it.
      }
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
