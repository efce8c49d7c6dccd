/** Loads what a proxy has programmed on a laboratory's node into the kernel of a namespace, by the real tools. */
import type { IpFamily } from '../../../src/net/index.js';
import { programmedTexts, type ToolInput } from '../../../src/proxy/index.js';
import type { NodeLab } from '../../../src/testbed/index.js';
import type { Namespace } from './namespace.js';

const CLEAR = `
nft flush ruleset
for restore in iptables-restore ip6tables-restore; do printf '*filter\\nCOMMIT\\n*nat\\nCOMMIT\\n' | $restore; done
conntrack -F 2>/dev/null
`;

/** Counters that kube-proxy finds where nfacct is in use. */
const NFACCT_COUNTERS = ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'];

/** What `kpb rules` prints for a node, tool by tool. */
export function printedTexts(lab: NodeLab, family: IpFamily): ToolInput[] {
  const ports = () => {
    const { ledger } = lab;
    return [...ledger.keysAt(ledger.revision)].flatMap((key) => ledger.portAt(key, ledger.revision) ?? []);
  };
  return programmedTexts(lab.node, family, ports).map(({ tool, pieces }) => ({ tool, text: [...pieces()].join('') }));
}

/** Loads a text; throws with the tool's own message when the tool does not accept it. */
export function load(namespace: Namespace, { tool, text }: ToolInput, options: readonly string[] = []): void {
  const words = { nft: ['-f', '-'], ipset: ['restore'], ipvsadm: ['-R'] } as const;
  namespace.exec(tool, [...(tool in words ? words[tool as keyof typeof words] : []), ...options], text);
}

/** Makes kube-proxy's counters. */
export function makeCounters(namespace: Namespace): void {
  for (const name of NFACCT_COUNTERS) namespace.exec('nfacct', ['add', name]);
}

/** Leaves a namespace with nothing but what `kpb rules` prints for a node. */
export function program(namespace: Namespace, lab: NodeLab, family: IpFamily): void {
  clear(namespace);
  for (const text of printedTexts(lab, family)) load(namespace, text);
}

/** Removes all rules and forgets all connections. */
export function clear(namespace: Namespace): void {
  namespace.exec('sh', ['-ec', CLEAR]);
}
