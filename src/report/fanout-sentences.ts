/** What a run says about what changes of endpoints cost on their way to the nodes: as EndpointSlices and as Endpoints objects, side by side. */
import type { CaseView } from './case-view.js';
import type { FindingGroup } from './finding.js';
import { bytesText, numberText, thousands } from './number-text.js';
import { placeAmong, settingsOf } from './setting.js';
import { listText, withNoun } from './wording.js';

/** Both costs of the changes of one setting. */
interface Costs {
  readonly view: CaseView;
  readonly slices: number;
  readonly endpoints: number;
}

/** Where both differ most, and where they differ least; none for a run that does not count both. */
export function fanoutFindings(views: readonly CaseView[]): FindingGroup {
  // Whatever the proxy mode, the objects are the same.
  const costs = settingsOf(views)
    .flatMap(([first]) => first ?? [])
    .flatMap((view): Costs[] => {
      const [slices, endpoints] = [
        view.mean('slice_watch_bytes', 'total'),
        view.mean('endpoints_watch_bytes', 'total'),
      ];
      return slices && endpoints ? [{ view, slices, endpoints }] : [];
    })
    .sort((a, b) => ratioOf(b) - ratioOf(a));
  const [most, least] = [costs[0], costs.at(-1)];
  if (most === undefined || least === undefined) return { sentences: [], weight: 1 };
  const slices = `${costText(most.view, 'slice', 'endpoint_slice_writes')} as EndpointSlices`;
  const objects = `${costText(most.view, 'endpoints', 'endpoints_writes')} as Endpoints objects`;
  const whole = `At ${placeAmong(most.view, views)} changes cost ${slices} and ${objects}`;
  const sentences = [`${whole}${timesText(most)}.`];
  if (least !== most)
    sentences.push(
      `They differ least at ${placeAmong(least.view, views)}: ${bytesText(least.slices)} and ${bytesText(least.endpoints)}${timesText(least)}.`,
    );
  return { sentences, weight: Infinity };
}

function ratioOf({ slices, endpoints }: Costs): number {
  return endpoints / slices;
}

function timesText(costs: Costs): string {
  const ratio = ratioOf(costs);
  if (ratio >= 1.005) return `: ${numberText(ratio)} times as much for Endpoints`;
  return ratio <= 0.995 ? `: ${numberText(1 / ratio)} times as much for EndpointSlices` : '';
}

/** `200 TB (20,000 writes, 100,000,000 events)`. */
function costText(view: CaseView, kind: 'slice' | 'endpoints', writes: string): string {
  const count = (metric: string, noun: string): string[] => {
    const value = view.mean(metric, 'total');
    return value === undefined ? [] : [withNoun(thousands(Math.round(value)), noun)];
  };
  const counts = [...count(writes, 'write'), ...count(`${kind}_watch_events`, 'watch event')];
  const text = bytesText(view.mean(`${kind}_watch_bytes`, 'total') ?? 0);
  return counts.length === 0 ? text : `${text} (${listText(counts)})`;
}
