/** Reports: rows and aggregates in, text out. The list of reports stands here. */
import { csvReport } from './csv.js';
import { jsonReport } from './json.js';
import { markdownReport } from './markdown.js';
import type { Report } from './report.js';
import { summaryReport } from './summary.js';

/** Every kind of report. */
export const reports: readonly Report[] = [summaryReport, csvReport, jsonReport, markdownReport];

export type { Report, ReportInput, WrittenFile } from './report.js';
export { writeCsv, writeSummaryCsv, csvTable, readCsv, CsvError } from './csv.js';
export { jsonList } from './json.js';
export { pivotTable, type PivotQuery, type PivotTable } from './pivot.js';
export { PivotError, readFigures, type Figure } from './pivot-figure.js';
export { pivotCsv, pivotJson, pivotMarkdown, pivotText } from './pivot-text.js';
export { gateTable, type GateTableOptions } from './gate-table.js';
export { csvReport, jsonReport, markdownReport, summaryReport };
export { textTable, type TableColumn, type TableOptions } from './text-table.js';
export { PLAIN, ANSI, type TextStyle } from './text-style.js';
export { metricText, numberText, timeText } from './number-text.js';
