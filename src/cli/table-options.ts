/** Options that say what stands in a table of figures; a page's tables carry the same ones in a comment. */
import type { Options } from 'yargs';

/** The options. */
export const TABLE_OPTIONS = {
  rows: {
    type: 'string',
    describe: 'fields of the cases that make a row, such as proxy or servers,proxy',
    requiresArg: true,
  },
  columns: { type: 'string', describe: 'fields that make a column; figure tells figures apart', requiresArg: true },
  figure: {
    type: 'array',
    string: true,
    nargs: 1,
    default: [],
    defaultDescription: 'none',
    describe: 'what the cells show: [heading=]metric[:statistic][/metric[:statistic]] (repeatable)',
    requiresArg: true,
  },
  filter: { type: 'string', describe: 'only cases whose id matches this regular expression', requiresArg: true },
} as const satisfies Record<string, Options>;

/** What they parse to. */
export interface TableArguments {
  readonly rows: string | undefined;
  readonly columns: string | undefined;
  readonly figure: readonly string[];
  readonly filter: string | undefined;
}
