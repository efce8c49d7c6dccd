/** Carries out `kpb diff-modes`: tries every Service in both modes and shows what differs. */
import { csvTable, jsonList, numberText, textTable, timeText } from '../report/index.js';
import {
  ClusterLab,
  compareServices,
  fateText,
  labPairs,
  modeCounts,
  type FlowDifference,
  type ModeCounts,
  type ServiceDifference,
} from '../testbed/index.js';
import type { Case } from '../scenario/index.js';
import { clusterCases, wantedOf, type ClusterArguments } from './cluster-case.js';
import { counted } from './counted.js';
import { CliError, ExitCode } from './exit-code.js';
import { requireMode } from './mode-name.js';
import type { CommonArguments } from './options.js';
import { resultStyle, tell, writeResult } from './terminal.js';

/** What is asked. */
export interface DiffModesRequest extends CommonArguments, ClusterArguments {
  readonly from: string;
  readonly to: string;
  readonly node: string | undefined;
}

type Pair = readonly [ModeCounts, ModeCounts];

/** Compares the modes and writes the result. */
export async function diffModes(request: DiffModesRequest): Promise<void> {
  for (const [option, mode] of [
    ['--from', request.from],
    ['--to', request.to],
  ] as const)
    requireMode(option, mode);
  if (request.from === request.to) {
    throw new CliError(`--from and --to are both ${request.from}: name two modes`, ExitCode.usage);
  }
  const looks = [
    { mode: request.from, option: '--from' },
    { mode: request.to, option: '--to' },
  ];
  const [plan, other] = clusterCases(request, looks, request) as readonly [Case, Case];
  const modes = [plan.proxy.mode, other.proxy.mode] as const;
  if (modes[0] === modes[1]) {
    throw new CliError(`--from ${request.from} and --to ${request.to} both run in ${modes[0]} mode`, ExitCode.usage);
  }
  const lab = wantedOf(() => new ClusterLab(plan, other));
  const node = wantedOf(() => lab.node(request.node));
  tellSize(lab, request);
  const services = compareServices(lab, labPairs(lab, { modes, node }), node);
  const ingresses = [...lab.cluster.store.list('ingress')].length;
  const counts: Pair = [modeCounts(lab, modes[0], node, plan.profile), modeCounts(lab, modes[1], node, plan.profile)];
  if (request.output === 'json') {
    await writeResult(
      jsonList('ModeDifferenceList', { modes, node: node.name, counts, ingresses }, services.map(jsonItem)),
    );
  } else if (request.output === 'csv') {
    await writeResult(csvTable([...CSV_COLUMNS, ...modes], services.flatMap(csvLines)));
  } else {
    await writeResult(await differenceText({ modes, node: node.name, services, counts, ingresses }, request));
  }
}

/** From so many Services on, a line says that it takes a while. */
const MANY = 1000;

function tellSize({ cluster }: ClusterLab, request: DiffModesRequest): void {
  const services = [...cluster.store.list('service')].length;
  if (services > MANY) tell(`trying ${numberText(services)} Services in two modes`, request);
}

/** The two modes' names follow. */
function jsonItem({ service, flows }: ServiceDifference): object {
  return { service, flows: flows.map((flow) => ({ ...flow, family: `IPv${flow.family}` })) };
}

const CSV_COLUMNS = ['service', 'family', 'port', 'from', 'to'];

function csvLines({ service, flows }: ServiceDifference): string[][] {
  return flows.map(({ family, port, from, to, fates: [a, b] }) => {
    return [service, `IPv${family}`, port, from, to, fateText(a, b), fateText(b, a)];
  });
}

interface Shown {
  readonly modes: readonly [string, string];
  readonly node: string;
  readonly services: readonly ServiceDifference[];
  readonly counts: Pair;
  /** Number of Ingresses. */
  readonly ingresses: number;
}

