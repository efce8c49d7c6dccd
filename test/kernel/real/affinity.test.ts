/**
 * Session affinity: whom a source reaches again and again, on a real kernel (xt_recent, dynamic sets of nftables) and on a laboratory's node.
 *
 * Both go through the same experiment; what it shows must hold of both. Chance picks the endpoints, so there are enough sources for none of
 * the answers to depend on it.
 */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatIp, formatIpPort, parseIp, type IpAddress, type IpFamily } from '../../../src/net/index.js';
import { NodeLab } from '../../../src/testbed/index.js';
import { clusterOf, PLACES, type PlannedCluster } from '../../planned-cluster.js';
import { SERVICE } from './feature-clusters.js';
import { Ground } from './ground.js';
import { IS_WHOLE, whyNot } from './possible.js';
import { program } from './program.js';

/** Seconds that each of three Services holds its clients; a fourth has two endpoints only. */
const HELD = { long: 10_800, short: 1, renewed: 6, few: 10_800 } as const;
type Name = keyof typeof HELD;
const NAMES = Object.keys(HELD) as Name[];

const PORT = 80;
const SOURCES = 16;
/** More than twice what a list of xt_recent holds. */
const MANY = 300;

/** Where connections can be made: a kernel, or a laboratory. */
interface World {
  /** Opens a connection; returns the endpoint reached. */
  connect(name: Name, source: number): Promise<string>;
  wait(seconds: number): Promise<void>;
}

/** What the experiment shows. */
interface Findings {
  /** Whether each source came to the same endpoint seven times. */
  readonly sticks: boolean;
  readonly severalEndpoints: boolean;
  /** Whether some sources changed after the time was over. */
  readonly expires: boolean;
  /** Whether all stayed that came again before it was, though the first connection was longer ago. */
  readonly renews: boolean;
}

async function experiment({ connect, wait }: World): Promise<Findings> {
  const all = (name: Name): Promise<string[]> =>
    Promise.all(Array.from({ length: SOURCES }, (_, source) => connect(name, source)));
  const long = await all('long');
  const short = await all('short');
  const renewed = await all('renewed');
  const again: string[][] = [];
  for (let i = 0; i < 6; i++) again.push(await all('long'));
  await wait(3.5);
  const middle = await all('renewed');
  const shortAgain = await all('short');
  await wait(3.5);
  const last = await all('renewed');
  const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();
  return {
    sticks: again.every((each) => same(each, long)),
    severalEndpoints: new Set(long).size > 1,
    expires: !same(short, shortAgain),
    renews: same(renewed, middle) && same(renewed, last),
  };
}

/** Which of many sources, one after the other, are remembered: those last set at each endpoint, and how many of the others stay by chance. */
async function remembered({ connect }: World, room: number): Promise<{ newest: boolean; oldest: boolean }> {
  const first: string[] = [];
  for (let source = 0; source < MANY; source++) first.push(await connect('few', source));
  const behind = new Map<string, number>();
  const known: number[] = [];
  const forgotten: number[] = [];
  for (let source = MANY - 1; source >= 0; source--) {
    const endpoint = first[source]!;
    const newer = behind.get(endpoint) ?? 0;
    behind.set(endpoint, newer + 1);
    (newer < room ? known : forgotten).push(source);
  }
  const stays = async (sources: readonly number[]): Promise<boolean> => {
    let all = true;
    for (const source of sources) if ((await connect('few', source)) !== first[source]) all = false;
    return all;
  };
  return { newest: await stays(known), oldest: await stays(forgotten) };
}

/** Four Services with session affinity; the last one has fewer endpoints. */
function clusterFor(family: IpFamily): PlannedCluster {
  const endpoint = SERVICE.endpoints[1]!;
  const plan = (count: number) => ({
    ...SERVICE,
    endpoints: Array.from({ length: count }, () => endpoint),
    affinity: true,
  });
  const cluster = clusterOf({
    family,
    services: NAMES.map((name) => plan(name === 'few' ? 2 : 4)),
    detector: 'source',
    masqueradeAll: false,
    localhostNodePorts: true,
    nodePortAddresses: [],
  });
  const services = cluster.services.map((service, i) => ({ ...service, affinitySeconds: HELD[NAMES[i]!] }));
  return { ...cluster, services };
}

