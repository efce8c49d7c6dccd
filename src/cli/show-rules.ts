/** Carries out `kpb rules`: one first sync on one node, and what it has left there, printed or counted. */
import { csvTable, jsonList, numberText, textTable } from '../report/index.js';
import { ClusterLab, type ProgrammedCount, type ProgrammedText } from '../testbed/index.js';
import { clusterCase, wantedOf, type ClusterArguments } from './cluster-case.js';
import { CliError, ExitCode } from './exit-code.js';
import { requireMode } from './mode-name.js';
import type { CommonArguments } from './options.js';
import { resultStyle, writeResult } from './terminal.js';

/** What is asked. */
export interface RulesRequest extends CommonArguments, ClusterArguments {
  /** undefined for the one that is configured. */
  readonly mode: string | undefined;
  readonly node: string | undefined;
  readonly count: boolean;
  readonly tool: string | undefined;
  readonly family: string | undefined;
}

/** Prints or counts. */
export async function showRules(request: RulesRequest): Promise<void> {
  if (request.mode !== undefined) requireMode('--mode', request.mode);
  const plan = clusterCase(request, request.mode, request);
  const clusterLab = wantedOf(() => new ClusterLab(plan));
  const node = wantedOf(() => clusterLab.node(request.node));
  const families = clusterLab.cluster.families.filter(
    (family) => (request.family ?? `IPv${family}`) === `IPv${family}`,
  );
  if (families.length === 0) throw new CliError(`--family: the cluster has no ${request.family ?? ''}`, ExitCode.usage);
  const { mode } = plan.proxy;
  const texts: ProgrammedText[] = [];
  const counts: ProgrammedCount[] = [];
  for (const family of families) {
    const lab = clusterLab.lab(mode, family, node);
    const report = lab.sync();
    if (request.count) counts.push(...lab.counts(report));
    else texts.push(...lab.texts());
  }
  const metadata = { mode, node: node.name };
  if (request.count) await writeResult(await countsText(countsOf(counts, metadata.mode, request), metadata, request));
  else await writeTexts(texts, metadata, request);
}

async function writeTexts(
  all: readonly ProgrammedText[],
  metadata: { readonly mode: string; readonly node: string },
  { tool, output }: RulesRequest,
): Promise<void> {
  if (output === 'csv') throw new CliError('-o csv: texts have no columns; use --count', ExitCode.usage);
  const texts = all.filter((text) => tool === undefined || text.tool === tool);
  if (texts.length === 0) {
    throw new CliError(noTool(metadata.mode, tool ?? '', [...new Set(all.map((text) => text.tool))]), ExitCode.usage);
  }
  if (output === 'json') {
    const items = texts.map((text) => ({
      tool: text.tool,
      family: `IPv${text.family}`,
      text: [...text.pieces()].join(''),
    }));
    await writeResult(jsonList('RuleTextList', metadata, items));
    return;
  }
  for (const text of texts) {
    if (texts.length > 1) await writeResult(`# ${text.tool}, IPv${text.family}, ${metadata.node}\n`);
    for (const piece of text.pieces()) await writeResult(piece);
  }
}

/** What each tool's counts are called; those of iptables are told apart by their family. */
const COUNTED: Readonly<Record<string, { readonly tool: string; readonly family?: number }>> = {
  'iptables-restore': { tool: 'iptables', family: 4 },
  'ip6tables-restore': { tool: 'iptables', family: 6 },
  nft: { tool: 'nftables' },
  ipset: { tool: 'ipset' },
  ipvsadm: { tool: 'ip_vs' },
};

/** The counts of the tool that is asked for. */
function countsOf(all: readonly ProgrammedCount[], mode: string, { tool }: RulesRequest): readonly ProgrammedCount[] {
  const wanted = tool === undefined ? undefined : COUNTED[tool];
  if (tool === undefined || wanted === undefined) return all;
  const isOf = (each: ProgrammedCount, { tool: own, family }: { readonly tool: string; readonly family?: number }) =>
    each.tool === own && (family === undefined || each.family === family);
  const counts = all.filter((each) => isOf(each, wanted));
  if (counts.length > 0) return counts;
  const others = Object.entries(COUNTED).filter(([, other]) => all.some((each) => isOf(each, other)));
  throw new CliError(
    noTool(
      mode,
      tool,
      others.map(([name]) => name),
    ),
    ExitCode.usage,
  );
}

function noTool(mode: string, tool: string, there: readonly string[]): string {
  return `--tool: ${mode} has nothing for ${tool} here; there is: ${there.join(', ') || 'nothing'}`;
}

const COLUMNS = ['family', 'tool', 'table', 'kind', 'count'];

async function countsText(
  counts: readonly ProgrammedCount[],
  metadata: Readonly<Record<string, string>>,
  { output, color }: RulesRequest,
): Promise<string> {
  if (output === 'json') {
    const items = counts.map((each) => ({ ...each, family: `IPv${each.family}` }));
    return jsonList('RuleCountList', metadata, items);
  }
  const line = ({ family, tool, table, kind }: ProgrammedCount): string[] => [`IPv${family}`, tool, table, kind];
  if (output === 'csv')
    return csvTable(
      COLUMNS,
      counts.map((each) => [...line(each), String(each.count)]),
    );
  const columns = COLUMNS.map((heading) => ({
    heading,
    align: heading === 'count' ? ('right' as const) : ('left' as const),
  }));
  const lines = counts.map((each) => [...line(each), numberText(each.count)]);
  return `${textTable(columns, lines, { style: await resultStyle(color) })}\n`;
}
