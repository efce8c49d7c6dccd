/** Folders of conformance cases of several schemas: the files, what they have in common, and their cases. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fieldsOf, knownFields, listOf, textOf, type Fields } from './kube-proxy/fields.js';

/** A file of cases. */
export interface CaseDocument {
  readonly file: string;
  readonly schema: string;
  /** Everything beside schema, sources and cases. */
  readonly rest: Fields;
  /** By the names that cases give as their origin. */
  readonly sources: Fields;
  readonly cases: readonly NamedCase[];
}

/** One case, as it stands in its file. */
export interface NamedCase {
  readonly name: string;
  readonly fields: Fields;
}

/** Fields that say something about a case, not what it is. */
export const ABOUT_CASE = ['name', 'origin', 'note', 'checkedWith'];

/**
 * The files of a folder in the order of their names; undefined when there is no such folder.
 * @param schemas what a file may say that it is
 */
export function documentsIn(folder: string, schemas: readonly string[]): readonly CaseDocument[] | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return files.sort().map((file) => documentOf(file, readFileSync(join(folder, file), 'utf8'), schemas));
}

/** Reads the text of a file. @throws Error for a schema that nobody knows */
export function documentOf(file: string, text: string, schemas: readonly string[]): CaseDocument {
  const { schema, sources, cases, ...rest } = fieldsOf(parse(text), file);
  const own = textOf(schema, `${file} schema`);
  if (!schemas.includes(own)) throw new Error(`${file}: schema ${own}, none of ${schemas.join(', ')}`);
  return {
    file,
    schema: own,
    rest,
    sources: fieldsOf(sources ?? {}, `${file} sources`),
    cases: listOf(cases, `${file} cases`).map((value, index) => {
      const fields = fieldsOf(value, `${file} case ${index}`);
      return { name: textOf(fields['name'], `${file} case ${index} name`), fields };
    }),
  };
}

/** A document without fields of its own. @throws Error when it has some */
export function requireNothingElse({ rest, file }: CaseDocument): void {
  knownFields(rest, [], file);
}
