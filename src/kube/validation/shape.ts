/**
 * Decodes plain JSON values into records of known fields, as the API server's decoder does it for its Go types.
 *
 * A shape says of which type each field is; the type of the record follows from it. null is the same as nothing (in lists and maps:
 * the empty value). What does not fit is an error, for then the server refuses an object before it looks at any rule; so are, when asked
 * for, fields that nobody knows (`fieldValidation=Strict`, which kubectl sends). Cost: one pass over the object.
 */
import { typeInvalid, unknownField, type FieldError, type FieldPath } from './field-error.js';

/** The type of a field. `any` is passed over as it stands. */
export type Shape =
  | 'text'
  | 'int32'
  | 'int64'
  | 'flag'
  | 'int or text'
  | 'any'
  | { readonly list: Shape }
  | { readonly map: 'text' }
  | { readonly fields: Readonly<Record<string, Shape>> };

/** What a shape decodes to. */
export type Decoded<S extends Shape> = S extends 'text'
  ? string
  : S extends 'int32' | 'int64'
    ? number
    : S extends 'flag'
      ? boolean
      : S extends 'int or text'
        ? number | string
        : S extends { readonly list: infer Item extends Shape }
          ? readonly Decoded<Item>[]
          : S extends { readonly map: 'text' }
            ? Readonly<Record<string, string>>
            : S extends { readonly fields: infer F extends Readonly<Record<string, Shape>> }
              ? { readonly [K in keyof F]?: Decoded<F[K]> | undefined }
              : unknown;

/** How to decode. */
export interface DecodeOptions {
  /** Whether fields that the shape does not know are errors. */
  readonly strict: boolean;
}

/** Types as Go's decoder calls them. */
const GO_TYPES = { text: 'string', int32: 'int32', int64: 'int64', flag: 'bool', 'int or text': 'intstr.IntOrString' };

/**
 * Decodes a value.
 * @returns the record, and what did not fit; with errors other than unknown fields the record is not to be used
 */
export function decode<S extends Shape>(
  shape: S,
  value: unknown,
  options: DecodeOptions,
): { readonly object: Decoded<S>; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const object = decoded(shape, value ?? {}, [], options, errors) as Decoded<S>;
  return { object, errors };
}

function decoded(shape: Shape, value: unknown, path: FieldPath, options: DecodeOptions, errors: FieldError[]): unknown {
  if (shape === 'any') return value;
  if (typeof shape === 'string') {
    if (!fits(shape, value)) errors.push(mismatch(path, value, GO_TYPES[shape]));
    return value;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return void errors.push(mismatch(path, value, 'list'));
    return value.map((item: unknown, i) => {
      return decoded(shape.list, item ?? emptyOf(shape.list), [...path, i], options, errors);
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return void errors.push(mismatch(path, value, 'map' in shape ? 'map[string]string' : 'object'));
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  if ('map' in shape) {
    return Object.fromEntries(
      entries.map(([key, own]) => [key, decoded(shape.map, own ?? '', [...path, { key }], options, errors)]),
    );
  }
  return Object.fromEntries(
    entries.flatMap(([name, own]) => {
      const inner = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (inner === undefined && options.strict) errors.push(unknownField([...path, name]));
      if (inner === undefined || own === null || own === undefined) return [];
      return [[name, decoded(inner, own, [...path, name], options, errors)]];
    }),
  );
}

function fits(shape: Exclude<Shape, object>, value: unknown): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'int32':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case 'int64':
      return Number.isInteger(value);
    default:
      return typeof value === 'string' || (Number.isInteger(value) && Math.abs(value as number) < 2 ** 31);
  }
}

/** What Go makes of null where a value must stand. */
function emptyOf(shape: Shape): unknown {
  if (typeof shape === 'object') return 'list' in shape ? [] : {};
  if (shape === 'text') return '';
  return shape === 'flag' ? false : 0;
}

function mismatch(path: FieldPath, value: unknown, type: string): FieldError {
  const found = Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  return typeInvalid(path, value, `cannot unmarshal ${found} into a field of type ${type}`);
}
