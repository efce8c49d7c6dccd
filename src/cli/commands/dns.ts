/** `kpb dns`: what a lookup does in a cluster: names tried, queries, answers. */
import type { ClusterArguments } from '../cluster-case.js';
import { CLUSTER_OPTIONS, defineCommand } from '../options.js';
import type { CommonArguments } from '../options.js';

interface DnsArguments extends CommonArguments, Omit<ClusterArguments, 'cluster'> {
  readonly cluster: string;
  readonly name: string;
  readonly from: string;
  readonly type: string | undefined;
  readonly library: 'glibc' | 'musl';
  readonly outside: readonly string[];
  readonly resolvConf: string | undefined;
}

/** The command. */
export const dnsCommand = defineCommand<DnsArguments>({
  command: 'dns <cluster> <name>',
  describe: 'look a name up as a container does: names tried in order, queries and their sizes, answers',
  options: {
    from: {
      type: 'string',
      default: 'default',
      describe: 'who asks: NAMESPACE/POD, or NAMESPACE for any pod there',
      requiresArg: true,
    },
    type: {
      type: 'string',
      describe: 'A, AAAA, SRV, PTR, CNAME, TXT, NS, SOA, ... (A and AAAA at once; PTR for an address)',
      requiresArg: true,
    },
    library: {
      choices: ['glibc', 'musl'] as const,
      default: 'glibc',
      describe: "whose resolver the container has: Debian's and others', or Alpine's",
      requiresArg: true,
    },
    outside: {
      type: 'array',
      string: true,
      nargs: 1,
      default: [],
      defaultDescription: 'the name itself, and what ExternalName Services stand for',
      describe: 'a name outside of the cluster that exists: NAME=ADDRESS (repeatable)',
      requiresArg: true,
    },
    'resolv-conf': {
      type: 'string',
      describe: "the nodes' own resolver file (one made-up nameserver)",
      requiresArg: true,
    },
    ...CLUSTER_OPTIONS,
  },
  builder: (parser) =>
    parser
      .positional('cluster', {
        type: 'string',
        describe: 'a file with Kubernetes objects, as kubectl get -o yaml|json prints them (-: stdin), or a scenario',
      })
      .positional('name', {
        type: 'string',
        describe: 'what the program looks up: a name, or an address for its names',
      }),
  examples: [
    ['$0 dns cluster.yaml web --from shop', 'a Service of the same namespace'],
    ['$0 dns cluster.yaml api.example.com --from shop/cart-0', 'what ndots and search domains cost'],
    ['$0 dns cluster.yaml _http._tcp.web.shop.svc.cluster.local. --type SRV', 'ports, asked for as the name stands'],
  ],
  handler: async (options) => {
    const { showDns } = await import('../show-dns.js');
    await showDns(options);
  },
});
