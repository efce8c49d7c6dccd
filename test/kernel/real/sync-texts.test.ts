/**
 * The texts of one sync after the other, as kube-proxy hands them to the tools: what they leave in a kernel is what `kpb rules` prints of the
 * node, loaded at once elsewhere.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isIpv6, parseIp, type IpAddress, type IpFamily } from '../../../src/net/index.js';
import type { SyncReport, ToolInput } from '../../../src/proxy/index.js';
import { NodeLab } from '../../../src/testbed/index.js';
import type { PlannedCluster } from '../../planned-cluster.js';
import { restore as restoreServers, type ParsedTable } from '../ipvs/ipvsadm-text.js';
import { everyFeature } from './feature-clusters.js';
import {
  BACK_ENDS,
  ensuredText,
  ipvsMatch,
  nftTable,
  ruleCounts,
  savedSets,
  savedTables,
  toolName,
  type Tables,
} from './in-place.js';
import { Namespace } from './namespace.js';
import { kernelDoes, whyNot } from './possible.js';
import { load, printedTexts } from './program.js';

const FAMILIES = [4, 6] as const;
const hasSets = whyNot() === '' && kernelDoes('ipset', 'create', 'x', 'hash:ip,port');
const { without } = ipvsMatch();

/** A change to the cluster that a lab holds. */
type Change = (lab: NodeLab, cluster: PlannedCluster) => void;

const add =
  (from: number, to: number): Change =>
  ({ store }, { services, slices }) => {
    for (const service of services.slice(from, to)) store.put('service', service);
    for (const slice of slices.slice(from, to)) store.put('slice', slice);
  };
const remove =
  (from: number, to: number): Change =>
  ({ store }, { services, slices }) => {
    for (const { metadata } of services.slice(from, to))
      store.remove('service', `${metadata.namespace}/${metadata.name}`);
    for (const { metadata } of slices.slice(from, to)) store.remove('slice', `${metadata.namespace}/${metadata.name}`);
  };
/** Takes the first endpoint of each away. */
const shrink =
  (from: number, to: number): Change =>
  ({ store }, { slices }) => {
    for (const slice of slices.slice(from, to)) store.put('slice', { ...slice, endpoints: slice.endpoints.slice(1) });
  };
const hold =
  (from: number, to: number, affinitySeconds: number): Change =>
  ({ store }, { services }) => {
    for (const service of services.slice(from, to)) store.put('service', { ...service, affinitySeconds });
  };

/** Enough endpoints for kube-proxy's large-cluster mode. */
const crowd: Change = ({ store }, { slices }) => {
  const slice = slices[20];
  const endpoint = slice!.endpoints[0]!;
  // Addresses beside the others': of the next ranges of 256.
  const address = (i: number): IpAddress =>
    isIpv6(endpoint.address) ? parseIp(`fd00:10:244:9::${i.toString(16)}`)! : endpoint.address + 1024 + i;
  const endpoints = Array.from({ length: 1001 }, (_, i) => ({ ...endpoint, address: address(i) }));
  store.put('slice', { ...slice!, endpoints });
};

const RESTART = 'kube-proxy started again';

const STEPS: readonly (readonly [name: string, change: Change])[] = [
  ['some Services', add(0, 25)],
  ['nothing new', () => undefined],
  ['more Services', add(25, 35)],
  ['fewer endpoints', shrink(0, 30)],
  ['the endpoints again', add(0, 30)],
  ['session affinity for some', hold(5, 30, 60)],
  ['Services gone', remove(0, 20)],
  ['affinity for another time', hold(25, 30, 90)],
  ['many endpoints', crowd],
  ['many endpoints, and a change elsewhere', shrink(25, 27)],
  ['few again', add(20, 30)],
  [RESTART, (lab) => lab.restart()],
  ['all Services', add(0, 60)],
  ['few Services left', remove(2, 60)],
];

