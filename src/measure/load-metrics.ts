/** The metrics of how load falls on endpoints, and of how ip_vs decides where it falls. */
import { area } from './metric-area.js';
import { ENDPOINT_PLACES, type Metric } from './metric.js';

/** In display order. */
export const LOAD_METRICS: readonly Metric[] = [
  ...area('load', [
    [
      'endpoint_load_jain',
      '1',
      'simulated',
      'higher',
      ['value'],
      "Jain's fairness index of the endpoints' request rates while ready: 1 is even, 1/n is all on one of n.",
    ],
    [
      'endpoint_load_max_over_mean',
      '1',
      'simulated',
      'lower',
      ['value'],
      'Request rate of the busiest endpoint while ready over the mean of all endpoints.',
    ],
    [
      'endpoint_requests',
      '1',
      'simulated',
      'none',
      ['min', 'mean', 'max'],
      'Requests served by an endpoint that was ready throughout.',
    ],
    [
      'endpoint_share_ratio',
      '1',
      'simulated',
      'none',
      ENDPOINT_PLACES,
      `Share of the requests served that the n-th endpoint served, in creation order; of one Service of at most ${ENDPOINT_PLACES.length} endpoints only.`,
    ],
  ]),
  ...area('ipvs picks', [
    [
      'ipvs_picks',
      '1',
      'simulated',
      'none',
      ['total'],
      'Decisions of ip_vs schedulers, those that found no server included; ipvs mode only, like all of this area.',
    ],
    ['ipvs_pick_servers', '1', 'exact', 'lower', ['mean', 'max'], 'Servers that a scheduler looked at to decide.'],
    [
      'ipvs_pick_ns',
      'ns',
      'simulated',
      'lower',
      ['mean', 'max'],
      "CPU time of a scheduler's decision by the cost profile: its flat price and that of the servers looked at.",
    ],
  ]),
];
