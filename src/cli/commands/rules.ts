/** `kpb rules`: what kube-proxy would have programmed on a node. */
import { CLUSTER_FILES, CLUSTER_OPTIONS, defineCommand } from '../options.js';
import type { CommonArguments } from '../options.js';
import type { ClusterArguments } from '../cluster-case.js';

interface RulesArguments extends CommonArguments, ClusterArguments {
  readonly mode: string | undefined;
  readonly node: string | undefined;
  readonly count: boolean;
  readonly tool: string | undefined;
  readonly family: string | undefined;
}

/** The command. */
export const rulesCommand = defineCommand<RulesArguments>({
  command: 'rules <cluster...>',
  describe: 'print the rules that kube-proxy would have programmed on a node',
  options: {
    mode: { type: 'string', describe: 'the proxy mode (the configured one, else iptables)', requiresArg: true },
    node: { type: 'string', describe: 'the node to look at (the first one)', requiresArg: true },
    count: { type: 'boolean', default: false, describe: 'counts only, for any size of cluster' },
    tool: {
      choices: ['iptables-restore', 'ip6tables-restore', 'nft', 'ipset', 'ipvsadm'],
      describe: 'only the text for this tool, ready to be piped into it',
      requiresArg: true,
    },
    family: { choices: ['IPv4', 'IPv6'], describe: 'only this family of a dual-stack cluster', requiresArg: true },
    ...CLUSTER_OPTIONS,
  },
  builder: (parser) => parser.positional('cluster', CLUSTER_FILES),
  examples: [
    ['$0 rules cluster.yaml --mode nftables | nft -c -f -', 'have nft check the script'],
    ['$0 rules cluster.yaml --mode ipvs --tool ipvsadm', 'only the virtual servers'],
    ['$0 rules iptables-vs-ipvs --filter services=10000 --count', 'how much it is'],
  ],
  handler: async (options) => {
    const { showRules } = await import('../show-rules.js');
    await showRules(options);
  },
});
