/**
 * The large bench: one process a mode, so that each has a peak of its own. `npm run bench:large`, or with the modes wanted:
 * `npm run bench:large -- nftables`. It takes a minute or two and nothing in it decides whether a test passes.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { numberText, textTable } from '../src/report/index.js';
import { LARGE, largeCluster, type LargeMode, type LargeRun } from './testbed/large-cluster.bench.js';

const MODES: readonly LargeMode[] = ['iptables', 'ipvs', 'nftables'];
/** What a process may have. */
const LIMIT_BYTES = 4 * 2 ** 30;

function isMode(text: string): text is LargeMode {
  return MODES.some((mode) => mode === text);
}

/** Runs one mode in a process of its own. */
function measured(mode: LargeMode): LargeRun {
  const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--one', mode], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) throw new Error(`the run in mode ${mode} ended with ${status}`);
  return JSON.parse(stdout) as LargeRun;
}

function line(run: LargeRun): string[] {
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  return [
    run.mode,
    seconds(run.buildSeconds),
    seconds(run.runSeconds),
    seconds(run.cpuSeconds),
    `${(run.peakBytes / 2 ** 20).toFixed(0)} MiB`,
    run.peakBytes < LIMIT_BYTES ? 'met' : 'not met',
    seconds(run.simulatedSeconds),
    numberText(run.sliceWrites),
    numberText(run.syncs),
    run.digest,
  ];
}

const [first, second] = process.argv.slice(2);
if (first === '--one' && second !== undefined && isMode(second)) {
  process.stdout.write(JSON.stringify(largeCluster(second, LARGE)));
} else {
  const asked = process.argv.slice(2).filter(isMode);
  const runs = (asked.length === 0 ? MODES : asked).map(measured);
  const { nodes, services, updated } = LARGE;
  process.stdout.write(
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; ${numberText(nodes)} nodes, ` +
      `${numberText(services)} Services, ${numberText(runs[0]?.endpoints ?? 0)} endpoints; ` +
      `rolling update of a Service of ${numberText(updated)}\n\n`,
  );
  process.stdout.write(
    textTable(
      [
        { heading: 'mode', align: 'left' },
        { heading: 'to build', group: 'wall time', align: 'right' },
        { heading: 'to run', group: 'wall time', align: 'right' },
        { heading: 'CPU time', align: 'right' },
        { heading: 'peak', group: 'memory', align: 'right' },
        { heading: '4 GiB', group: 'memory', align: 'left' },
        { heading: 'until live everywhere', group: 'simulated', align: 'right' },
        { heading: 'slice writes', group: 'simulated', align: 'right' },
        { heading: 'syncs', group: 'simulated', align: 'right' },
        { heading: 'digest', align: 'left' },
      ],
      runs.map(line),
    ),
  );
  process.stdout.write('\n');
}
