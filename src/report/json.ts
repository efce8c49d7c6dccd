/** Aggregates as JSON, in the shape of a Kubernetes list: `{apiVersion, kind, metadata, items}`. */
import type { Report, ReportInput } from './report.js';

const API_VERSION = 'kpb/v1alpha1';

/** Version of the document's form; raised when a reader of the old one could not read it. */
export const SUMMARY_SCHEMA_VERSION = 1;

/** Aggregates of a run, as a report. */
export const jsonReport: Report = {
  name: 'json',
  extension: 'json',
  doc: 'Mean, interval and range of every metric over the seeds, for programs.',
  render: (input) => `${JSON.stringify(summaryDocument(input), null, 2)}\n`,
};

/** Any list as a JSON document of the common shape, ending in a line break. */
export function jsonList(kind: string, metadata: Readonly<Record<string, unknown>>, items: readonly unknown[]): string {
  return `${JSON.stringify({ apiVersion: API_VERSION, kind, metadata, items }, null, 2)}\n`;
}

function summaryDocument({
  scenario,
  runId,
  programVersion,
  seeds,
  complete,
  warnings,
  gate,
  aggregates,
}: ReportInput) {
  return {
    apiVersion: API_VERSION,
    kind: 'RunSummary',
    metadata: {
      ...{ schemaVersion: SUMMARY_SCHEMA_VERSION, scenario, runId, programVersion, seeds, complete, warnings },
      ...(gate === undefined ? {} : { gate }),
    },
    items: aggregates.map(({ runId: _runId, scenario: _scenario, ...item }) => item),
  };
}
