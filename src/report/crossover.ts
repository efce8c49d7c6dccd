/**
 * From which sizes on one mode's mean first packet is notably slower than another's. A size is services and endpoints
 * together: the sentence names the smallest ones from which on every size that was run, larger in both, is slower too.
 */
import type { CaseView } from './case-view.js';
import { exceeds, isFirm, ranked } from './estimate.js';
import { NOTABLE, modesOf, placeText, sideOf } from './setting.js';

/** One size that both modes were run at. */
interface Size {
  readonly view: CaseView;
  /** undefined when the seeds disagree too much to tell. */
  readonly slower: boolean | undefined;
}

/** Sentences about two modes, one where all variants say the same; none when they were run at one size only. */
export function crossover(settings: readonly (readonly CaseView[])[], slow: string, fast: string): string[] {
  const both = settings.filter((group) => modesOf(group).includes(slow) && modesOf(group).includes(fast));
  const found = variantsOf(both).flatMap((variant) => {
    const text = outcome(variant, slow, fast);
    const [first] = variant.flat();
    return text === undefined || first === undefined ? [] : [{ text, name: nameOf(first, both.flat()) }];
  });
  const texts = [...new Set(found.map(({ text }) => text))];
  return texts.map((text) => {
    const names = found.flatMap((item) => (item.text === text && item.name !== '' ? [item.name] : []));
    return texts.length === 1 || names.length === 0 ? `${text}.` : `${text} (${names.join('; ')}).`;
  });
}

function outcome(settings: readonly (readonly CaseView[])[], slow: string, fast: string): string | undefined {
  const sizes = settings.flatMap((group) => sizeOf(group, slow, fast));
  if (sizes.length < 2) return undefined;
  const slower = sizes.filter((size) => size.slower === true);
  const unclear = sizes.filter((size) => size.slower === undefined);
  const doubt = unclear.length === 0 ? '' : `; the seeds cannot tell at ${unclear.map(sizeText).join(', ')}`;
  const claim = `more than ${NOTABLE * 100} % slower in ${slow} mode than in ${fast} mode`;
  if (slower.length === 0) {
    const none = unclear.length === 0 ? 'At no size' : 'At no size at which the seeds agree';
    return `${none} is the mean first packet ${claim}${doubt}`;
  }
  const against = settings.some((group) => sideOf(group, fast).cases.length > 1) ? ' with any scheduler' : '';
  return `The mean first packet is ${claim}${against} ${since(sizes, slower)}${doubt}`;
}

function since(sizes: readonly Size[], slower: readonly Size[]): string {
  if (slower.length === sizes.length) return 'at every size';
  const lasting = slower.filter((size) => sizes.every((other) => !covers(other, size) || other.slower === true));
  const starts = lasting.filter((size) => !lasting.some((other) => other !== size && covers(size, other)));
  const single = slower.filter((size) => !lasting.includes(size));
  return [
    ...starts.map((size) => {
      const goesOn = sizes.some((other) => other !== size && covers(other, size));
      return goesOn ? `from ${sizeText(size)} on` : `at ${sizeText(size)}`;
    }),
    ...single.map((size) => `at ${sizeText(size)}, though not at every larger size`),
  ].join(' and ');
}

/** Whether one size is as large as another in both numbers. */
function covers({ view: large }: Size, { view: small }: Size): boolean {
  return large.services >= small.services && (large.endpoints ?? 0) >= (small.endpoints ?? 0);
}

function sizeText({ view: { services, endpoints } }: Size): string {
  return placeText({ services, endpoints, variant: '' });
}

function sizeOf(group: readonly CaseView[], slow: string, fast: string): Size[] {
  const [high, low] = [slow, fast].map((mode) => ranked(sideOf(group, mode).cases, 'first_packet_latency_ns', 'mean'));
  const [nearHigh, nearLow] = [high?.[0], low?.at(-1)];
  if (high === undefined || low === undefined || nearHigh === undefined || nearLow === undefined) return [];
  const firm = [...high, ...low].every(isFirm);
  const slower = nearHigh.mean > nearLow.mean * (1 + NOTABLE) && exceeds(nearHigh, nearLow);
  return [{ view: nearHigh.view, slower: firm ? slower : undefined }];
}

/** The settings in groups that differ in services and endpoints only. */
function variantsOf(settings: readonly (readonly CaseView[])[]): (readonly CaseView[])[][] {
  const groups = new Map<string, (readonly CaseView[])[]>();
  for (const setting of settings) {
    const [first] = setting;
    if (first === undefined) continue;
    const key = JSON.stringify([first.nodes, first.workload, first.variant]);
    groups.set(key, [...(groups.get(key) ?? []), setting]);
  }
  return [...groups.values()];
}

/** What tells a case from those of other nodes, workloads and variants. */
function nameOf({ nodes, workload, variant }: CaseView, among: readonly CaseView[]): string {
  const differs = (of: (item: CaseView) => unknown): boolean => new Set(among.map(of)).size > 1;
  return [
    ...(differs((item) => item.nodes) ? [`${nodes} nodes`] : []),
    ...(differs((item) => item.workload) ? [`${workload} workload`] : []),
    ...(differs((item) => item.variant) ? [variant] : []),
  ].join(', ');
}