async function differenceText(shown: Shown, request: DiffModesRequest): Promise<string> {
  const { modes, node, services, counts, ingresses } = shown;
  const style = await resultStyle(request.color);
  const differing = services.filter(({ flows }) => flows.length > 0);
  const heading = (text: string): string => style.bold(text);
  const behave = differing.length === 1 ? 'behaves' : 'behave';
  const count = `${differing.length} of ${counted(services.length, 'Service')}`;
  const head = `${modes[0]} -> ${modes[1]} on ${node}: ${count} ${behave} differently`;
  const blocks = groups(differing).map(({ names, flows }) => {
    const columns = ['from', 'to', ...modes].map((text) => ({ heading: text, align: 'left' as const }));
    const lines = flows.map(({ from, to, fates: [a, b] }) => [from, to, fateText(a, b), fateText(b, a)]);
    return `${heading(namesText(names, request.verbose))}\n${indented(textTable(columns, lines, { style }))}`;
  });
  const columns = [
    { heading: '', align: 'left' as const },
    ...modes.map((mode) => ({ heading: mode, align: 'right' as const })),
  ];
  const table = `${heading(`counts on ${node}`)}\n${indented(textTable(columns, countLines(counts), { style }))}`;
  return `${[heading(head), ...blocks, table, ...ingressNote(ingresses)].join('\n\n')}\n`;
}

/** What the mode has to do with Ingresses. */
function ingressNote(ingresses: number): readonly string[] {
  if (ingresses === 0) return [];
  const own =
    ingresses === 1 ? '1 Ingress: its proxies send' : `${numberText(ingresses)} Ingresses: their proxies send`;
  const ways =
    "requests to pods' own addresses (as ingress-nginx does), and the mode matters on clients' way to the proxies alone";
  return [`${own} ${ways}`];
}

/** Services that differ in the same way stand together. */
function groups(
  services: readonly ServiceDifference[],
): { readonly names: readonly string[]; readonly flows: readonly FlowDifference[] }[] {
  const found = new Map<string, { names: string[]; flows: readonly FlowDifference[] }>();
  for (const { service, flows } of services) {
    const once = distinct(flows);
    const key = once.map(keyOf).join('|');
    const group = found.get(key);
    if (group === undefined) found.set(key, { names: [service], flows: once });
    else group.names.push(service);
  }
  return [...found.values()].sort((a, b) => b.names.length - a.names.length);
}

/** Ports of one Service that differ alike are shown once. */
function distinct(flows: readonly FlowDifference[]): readonly FlowDifference[] {
  const seen = new Map<string, FlowDifference>();
  for (const flow of flows) if (!seen.has(keyOf(flow))) seen.set(keyOf(flow), flow);
  return [...seen.values()];
}

function keyOf({ from, to, fates: [a, b] }: FlowDifference): string {
  return [from, to, fateText(a, b), fateText(b, a)].join('/');
}

function namesText(names: readonly string[], all: boolean): string {
  const shown = all ? names : names.slice(0, 6);
  return `${shown.join(', ')}${names.length > shown.length ? ` and ${names.length - shown.length} more (-v shows all)` : ''}`;
}

function countLines([a, b]: Pair): string[][] {
  const line = (
    label: string,
    of: (counts: ModeCounts) => number,
    text: (value: number) => string = numberText,
  ): string[] => [label, text(of(a)), text(of(b))];
  return [
    ['endpoint of a new connection', a.pick, b.pick],
    line('iptables rules', (counts) => counts.iptablesRules),
    line('nftables rules', (counts) => counts.nftablesRules),
    line('elements of nftables sets and maps', (counts) => counts.nftablesElements),
    line('ip_vs virtual servers', (counts) => counts.virtualServers),
    line('ip_vs real servers', (counts) => counts.realServers),
    line('ipset entries', (counts) => counts.setEntries),
    line('first sync', (counts) => counts.firstSyncNs, timeText),
    line('written when one endpoint comes: iptables rules', (counts) => counts.rulesForOneEndpoint),
    line('written when one endpoint comes: nftables operations', (counts) => counts.operationsForOneEndpoint),
    line('sync when one endpoint comes', (counts) => counts.oneEndpointSyncNs, timeText),
  ].filter(([, first, second]) => first !== '0' || second !== '0');
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
