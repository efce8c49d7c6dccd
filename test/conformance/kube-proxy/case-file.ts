/** The files of a folder of conformance cases, and the cases in them. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { fieldsOf, knownFields, listOf, textOf, type Fields } from './fields.js';

const SCHEMA = 'kube-proxy-conformance/v1';

/** One case, as it stands in its file. */
export interface ConformanceCase {
  readonly file: string;
  readonly id: string;
  readonly kind: string;
  readonly modes: readonly string[];
  /** Everything that the case says. */
  readonly fields: Fields;
}

/** The folder of kube-proxy cases: below KPB_CONFORMANCE_DIR, by default beside the project. */
export function conformanceFolder(name: string): string {
  const root = join(import.meta.dirname, '..', '..', '..');
  return join(resolve(root, process.env['KPB_CONFORMANCE_DIR'] ?? join('..', 'shared', 'conformance')), name);
}

/** All cases of a folder in the order of the files' names; undefined when there is no such folder. */
export function casesIn(folder: string): readonly ConformanceCase[] | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return files.sort().flatMap((file) => casesOf(file, readFileSync(join(folder, file), 'utf8')));
}

function casesOf(file: string, text: string): ConformanceCase[] {
  const document = knownFields(parse(text, { maxAliasCount: -1 }), ['schema', 'theme', 'cases'], file);
  if (document['schema'] !== SCHEMA) throw new Error(`${file}: schema ${String(document['schema'])}, not ${SCHEMA}`);
  return listOf(document['cases'], `${file} cases`).map((value, index) => {
    const fields = fieldsOf(value, `${file} case ${index}`);
    const id = textOf(fields['id'], `${file} case ${index} id`);
    const modes = listOf(fields['modes'], `${file} ${id} modes`).map((mode) => textOf(mode, `${file} ${id} modes`));
    return { file, id, kind: String(fields['kind']), modes, fields };
  });
}

/**
 * Why a case does not apply to a Kubernetes version.
 * @param minor such as 34 for 1.34
 * @returns undefined when it applies
 */
export function outsideVersion({ fields, id }: ConformanceCase, minor: number): string | undefined {
  if (fields['versionRange'] === undefined) return undefined;
  const range = knownFields(fields['versionRange'], ['min', 'max'], `${id} versionRange`);
  const bound = (name: 'min' | 'max', otherwise: number): number => {
    const text = range[name];
    if (text === undefined || text === null) return otherwise;
    // A version such as 1.24 without quotes is a number to YAML.
    const match = /^v?1\.(\d+)$/.exec(typeof text === 'number' ? text.toFixed(2) : textOf(text, `${id} ${name}`));
    if (match === null) throw new Error(`${id} versionRange.${name} is no minor version`);
    return Number(match[1]);
  };
  const [min, max] = [bound('min', 0), bound('max', Infinity)];
  return minor < min ? `from 1.${min} on` : minor > max ? `up to 1.${max}` : undefined;
}
