/**
 * The reconcile of slices against a model that is written down a second time, step by step as upstream's, from any state of the slices: those
 * of other owners, without endpoints, too long, with endpoints twice, of ports that nobody wants, with hints. Counts of writes and sizes are compared.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reconcileSlices, type Endpoint, type EndpointSlice } from '../../src/kube/index.js';
import { endpoint, service, slice } from './objects.js';

const PORTS = [8080, 9090, 0];
const ZONES = ['a', 'b'];

/** Ports of a group; 0 stands for none. */
const portsOf = (port: number) => (port === 0 ? [] : [{ name: '', protocol: 6, port }]);
const zoneHint = (n: number) => ({ zones: [ZONES[n % 2]!], nodes: [] });

const member = fc.record({
  n: fc.integer({ min: 1, max: 14 }),
  /** Which of its attributes are as wanted. */
  state: fc.constantFrom('same', 'same', 'same', 'unready', 'moved', 'uid', 'address', 'named'),
  hinted: fc.boolean(),
});
const existing = fc.record({
  port: fc.constantFrom(...PORTS),
  members: fc.array(member, { maxLength: 6 }),
  owned: fc.constantFrom(true, true, true, false),
  labelled: fc.constantFrom(true, true, true, false),
});
const wanted = fc.record({
  port: fc.constantFrom(...PORTS),
  pods: fc.uniqueArray(fc.integer({ min: 1, max: 14 }), { maxLength: 14 }),
  unready: fc.uniqueArray(fc.integer({ min: 1, max: 14 }), { maxLength: 3 }),
});
const input = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  existing: fc.array(existing, { maxLength: 6 }),
  wanted: fc.uniqueArray(wanted, { maxLength: 3, selector: ({ port }) => port }),
  hints: fc.boolean(),
  deleting: fc.constantFrom(false, false, false, true),
});

type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;
type Member = Input['existing'][number]['members'][number];

function endpointOf({ n, state, hinted }: Member): Endpoint {
  const hints = hinted ? zoneHint(n) : null;
  const changes: Partial<Endpoint> =
    state === 'unready'
      ? { ready: false, serving: false }
      : state === 'moved'
        ? { node: 5 }
        : state === 'uid'
          ? { targetUid: 'before' }
          : state === 'address'
            ? { address: 7 }
            : state === 'named'
              ? { hostname: 'host' }
              : {};
  return endpoint(n, { hints, ...changes });
}

const desiredOf = (n: number, unready: readonly number[]): Endpoint =>
  endpoint(n, unready.includes(n) ? { ready: false, serving: false } : {});

/** One slice of the model: what of it matters. */
interface Held {
  readonly port: number;
  readonly owned: boolean;
  readonly labelled: boolean;
  members: Endpoint[];
}

const hashOf = ({ address, hostname, target }: Endpoint): string => `${address}|${hostname ?? ''}|${target}`;
const beyondHash = ({ node, ready, serving, terminating, targetUid }: Endpoint): string =>
  JSON.stringify([node, ready, serving, terminating, targetUid]);
const hintText = ({ hints }: Endpoint): string => JSON.stringify(hints?.zones ?? []);

