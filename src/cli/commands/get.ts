/** `kpb get`: lists what there is. */
import { defineCommand, LISTS } from '../options.js';
import type { CommonArguments, ListName } from '../options.js';

interface GetArguments extends CommonArguments {
  readonly what: ListName;
}

/** The command. */
export const getCommand = defineCommand<GetArguments>({
  command: 'get <what>',
  describe: `list ${LISTS.join(', ')}`,
  builder: (parser) => parser.positional('what', { choices: LISTS, describe: 'what to list' }),
  examples: [
    ['$0 get metrics', 'every metric with its unit and meaning'],
    ['$0 get scenarios -o json', 'scenarios that come with the program, for programs'],
  ],
  handler: async ({ what, ...options }) => {
    const { listText } = await import('../lists.js');
    const { writeResult } = await import('../terminal.js');
    await writeResult(await listText(what, options));
  },
});
