/**
 * Turns the schema library's issues into problems: field, place, what was expected and what was found.
 *
 * The library reports neither the value found nor a suggestion for a misspelt field; both are added here.
 */
import { z } from 'zod';
import { placeOf, plain } from './located.js';
import type { Located, Path } from './located.js';
import { didYouMean } from './nearest.js';
import { InputError } from './problem.js';
import type { Place, Problem } from './problem.js';

type Issue = z.core.$ZodIssue;

/** Where a checked tree stands: its file, and the field that it is the value of. */
export interface Origin {
  readonly file: string;
  /** Dotted path of the tree itself, such as `spec`; empty for a whole file. */
  readonly field: string;
}

/** A value to check, and where its parts stand. */
export interface Subject {
  readonly value: unknown;
  /** Name of the value in messages, put before the path; may be empty. */
  readonly field: string;
  /** The place of a part, or of its key. */
  place(path: Path, atKey: boolean): Place;
}

/**
 * Checks a tree against a schema.
 * @param schema what it must fit
 * @param tree the values, with their places
 * @param origin where it stands
 * @throws InputError with every problem
 */
export function checked<S extends z.ZodType>(schema: S, tree: Located, origin: Origin): z.output<S> {
  const place = (path: Path, atKey: boolean) => placeOf(tree, path, atKey) ?? startOf(origin.file);
  return checkedSubject(schema, { value: plain(tree), field: origin.field, place });
}

/**
 * Checks a value against a schema.
 * @throws InputError with every problem
 */
export function checkedSubject<S extends z.ZodType>(schema: S, subject: Subject): z.output<S> {
  const result = schema.safeParse(subject.value);
  if (result.success) return result.data;
  throw new InputError(result.error.issues.flatMap((issue) => explain(issue, schema, subject)));
}

/** The problem at a path of a tree. */
export function problemAt(tree: Located, path: Path, message: string, origin: Origin, atKey = false): Problem {
  return { place: placeOf(tree, path, atKey) ?? startOf(origin.file), field: fieldText(origin.field, path), message };
}

/** The problem at a path of a value. */
export function problemIn(subject: Subject, path: Path, message: string, atKey = false): Problem {
  return { place: subject.place(path, atKey), field: fieldText(subject.field, path), message };
}

function explain(issue: Issue, schema: z.ZodType, subject: Subject): Problem[] {
  const path = issue.path;
  const value = valueAt(subject.value, path);
  const expected = (message: string, words: readonly string[] = []) => {
    const hint = typeof value === 'string' ? didYouMean(value, words) : '';
    return [problemIn(subject, path, `${message}, found ${shown(value)}${hint}`)];
  };
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(schema, path, value);
      return issue.keys.map((key) => {
        const message = `unknown field${didYouMean(key, known) || `; there are: ${[...known].join(', ')}`}`;
        return problemIn(subject, [...path, key], message, true);
      });
    }
    case 'custom':
      // Messages of single values say what was expected; others are complete.
      if (issue.params?.['complete'] === true) return [problemIn(subject, path, issue.message)];
      return expected(issue.message, issue.params?.['words'] as readonly string[] | undefined);
    case 'invalid_type':
      if (value === undefined) return [problemIn(subject, path, 'this field is required')];
      return expected(`expected ${typeWords(issue.expected)}`);
    case 'invalid_union': {
      const words = discriminators(at(schema, path));
      return expected(`expected one of ${words.join(', ')}`, words);
    }
    case 'too_small':
      return expected(`expected at least ${issue.minimum} entries`);
    default:
      return expected(issue.message);
  }
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return JSON.stringify(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

function typeWords(type: string): string {
  if (type === 'object' || type === 'record') return 'a mapping';
  return type === 'array' ? 'a list' : `a ${type}`;
}

function fieldText(root: string, path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, root);
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}

/** The schemas that may stand at a path. */
function at(schema: z.core.$ZodType, path: Path): z.core.$ZodType[] {
  const [step, ...rest] = path;
  if (step === undefined) return [schema];
  return inner(schema).flatMap((here) => {
    if (here instanceof z.ZodObject) {
      const shape = here.shape as Readonly<Record<string, z.core.$ZodType | undefined>>;
      const field = shape[String(step)];
      return field === undefined ? [] : at(field, rest);
    }
    if (here instanceof z.ZodArray) return at(here.element, rest);
    if (here instanceof z.ZodRecord) return at(here.valueType, rest);
    return [];
  });
}

/** A schema without wrappers; the branches of a union. */
function inner(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return inner(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(inner);
  return [schema];
}

/** The fields that there are at a path; of a union, those of the branch that the value chooses by its literal fields. */
function knownKeys(schema: z.ZodType, path: Path, value: unknown): Set<string> {
  const objects = at(schema, path)
    .flatMap(inner)
    .filter((here) => here instanceof z.ZodObject);
  const chosen = objects.filter(({ shape }) => fitsLiterals(shape, value));
  return new Set((chosen.length > 0 ? chosen : objects).flatMap(({ shape }) => Object.keys(shape)));
}

function fitsLiterals(shape: z.core.$ZodShape, value: unknown): boolean {
  return Object.entries(shape).every(([name, field]) => {
    return !(field instanceof z.ZodLiteral) || field.values.has(valueAt(value, [name]) as z.core.util.Literal);
  });
}

/** The words that tell a union's branches apart, when the path names the field that tells. */
function discriminators(schemas: readonly z.core.$ZodType[]): string[] {
  return schemas.flatMap((here) => (here instanceof z.ZodLiteral ? [...here.values].map(String) : []));
}
