/**
 * The parts of a scenario that judge a result: limits on changes for the gate, and thresholds on the values themselves.
 */
import { z } from 'zod';
import { findMetric, METRICS, parseThreshold } from '../measure/index.js';
import type { Threshold } from '../measure/index.js';
import { didYouMean } from './nearest.js';
import { fraction } from './quantity.js';

/** Tells `explain.ts` that a message already says what was found. */
const COMPLETE = { complete: true };

/**
 * `spec.gate`: largest relative change for the worse that the gate lets pass, for all simulated metrics (`limit`) and for
 * single ones (`limits`).
 */
export const gateSchema = z
  .strictObject({ limit: fraction.optional(), limits: z.record(z.string(), fraction).optional() })
  .superRefine((gate, context) => {
    for (const name of Object.keys(gate.limits ?? {})) {
      if (findMetric(name) === undefined) context.addIssue(unknownMetric(name, ['limits', name]));
    }
  });

/** `spec.thresholds`: expressions such as `p(99)<2ms` that the values must keep to, in lists by metric. */
export const thresholdsSchema = z
  .record(z.string(), z.array(z.unknown()))
  .transform((byMetric, context): readonly Threshold[] => {
    const thresholds: Threshold[] = [];
    for (const [name, expressions] of Object.entries(byMetric)) {
      if (findMetric(name) === undefined) {
        context.addIssue(unknownMetric(name, [name]));
        continue;
      }
      for (const [index, expression] of expressions.entries()) {
        const threshold = parseThreshold(name, String(expression));
        if (typeof threshold !== 'string') thresholds.push(threshold);
        else context.addIssue({ code: 'custom', path: [name, index], message: threshold, params: COMPLETE });
      }
    }
    return thresholds;
  });

function unknownMetric(name: string, path: string[]) {
  const names = METRICS.map((metric) => metric.name);
  const message = `no metric is called "${name}"${didYouMean(name, names) || '; `kpb get metrics` lists them'}`;
  return { code: 'custom' as const, path, message, params: COMPLETE };
}
