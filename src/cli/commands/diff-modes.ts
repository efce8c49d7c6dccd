/** `kpb diff-modes`: what behaves differently between two proxy modes on a cluster. */
import { CLUSTER_FILES, CLUSTER_OPTIONS, defineCommand } from '../options.js';
import type { CommonArguments } from '../options.js';
import type { ClusterArguments } from '../cluster-case.js';

interface DiffModesArguments extends CommonArguments, ClusterArguments {
  readonly from: string;
  readonly to: string;
  readonly node: string | undefined;
}

/** The command. */
export const diffModesCommand = defineCommand<DiffModesArguments>({
  command: 'diff-modes <cluster...>',
  describe: 'what behaves differently between two proxy modes, Service by Service',
  options: {
    from: { type: 'string', default: 'ipvs', describe: 'the mode in use', requiresArg: true },
    to: { type: 'string', default: 'nftables', describe: 'the mode to move to', requiresArg: true },
    node: { type: 'string', describe: 'the node to look at (the first one)', requiresArg: true },
    ...CLUSTER_OPTIONS,
  },
  builder: (parser) => parser.positional('cluster', CLUSTER_FILES),
  examples: [
    ['$0 diff-modes cluster.yaml', 'what changes when ipvs gives way to nftables'],
    ['$0 diff-modes cluster.yaml --from iptables --to nftables -o json', 'the same for programs'],
  ],
  handler: async (options) => {
    const { diffModes } = await import('../diff-modes.js');
    await diffModes(options);
  },
});
