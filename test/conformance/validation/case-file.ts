/** The files of a folder of validation cases, and the cases in them. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { FEATURE_GATES, type FeatureGate } from '../../../src/kube/validation/feature-gates.js';
import { fieldsOf, flagOf, knownFields, listOf, numberOf, textOf, textsOf, type Fields } from '../kube-proxy/fields.js';
import { generatedSlice } from './generated-slice.js';

const SCHEMA = 'validation/v1';

const CASE_FIELDS = [
  ...['name', 'origin', 'note', 'checkedWith', 'operation', 'defaulting', 'stage', 'cluster', 'feature'],
  ...['manifest', 'old', 'generate', 'expect', 'fieldsV1.20', 'allocates'],
];

/** One case. */
export interface ValidationCase {
  readonly file: string;
  readonly name: string;
  readonly object: Fields;
  /** The object before an update; undefined for a new one. */
  readonly before: Fields | undefined;
  /** Whether the object is written as a user would, without defaults. */
  readonly defaults: boolean;
  /** The allocators' state; undefined when the case is not about them. */
  readonly cluster: Fields | undefined;
  readonly feature: FeatureGate | undefined;
  /** Fields in the order of the alphabet, each once. */
  readonly expected: { readonly accepted: boolean; readonly fields: readonly string[] };
  readonly allocates: { readonly clusterIps: number; readonly nodePorts: number } | undefined;
}

/** All cases of a folder in the order of the files' names; undefined when there is no such folder. */
export function validationCasesIn(folder: string): readonly ValidationCase[] | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return files.sort().flatMap((file) => casesOf(file, readFileSync(join(folder, file), 'utf8')));
}

function casesOf(file: string, text: string): ValidationCase[] {
  const document = knownFields(parse(text, { maxAliasCount: -1 }), ['schema', 'sources', 'cases'], file);
  if (document['schema'] !== SCHEMA) throw new Error(`${file}: schema ${String(document['schema'])}, not ${SCHEMA}`);
  return listOf(document['cases'], `${file} cases`).map((value, index) => {
    const fields = knownFields(value, CASE_FIELDS, `${file} case ${index}`);
    return caseOf(file, textOf(fields['name'], `${file} case ${index} name`), fields);
  });
}

function caseOf(file: string, name: string, fields: Fields): ValidationCase {
  const where = `${file} ${name}`;
  const isUpdate = oneOf(fields['operation'], ['create', 'update'], `${where} operation`) === 'update';
  const isAllocation = fields['stage'] !== undefined && oneOf(fields['stage'], ['allocation'], `${where} stage`) !== '';
  const expect = knownFields(fields['expect'], ['accepted', 'fields'], `${where} expect`);
  const object =
    fields['generate'] === undefined
      ? fieldsOf(fields['manifest'], `${where} manifest`)
      : generatedSlice(fields['generate']);
  return {
    ...{ file, name, object },
    before: isUpdate ? fieldsOf(fields['old'], `${where} old`) : undefined,
    defaults: oneOf(fields['defaulting'], ['none', 'apply'], `${where} defaulting`) === 'apply',
    cluster: isAllocation ? fieldsOf(fields['cluster'], `${where} cluster`) : undefined,
    feature: fields['feature'] === undefined ? undefined : gateOf(fields['feature'], where),
    expected: {
      accepted: flagOf(expect['accepted'], `${where} expect.accepted`, true),
      fields: [...new Set(textsOf(expect['fields'], `${where} expect.fields`))].sort(),
    },
    allocates: fields['allocates'] === undefined ? undefined : allocatesOf(fields['allocates'], where),
  };
}

function allocatesOf(value: unknown, where: string): ValidationCase['allocates'] {
  const { clusterIPs, nodePorts } = knownFields(value, ['clusterIPs', 'nodePorts'], `${where} allocates`);
  return {
    clusterIps: numberOf(clusterIPs, `${where} allocates.clusterIPs`),
    nodePorts: numberOf(nodePorts, `${where} allocates.nodePorts`),
  };
}

function gateOf(value: unknown, where: string): FeatureGate {
  return oneOf(value, Object.keys(FEATURE_GATES), `${where} feature`) as FeatureGate;
}

function oneOf(value: unknown, known: readonly string[], where: string): string {
  const word = textOf(value, where);
  if (!known.includes(word)) throw new Error(`${where}: unknown: ${word}`);
  return word;
}
