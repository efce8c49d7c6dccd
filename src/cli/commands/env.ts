/** `kpb env`: what a container finds when it starts: environment variables of Services, resolver and hosts file. */
import type { ClusterArguments } from '../cluster-case.js';
import { CLUSTER_FILES, CLUSTER_OPTIONS, defineCommand } from '../options.js';
import type { CommonArguments } from '../options.js';

interface EnvArguments extends CommonArguments, ClusterArguments {
  readonly from: string;
  readonly only: 'variables' | 'resolv.conf' | 'hosts' | undefined;
  readonly resolvConf: string | undefined;
}

/** The command. */
export const envCommand = defineCommand<EnvArguments>({
  command: 'env <cluster...>',
  describe: 'print what a container gets of Services when it starts: environment, resolv.conf, hosts',
  options: {
    from: {
      type: 'string',
      default: 'default',
      describe: 'whose: NAMESPACE/POD, or NAMESPACE for any pod there',
      requiresArg: true,
    },
    only: {
      choices: ['variables', 'resolv.conf', 'hosts'] as const,
      describe: 'only this text, without heading',
      requiresArg: true,
    },
    'resolv-conf': {
      type: 'string',
      describe: "the nodes' own resolver file (one made-up nameserver)",
      requiresArg: true,
    },
    ...CLUSTER_OPTIONS,
  },
  builder: (parser) => parser.positional('cluster', CLUSTER_FILES),
  examples: [
    ['$0 env cluster.yaml --from shop', 'of any pod of a namespace'],
    ['$0 env cluster.yaml --from shop/cart-0 --only hosts', 'one file as it stands in the container'],
  ],
  handler: async (options) => {
    const { showEnv } = await import('../show-env.js');
    await showEnv(options);
  },
});
