/** `kpb version`: the program's version and what it runs on. */
import { defineCommand } from '../options.js';
import type { CommonArguments } from '../options.js';

/** The command. */
export const versionCommand = defineCommand<CommonArguments>({
  command: 'version',
  describe: 'show the version',
  builder: (parser) => parser,
  handler: async ({ output }) => {
    const { programVersion } = await import('../places.js');
    const { writeResult } = await import('../terminal.js');
    const facts = { version: programVersion(), apiVersion: 'kpb/v1alpha1', node: process.version };
    const text = {
      table: () => `kpb ${facts.version} (${facts.apiVersion}, Node ${facts.node})\n`,
      json: () => `${JSON.stringify(facts, null, 2)}\n`,
      csv: () => `${Object.keys(facts).join(',')}\n${Object.values(facts).join(',')}\n`,
    };
    await writeResult(text[output]());
  },
});
