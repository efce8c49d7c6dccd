/** Carries out `kpb trace`: follows one connection and shows it as a tree, as JSON, as CSV and as a capture file. */
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { csvTable, jsonList, type TextStyle } from '../report/index.js';
import { captureOf, readSource, readTarget, runTrace, type Trace, type TracedPacket } from '../testbed/index.js';
import { clusterCase, wantedOf, type ClusterArguments } from './cluster-case.js';
import { counted } from './counted.js';
import { CliError, ExitCode } from './exit-code.js';
import { reasonOf } from './files.js';
import { requireMode } from './mode-name.js';
import type { CommonArguments } from './options.js';
import { resultStyle, tell, writeResult } from './terminal.js';
import { ingressLines } from './trace/ingress-text.js';
import { namedLinesText } from './trace/named-lines.js';
import { outcomeText } from './trace/outcome-text.js';
import { packetTree } from './trace/packet-tree.js';
import { nodeTable, nodeTotals, packetTable, TRACE_CSV_COLUMNS, traceCsvLines } from './trace/totals.js';
import { treeText } from './trace/tree.js';
import { balancerText } from './trace/way-in-text.js';

/** What is asked. */
export interface TraceRequest extends CommonArguments, ClusterArguments {
  /** undefined for the one that is configured. */
  readonly mode: string | undefined;
  readonly from: string | undefined;
  readonly to: string;
  readonly via: string | undefined;
  readonly family: string | undefined;
  readonly seed: string;
  readonly pcap: string | undefined;
  readonly device: string | undefined;
}

/** Traces and writes. */
export async function showTrace(request: TraceRequest): Promise<void> {
  if (request.mode !== undefined) requireMode('--mode', request.mode);
  const format = captureFormat(request);
  const trace = wantedOf(() => traced(request));
  if (format !== undefined) writeCapture(trace, format, request);
  if (request.output === 'json') await writeResult(jsonText(trace));
  else if (request.output === 'csv') await writeResult(csvTable(TRACE_CSV_COLUMNS, traceCsvLines(trace)));
  else await writeResult(traceText(trace, request.verbose, terminalWidth(), await resultStyle(request.color)));
}

function traced(request: TraceRequest): Trace {
  const { mode, via, seed } = request;
  const [from, to] = [readSource(request.from), readTarget(request.to)];
  const family = request.family === undefined ? undefined : request.family === 'IPv6' ? 6 : 4;
  const plan = clusterCase(request, mode, request, to.kind === 'ingress');
  return runTrace(plan, { mode: plan.proxy.mode, from, to, family, via, seed });
}

function jsonText({ packets, frames, ...metadata }: Trace): string {
  const family = `IPv${metadata.family}`;
  return jsonList(
    'TracedPacketList',
    { ...metadata, family, nodes: nodeTotals(packets), frames: frames.length },
    packets,
  );
}

/**
 * The whole trace for people: the first packet of each connection and the first one back in full, or all of them, then a line for each
 * packet and node, and what became of the connection.
 * @param width characters of a line
 */
export function traceText(trace: Trace, everything: boolean, width: number, style: TextStyle): string {
  const { mode, protocol, from, to, packets, outcome } = trace;
  const place = from.node === '' || from.node === from.name ? '' : ` on ${from.node}`;
  const target = to.name === '' ? to.address : `${to.name} (${to.address})`;
  const head = `${from.name}${place} -> ${target} over ${protocol}, ${mode} mode, seed ${trace.seed}`;
  const numbered = packets.some(({ connection }) => connection > 1);
  const shown = everything ? packets : packets.filter((packet, i) => isFirst(packets, packet, i));
  const trees = shown.map((packet) => packetTree(packet, { everything, numbered }));
  const left = packets.length - shown.length;
  const rest =
    left === 0
      ? []
      : [style.dim(`${counted(left, 'further packet')} below in short; -v shows all of them step by step`)];
  const end = outcomeText(trace);
  const isGood = outcome.kind === 'answered' && (trace.ingress?.ownAnswer ?? 0) === 0;
  const blocks = [
    style.bold(head),
    ...beforehand(trace, width, style),
    ...(packets.length === 0 ? [] : [treeText(trees, { width, style })]),
    ...rest,
    ...(packets.length === 0 ? [] : [packetTable(trace, style), nodeTable(trace, style)]),
    isGood ? style.good(end) : style.bad(end),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** What is to be known before the packets: the way through an Ingress, or how the client comes in where that was chosen. */
function beforehand(trace: Trace, width: number, style: TextStyle): readonly string[] {
  const { entry, ingress } = trace;
  if (ingress !== undefined) return [namedLinesText(ingressLines(trace), width, style)];
  return entry === undefined || entry.by === 'node' ? [] : [balancerText(entry)];
}

/** The first packet of its connection in its direction. */
function isFirst(packets: readonly TracedPacket[], { connection, isForward }: TracedPacket, place: number): boolean {
  return packets.findIndex((each) => each.connection === connection && each.isForward === isForward) === place;
}

const NARROWEST = 90;
const WIDEST = 170;
const WITHOUT_TERMINAL = 120;

function terminalWidth(): number {
  const { columns } = process.stdout;
  // Not a terminal, or one that does not say.
  if (!columns) return WITHOUT_TERMINAL;
  return Math.min(WIDEST, Math.max(NARROWEST, columns));
}

function captureFormat({ pcap, device }: TraceRequest): 'pcap' | 'pcapng' | undefined {
  if (pcap === undefined) {
    if (device !== undefined)
      throw new CliError('--device chooses frames for a capture file: name one with --pcap', ExitCode.usage);
    return undefined;
  }
  if (pcap.endsWith('.pcapng')) return 'pcapng';
  if (pcap.endsWith('.pcap')) return 'pcap';
  throw new CliError(
    `--pcap: expected the name of a file that ends in .pcapng or .pcap, found ${pcap}`,
    ExitCode.usage,
  );
}

function writeCapture({ frames }: Trace, format: 'pcap' | 'pcapng', request: TraceRequest): void {
  const capture = wantedOf(() => captureOf(frames, format, request.device));
  const path = request.pcap ?? '';
  try {
    writeFileSync(path, capture.bytes);
  } catch (error) {
    const isFolderMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = isFolderMissing ? `there is no folder ${dirname(path)}` : reasonOf(error);
    throw new CliError(`--pcap: cannot write ${path}: ${reason}`, ExitCode.usage, { cause: error });
  }
  tell(`${path}: ${counted(capture.frames, 'frame')} of ${capture.devices.join(', ')}`, request);
}
