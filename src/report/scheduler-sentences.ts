/** What a run says about the schedulers of a mode: how evenly each spreads the load, and what its decision costs. */
import type { Statistic } from '../measure/index.js';
import type { CaseView } from './case-view.js';
import { numberText } from './number-text.js';
import { placeText, settingsOf } from './setting.js';

/** Jain indices closer than this are called alike. */
const ALIKE = 0.005;

/** Sentences about schedulers; none when no setting has two. */
export function schedulerSentences(views: readonly CaseView[]): string[] {
  return [...evenness(views), ...effort(views)];
}

/** The most and the least even scheduler, where they differ most. */
function evenness(views: readonly CaseView[]): string[] {
  const contest = widest(views, 'endpoint_load_jain', 'value');
  if (contest === undefined) return [];
  const { least, most } = contest;
  const place = placeText(most.view);
  if (most.value - least.value < ALIKE) {
    return [
      `The schedulers spread the load alike at every size (Jain index ${least.value.toFixed(3)} or more at ${place}).`,
    ];
  }
  const say = ({ view, value }: Ranked): string => {
    const ratio = view.mean('endpoint_load_max_over_mean', 'value');
    const busiest = ratio === undefined ? '' : `, busiest endpoint ${numberText(ratio)} times the mean`;
    return `${view.scheduler} (Jain index ${value.toFixed(3)}${busiest})`;
  };
  return [`At ${place} the load is spread most evenly by ${say(most)} and least evenly by ${say(least)}.`];
}

/** Who walks how many servers to pick one, where that differs most. */
function effort(views: readonly CaseView[]): string[] {
  const contest = widest(views, 'first_packet_servers_walked', 'mean');
  if (contest === undefined || contest.most.value < contest.least.value + 1) return [];
  const { least, most } = contest;
  const cost = `${most.view.scheduler} looks at ${numberText(most.value)} servers on average`;
  const other = `${least.view.scheduler} at ${numberText(least.value)}`;
  return [`At ${placeText(most.view)} ${cost} to pick one for a new connection, ${other}.`];
}

interface Ranked {
  readonly view: CaseView;
  readonly value: number;
}

interface Contest {
  readonly least: Ranked;
  readonly most: Ranked;
}

/** The schedulers with the least and the largest figure, at the setting where they lie farthest apart. */
function widest(views: readonly CaseView[], metric: string, statistic: Statistic): Contest | undefined {
  let best: Contest | undefined;
  for (const setting of settingsOf(views.filter((view) => view.scheduler !== ''))) {
    const ranked = setting
      .flatMap((view): Ranked[] => {
        const value = view.mean(metric, statistic);
        return value === undefined ? [] : [{ view, value }];
      })
      .sort((a, b) => a.value - b.value);
    const [least, most] = [ranked[0], ranked.at(-1)];
    if (least === undefined || most === undefined || ranked.length < 2) continue;
    if (best === undefined || most.value - least.value >= best.most.value - best.least.value) {
      best = { least, most };
    }
  }
  return best;
}
