/** The metrics of name lookups: rows only in runs in which names are looked up. Part of the list in `metric-list.ts`. */
import { area, type MetricEntry } from './metric-area.js';
import type { Metric } from './metric.js';

const TOTAL: MetricEntry[4] = ['total'];

/** In display order. */
export const LOOKUP_METRICS: readonly Metric[] = area('lookups', [
  ['lookups', '1', 'simulated', 'none', TOTAL, 'Lookups of names that began in the measured time.'],
  [
    'lookups_not_found',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Lookups that ended without an address, because there is none or because nobody answered.',
  ],
  [
    'lookup_latency_ns',
    'ns',
    'simulated',
    'lower',
    ['count', 'min', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    "From a lookup's beginning to the address, over all names tried and all waiting for answers that did not come.",
  ],
  [
    'queries_per_lookup',
    '1',
    'exact',
    'lower',
    ['min', 'mean', 'max'],
    'Queries of a lookup that ended by itself: all names, both families, repetitions included.',
  ],
  ['dns_queries', '1', 'simulated', 'lower', TOTAL, 'Queries of all lookups.'],
  ['dns_queries_tcp', '1', 'simulated', 'lower', TOTAL, 'Those of them that went over TCP.'],
  ['dns_queries_unanswered', '1', 'simulated', 'lower', TOTAL, 'Those of them whose answer never came, or too late.'],
  ['dns_answers_nxdomain', '1', 'simulated', 'lower', TOTAL, 'Answers that there is no such name.'],
  [
    'dns_answers_nodata',
    '1',
    'simulated',
    'none',
    TOTAL,
    'Answers that the name has no address of the family that was asked for.',
  ],
  ['dns_timeouts', '1', 'simulated', 'lower', TOTAL, "Times that a resolver's patience ran out (5 s of glibc)."],
]);