describe.skipIf(whyNot() !== '')('texts of syncs', () => {
  let following: Namespace;
  beforeEach(() => {
    following = new Namespace();
  });
  afterEach(() => following.remove());

  describe.each(FAMILIES)('IPv%i', (family) => {
    describe.each(BACK_ENDS)('iptables-%s', (backEnd) => {
      const restore = toolName(family, backEnd, 'restore');
      const tables = (namespace: Namespace): Tables => savedTables(namespace, family, backEnd);

      test('iptables mode', () => {
        follow('iptables', family, ({ texts, whole, report, isFirst }) => {
          if (isFirst) following.exec(restore, ['--noflush'], ensuredText(textFor(whole, /tables/)));
          for (const { text } of texts) following.exec(restore, ['--noflush', '--counters'], text);
          const found = tables(following);
          expect(found).toEqual(elsewhere(whole, restore, tables));
          const counts = Object.values(found).flatMap((chains) => Object.values(ruleCounts(chains)));
          expect(counts.reduce((sum, count) => sum + count)).toBe(report.rulesTotal);
          expect(counts).toHaveLength(report.chainsTotal);
        });
      });

      test('userspace mode', () => {
        // kube-proxy's own commands have the matches of a rule in another order, and an older name of one.
        const sorted = (namespace: Namespace): string =>
          JSON.stringify(
            tables(namespace),
            (_, value: unknown) => (typeof value === 'string' ? sortedRule(value) : value),
            1,
          );
        follow('userspace', family, ({ texts, whole }) => {
          for (const { text } of texts) following.exec(restore, ['--noflush'], text);
          expect(sorted(following)).toBe(elsewhere(whole, restore, sorted));
        });
      });

      test.skipIf(!hasSets)('ipvs mode', () => {
        const servers: ParsedTable = new Map();
        follow('ipvs', family, ({ texts, whole, isFirst }) => {
          load(following, { tool: 'ipset', text: textFor(texts, /ipset/) });
          if (isFirst) following.exec(restore, ['--noflush'], without(ensuredText(textFor(whole, /tables/))));
          for (const { text } of texts.filter(({ tool }) => tool.endsWith('tables-restore'))) {
            following.exec(restore, ['--noflush', '--counters'], without(text));
          }
          restoreServers(textFor(texts, /ipvsadm/), servers);
          expect(servers).toEqual(restoreServers(textFor(whole, /ipvsadm/)));
          const found = (namespace: Namespace) => ({ tables: tables(namespace), sets: savedSets(namespace) });
          expect(found(following)).toEqual(elsewhere(whole, restore, found));
        });
      });
    });

    test('nftables mode', () => {
      follow('nftables', family, ({ texts, whole, report }) => {
        for (const text of texts) load(following, text);
        const table = nftTable(following, family);
        expect(table).toEqual(elsewhere(whole, '', (namespace) => nftTable(namespace, family)));
        expect(Object.keys(table.chains)).toHaveLength(report.nftChains);
      });
    });
  });
});

/** What a step has brought. */
interface Followed {
  /** Texts of its syncs, in their order. */
  readonly texts: readonly ToolInput[];
  /** What is in place after them, printed. */
  readonly whole: readonly ToolInput[];
  readonly report: SyncReport;
  readonly isFirst: boolean;
}

/** Goes through the steps, two syncs each: what the first one leaves unused goes with the second. */
function follow(mode: string, family: IpFamily, look: (followed: Followed) => void): void {
  const cluster = everyFeature(family);
  const { node, options } = cluster;
  const lab = new NodeLab({ mode, family, node, options });
  STEPS.forEach(([name, change], step) => {
    change(lab, cluster);
    lab.sync({ full: name === RESTART });
    const first = lab.script();
    // In large-cluster mode stale chains are looked for only each 30 s.
    lab.advance(31);
    const report = lab.sync();
    const texts = [...first, ...lab.script()];
    look({ texts, whole: printedTexts(lab, family), report, isFirst: step === 0 });
  });
}

/** What texts leave in a namespace with nothing in it. */
function elsewhere<T>(texts: readonly ToolInput[], restore: string, read: (namespace: Namespace) => T): T {
  const fresh = new Namespace();
  try {
    for (const input of texts) {
      if (input.tool.endsWith('tables-restore')) fresh.exec(restore, [], without(input.text));
      else if (input.tool !== 'ipvsadm') load(fresh, input);
    }
    return read(fresh);
  } finally {
    fresh.remove();
  }
}

function sortedRule(rule: string): string {
  const parts = rule.replace('-m state --state', '-m conntrack --ctstate').split(/ (?=-[a-z] )/);
  return parts.sort().join(' ');
}

function textFor(texts: readonly ToolInput[], wanted: RegExp): string {
  return texts.map(({ tool, text }) => (wanted.test(tool) ? text : '')).join('');
}
