/** The near side of `agent.mjs`: starts one in a namespace and talks to it. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Namespace } from './namespace.js';

/** What an agent answers to a connection attempt. */
export interface Reached {
  /** answered, refused, timeout, or the code of another error. */
  readonly outcome: string;
  /** Address and port that the server was reached by, and where the client came from in the server's eyes. */
  readonly address?: string;
  readonly port?: number;
  readonly peer?: string;
}

/** A connection attempt. */
export interface Attempt {
  readonly family: 4 | 6;
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly port: number;
}

/** Where to listen: TCP on all addresses of the family, UDP on one. */
export type Place =
  | { readonly family: 4 | 6; readonly protocol: 'tcp'; readonly port: number }
  | { readonly family: 4 | 6; readonly protocol: 'udp'; readonly port: number; readonly address: string };

/** How long silence counts as a drop: many times what an answer takes here. */
const TIMEOUT_MS = 300;

const SCRIPT = fileURLToPath(new URL('./agent.mjs', import.meta.url));

/** An agent in a namespace. */
export class Agent {
  private readonly input: Writable;
  private readonly waiting = new Map<number, (answer: Reached) => void>();
  private next = 0;
  private isStopped = false;

  /**
   * Starts.
   * @param pin words in front of its command line
   */
  constructor({ name }: Namespace, pin: readonly string[] = []) {
    const child = spawn('ip', ['netns', 'exec', name, ...pin, process.execPath, SCRIPT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.input = child.stdin;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Reached & { readonly id: number };
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
    child.on('exit', (code) => {
      if (!this.isStopped) throw new Error(`the agent in ${name} has ended with ${code ?? 'a signal'}`);
    });
  }

  /** Listens on all of them. */
  async listen(places: readonly Place[]): Promise<void> {
    if (places.length === 0) return;
    const { outcome } = await this.ask({ action: 'listen', places });
    if (outcome !== 'ok') throw new Error(`cannot listen: ${outcome}`);
  }

  /** Connects, or sends a datagram. */
  connect(attempt: Attempt, timeoutMs = TIMEOUT_MS): Promise<Reached> {
    return this.ask({ action: 'connect', timeoutMs, ...attempt });
  }

  /** Closes everything that listens. */
  async close(): Promise<void> {
    await this.ask({ action: 'close' });
  }

  /** Ends the process. */
  stop(): void {
    this.isStopped = true;
    this.input.end();
  }

  private ask(request: object): Promise<Reached> {
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.input.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }
}
