/** Sets of numbers as cases write them: integers and ranges, `a..b` with both ends, `a..b:s` in steps of s. */
import { listOf } from '../kube-proxy/fields.js';

/** The numbers of a list, in its order. */
export function numbersOf(value: unknown, where: string): readonly number[] {
  return listOf(value, where).flatMap((own) => {
    if (typeof own === 'number' && Number.isInteger(own)) return [own];
    const match = typeof own === 'string' ? /^(\d+)(?:\.\.(\d+)(?::(\d+))?)?$/.exec(own) : null;
    if (match === null) throw new Error(`${where}: neither a number nor a range: ${String(own)}`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    const step = Number(match[3] ?? 1);
    if (step === 0) throw new Error(`${where}: a range in steps of 0`);
    return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, i) => first + i * step);
  });
}
