/** What `kpb rules` prints for clusters with every Service feature: the tools accept it, and then list as many rules as were counted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { chainCounts } from '../../../src/proxy/index.js';
import { NodeLab } from '../../../src/testbed/index.js';
import { everyFeature, PROXIES } from './feature-clusters.js';
import { BACK_ENDS, ipvsMatch, nftTable, ruleCounts, savedSets, savedTables, toolName } from './in-place.js';
import { Namespace } from './namespace.js';
import { hasTool, kernelDoes, whyNot } from './possible.js';
import { load, makeCounters, printedTexts } from './program.js';

const FAMILIES = [4, 6] as const;
const PROXY_NAMES = Object.keys(PROXIES);
const hasSets = whyNot() === '' && kernelDoes('ipset', 'create', 'x', 'hash:ip,port');
const { canMatch, without } = ipvsMatch();
const canCount = whyNot() === '' && hasTool('nfacct') && kernelDoes('nfacct', 'add', 'x');

/** A node of the cluster with every feature, and the texts for it. */
function programmed(mode: string, family: 4 | 6, proxy: string) {
  const { node, services, slices, options } = everyFeature(family, proxy);
  const lab = new NodeLab({
    mode,
    family,
    node,
    options: { ...options, nfacctCounters: canCount && proxy === 'defaults' },
    objects: { services, slices },
  });
  const report = lab.sync();
  return { lab, report, texts: printedTexts(lab, family) };
}

describe.skipIf(whyNot() !== '')('texts for the tools', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = new Namespace();
    if (canCount) makeCounters(namespace);
  });
  afterAll(() => namespace.remove());

  describe.each(FAMILIES)('IPv%i', (family) => {
    describe.each(BACK_ENDS)('iptables-%s', (backEnd) => {
      const restore = toolName(family, backEnd, 'restore');

      test.each(PROXY_NAMES)('iptables mode, %s: accepted, and as many rules in every chain', (proxy) => {
        const { lab, texts } = programmed('iptables', family, proxy);
        expect(texts).toHaveLength(1);
        namespace.exec(restore, ['--test'], texts[0]!.text);
        namespace.exec(restore, [], texts[0]!.text);
        const { nat, filter } = savedTables(namespace, family, backEnd);
        const { netfilter } = lab.node;
        expect(ruleCounts(nat!)).toEqual(Object.fromEntries(chainCounts(netfilter, Table.nat)));
        expect(ruleCounts(filter!)).toEqual(Object.fromEntries(chainCounts(netfilter, Table.filter)));
      });

      test('userspace mode: accepted', () => {
        const { texts, report } = programmed('userspace', family, 'defaults');
        namespace.exec(restore, [], texts[0]!.text);
        const { nat, filter } = savedTables(namespace, family, backEnd);
        const rules = [nat!, filter!].flatMap((chains) => Object.values(ruleCounts(chains)));
        expect(rules.reduce((sum, count) => sum + count)).toBe(report.rulesTotal);
      });

      test.skipIf(!hasSets).each(PROXY_NAMES)('ipvs mode, %s: sets and the rules that name them', (proxy) => {
        const { lab, texts, report } = programmed('ipvs', family, proxy);
        const namespaceOfSets = new Namespace();
        try {
          const [sets, rules] = texts;
          load(namespaceOfSets, sets!);
          namespaceOfSets.exec(restore, [], without(rules!.text));
          expect(savedSets(namespaceOfSets).filter((line) => line.startsWith('add '))).toHaveLength(report.setEntries);
          const { nat, filter } = savedTables(namespaceOfSets, family, backEnd);
          const { netfilter } = lab.node;
          expect(ruleCounts(nat!)).toEqual(Object.fromEntries(chainCounts(netfilter, Table.nat)));
          const counts = Object.fromEntries(chainCounts(netfilter, Table.filter));
          expect(ruleCounts(filter!)).toEqual(canMatch ? counts : { ...counts, 'KUBE-IPVS-OUT-FILTER': 0 });
        } finally {
          namespaceOfSets.remove();
        }
      });
    });

    test.each(PROXY_NAMES)('nftables mode, %s: accepted, and as many chains, rules and elements', (proxy) => {
      const { texts, report } = programmed('nftables', family, proxy);
      namespace.exec('nft', ['flush', 'ruleset']);
      expect(texts).toHaveLength(1);
      namespace.exec('nft', ['-c', '-f', '-'], texts[0]!.text);
      load(namespace, texts[0]!);
      const { chains, sets } = nftTable(namespace, family);
      expect({
        nftChains: Object.keys(chains).length,
        nftRules: Object.values(chains).flat().length,
        nftElements: Object.values(sets).flat().length,
      }).toEqual({ nftChains: report.nftChains, nftRules: report.nftRules, nftElements: report.nftElements });
    });
  });
});

if (whyNot() === '' && !hasSets)
  process.stderr.write('left out on this kernel: texts with ipsets (it has no ip_set)\n');
if (hasSets && !canMatch) process.stderr.write('left out on this kernel: rules with -m ipvs (it has no such match)\n');
