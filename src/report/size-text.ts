/**
 * Sizes at which something is larger, in words. A size is services and endpoints together: named are the smallest ones from which on it is
 * larger at every size that was run, larger in both, too; and those of which that is not so.
 */
import type { CaseView } from './case-view.js';
import { listText } from './wording.js';
import { placeText } from './setting.js';

/** One size at which two were compared. */
export interface Size {
  readonly view: CaseView;
  /** undefined when the seeds disagree too much to tell. */
  readonly isLarger: boolean | undefined;
  /** How many times as large. */
  readonly ratio: number;
}

/** What `sizesText` says where it is larger nowhere. */
export const NOWHERE = 'at no size';

/** Where it is larger: `at every size`, `from 1,000 services on`, `at no size (the seeds cannot tell at 10,000 services)`. */
export function sizesText(sizes: readonly Size[]): string {
  const larger = sizes.filter((size) => size.isLarger === true);
  const unclear = sizes.filter((size) => size.isLarger === undefined);
  const doubt = unclear.length === 0 ? '' : ` (the seeds cannot tell at ${listText(unclear.map(textAmong(sizes)))})`;
  return `${larger.length === 0 ? NOWHERE : since(sizes, larger)}${doubt}`;
}

function since(sizes: readonly Size[], larger: readonly Size[]): string {
  if (larger.length === sizes.length) return 'at every size';
  const lasting = larger.filter((size) => sizes.every((other) => !covers(other, size) || other.isLarger === true));
  const starts = lasting.filter((size) => !lasting.some((other) => other !== size && covers(size, other)));
  const single = larger.filter((size) => !lasting.includes(size));
  const text = textAmong(sizes);
  const from = starts.map((size) => {
    const goesOn = sizes.some((other) => other !== size && covers(other, size));
    return goesOn ? `from ${text(size)} on` : `at ${text(size)}`;
  });
  if (single.length === 0) return listText(from);
  return listText([...from, `at ${listText(single.map(text))}, though not at every larger size`]);
}

/** Whether one size is as large as another in both numbers. */
function covers({ view: large }: Size, { view: small }: Size): boolean {
  return large.services >= small.services && (large.endpoints ?? 0) >= (small.endpoints ?? 0);
}

/** Sizes in words, as long as it takes to tell them apart. */
function textAmong(sizes: readonly Size[]): (size: Size) => string {
  const same = new Set(sizes.map(({ view }) => view.endpoints)).size === 1;
  return ({ view: { services, endpoints } }) =>
    placeText({ services, endpoints: same ? null : endpoints, variant: '' });
}
