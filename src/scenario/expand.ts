/**
 * From a scenario's document to its cases: fills in defaults, takes every combination of the matrix's values, checks each
 * as a whole and gives it a name.
 */
import type { ClusterObjects } from '../kube/api.js';
import type { Threshold } from '../measure/index.js';
import type { Case } from './case.js';
import { caseId } from './case-id.js';
import { misfits, type CheckOptions } from './check.js';
import { DEFAULT_CHURN, DEFAULT_SPEC } from './defaults.js';
import { checked, problemAt } from './explain.js';
import type { Origin } from './explain.js';
import { child, less, located, merged, mergedAt, plain, replaceNode, without } from './located.js';
import type { Located } from './located.js';
import { matrixOf } from './matrix.js';
import type { Choice } from './matrix.js';
import { PROXY_MODES } from '../proxy/modes/index.js';
import { didYouMean } from './nearest.js';
import type { ScenarioDocument } from './parse.js';
import { InputError } from './problem.js';
import type { Problem } from './problem.js';
import type { ProxyConfiguration } from './proxy-configuration.js';
import { specSchema } from './schema.js';
import type { Spec } from './schema.js';
import { seedsOf } from './seeds.js';
import type { Supplies } from './supplies.js';
import { toCase } from './to-case.js';
import { partSet, targetOf } from './variant.js';

/** Limits on changes for the worse, as fractions. */
export interface GateLimits {
  /** For simulated metrics without a limit of their own; undefined for the gate's default. */
  readonly limit: number | undefined;
  /** By metric name. */
  readonly limits: Readonly<Record<string, number>>;
}

/** A scenario ready to run. */
export interface Scenario {
  readonly name: string;
  /** What the scenario is to answer; empty when it does not say. */
  readonly question: string;
  /** At least one. */
  readonly cases: readonly Case[];
  readonly seeds: readonly string[];
  readonly gate: GateLimits;
  readonly thresholds: readonly Threshold[];
}

/** A cluster that is only looked at, without traffic: in one mode, whatever the matrix varies. */
export interface Look {
  /** undefined for each case's own. */
  readonly mode: string | undefined;
  /** The option that the mode was given with, for messages. */
  readonly option: string;
  /** Whether clients go through Ingresses: then the cluster has proxies; absent: each case's own. */
  readonly throughIngress?: boolean;
}

/** Parts of `spec` that are read apart from the schema. */
const APART = ['matrix', 'profile', 'only', 'proxyConfiguration'];

/**
 * Expands a scenario.
 * @param document what `parseScenario` gave
 * @param supplies what the document names
 * @param look for a cluster to look at; cases that were written for its mode come first
 * @throws InputError with every problem of every case
 */
export function expandScenario(document: ScenarioDocument, supplies: Supplies, look?: Look): Scenario {
  const origin = { file: document.file, field: 'spec' };
  const { combinations, names } = matrixOf(document.spec, origin);
  const base = withoutObjects(APART.reduce(without, document.spec));
  const problems: Problem[] = [];
  const cases: Case[] = [];
  let last: Spec | undefined;
  for (const combination of look === undefined ? combinations : inOrder(combinations, base, look)) {
    try {
      const written = throughIngress(inMode(laidOver(base, combination), look), look);
      const tree = completed(written, supplies);
      const scheduled = look === undefined && choosesScheduler(written, combination);
      const spec = checkedSpec(tree, supplies.objects, { scheduled, traffic: look === undefined }, origin);
      const fields = combination.flatMap((choice) => choice.fields);
      const id = caseId(fields, names) || onlyCaseId(spec);
      cases.push(toCase(spec, { scenario: document.name, id, ...supplies }));
      last = spec;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    }
  }
  // In one mode, all cases may have the same problem.
  const distinct = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  if (last === undefined || problems.length > 0) throw new InputError([...distinct.values()]);
  const chosen = selected(cases, document, origin);
  if (look === undefined) requireDifferent(chosen, document, origin);
  return {
    name: document.name,
    question: last.question ?? '',
    cases: chosen,
    seeds: seedsOf(last.run.seeds, last.run.seed),
    gate: { limit: last.gate?.limit, limits: last.gate?.limits ?? {} },
    thresholds: last.thresholds ?? [],
  };
}

/** The spec with defaults filled in where kube-proxy's configuration says nothing, the matrix and all else as written. */
export function withDefaults(spec: Located, configuration: ProxyConfiguration | undefined): Located {
  const settings = PROXY_MODES.map(({ name }) => configuration?.settings(name));
  const open = settings.reduce<Located>(
    (tree, own) => (own === undefined ? tree : less(tree, own)),
    located(DEFAULT_SPEC, null),
  );
  return merged(open, spec);
}

/** A case's spec with what kube-proxy's configuration sets in its mode, and with defaults. */
function completed(written: Located, { configuration, networks }: Supplies): Located {
  const plainDefaults = APART.reduce(without, located(DEFAULT_SPEC, null));
  const defaults = networks === undefined ? plainDefaults : merged(plainDefaults, networks);
  if (configuration === undefined) return merged(defaults, written);
  const mode = child(child(written, 'proxy'), 'mode');
  const name = mode === undefined ? configuration.mode || DEFAULT_SPEC.proxy.mode : String(plain(mode));
  return merged(merged(defaults, configuration.settings(name)), written);
}

