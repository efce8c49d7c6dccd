/** Carries out `kpb ipvs replay`: reads a connection script, replays it, shows who was picked, and what differs from the recording. */
import { csvTable } from '../report/index.js';
import { isUnknownKernel, placeText, readScript } from '../scenario/index.js';
import { ExitCode } from './exit-code.js';
import { readText } from './files.js';
import type { IpvsArguments } from './ipvs-options.js';
import { replayText } from './replay/replay-text.js';
import { replayedFrom, type Replayed } from './replay/replayed.js';
import { resultStyle, tell, writeResult } from './terminal.js';

/**
 * Replays a file and writes the result.
 * @returns the exit code: failed when the replay is not what was recorded
 */
export async function replayFile(request: IpvsArguments): Promise<number> {
  const script = readScript(readText(request.script), request.script);
  const replayed = replayedFrom(script, request);
  tellOfKernel(replayed, request);
  if (request.output === 'json') await writeResult(jsonText(replayed));
  else if (request.output === 'csv') await writeResult(csvText(replayed));
  else {
    const { verbose, tables, color } = request;
    await writeResult(replayText(replayed, { everyStep: verbose, tables }, await resultStyle(color)));
  }
  const isOther = replayed.scheduler === undefined && replayed.comparison.differences.length > 0;
  return isOther ? ExitCode.failed : ExitCode.fine;
}

/** A kernel that is named and cannot be told is a slip of the pen more often than not. */
function tellOfKernel({ script, loadFactor, isOtherFactor }: Replayed, request: IpvsArguments): void {
  const { name, kernel } = script;
  if (kernel === '' || isOtherFactor || !isUnknownKernel(name, kernel)) return;
  const taken = `an active connection is taken to count ${loadFactor}`;
  tell(`kernel: ${JSON.stringify(kernel)} names no Linux version such as 6.1.176; ${taken}`, request);
}

/** Picks and observations as script files hold them, and what differs. */
function jsonText({ script, loadFactor, scheduler, replay, comparison }: Replayed): string {
  const { name, kernel } = script;
  const metadata = { name, kernel, loadFactor, scheduler: scheduler ?? null, seconds: replay.seconds };
  const recorded = { picks: comparison.picks, observations: comparison.observations };
  const { picks, observations, end } = replay;
  const { differences } = comparison;
  const document = { metadata: { ...metadata, recorded }, picks, observations, differences, tables: end };
  return `${JSON.stringify({ apiVersion: 'kpb/v1alpha1', kind: 'IpvsReplay', ...document }, null, 2)}\n`;
}

const CSV_COLUMNS = [
  'step',
  'seconds',
  'id',
  'client',
  'service',
  'vip',
  'server',
  'result',
  'state',
  'recorded_server',
];

function csvText({ script, replay }: Replayed): string {
  let number = 0;
  const lines = replay.events.flatMap(({ step, seconds, pick }) => {
    const opening = script.steps[step];
    if (pick === undefined || opening === undefined || !('client' in opening)) return [];
    const recorded = script.picks?.[number++]?.rs ?? '';
    const service = script.services[opening.service]?.name ?? '';
    const places = [placeText(opening.client), service, placeText(opening.place)];
    return [
      [String(step), String(seconds), pick.id, ...places, pick.rs ?? '', pick.result ?? '', pick.state ?? '', recorded],
    ];
  });
  return csvTable(CSV_COLUMNS, lines);
}
