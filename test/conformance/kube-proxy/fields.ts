/** Reading conformance cases: what nobody has heard of is an error, never passed over. */

/** An object of a case file. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * An object.
 * @param where what it is called in messages
 */
export function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where}: not an object`);
  return value as Fields;
}

/** An object with no other fields than those known. */
export function knownFields(value: unknown, known: readonly string[], where: string): Fields {
  const fields = fieldsOf(value, where);
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${where}: unknown field ${unknown.join(', ')}`);
  return fields;
}

/** A list; empty when there is none. */
export function listOf(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${where}: not a list`);
  return value as readonly unknown[];
}

/** A list of texts; empty when there is none. */
export function textsOf(value: unknown, where: string): readonly string[] {
  return listOf(value, where).map((item) => textOf(item, where));
}

/** A text. */
export function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new Error(`${where}: not a text`);
  return value;
}

/** A number. */
export function numberOf(value: unknown, where: string): number {
  if (typeof value !== 'number') throw new Error(`${where}: not a number`);
  return value;
}

/** True or false; `otherwise` when nothing is said. */
export function flagOf(value: unknown, where: string, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'boolean') throw new Error(`${where}: neither true nor false`);
  return value;
}
