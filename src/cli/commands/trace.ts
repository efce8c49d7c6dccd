/** `kpb trace`: follows one connection through the cluster, packet by packet. */
import { CLUSTER_FILES, CLUSTER_OPTIONS, defineCommand } from '../options.js';
import type { CommonArguments } from '../options.js';
import type { ClusterArguments } from '../cluster-case.js';

interface TraceArguments extends CommonArguments, ClusterArguments {
  readonly mode: string | undefined;
  readonly from: string | undefined;
  readonly to: string;
  readonly via: string | undefined;
  readonly family: string | undefined;
  readonly seed: string;
  readonly pcap: string | undefined;
  readonly device: string | undefined;
}

/** The command. */
export const traceCommand = defineCommand<TraceArguments>({
  command: 'trace <cluster...>',
  describe: 'follow one connection: hooks, chains and rules met, picks, NAT, encapsulation, the way back',
  options: {
    mode: { type: 'string', describe: 'the proxy mode (the configured one, else iptables)', requiresArg: true },
    from: {
      type: 'string',
      describe: 'who connects: NAMESPACE/POD, node:NAME, or an address (a pod; of an Ingress: 203.0.113.9)',
      requiresArg: true,
    },
    to: {
      type: 'string',
      demandOption: true,
      describe:
        'what it dials: NAMESPACE/SERVICE:PORT, IP:PORT or node:NAME:PORT; /udp or /sctp behind it; http://HOST/PATH of an Ingress',
      requiresArg: true,
    },
    via: {
      type: 'string',
      describe:
        'how a machine outside comes in: a node (the first one), ecmp or load-balancer; of an Ingress: the node dialled',
      requiresArg: true,
    },
    family: { choices: ['IPv4', 'IPv6'], describe: 'family of what is dialled', requiresArg: true },
    seed: {
      type: 'string',
      default: '1',
      describe: 'seed of all chance: another one, another pick',
      requiresArg: true,
    },
    pcap: { type: 'string', describe: 'write the frames: FILE.pcapng, or FILE.pcap', requiresArg: true },
    device: {
      type: 'string',
      describe: 'only frames of this device: NODE/DEVICE, such as node-0/cni0',
      requiresArg: true,
    },
    ...CLUSTER_OPTIONS,
  },
  builder: (parser) => parser.positional('cluster', CLUSTER_FILES),
  examples: [
    ['$0 trace cluster.yaml --to default/web:http', 'from some pod, in iptables mode'],
    ['$0 trace cluster.yaml --mode ipvs --from 203.0.113.9 --to node:node-1:30080', 'from outside'],
    ['$0 trace cluster.yaml --to http://shop.example/cart', 'through an Ingress'],
    ['$0 trace cluster.yaml --to kube-system/kube-dns:53/udp --pcap dns.pcapng', 'for tshark'],
  ],
  handler: async (options) => {
    const { showTrace } = await import('../show-trace.js');
    await showTrace(options);
  },
});
