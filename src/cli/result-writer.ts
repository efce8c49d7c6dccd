/**
 * The results of one command line on stdout. A table is shown as soon as its run is over; what programs read comes whole or
 * not at all: one CSV text with one heading, one JSON document, written when every run has ended.
 */
import { jsonList, reports } from '../report/index.js';
import type { ReportInput } from '../report/index.js';
import type { CommonArguments } from './options.js';
import { resultStyle, writeResult } from './terminal.js';

/** Gathers results and writes them. */
export class ResultWriter {
  private readonly options: CommonArguments;
  private readonly texts: string[] = [];
  private isWhole = true;

  constructor(options: CommonArguments) {
    this.options = options;
  }

  /** Takes the result of one run. */
  async add(input: ReportInput): Promise<void> {
    const { output, color } = this.options;
    if (!input.complete) this.isWhole = false;
    const report = reports.find(({ name }) => name === (output === 'table' ? 'summary' : output));
    if (report === undefined) throw new Error(`there is no report ${output}`);
    // 0 is a terminal that does not know.
    const columns = process.stdout.columns || undefined;
    const text = report.render(input, await resultStyle(color), columns);
    if (output === 'table') await writeResult(text);
    else this.texts.push(text);
  }

  /** Writes what is still to be written; nothing when a run was broken off. */
  async end(): Promise<void> {
    const [first, ...others] = this.texts;
    if (!this.isWhole || first === undefined) return;
    if (this.options.output === 'json') {
      const documents = this.texts.map((text): unknown => JSON.parse(text));
      await writeResult(others.length === 0 ? first : jsonList('RunSummaryList', {}, documents));
    } else {
      await writeResult([first, ...others.map((text) => text.slice(text.indexOf('\n') + 1))].join(''));
    }
  }
}
