/** Replays of connection scripts on one IPVS director. */
export { replayScript, type Replay, type ReplayEvent, type ReplayOptions, type ReplayTables } from './replay-script.js';
export { compareReplay, pickText, type ReplayComparison, type ReplayDifference } from './compare-replay.js';
