/** The cases of scenarios as a list: what a dry run prints. */
import { csvTable, jsonList, textTable } from '../report/index.js';
import type { Scenario } from '../scenario/index.js';
import { counted } from './counted.js';
import type { CommonArguments } from './options.js';
import { resultStyle } from './terminal.js';

/** Text of the cases, in the form that was asked for. */
export async function casesText(scenarios: readonly Scenario[], { output, color }: CommonArguments): Promise<string> {
  const items = scenarios.flatMap(({ name, cases, seeds }) =>
    cases.map(({ id, cluster }) => {
      return { scenario: name, case: id, nodes: cluster.nodes, services: cluster.services, seeds: seeds.length };
    }),
  );
  const runs = scenarios.reduce((sum, { cases, seeds }) => sum + cases.length * seeds.length, 0);
  if (output === 'json') return jsonList('CaseList', { runs }, items);
  const cells = items.map((item) => Object.values(item).map(String));
  if (output === 'csv') return csvTable(['scenario', 'case', 'nodes', 'services', 'seeds'], cells);
  const columns = [
    { heading: 'scenario', align: 'left' as const },
    { heading: 'case', align: 'left' as const },
    { heading: 'nodes', align: 'right' as const },
    { heading: 'services', align: 'right' as const },
    { heading: 'seeds', align: 'right' as const },
  ];
  const table = textTable(columns, cells, { style: await resultStyle(color) });
  return `${table}\n\n${counted(items.length, 'case')}, ${counted(runs, 'run')}; nothing was run\n`;
}
