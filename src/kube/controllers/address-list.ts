/**
 * Addresses of Endpoints in the order in which the API has them: by the text of the address, then by what stands behind it
 * (pkg/api/v1/endpoints util.go, LessEndpointAddress).
 *
 * Kept in pages, which the lists that were handed out share: an object of 20,000 addresses that is written once for each of them is not copied each time.
 * Cost: O(log n) comparisons and a copy of one page a change; O(pages) a list.
 */
import { formatIp } from '../../net/index.js';
import type { Addresses, EndpointAddress } from '../endpoints-object.js';

/** Addresses a page, when it is split. */
const PAGE = 128;

/** A run of addresses; never changed once it is part of a list. */
interface Page {
  /** What the order goes by, in parallel. */
  readonly texts: readonly string[];
  readonly addresses: readonly EndpointAddress[];
}

/** Addresses in order. */
export class AddressList {
  private pages: Page[] = [];
  private count = 0;

  /** Number of addresses. */
  get length(): number {
    return this.count;
  }

  /** The first addresses, as they are now; all when nothing is said. */
  list(most = this.count): Addresses {
    if (most >= this.count) return new AddressRun([...this.pages], this.count);
    const first: EndpointAddress[] = [];
    for (const address of new AddressRun(this.pages, this.count)) {
      if (first.length >= most) break;
      first.push(address);
    }
    return first;
  }

  /** Puts an address in its place. */
  add(address: EndpointAddress): void {
    const text = textOf(address);
    const at = Math.max(0, this.pageOf(text));
    const { texts, addresses } = this.pages[at] ?? { texts: [], addresses: [] };
    const place = placeIn(texts, text);
    const page = { texts: texts.toSpliced(place, 0, text), addresses: addresses.toSpliced(place, 0, address) };
    this.pages.splice(at, 1, ...(page.texts.length > 2 * PAGE ? halves(page) : [page]));
    this.count++;
  }

  /** Takes an address out, if it is there. */
  remove(address: EndpointAddress): void {
    const text = textOf(address);
    const at = this.pageOf(text);
    const page = this.pages[at];
    if (page === undefined) return;
    const place = placeIn(page.texts, text);
    if (page.texts[place] !== text) return;
    const left = { texts: page.texts.toSpliced(place, 1), addresses: page.addresses.toSpliced(place, 1) };
    this.pages.splice(at, 1, ...(left.texts.length > 0 ? [left] : []));
    this.count--;
  }

  /** Replaces everything. */
  fill(addresses: readonly EndpointAddress[]): void {
    const ordered = addresses.map((address) => ({ address, text: textOf(address) }));
    ordered.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
    this.pages = [];
    this.count = ordered.length;
    for (let from = 0; from < ordered.length; from += PAGE) {
      const run = ordered.slice(from, from + PAGE);
      this.pages.push({ texts: run.map(({ text }) => text), addresses: run.map(({ address }) => address) });
    }
  }

  /** The page in which a text has its place: the last one that does not begin behind it; -1 when all do. */
  private pageOf(text: string): number {
    let from = 0;
    let to = this.pages.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.pages[middle]!.texts[0]! <= text) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }
}

/** Addresses of several pages, one after the other. */
class AddressRun implements Addresses {
  readonly length: number;
  private readonly pages: readonly Page[];

  constructor(pages: readonly Page[], length: number) {
    this.pages = pages;
    this.length = length;
  }

  *[Symbol.iterator](): Iterator<EndpointAddress> {
    for (const { addresses } of this.pages) yield* addresses;
  }
}

function halves({ texts, addresses }: Page): readonly Page[] {
  return [
    { texts: texts.slice(0, PAGE), addresses: addresses.slice(0, PAGE) },
    { texts: texts.slice(PAGE), addresses: addresses.slice(PAGE) },
  ];
}

function placeIn(texts: readonly string[], text: string): number {
  let from = 0;
  let to = texts.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (texts[middle]! < text) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A blank comes before every letter of an address, so a shorter text comes first. */
function textOf({ address, target, targetUid }: EndpointAddress): string {
  return `${formatIp(address)} ${targetUid ?? ''} ${target}`;
}

/** Whether two addresses are the same in every field. */
export function sameAddress(a: EndpointAddress, b: EndpointAddress): boolean {
  return (
    a === b ||
    (a.address === b.address &&
      a.node === b.node &&
      a.target === b.target &&
      a.targetUid === b.targetUid &&
      a.hostname === b.hostname)
  );
}
