/**
 * What is wrong with a field of an API object, in the words of the API server (apimachinery util/validation/field, about v1.33).
 *
 * A path is a list of steps; its text is what the server reports, such as `spec.ports[0].nodePort` or
 * `metadata.annotations[example.com/key]`.
 */

/** One step of a path: a field, a place in a list, or a key of a map. */
export type PathStep = string | number | { readonly key: string };

/** Where a field stands in its object. */
export type FieldPath = readonly PathStep[];

/**
 * Kinds of problems, as `reason` in the causes of an answer with status 422. What the server's decoder finds has kinds too: TypeInvalid for what cannot be
 * decoded at all, UnknownField for fields that no kind has.
 */
export type FieldErrorKind =
  | 'Required'
  | 'Invalid'
  | 'NotSupported'
  | 'Duplicate'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany'
  | 'InternalError'
  | 'TypeInvalid'
  | 'UnknownField';

/** One problem. */
export interface FieldError {
  /** The path as the API server writes it; empty for an internal error, of which the server tells no field. */
  readonly field: string;
  /** Where the problem stands, that of an internal error too. */
  readonly path: FieldPath;
  readonly kind: FieldErrorKind;
  /** The value that is refused; undefined for kinds that do not show it. */
  readonly value: unknown;
  /** May be empty. */
  readonly detail: string;
}

const TITLES: Readonly<Record<FieldErrorKind, string>> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Duplicate: 'Duplicate value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  InternalError: 'Internal error',
  TypeInvalid: 'Invalid value',
  UnknownField: 'unknown field',
};

/** Kinds whose text has no value. */
const WITHOUT_VALUE: readonly FieldErrorKind[] = ['Required', 'Forbidden', 'TooLong', 'InternalError', 'UnknownField'];

/** The path as text. */
export function fieldText(path: FieldPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (typeof step === 'object') return `${text}[${step.key}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** The problem without its field: `Invalid value: 0: must be between 1 and 65535, inclusive`. */
export function errorBody({ kind, value, detail }: FieldError): string {
  const shown = WITHOUT_VALUE.includes(kind) ? '' : `: ${value === undefined ? 'null' : JSON.stringify(value)}`;
  return TITLES[kind] + shown + (detail === '' ? '' : `: ${detail}`);
}

/** A value that is missing. */
export function required(path: FieldPath, detail = ''): FieldError {
  return fieldError('Required', path, undefined, detail);
}

/** A value that breaks a rule. */
export function invalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return fieldError('Invalid', path, value, detail);
}

/** The same value refused for several reasons. */
export function invalidEach(path: FieldPath, value: unknown, details: readonly string[]): FieldError[] {
  return details.map((detail) => invalid(path, value, detail));
}

/** A word that is none of those known; they are shown in the order of the alphabet. */
export function notSupported(path: FieldPath, value: unknown, known: readonly string[]): FieldError {
  const words = [...known].sort().map((word) => JSON.stringify(word));
  return fieldError('NotSupported', path, value, `supported values: ${words.join(', ')}`);
}

/** A value that occurs before. */
export function duplicate(path: FieldPath, value: unknown): FieldError {
  return fieldError('Duplicate', path, value, '');
}

/** A value that other fields do not allow. */
export function forbidden(path: FieldPath, detail: string): FieldError {
  return fieldError('Forbidden', path, undefined, detail);
}

/** A text, or a map of texts, that is too long. */
export function tooLong(path: FieldPath, mostBytes: number): FieldError {
  return fieldError('TooLong', path, undefined, `may not be more than ${mostBytes} bytes`);
}

/** A list with too many items. */
export function tooMany(path: FieldPath, items: number, most: number): FieldError {
  return fieldError('TooMany', path, items, `must have at most ${most} items`);
}

/**
 * A failure that is not the writer's fault, such as a range that is used up: an answer with status 500, which has no causes.
 * @param path what the failure is about
 */
export function internalError(path: FieldPath, detail: string): FieldError {
  return { ...fieldError('InternalError', path, undefined, detail), field: '' };
}

/** A field that the kind does not have. */
export function unknownField(path: FieldPath): FieldError {
  return fieldError('UnknownField', path, undefined, '');
}

/** A value that cannot be decoded. */
export function typeInvalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return fieldError('TypeInvalid', path, value, detail);
}

function fieldError(kind: FieldErrorKind, path: FieldPath, value: unknown, detail: string): FieldError {
  return { field: fieldText(path), path, kind, value, detail };
}
