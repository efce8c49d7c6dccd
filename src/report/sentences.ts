/** What a run says, in sentences made from its figures: only what the data has, never a fixed claim. */
import type { CaseView } from './case-view.js';
import { axisFindings } from './axis-sentences.js';
import { controlFindings } from './control-sentences.js';
import { fanoutFindings } from './fanout-sentences.js';
import { leadingFirst } from './finding.js';
import { loadFindings } from './load-sentences.js';
import { conntrackFindings, lossFindings } from './loss-sentences.js';
import { modeFindings } from './mode-sentences.js';
import { schedulerFindings } from './scheduler-sentences.js';
import { startFindings } from './start-sentences.js';

/** All sentences that the cases give rise to, what differs most first. */
export function sentences(views: readonly CaseView[]): string[] {
  return leadingFirst([
    conntrackFindings(views),
    startFindings(views),
    fanoutFindings(views),
    axisFindings(views),
    controlFindings(views),
    modeFindings(views),
    loadFindings(views),
    schedulerFindings(views),
    lossFindings(views),
  ]);
}
