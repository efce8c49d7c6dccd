/**
 * Pages with tables that come from a run: a table stands between `<!-- kpb report --rows ... -->` and `<!-- end -->`, and the
 * comment holds the options of `kpb report` that make it. So a page says itself where its figures come from, and one command
 * writes all of them anew.
 */
import { writeFileSync } from 'node:fs';
import yargs from 'yargs';
import { CliError, ExitCode } from './exit-code.js';
import { readText, reasonOf } from './files.js';
import { TABLE_OPTIONS } from './table-options.js';
import type { TableArguments } from './table-options.js';

/** A table: a comment that has no end of its own does not reach into the next one. */
const BLOCK = /<!-- kpb report (.*?) -->\n(?:(?!<!-- kpb report )[\s\S])*?<!-- end -->/g;

/** Where a table begins, whether it has an end or not. */
const BEGIN = /<!-- kpb report .*? -->\n/g;

/** A word of a command: bare, or with parts in quotes. */
const WORD = /(?:[^\s'"]|'[^']*'|"[^"]*")+/g;

/**
 * Writes the tables of a page anew.
 * @param render Markdown of a table
 * @returns how many there are
 * @throws CliError when the page has none, when one has no end, or when one cannot be made
 */
export function renewPage(path: string, render: (query: TableArguments) => string): number {
  const text = readText(path);
  const blocks = new Set([...text.matchAll(BLOCK)].map(({ index }) => index));
  const open = [...text.matchAll(BEGIN)].find(({ index }) => !blocks.has(index));
  if (open !== undefined) {
    const place = `${path}:${lineAt(text, open.index)}`;
    throw new CliError(`${place}: expected <!-- end --> behind ${open[0].trim()}, found none`, ExitCode.usage);
  }
  if (blocks.size === 0)
    throw new CliError(`${path}: expected a table behind <!-- kpb report --rows ... -->, found none`, ExitCode.usage);
  const renewed = withTables(text, path, render);
  try {
    if (renewed !== text) writeFileSync(path, renewed);
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${reasonOf(error)}`, ExitCode.failed, { cause: error });
  }
  return blocks.size;
}

/** The tables of a page: what each asks for, and its text. */
export function pageTables(text: string): { readonly query: TableArguments; readonly text: string }[] {
  return [...text.matchAll(BLOCK)].map(([block, words = '']) => ({ query: queryOf(words), text: block }));
}

function withTables(text: string, path: string, render: (query: TableArguments) => string): string {
  return text.replaceAll(BLOCK, (_, words: string, offset: number) => {
    try {
      return `<!-- kpb report ${words} -->\n\n${render(queryOf(words))}\n<!-- end -->`;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      const place = `${path}:${lineAt(text, offset)}`;
      throw new CliError(`${place}: kpb report ${words}: ${error.message}`, error.exitCode);
    }
  });
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** The options of a comment, read as the command line's. */
function queryOf(words: string): TableArguments {
  if (/['"]/.test(words.replaceAll(WORD, ''))) throw new CliError('quote not closed', ExitCode.usage);
  const plain = (words.match(WORD) ?? []).map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  return yargs(plain)
    .options(TABLE_OPTIONS)
    .strict()
    .exitProcess(false)
    .help(false)
    .version(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      throw new CliError(message ?? error?.message ?? 'wrong usage', ExitCode.usage);
    })
    .parseSync();
}
