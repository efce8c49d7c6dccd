/**
 * All benches: how fast the simulator is, in units a CPU second, beside what it is meant to reach.
 *
 * `npm run bench` takes some minutes, `npm run bench -- --quick` one. Nothing here decides whether a test passes: the
 * figures belong to the machine and to what else it does. Digests and checks show that the work was the same.
 */
import { cpus } from 'node:os';
import { numberText, textTable, timeText } from '../src/report/index.js';
import { conntrackLookup } from './kernel/conntrack.bench.js';
import { affinityPacket, firstPacket } from './kernel/iptables.bench.js';
import { COMPARING_SCHEDULERS, CONSTANT_SCHEDULERS, schedulerPicks } from './kernel/ipvs.bench.js';
import { histogramRecord } from './measure/histogram.bench.js';
import { median } from './measurement.js';
import { timeMicros } from './micro.js';
import { inRounds, ratio, type Series } from './rounds.js';
import { holdModel } from './sim/event-list.bench.js';
import { memoryOver } from './testbed/memory.bench.js';
import { packetPath } from './testbed/packet-path.bench.js';
import { servicePath } from './testbed/service-path.bench.js';

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 3 : 5;
const MICRO_MS = isQuick ? 100 : 500;
const MEMORY_PACKETS = isQuick ? 1_000_000 : 10_000_000;
/** Units of one piece of work: a second or so of CPU time. */
const UNITS = isQuick
  ? { 'packet-path': 200_000, keepalive: 50_000, 'new-connection': 15_000 }
  : { 'packet-path': 1_000_000, keepalive: 200_000, 'new-connection': 60_000 };

/** What each is meant to reach, in units a CPU second; and 10,000 Services over 10. */
const TARGETS = { 'packet-path': 600_000, keepalive: 200_000, 'new-connection': 60_000, ratio: 0.9 };
/** Decisions of an ip_vs scheduler, and what is to be left of their speed with 10,000 servers over 10: all of it, or logarithms. */
const DECISIONS = isQuick ? 100_000 : 500_000;
const FEW_SERVERS = 10;
const MANY_SERVERS = 10_000;
const SCHEDULERS = [
  ...CONSTANT_SCHEDULERS.map((name) => ({ name, target: 0.9 })),
  ...COMPARING_SCHEDULERS.map((name) => ({ name, target: 0.25 })),
];

const SIZES = [10, 1_000, 10_000];
const GRID = (['keepalive', 'new-connection'] as const).flatMap((workload) =>
  (['iptables', 'ipvs'] as const).flatMap((mode) => SIZES.map((services) => ({ workload, mode, services }))),
);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function verdict(value: number, target: number): string {
  return value >= target ? 'met' : 'not met';
}

/** One dot a measurement, where somebody watches. */
function tick(): void {
  if (process.stderr.isTTY) process.stderr.write('.');
}

function printPaths(packets: Series, services: readonly Series[]): void {
  const goals = [TARGETS['packet-path'], ...GRID.map(({ workload }) => TARGETS[workload])];
  const lines = [packets, ...services].map((series, i) => {
    const { name, unit, rates, meanNs, digest } = series;
    const middle = median(rates);
    const spread = [Math.min(...rates), Math.max(...rates)].map(numberText);
    const goal = goals[i]!;
    return [
      name,
      unit,
      numberText(middle),
      ...spread,
      numberText(goal),
      verdict(middle, goal),
      timeText(meanNs),
      digest,
    ];
  });
  say(
    textTable(
      [
        { heading: 'bench', align: 'left' },
        { heading: 'unit', align: 'left' },
        { heading: 'median', group: 'a CPU second', align: 'right' },
        { heading: 'least', group: 'a CPU second', align: 'right' },
        { heading: 'most', group: 'a CPU second', align: 'right' },
        { heading: 'target', group: 'a CPU second', align: 'right' },
        { heading: '', align: 'left' },
        { heading: 'mean latency', group: 'simulated', align: 'right' },
        { heading: 'digest', align: 'left' },
      ],
      lines,
    ),
  );
}

function printRatios(services: readonly Series[]): void {
  const lines = GRID.flatMap(({ workload, mode, services: size }, i) => {
    if (size !== SIZES.at(-1)) return [];
    const value = ratio(services[i]!, services[i - SIZES.length + 1]!);
    return [[`${workload} ${mode}`, numberText(value), numberText(TARGETS.ratio), verdict(value, TARGETS.ratio)]];
  });
  say(
    textTable(
      [
        { heading: '10,000 Services over 10', align: 'left' },
        { heading: 'speed', align: 'right' },
        { heading: 'target', align: 'right' },
        { heading: '', align: 'left' },
      ],
      lines,
    ),
  );
}

function printSchedulers(): void {
  const works = SCHEDULERS.flatMap(({ name }) => [
    () => schedulerPicks(name, FEW_SERVERS, DECISIONS),
    () => schedulerPicks(name, MANY_SERVERS, DECISIONS),
  ]);
  const series = inRounds(ROUNDS, works, tick);
  const lines = SCHEDULERS.map(({ name, target }, i) => {
    const value = ratio(series[2 * i + 1]!, series[2 * i]!);
    return [name, numberText(value), numberText(target), verdict(value, target)];
  });
  say(
    textTable(
      [
        { heading: 'ipvs decisions, 10,000 servers over 10', align: 'left' },
        { heading: 'speed', align: 'right' },
        { heading: 'target', align: 'right' },
        { heading: '', align: 'left' },
      ],
      lines,
    ),
  );
}

function printMemory(): void {
  const { before, after } = memoryOver(MEMORY_PACKETS);
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const line = (name: string, from: number, to: number): string[] => {
    return [name, mebibytes(from), mebibytes(to), mebibytes(to - from)];
  };
  say(
    textTable(
      [
        { heading: 'memory in use', align: 'left' },
        { heading: `after ${numberText(before.packets)} packets`, align: 'right' },
        { heading: `after ${numberText(after.packets)}`, align: 'right' },
        { heading: 'growth', align: 'right' },
      ],
      [line('heap', before.heap, after.heap), line('typed arrays', before.arrays, after.arrays)],
    ),
  );
}

async function printMicros(): Promise<void> {
  const results = await timeMicros(
    [
      ...[100, 10_000].map(holdModel),
      ...[1_000, 100_000].map(conntrackLookup),
      ...(['index', 'walk'] as const).flatMap((lookup) => SIZES.map((services) => firstPacket(lookup, services))),
      ...[10, 1_000].map((endpoints) => affinityPacket('index', endpoints)),
      histogramRecord(),
    ],
    MICRO_MS,
  );
  say(
    textTable(
      [
        { heading: 'part', align: 'left' },
        { heading: 'CPU time', align: 'right' },
        { heading: 'a CPU second', align: 'right' },
        { heading: 'check', align: 'left' },
      ],
      results.map(({ name, ns, check }) => [name, timeText(ns), numberText(1e9 / ns), check]),
    ),
  );
}

say(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; medians of ${ROUNDS} rounds by CPU time\n`);
// One short run of each kind first, so that all of them meet compiled code.
packetPath(UNITS['packet-path'] / 10);
for (const { workload, mode } of GRID) servicePath({ workload, mode, services: 10, requests: UNITS[workload] / 10 });
const [packets, ...services] = inRounds(
  ROUNDS,
  [
    () => packetPath(UNITS['packet-path']),
    ...GRID.map((options) => () => servicePath({ ...options, requests: UNITS[options.workload] })),
  ],
  tick,
);
printPaths(packets!, services);
say('');
printRatios(services);
say('');
printSchedulers();
say('');
printMemory();
say('');
await printMicros();
