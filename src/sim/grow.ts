/**
 * Growing typed columns: the one way in which parallel arrays get longer, by copying into a larger array of the same type.
 *
 * Cost: amortised O(1) an element as long as the caller doubles.
 */

/** The typed arrays that serve as columns. */
export type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/**
 * A copy of `column` with room for `length` elements; the new ones are zero.
 * @param column the present column
 * @param length elements of the result, at least `column.length`
 */
export function grown<C extends Column>(column: C, length: number): C {
  const larger = new (column.constructor as new (length: number) => C)(length);
  larger.set(column);
  return larger;
}
