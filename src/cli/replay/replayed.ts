/** A connection script carried out under the options of `kpb ipvs replay`. */
import {
  didYouMean,
  loadFactorOf,
  schedulerFlags,
  schedulers,
  underScheduler,
  type ReplayScript,
} from '../../scenario/index.js';
import { compareReplay, replayScript, type Replay, type ReplayComparison } from '../../testbed/index.js';
import { CliError, ExitCode } from '../exit-code.js';
import type { IpvsArguments } from '../ipvs-options.js';

/** A script and its replay. */
export interface Replayed {
  /** As it was carried out. */
  readonly script: ReplayScript;
  readonly loadFactor: 256 | 257;
  /** Whether the option says so, and not the script's kernel. */
  readonly isOtherFactor: boolean;
  /** The scheduler that was put in place of the script's; undefined for none. */
  readonly scheduler: string | undefined;
  readonly replay: Replay;
  /** With what was recorded. Under another scheduler, differences are what was asked for and no failure. */
  readonly comparison: ReplayComparison;
}

/** Replays a script under the options. @throws CliError for options that do not go together */
export function replayedFrom(
  script: ReplayScript,
  options: Pick<IpvsArguments, 'scheduler' | 'schedFlags' | 'loadFactor' | 'seed'>,
): Replayed {
  const { scheduler, seed } = options;
  if (seed === '') throw usage('--seed: expected a text');
  const flags = flagBits(scheduler, options.schedFlags);
  const given = factorOf(options.loadFactor);
  const loadFactor = given ?? loadFactorOf(script.name, script.kernel);
  const played = scheduler === undefined ? script : underScheduler(script, scheduler, flags);
  const replay = replayScript(played, { loadFactor, seed });
  const comparison = compareReplay(played, replay);
  return { script: played, loadFactor, isOtherFactor: given !== undefined, scheduler, replay, comparison };
}

/** The load factor that is asked for. The parser checks no choices of options with a dash in their names. */
function factorOf(text: string | undefined): 256 | 257 | undefined {
  if (text === undefined) return undefined;
  if (text !== '256' && text !== '257') throw usage(`--load-factor: expected 256 or 257, found ${text}`);
  return text === '257' ? 257 : 256;
}

function flagBits(scheduler: string | undefined, flags: string | undefined): number {
  if (scheduler === undefined) {
    if (flags !== undefined) throw usage('--sched-flags belong to --scheduler: name one');
    return 0;
  }
  const names = schedulers.map(({ name }) => name);
  if (!names.includes(scheduler)) {
    throw usage(`--scheduler: expected one of ${names.join(', ')}, found ${scheduler}${didYouMean(scheduler, names)}`);
  }
  const known = schedulerFlags(scheduler);
  return (flags?.split(',') ?? []).reduce((bits, flag) => {
    const bit = known.get(flag);
    if (bit !== undefined) return bits | bit;
    const expected = known.size === 0 ? `${scheduler} has none` : `expected ${[...known.keys()].join(' or ')}`;
    throw usage(`--sched-flags: ${expected}, found ${flag}${didYouMean(flag, known.keys())}`);
  }, 0);
}

function usage(message: string): CliError {
  return new CliError(message, ExitCode.usage);
}
