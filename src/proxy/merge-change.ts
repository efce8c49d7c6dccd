/**
 * The endpoint list of a service port after a change of one slice, made from the list before it: what `EndpointMerger` gives, without looking at
 * slices that did not change.
 *
 * Only for IPv4 lists without hints in which no endpoint stands twice; whoever asks falls back to merging everything. Cost: O(changed endpoints × log n)
 * and a copy of the columns.
 */
import type { Endpoint, EndpointSlice } from '../kube/index.js';
import { endpointOrder } from './endpoint-order.js';
import { conditionsOf, type EndpointList, type ServicePort } from './service-port.js';

/** A slice as it was and as it is, of the same port, and how many endpoints all slices have. */
export interface SliceChange {
  readonly before: readonly Endpoint[];
  readonly after: readonly Endpoint[];
  /** Number that the slice's endpoints serve at. */
  readonly port: number;
  /** Endpoints of the service port in all slices after the change, counted as often as they stand there. */
  readonly total: number;
}

/**
 * The list after a change.
 * @param list the one before it
 * @returns the same list when nothing visible changed; undefined when only merging everything will do
 */
export function mergeChange(list: EndpointList, { before, after, port, total }: SliceChange): EndpointList | undefined {
  if (list.hints !== null || after.some(({ hints }) => hints !== null)) return undefined;
  const [stays, was] = [new Set(after), new Set(before)];
  const gone = before.filter((endpoint) => !stays.has(endpoint)).map(({ address }) => endpointOrder(address, port));
  const come = after.filter((endpoint) => !was.has(endpoint));
  const removed = [...new Set(gone)].sort((a, b) => a - b);
  const added = come.map((endpoint) => ({ endpoint, order: endpointOrder(endpoint.address, port) }));
  added.sort((a, b) => a.order - b.order);
  if (removed.length !== gone.length || added.some(({ order }, i) => order === added[i + 1]?.order)) return undefined;
  if (list.length - removed.length + added.length !== total) return undefined;
  const places = removed.map((order) => placeOf(list, order));
  if (places.some((place, i) => place === list.length || orderAt(list, place) !== removed[i])) return undefined;
  const leaving = new Set(removed);
  for (const { order } of added) {
    const place = placeOf(list, order);
    if (place < list.length && orderAt(list, place) === order && !leaving.has(order)) return undefined;
  }
  const isSame =
    removed.length === added.length &&
    added.every(({ endpoint, order }, i) => {
      const place = places[i]!;
      return (
        order === removed[i] && list.node[place] === endpoint.node && list.conditions[place] === conditionsOf(endpoint)
      );
    });
  return isSame ? list : spliced(list, places, added, port);
}

/** The list without the endpoints at some places, and with others in theirs. */
function spliced(
  list: EndpointList,
  places: readonly number[],
  added: readonly { readonly endpoint: Endpoint; readonly order: number }[],
  port: number,
): EndpointList {
  const length = list.length - places.length + added.length;
  const made = {
    length,
    address: new Uint32Array(length),
    port: new Uint16Array(length),
    node: new Int32Array(length),
    conditions: new Uint8Array(length),
    hints: null,
  };
  let to = 0;
  let from = 0;
  const copyUpTo = (end: number): void => {
    made.address.set(list.address.subarray(from, end), to);
    made.port.set(list.port.subarray(from, end), to);
    made.node.set(list.node.subarray(from, end), to);
    made.conditions.set(list.conditions.subarray(from, end), to);
    to += end - from;
    from = end;
  };
  let next = 0;
  const skipUpTo = (end: number): void => {
    while (next < places.length && places[next]! < end) {
      copyUpTo(places[next]!);
      from++;
      next++;
    }
    copyUpTo(end);
  };
  for (const { endpoint, order } of added) {
    skipUpTo(Math.max(from, placeOf(list, order)));
    made.address[to] = endpoint.address;
    made.port[to] = port;
    made.node[to] = endpoint.node;
    made.conditions[to] = conditionsOf(endpoint);
    to++;
  }
  skipUpTo(list.length);
  return made;
}

/** Index of the first endpoint whose order is not below a number. */
function placeOf(list: EndpointList, order: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (orderAt(list, middle) < order) low = middle + 1;
    else high = middle;
  }
  return low;
}

function orderAt({ address, port }: EndpointList, place: number): number {
  return endpointOrder(address[place]!, port[place]!);
}

/** The number of a port in a slice; undefined when it has none, or several of one name. */
export function numberIn(slice: EndpointSlice, { portName, protocol }: ServicePort): number | undefined {
  const [only, other] = slice.ports.filter(
    (each) => each.name === portName && each.protocol === protocol && each.port !== 0,
  );
  return other === undefined ? only?.port : undefined;
}
