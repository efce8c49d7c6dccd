/** What a run says about kube-proxy's syncs: the longest over all cases and seeds of each mode, with the case it is of. */
import type { CaseView } from './case-view.js';
import type { FindingGroup } from './finding.js';
import { thousands, timeText } from './number-text.js';
import { basisText } from './outcome.js';
import { modesOf, shortPlace } from './setting.js';

/** Sentences about changes and syncs; none for a run without changes, in which syncs happen by chance. */
export function controlFindings(views: readonly CaseView[]): FindingGroup {
  const live = longestOf(views, 'change_live_ns');
  if (live.length === 0) return { sentences: [], weight: 1 };
  const syncs = longestOf(views, 'sync_duration_ns');
  return {
    // A run that changes something is about that.
    weight: Infinity,
    sentences: [
      `A change was live on every node after ${listed(live, views)} at most, over all cases and seeds.`,
      ...pending(views),
      ...(syncs.length === 0 ? [] : [`The longest sync of a node's rules took ${listed(syncs, views)}.`]),
    ],
  };
}

interface Longest {
  readonly mode: string;
  readonly view: CaseView;
  readonly ns: number;
}

/** The longest time of each mode, over its cases and their seeds; modes without one are left out. */
function longestOf(views: readonly CaseView[], metric: string): Longest[] {
  return modesOf(views).flatMap((mode) => {
    let longest: Longest | undefined;
    for (const view of views.filter((item) => item.mode === mode)) {
      const ns = view.find(metric, 'max')?.max ?? 0;
      if (ns > (longest?.ns ?? 0)) longest = { mode, view, ns };
    }
    return longest === undefined ? [] : [longest];
  });
}

function listed(longest: readonly Longest[], views: readonly CaseView[]): string {
  return longest
    .map(({ mode, view, ns }) => {
      const place = shortPlace(view, views);
      return `${timeText(ns)} in ${mode} mode${place === '' ? '' : ` (${place})`}`;
    })
    .join(' and ');
}

function pending(views: readonly CaseView[]): string[] {
  const count = views.reduce((sum, view) => sum + (view.mean('changes_pending', 'total') ?? 0), 0);
  if (count === 0) return [];
  const least = Math.max(1, Math.round(count));
  return [`When the runs ended, ${thousands(least)} changes were not yet live on a node (${basisText(views)}).`];
}
