/**
 * Flows tried twice: on a laboratory's node, and with real packets on a kernel that has the rules which the laboratory prints.
 */
import { formatIp, protocolName, type IpAddress, type IpFamily } from '../../../src/net/index.js';
import { NodeLab, type Flow, type FlowOutcome } from '../../../src/testbed/index.js';
import type { PlannedCluster } from '../../planned-cluster.js';
import type { Attempt, Reached } from './agent.js';
import type { Ground, GroundPlan } from './ground.js';
import { program } from './program.js';

/** A flow to be tried. */
export interface TriedFlow extends Pick<Flow, 'source' | 'destination' | 'destinationPort' | 'protocol'> {
  readonly name: string;
  /** Whether session affinity may hold the source to one endpoint. */
  readonly sticky: boolean;
}

/** A node with its rules, and the flows to be tried there. */
export interface Trial {
  /** Said of each difference. */
  readonly name: string;
  readonly family: IpFamily;
  /** Synced. */
  readonly lab: NodeLab;
  /** Addresses of the node, loopback included. */
  readonly localIps: readonly IpAddress[];
  /** Over TCP and UDP. */
  readonly flows: readonly TriedFlow[];
}

/** A node of a cluster in one mode, with what is to be tried there. */
export function trialOf(mode: string, cluster: PlannedCluster, flows: readonly TriedFlow[]): Trial {
  const { family, node, services, slices, options } = cluster;
  const lab = new NodeLab({ mode, family, node, options, objects: { services, slices } });
  lab.sync();
  return { name: mode, family, lab, localIps: node.localIps, flows };
}

/** Attempts for each endpoint that a flow may reach: one of n is missed with probability n (1 - 1/n)^(24 n), under 10^-9 for ten. */
const TRIES_PER_ENDPOINT = 24;
/** Connections under way at a time. */
const AT_A_TIME = 48;
/** How long an answer that is expected is waited for, at the second attempt. */
const PATIENCE_MS = 3000;
const MASQUERADED = ' masqueraded';

/** A flow with what the simulator says of it. */
interface Expected {
  readonly flow: TriedFlow;
  readonly outcomes: readonly FlowOutcome[];
}

/**
 * Tries them, one trial after the other on the same ground.
 * @returns a line for each flow that fares differently; empty when all agree
 */
export async function differences(ground: Ground, trials: readonly Trial[]): Promise<string[]> {
  const found: string[] = [];
  const prepared = trials.map((trial) => ({ trial, expected: trial.flows.map((flow) => expectedOf(trial, flow)) }));
  for (const { trial, expected } of prepared) {
    await ground.lay(planOf(trial, expected));
    program(ground.node, trial.lab, trial.family);
    const left = [...expected];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const difference = await differenceIn(ground, trial, next);
        if (difference !== undefined) found.push(`${trial.name}: ${next.flow.name} ${difference}`);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  }
  return found;
}

function expectedOf({ lab }: Trial, flow: TriedFlow): Expected {
  return { flow, outcomes: lab.explore(flow).outcomes.map(({ outcome }) => outcome) };
}

async function differenceIn(
  ground: Ground,
  { family, localIps }: Trial,
  { flow, outcomes }: Expected,
): Promise<string | undefined> {
  const from = localIps.includes(flow.source) ? ground.nodeSide : ground.clientSide;
  const attempt: Attempt = {
    family,
    protocol: protocolOf(flow),
    source: formatIp(flow.source),
    destination: formatIp(flow.destination),
    port: flow.destinationPort,
  };
  const wanted = outcomes.map((outcome) => textOf(outcome, flow));
  // To one of its own addresses a node sends from that address, if it may choose: then masquerading does not show.
  const unmarked = outcomes
    .filter(({ address, masquerade }) => from === ground.nodeSide && masquerade && address === flow.source)
    .map(({ address, port }) => `${formatIp(address)} ${port}`);
  const seen = new Set<string>();
  // A flow held to one endpoint shows one of them.
  const enough = flow.sticky ? 1 : wanted.length;
  for (let i = 0; i < TRIES_PER_ENDPOINT * wanted.length && seen.size < enough; i++) {
    let reached = await from.connect(attempt);
    // A busy machine may keep an answer waiting: silence counts only if it was expected, or the second time.
    if (reached.outcome === 'timeout' && !wanted.includes('dropped'))
      reached = await from.connect(attempt, PATIENCE_MS);
    const plain = reachedText(reached, attempt);
    const text = unmarked.includes(plain) ? `${plain}${MASQUERADED}` : plain;
    if (!wanted.includes(text)) return `${describe(attempt)}: expected ${wanted.join(' or ')}, found ${text}`;
    seen.add(text);
  }
  const missing = wanted.filter((text) => !seen.has(text));
  return seen.size >= enough ? undefined : `${describe(attempt)}: never reached ${missing.join(', ')}`;
}

function protocolOf({ protocol }: TriedFlow): 'tcp' | 'udp' {
  return protocolName(protocol) as 'tcp' | 'udp';
}

function textOf({ kind, address, port, masquerade }: FlowOutcome, flow: TriedFlow): string {
  switch (kind) {
    case 'reject':
      return 'refused';
    case 'drop':
      return 'dropped';
    case 'endpoint':
      return `${formatIp(address)} ${port}${masquerade ? MASQUERADED : ''}`;
    case 'accept':
    case 'none':
      return `${formatIp(flow.destination)} ${flow.destinationPort}${masquerade ? MASQUERADED : ''}`;
  }
}

function reachedText({ outcome, address, port, peer }: Reached, { source }: Attempt): string {
  if (outcome === 'answered') return `${address} ${port}${peer === source ? '' : MASQUERADED}`;
  return outcome === 'timeout' ? 'dropped' : outcome;
}

function describe({ protocol, source, destination, port }: Attempt): string {
  return `(${protocol} ${source} -> ${destination} ${port})`;
}

function planOf({ family, localIps }: Trial, expected: readonly Expected[]): GroundPlan {
  const loopback = family === 4 ? '127.0.0.1' : '::1';
  const own = new Set(localIps.map((address) => formatIp(address)));
  const servers = new Set<string>();
  const clients = new Set<string>();
  const ports = { tcp: new Set<number>(), udp: new Set<number>() };
  const serve = (address: IpAddress): void => {
    const text = formatIp(address);
    if (!own.has(text)) servers.add(text);
  };
  for (const { flow, outcomes } of expected) {
    const source = formatIp(flow.source);
    if (!own.has(source)) clients.add(source);
    const listening = ports[protocolOf(flow)];
    listening.add(flow.destinationPort);
    serve(flow.destination);
    for (const { kind, address, port } of outcomes) {
      if (kind !== 'endpoint') continue;
      listening.add(port);
      serve(address);
    }
  }
  return { family, clients, servers, node: new Set([...own].filter((text) => text !== loopback)), ports };
}