/** Counts of writes, and sizes of what is left. */
function model({ limit, existing: before, wanted: groups, hints, deleting }: Input) {
  const all: Held[] = before.map((own) => ({ ...own, members: own.members.map(endpointOf) }));
  const toCreate: Held[] = [];
  const toUpdate = new Set<Held>();
  const toDelete = new Set<Held>(all.filter(({ owned }) => !owned));
  const touched = new Map<Held, Endpoint[]>();
  for (const { port, pods, unready } of groups) {
    const desired = new Map(pods.map((n) => [hashOf(desiredOf(n, unready)), desiredOf(n, unready)]));
    const update: Held[] = [];
    let unchanged: Held[] = [];
    for (const own of all.filter((each) => each.owned && each.port === port)) {
      const kept: Endpoint[] = [];
      let updated = false;
      for (const each of own.members) {
        const got = desired.get(hashOf(each));
        if (got === undefined) continue;
        kept.push(got);
        updated ||= beyondHash(got) !== beyondHash(each);
        desired.delete(hashOf(each));
      }
      if (updated || kept.length !== own.members.length) {
        if (kept.length === 0) toDelete.add(own);
        else update.push(own);
        touched.set(own, kept);
      } else if (!own.labelled) {
        update.push(own);
        touched.set(own, [...own.members]);
      } else unchanged.push(own);
    }
    const rest = [...desired.values()];
    const fill = (list: Endpoint[]): void => {
      while (rest.length > 0 && list.length < limit) list.push(rest.pop()!);
    };
    for (const own of [...update].sort((a, b) => touched.get(b)!.length - touched.get(a)!.length))
      fill(touched.get(own)!);
    while (rest.length > 0) {
      const diff = (own: Held): number => limit - rest.length - own.members.length;
      const fits = rest.length < limit ? unchanged.filter((own) => diff(own) >= 0 && diff(own) < limit) : [];
      const [closest] = fits.sort((a, b) => diff(a) - diff(b));
      if (closest === undefined) {
        const made: Held = { port, owned: true, labelled: true, members: [] };
        fill(made.members);
        toCreate.push(made);
      } else {
        touched.set(closest, [...closest.members]);
        fill(touched.get(closest)!);
        update.push(closest);
        unchanged = unchanged.filter((own) => own !== closest);
      }
    }
    for (const own of update) toUpdate.add(own);
  }
  for (const own of all) if (own.owned && !groups.some(({ port }) => port === own.port)) toDelete.add(own);
  if (toDelete.size === all.length && toCreate.length === 0) {
    const [only] = toDelete;
    const isPlaceholder = toDelete.size === 1 && only!.members.length === 0 && only!.port === 0 && only!.labelled;
    if (isPlaceholder) toDelete.clear();
    else toCreate.push({ port: 0, owned: true, labelled: true, members: [] });
  }
  const differs = (each: Endpoint): boolean =>
    hints ? each.ready && hintText(each) !== JSON.stringify(zoneHint(each.node).zones) : each.hints !== null;
  for (const own of all) {
    if (toUpdate.has(own) || toDelete.has(own) || !own.members.some(differs)) continue;
    toUpdate.add(own);
    touched.set(own, [...own.members]);
  }
  const after = [...all.filter((own) => !toDelete.has(own)).map((own) => (touched.get(own) ?? own.members).length)];
  const recycled = Math.min([...toDelete].filter(({ owned }) => owned).length, toCreate.length);
  // The newest creates take over names.
  const sizes = toCreate.map(({ members }) => members.length);
  after.push(...sizes.splice(sizes.length - recycled), ...(deleting ? [] : sizes));
  return {
    creates: deleting ? 0 : toCreate.length - recycled,
    updates: toUpdate.size + recycled,
    deletes: toDelete.size - recycled,
    sizes: after.sort((a, b) => a - b),
  };
}

test('writes and sizes are those of the model, and a second look has nothing to write', () => {
  fc.assert(
    fc.property(input, (own) => {
      const metadata = { namespace: 'test', name: 'foo', labels: {}, uid: 'now' };
      const of = service({ metadata: own.deleting ? { ...metadata, deleting: true } : metadata });
      const slices = own.existing.map((each, i): EndpointSlice => {
        const made = slice(`s${i}`, each.members.map(endpointOf));
        const labels = each.labelled ? made.metadata.labels : { ...made.metadata.labels, other: 'x' };
        const owner = each.owned ? 'now' : 'before';
        return { ...made, metadata: { ...made.metadata, labels }, ports: portsOf(each.port), owner };
      });
      let made = 0;
      const reconcile = (present: readonly EndpointSlice[]) =>
        reconcileSlices({
          service: of,
          desired: own.wanted.map(({ port, pods, unready }) => {
            return { ports: portsOf(port), endpoints: pods.map((n) => desiredOf(n, unready)) };
          }),
          existing: present,
          limit: own.limit,
          newName: () => `n${made++}`,
          ...(own.hints && { hints: (each: Endpoint) => (each.ready ? zoneHint(each.node) : each.hints) }),
        });
      const writes = reconcile(slices);
      const after = new Map(slices.map((each) => [each.metadata.name, each]));
      for (const each of writes.delete) expect(after.delete(each.metadata.name)).toBe(true);
      for (const each of writes.update) expect(after.has(each.metadata.name)).toBe(true);
      for (const each of writes.create) expect(after.has(each.metadata.name)).toBe(false);
      for (const each of [...writes.create, ...writes.update]) after.set(each.metadata.name, each);
      const present = [...after.values()];
      const sizes = present.map(({ endpoints }) => endpoints.length).sort((a, b) => a - b);
      const counts = { creates: writes.create.length, updates: writes.update.length, deletes: writes.delete.length };
      expect({ ...counts, sizes }).toEqual(model(own));
      for (const { name } of writes.update.map(({ metadata: each }) => each)) {
        expect(slices.find((each) => each.metadata.name === name)?.owner).toBe('now');
      }
      if (own.deleting) return;
      const again = reconcile(present);
      expect([again.create.length, again.update.length, again.delete.length]).toEqual([0, 0, 0]);
    }),
    { numRuns: fc.readConfigureGlobal().numRuns ?? 400 },
  );
});
