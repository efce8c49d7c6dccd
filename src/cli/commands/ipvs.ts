/** `kpb ipvs replay`: carries a connection script out on one IPVS director, as the Linux kernel would. */
import { IPVS_ACTIONS, SHOWN_TABLES, type IpvsArguments } from '../ipvs-options.js';
import { defineCommand } from '../options.js';

/** The command. */
export const ipvsCommand = defineCommand<IpvsArguments>({
  command: 'ipvs <action> <script>',
  describe: 'replay a connection script on one IPVS director: picks, and tables as ipvsadm prints them',
  options: {
    scheduler: {
      type: 'string',
      describe: "the scheduler of every virtual server, in place of the script's",
      requiresArg: true,
    },
    'sched-flags': {
      type: 'string',
      describe: 'flags of --scheduler, separated by commas: sh-fallback, sh-port, mh-fallback, mh-port',
      requiresArg: true,
    },
    'load-factor': {
      type: 'string',
      describe: "what an active connection counts, 256 or 257 (that of the script's kernel)",
      requiresArg: true,
    },
    tables: {
      choices: SHOWN_TABLES,
      default: 'all',
      describe: "ipvsadm's tables: of steps and at the end, at the end only, or none",
      requiresArg: true,
    },
    seed: { type: 'string', default: '1', describe: 'seed of all chance: the draws of twos', requiresArg: true },
  },
  builder: (parser) =>
    parser.positional('action', { choices: IPVS_ACTIONS, describe: 'what to do' }).positional('script', {
      type: 'string',
      describe: 'file with the script, JSON or YAML (-: stdin); see docs/IPVS.md',
    }),
  examples: [
    ['$0 ipvs replay scenarios/ipvs/first-connections.json', 'who is picked, and the tables on the way'],
    ['$0 ipvs replay trace.json --scheduler lc --tables end', 'the same clients under another scheduler'],
    ['$0 ipvs replay trace.json -v', 'every step, as the commands that do it on a real director'],
    ['$0 ipvs replay trace.json -o json', 'picks, observations and differences for programs'],
  ],
  handler: async (options) => {
    const { replayFile } = await import('../replay-file.js');
    process.exitCode = await replayFile(options);
  },
});