/** The mode of a spec as written; undefined when it says none. */
function writtenMode(written: Located): unknown {
  const mode = child(child(written, 'proxy'), 'mode');
  return mode === undefined ? undefined : plain(mode);
}

/** A spec in the mode that is asked for. */
function inMode(written: Located, look: Look | undefined): Located {
  if (look?.mode === undefined || writtenMode(written) === look.mode) return written;
  const place = { file: `${look.option} ${look.mode}`, line: 0, column: 0 };
  return mergedAt(written, ['proxy', 'mode'], located(look.mode, place), place);
}

/** A spec whose clients go through Ingresses, where that is looked at. */
function throughIngress(written: Located, look: Look | undefined): Located {
  if (look?.throughIngress !== true) return written;
  const workload = located({ workload: { placement: 'external', frontend: 'ingress' } }, null);
  return merged(written, workload);
}

/** The combinations, those of the mode that is asked for first. */
function inOrder(
  combinations: readonly (readonly Choice[])[],
  base: Located,
  { mode }: Look,
): readonly (readonly Choice[])[] {
  const isOf = (choices: readonly Choice[]): boolean => writtenMode(laidOver(base, choices)) === mode;
  return [...combinations.filter(isOf), ...combinations.filter((choices) => !isOf(choices))];
}

/** Whether the scheduler was written for the mode that the case has, and not beside a matrix of modes. */
function choosesScheduler(written: Located, choices: readonly Choice[]): boolean {
  const varies = (field: string): boolean =>
    choices.some(
      ({ path, value }) => path === `proxy.${field}` || child(partSet(path, value, 'proxy'), field) !== undefined,
    );
  if (child(child(written, 'proxy'), 'scheduler') === undefined) return false;
  return varies('scheduler') || !varies('mode');
}

function laidOver(base: Located, choices: readonly Choice[]): Located {
  const tree = choices.reduce((here, { path, value, key }) => mergedAt(here, targetOf(path), value, key), base);
  const churn = child(tree, 'churn');
  if (churn?.kind !== 'list') return tree;
  const items = churn.items.map((item) => {
    const defaults = DEFAULT_CHURN[String(plain(child(item, 'kind') ?? located('', null)))];
    return defaults === undefined ? item : merged(located(defaults, null), item);
  });
  return mergedAt(tree, ['churn'], { ...churn, items }, null);
}

function checkedSpec(tree: Located, objects: ClusterObjects | null, options: CheckOptions, origin: Origin): Spec {
  const spec = checked(specSchema, tree, origin);
  const problems = misfits(spec, objects, options).map(({ path, message }) => problemAt(tree, path, message, origin));
  if (problems.length > 0) throw new InputError(problems);
  return spec;
}

/** The objects are checked by the reader of manifests and may be large. */
function withoutObjects(spec: Located): Located {
  const cluster = child(spec, 'cluster');
  return cluster === undefined ? spec : replaceNode(spec, ['cluster'], without(cluster, 'objects'));
}

function onlyCaseId(spec: Spec): string {
  return `mode=${spec.proxy.mode}`;
}

/** The cases that `spec.only` names; all without it. */
function selected(cases: readonly Case[], document: ScenarioDocument, origin: Origin): readonly Case[] {
  const only = child(document.spec, 'only');
  if (only === undefined) return cases;
  const ids = cases.map((item) => item.id);
  const wanted = plain(only);
  if (!Array.isArray(wanted) || wanted.length === 0) {
    throw new InputError([problemAt(document.spec, ['only'], 'expected a list of case ids', origin)]);
  }
  const unknown = wanted.flatMap((id: unknown, index) => {
    if (typeof id === 'string' && ids.includes(id)) return [];
    const message = `expected the id of a case${didYouMean(String(id), ids)}, found ${JSON.stringify(id)}`;
    return [problemAt(document.spec, ['only', index], message, origin)];
  });
  if (unknown.length > 0) throw new InputError(unknown);
  return cases.filter((item) => wanted.includes(item.id));
}

/** Two equal cases would be run for nothing; the matrix does not say what its author thinks. */
function requireDifferent(cases: readonly Case[], document: ScenarioDocument, origin: Origin): void {
  const seen = new Map<string, string>();
  for (const item of cases) {
    const content = JSON.stringify({ ...item, id: '', cluster: { ...item.cluster, objects: null }, profile: null });
    const other = seen.get(content);
    if (other !== undefined) {
      const { narrowing } = document;
      const cases = `cases ${other} and ${item.id} are the same`;
      if (narrowing.length > 0) throw new InputError([madeEqual(cases, narrowing)]);
      const message = `${cases} (a scheduler means nothing in modes other than ipvs)`;
      throw new InputError([problemAt(document.spec, ['matrix'], message, origin)]);
    }
    seen.set(content, item.id);
  }
}

function madeEqual(cases: string, narrowing: readonly string[]): Problem {
  const file = narrowing.map((option) => `--set ${option}`).join(' ');
  const instead = "--set 'matrix.<field>=[...]' changes the matrix, --filter leaves cases out";
  const message = `made fields equal that the matrix varies: ${cases}; ${instead}`;
  return { place: { file, line: 0, column: 0 }, field: '', message };
}
