/** Carries out `kpb env`: what a container of the cluster finds when it starts, as texts, as JSON or as CSV. */
import { csvTable, jsonList } from '../report/index.js';
import { ClusterLab, reportContainer, type ContainerReport } from '../testbed/index.js';
import { clusterCase, wantedOf, type ClusterArguments } from './cluster-case.js';
import { CliError, ExitCode } from './exit-code.js';
import type { CommonArguments } from './options.js';
import { resolvConfFile } from './resolv-conf-file.js';
import { tell, writeResult } from './terminal.js';

/** What is asked. */
export interface EnvRequest extends CommonArguments, ClusterArguments {
  readonly from: string;
  readonly only: 'variables' | 'resolv.conf' | 'hosts' | undefined;
  readonly resolvConf: string | undefined;
}

/** Writes what there is. */
export async function showEnv(request: EnvRequest): Promise<void> {
  const { from, only, output } = request;
  const hostResolvConf = resolvConfFile(request.resolvConf);
  const plan = clusterCase(request, undefined, request);
  const report = wantedOf(() => reportContainer(new ClusterLab(plan).cluster, from, hostResolvConf));
  for (const note of report.notes) tell(note, request);
  if (output === 'csv') {
    const lines = report.variables.map(({ name, value }) => [name, value]);
    await writeResult(csvTable(['name', 'value'], lines));
    return;
  }
  const texts = textsOf(report).filter(({ name }) => only === undefined || name === only);
  if (texts.length === 0) {
    throw new CliError(`--only ${only ?? ''}: name a pod with --from, as NAMESPACE/POD`, ExitCode.usage);
  }
  if (output === 'json') {
    await writeResult(jsonList('ContainerTextList', { from: report.from }, texts));
    return;
  }
  const blocks = texts.map(({ name, text }) =>
    only === undefined ? `# ${headingOf(name, report.from)}\n${text}` : text,
  );
  await writeResult(blocks.join('\n'));
}

interface ContainerText {
  readonly name: 'variables' | 'resolv.conf' | 'hosts';
  readonly text: string;
}

function textsOf({ variables, resolvConf, hosts }: ContainerReport): readonly ContainerText[] {
  const lines = variables.map(({ name, value }) => `${name}=${value}\n`).join('');
  return [
    { name: 'variables', text: lines },
    { name: 'resolv.conf', text: resolvConf },
    ...(hosts === '' ? [] : [{ name: 'hosts' as const, text: hosts }]),
  ];
}

function headingOf(name: ContainerText['name'], from: string): string {
  return name === 'variables' ? `environment variables of Services, ${from}` : `/etc/${name}, ${from}`;
}
