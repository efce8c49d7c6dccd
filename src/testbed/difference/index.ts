/** What differs between two proxy modes on one cluster. */
export {
  compareServices,
  labPairs,
  type FlowDifference,
  type LabPair,
  type ModePair,
  type ServiceDifference,
} from './compare-modes.js';
export { fateText, type Fate } from './fate.js';
export { modeCounts, type ModeCounts } from './sync-counts.js';