function sourceOf(family: IpFamily, number: number): IpAddress {
  const network = PLACES[family].outside.replace(/\w+$/, '');
  return family === 4 ? parseIp(`${network}0`)! + 1000 + number : parseIp(network + (number + 4096).toString(16))!;
}

function labWorld(lab: NodeLab, { services }: PlannedCluster, family: IpFamily): World {
  let port = 20_000;
  return {
    connect(name, source) {
      const destination = services[NAMES.indexOf(name)]!.clusterIp;
      const flow = { source: sourceOf(family, source), destination, destinationPort: PORT, protocol: SERVICE.protocol };
      const outcome = lab.probe({ ...flow, sourcePort: port++ }, { keep: true });
      expect(outcome.kind).toBe('endpoint');
      return Promise.resolve(formatIpPort(outcome.address, outcome.port));
    },
    wait(seconds) {
      lab.advance(seconds);
      return Promise.resolve();
    },
  };
}

function kernelWorld({ clientSide }: Ground, { services }: PlannedCluster, family: IpFamily): World {
  return {
    async connect(name, source) {
      const destination = formatIp(services[NAMES.indexOf(name)]!.clusterIp);
      const attempt = {
        family,
        protocol: 'tcp',
        source: formatIp(sourceOf(family, source)),
        destination,
        port: PORT,
      } as const;
      const reached = await clientSide.connect(attempt, 5000);
      expect(reached.outcome).toBe('answered');
      return formatIpPort(parseIp(reached.address!)!, reached.port!);
    },
    wait: (seconds) => setTimeout(seconds * 1000),
  };
}

/** Addresses that a list of xt_recent holds; without end where there are no such lists. */
function roomOf(mode: string): number {
  if (mode !== 'iptables') return Infinity;
  return Number(readFileSync('/sys/module/xt_recent/parameters/ip_list_tot', 'utf8'));
}

describe.skipIf(whyNot() !== '')('session affinity on a real kernel', () => {
  let ground: Ground;
  beforeAll(() => {
    ground = new Ground();
  });
  afterAll(() => ground.remove());

  const pairs = [
    ['iptables', 4],
    ['nftables', 6],
    ['iptables', 6],
    ['nftables', 4],
  ] as const;
  describe.each(IS_WHOLE ? pairs : pairs.slice(0, 2))('%s, IPv%i', (mode, family) => {
    const cluster = clusterFor(family);
    let lab: NodeLab;
    beforeAll(async () => {
      const { node, options, services, slices } = cluster;
      lab = new NodeLab({ mode, family, node, options, objects: { services, slices } });
      lab.sync();
      const endpoints = slices.flatMap((slice) => slice.endpoints.map(({ address }) => formatIp(address)));
      await ground.lay({
        family,
        clients: new Set(Array.from({ length: MANY }, (_, number) => formatIp(sourceOf(family, number)))),
        node: new Set(),
        servers: new Set(endpoints),
        ports: { tcp: new Set([8080]), udp: new Set() },
      });
      program(ground.node, lab, family);
    });

    test('holds a source to its endpoint, for the time that is asked for', async () => {
      const wanted: Findings = { sticks: true, severalEndpoints: true, expires: true, renews: true };
      expect(await experiment(labWorld(lab, cluster, family))).toEqual(wanted);
      expect(await experiment(kernelWorld(ground, cluster, family))).toEqual(wanted);
    });

    test('remembers as many sources as a list has room for, those that came last', async () => {
      const room = roomOf(mode);
      const wanted = { newest: true, oldest: room === Infinity };
      expect(await remembered(labWorld(lab, cluster, family), room)).toEqual(wanted);
      expect(await remembered(kernelWorld(ground, cluster, family), room)).toEqual(wanted);
    });
  });
});
