/**
 * The networks of somebody's cluster, taken from the addresses of its objects: what detects pods, drops packets for addresses that no
 * Service has and answers node ports goes by them.
 *
 * A range is taken only where nobody wrote it and an address lies outside of the default. Of the usual lengths the longest one
 * is taken that holds everything and meets no other range; where none does, that is said and the default stays.
 */
import type { ClusterObjects } from '../kube/api.js';
import { compareIp, familyOf, formatIp, formatIpPrefix, inPrefix, networkOf } from '../net/index.js';
import type { IpAddress, IpFamily, IpPrefix } from '../net/index.js';
import { podIps, podSubnets } from './given-addresses.js';

/** What a range is for. */
export type RangeUse = 'service' | 'node' | 'pod';

/** A range, by its use and family. */
export interface UsedRange {
  readonly use: RangeUse;
  readonly family: IpFamily;
  readonly range: IpPrefix;
}

/** A range that was taken, and from what. */
export interface TakenRange extends UsedRange {
  /** Such as `the nodes`. */
  readonly from: string;
}

/** Lengths that clusters have, the longest one first. */
const USUAL: Readonly<Record<RangeUse, Readonly<Record<IpFamily, readonly number[]>>>> = {
  service: { 4: [16, 12, 8], 6: [112, 108, 96, 64] },
  node: { 4: [24, 16, 12, 8], 6: [64, 56, 48, 32] },
  pod: { 4: [16, 14, 12, 10, 8], 6: [56, 48, 40, 32] },
};

const USES = ['service', 'node', 'pod'] as const;

/** The field of a scenario's `cluster` with a range. */
export function rangeField(use: RangeUse, family: IpFamily): string {
  return `${use}Cidr${family === 4 ? '' : '6'}`;
}

/**
 * Ranges that the objects' addresses speak for.
 * @param ranges those that hold otherwise, each with whether somebody wrote it
 */
export function takenRanges(
  objects: ClusterObjects,
  ranges: readonly (UsedRange & { readonly isWritten: boolean })[],
): readonly TakenRange[] {
  const taken: TakenRange[] = [];
  for (const family of [4, 6] as const) {
    const own = ranges.filter((each) => each.family === family);
    const current = new Map(own.map(({ use, range }) => [use, range]));
    for (const use of USES) {
      const known = own.find((each) => each.use === use);
      const [prefixes, from] = prefixesOf(use, family, objects);
      if (known === undefined || known.isWritten || prefixes.every((each) => holds(known.range, each))) continue;
      const others = USES.filter((other) => other !== use).flatMap((other) => current.get(other) ?? []);
      const foreign = USES.filter((other) => other !== use).flatMap((other) => prefixesOf(other, family, objects)[0]);
      const range = candidates(prefixes, USUAL[use][family]).find((candidate) => {
        return ![...others, ...foreign].some((other) => holds(candidate, other) || holds(other, candidate));
      });
      if (range === undefined) continue;
      current.set(use, range);
      taken.push({ use, family, range, from });
    }
  }
  return taken;
}

/** What to say of a range that was taken. */
export function takenText({ use, family, range, from }: TakenRange): string {
  return `${use} range ${formatIpPrefix(range)} taken from ${from} (--set cluster.${rangeField(use, family)}=...)`;
}

/** What to say of addresses that lie outside of the ranges in the end, one sentence a range. */
export function outsideTexts(objects: ClusterObjects, ranges: readonly UsedRange[]): readonly string[] {
  return ranges.flatMap(({ use, family, range }) => {
    const [prefixes] = prefixesOf(use, family, objects);
    const outside = prefixes.filter((each) => !holds(range, each));
    const [first] = outside;
    if (first === undefined) return [];
    const width = family === 4 ? 32 : 128;
    const text = first.bits === width ? formatIp(first.address) : formatIpPrefix(first);
    const more = outside.length > 1 ? ` and ${outside.length - 1} more` : '';
    const [what, verb] = [NAMES[use], outside.length > 1 ? 'lie' : 'lies'];
    return `${what} ${text}${more} ${verb} outside of the ${use} range ${formatIpPrefix(range)} (--set cluster.${rangeField(use, family)}=...)`;
  });
}

const NAMES = { service: 'cluster address', node: 'node address', pod: 'pod address' } as const;

/** Addresses and subnets that a range must hold, and where they come from. */
function prefixesOf(
  use: RangeUse,
  family: IpFamily,
  objects: ClusterObjects,
): readonly [prefixes: readonly IpPrefix[], from: string] {
  const single = (addresses: readonly IpAddress[]): readonly IpPrefix[] => {
    const own = addresses.filter((address) => address !== 0 && familyOf(address) === family);
    return own.map((address) => ({ address, bits: family === 4 ? 32 : 128 }));
  };
  switch (use) {
    case 'service':
      return [
        single(objects.services.flatMap(({ clusterIps }) => clusterIps)),
        'the cluster addresses of the Services',
      ];
    case 'node':
      return [single(objects.nodes.flatMap(({ ip, secondIp }) => [ip, secondIp])), 'the addresses of the nodes'];
    case 'pod': {
      const subnets = podSubnets(objects, family);
      return subnets.length > 0 ? [subnets, 'the nodes'] : [single(podIps(objects)), 'the addresses of the pods'];
    }
  }
}

/** Ranges that hold all prefixes, of the usual lengths, the longest one first, then parts of that. */
function candidates(prefixes: readonly IpPrefix[], usual: readonly number[]): readonly IpPrefix[] {
  const first = prefixes.reduce((least, each) => (compareIp(each.address, least.address) < 0 ? each : least));
  const longest = usual[0] ?? 0;
  // Where pods and nodes share a usual range, its part with the pods may be free of nodes.
  const parts = Array.from({ length: 8 }, (_, i) => longest + 1 + i);
  return [...usual, ...parts]
    .map((bits) => ({ address: networkOf(first.address, bits), bits }))
    .filter((range) => prefixes.every((each) => holds(range, each)));
}

function holds(range: IpPrefix, inner: IpPrefix): boolean {
  return range.bits <= inner.bits && inPrefix(inner.address, range.address, range.bits);
}
