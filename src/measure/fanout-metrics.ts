/** The metrics of what writes of slices and Endpoints cost on their way to the nodes; recorded where a case asks for it. */
import { area } from './metric-area.js';
import type { Metric, Statistic } from './metric.js';

const TOTAL: readonly Statistic[] = ['total'];
const VALUE: readonly Statistic[] = ['value'];

/** In display order: of slices, then of Endpoints objects beside them. */
export const FANOUT_METRICS: readonly Metric[] = area('fan-out', [
  [
    'slice_watch_events',
    '1',
    'exact',
    'lower',
    TOTAL,
    'Watch events of EndpointSlices during the run: every write of one that kube-proxy watches, times the nodes.',
  ],
  [
    'slice_watch_bytes',
    'B',
    'exact',
    'lower',
    TOTAL,
    'Bytes of these events: the whole slice in each, in protobuf, without managedFields and the envelope of an event.',
  ],
  ['slice_largest_bytes', 'B', 'exact', 'lower', VALUE, 'Bytes of the largest slice written during the run.'],
  ['endpoints_writes', '1', 'exact', 'lower', TOTAL, 'Endpoints objects created, updated or deleted during the run.'],
  [
    'endpoints_watch_events',
    '1',
    'exact',
    'lower',
    TOTAL,
    'Watch events of Endpoints objects, had every node watched them as before EndpointSlices: writes times nodes.',
  ],
  ['endpoints_watch_bytes', 'B', 'exact', 'lower', TOTAL, 'Bytes of these events: the whole object in each.'],
  [
    'endpoints_largest_bytes',
    'B',
    'exact',
    'lower',
    VALUE,
    'Bytes of the largest Endpoints object written during the run; etcd takes 1.5 MB by default.',
  ],
]);
