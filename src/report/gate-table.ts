/** What a gate found, for people: what failed and what stays open line by line, what passed as a count. */
import { unitOf } from '../measure/index.js';
import type { Answer, Finding, GateReport } from '../measure/index.js';
import { changeText, thousands, metricText } from './number-text.js';
import { PLAIN } from './text-style.js';
import type { TextStyle } from './text-style.js';
import { textTable } from './text-table.js';
import type { TableColumn } from './text-table.js';

/** Sign and word of each answer; the sign never stands alone. */
const SIGNS: Readonly<Record<Answer, string>> = {
  passed: '\u2713 passed',
  failed: '\u2717 failed',
  'not-enough-data': '? not enough data',
};

const COLUMNS: readonly TableColumn[] = [
  { heading: '    metric', align: 'left' },
  { heading: 'baseline', align: 'right' },
  { heading: 'new', align: 'right' },
  { heading: 'change', align: 'right' },
  { heading: 'limit', align: 'right' },
  { heading: 'why', align: 'left' },
];

/** How a gate is shown. */
export interface GateTableOptions {
  readonly style?: TextStyle;
  /** Show findings that passed line by line too; thresholds always are. */
  readonly all?: boolean;
}

/**
 * The findings as a table, with a last line that gives the answer and the counts.
 * @returns text that ends in a line break
 */
export function gateTable(
  { answer, findings }: GateReport,
  { style = PLAIN, all = false }: GateTableOptions = {},
): string {
  const shown = findings.filter((finding) => all || finding.answer !== 'passed' || finding.rule === 'threshold');
  const lines = (['failed', 'not-enough-data', 'passed'] as const).flatMap((wanted) => {
    const alike = shown.filter((finding) => finding.answer === wanted);
    return alike.length === 0 ? [] : [[coloured(wanted, SIGNS[wanted], style)], ...byCase(alike)];
  });
  const count = (wanted: Answer): string => thousands(findings.filter((finding) => finding.answer === wanted).length);
  const counts = `${count('passed')} passed, ${count('failed')} failed, ${count('not-enough-data')} without enough data`;
  const verdict = `${style.bold('gate')}  ${coloured(answer, SIGNS[answer], style)}: ${counts}`;
  return `${lines.length === 0 ? '' : `${textTable(COLUMNS, lines, { style })}\n\n`}${verdict}\n`;
}

/** Lines of findings, each case named once above its own. */
function byCase(findings: readonly Finding[]): string[][] {
  const cases = [...new Set(findings.map((finding) => finding.caseId))];
  return cases.flatMap((caseId) => [
    [`  ${caseId}`],
    ...findings.filter((finding) => finding.caseId === caseId).map(findingCells),
  ]);
}

function findingCells(finding: Finding): string[] {
  const unit = unitOf(finding.metric, finding.statistic);
  const value = (x: number | null): string => {
    return x === null ? '-' : metricText(x, unit);
  };
  return [
    `    ${finding.metric} ${finding.statistic}`,
    value(finding.baseline),
    value(finding.candidate),
    finding.change === null ? '-' : `${changeText(finding.change)}${intervalText(finding.interval)}`,
    finding.limit,
    finding.reason,
  ];
}

function intervalText(interval: Finding['interval']): string {
  if (interval === null) return '';
  const [low, high] = interval.map((end) => changeText(end).replace(' %', ''));
  return ` [${low ?? ''}, ${high ?? ''}]`;
}

function coloured(answer: Answer, text: string, style: TextStyle): string {
  if (answer === 'passed') return style.good(text);
  return answer === 'failed' ? style.bad(text) : style.doubtful(text);
}
