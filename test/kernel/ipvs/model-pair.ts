/**
 * The product's ip_vs and the reference model, given the same packets, edits and pauses. Every packet must meet the same fate
 * in both; `compare` holds their tables against each other.
 */
import { expect } from 'vitest';
import { SchedulerFlag } from '../../../src/kernel/ipvs/schedulers/index.js';
import type { FlowTracker } from '../../../src/kernel/ipvs/ipvs-options.js';
import { NO_SERVER } from '../../../src/kernel/ipvs/servers.js';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import type { VirtualServer } from '../../../src/kernel/ipvs/virtual-server.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { MILLISECOND } from '../../../src/sim/index.js';
import { expectConsistent } from './consistency.js';
import { definition, Director, SERVER_PORT, serverAddress, VIP, VPORT } from './ipvs-fixture.js';
import { Model, type ModelSysctls } from './model/model.js';
import type { ModelService } from './model/model-service.js';
import type { ServerSettings } from './model/model-server.js';
import type { Segment } from './model/model-states.js';
import type { Opening, ScriptService, ServerPlan } from './model-script.js';
import { modelTables, productTables } from './model-tables.js';

/** The mark of the packets of a service found by mark. */
export const MARK = 7;
/** Pause after each step: longer than a jiffy, so that what ends with the next one has ended. */
const PAUSE_MS = 10;
/** What connections.ts says of its timers. */
const GRANULARITY_MS = 1000;

const VERDICTS = {
  [IpvsVerdict.notOurs]: 'accepted',
  [IpvsVerdict.forwarded]: 'forwarded',
  [IpvsVerdict.refused]: 'refused',
  [IpvsVerdict.dropped]: 'dropped',
} as const;

/** A client's conversation, whatever ip_vs makes of it. */
export interface Flow {
  readonly protocol: 'tcp' | 'udp';
  readonly client: number;
  readonly clientPort: number;
  readonly virtual: number;
  readonly virtualPort: number;
  readonly mark: number;
  /** Number of the service that it is meant for. */
  readonly service: number;
  /** The server that had its last packet; -1 for none yet. */
  server: number;
  serverPort: number;
}

/** One service in both, and null where it is taken away at present. */
export interface ServicePair {
  readonly settings: ScriptService;
  there: { readonly ours: VirtualServer; readonly model: ModelService } | null;
}

/** Both of them. */
export class ModelPair {
  readonly node: Director;
  readonly model: Model;
  readonly services: readonly ServicePair[];
  private readonly opening: Opening;
  /** Flows whose conntrack entry the product has ended. */
  private readonly forgotten: string[] = [];

  constructor(opening: Opening) {
    const { factor, lookup, services } = opening;
    this.opening = opening;
    this.node = new Director(productSysctls(opening.sysctls), factor, { lookup });
    this.model = new Model(opening.sysctls, factor, GRANULARITY_MS);
    const tracker: FlowTracker = {
      forget: (...flow) => {
        this.forgotten.push(endedFlow(...flow));
      },
    };
    this.node.ipvs.trackWith(tracker);
    this.services = services.map((settings) => ({ settings, there: null }));
    services.forEach(({ servers }, service) => {
      this.toggle(service);
      servers.forEach((plan, server) => {
        this.add(service, server, plan);
      });
    });
  }

  /** Makes a service, without servers, or takes it away. */
  toggle(service: number): void {
    const pair = this.services[service]!;
    const made = productDefinition(pair.settings);
    const { protocol, address, port, scheduler } = made;
    if (pair.there !== null) {
      this.node.undefine(protocol, address, port);
      this.model.removeService(pair.there.model);
      pair.there = null;
      return;
    }
    const { fallback, hashPort, persistenceSeconds, mask, onePacket } = pair.settings;
    const flags = { scheduler, fallback, hashPort, persistenceSeconds, mask, onePacket };
    const model = this.model.addService({ protocol, address, port, ...flags });
    this.node.define([made]);
    pair.there = { model, ours: this.node.ipvs.service(protocol, address, port)! };
  }

  /** The sysctls take new values. */
  setSysctls(changes: Partial<ModelSysctls>): void {
    Object.assign(this.model.sysctls, changes);
    this.node.ipvs.sysctls = productSysctls(this.model.sysctls);
  }

  setTimeouts(tcp: number, tcpFin: number, udp: number): void {
    this.model.setTimeouts(tcp, tcpFin, udp);
    this.node.ipvs.connections.setTimeouts(tcp, tcpFin, udp);
  }

  /** Adds the server of lowest number that is not there, or one of the next few. */
  addAbsent(service: number, absent: number, plan: ServerPlan): void {
    const { model } = this.services[service]!.there ?? {};
    const numbers = model?.servers.map(({ address }) => address - serverAddress(0)) ?? [];
    let server = 0;
    for (let left = absent; left > 0 || numbers.includes(server); server++) if (!numbers.includes(server)) left--;
    this.add(service, server, plan);
  }

  private add(service: number, server: number, plan: ServerPlan): void {
    const { there } = this.services[service]!;
    if (there === null) return;
    const settings = this.settingsOf(plan);
    there.model.add(serverAddress(server), SERVER_PORT, settings);
    there.ours.add(serverAddress(server), SERVER_PORT, settings.weight, settings.upper, settings.lower);
  }

  /** Edits a server of the list; its index counts modulo the list's length. */
  edit(service: number, index: number, plan: ServerPlan): void {
    const settings = this.settingsOf(plan);
    const { there } = this.services[service]!;
    const server = there?.model.servers[index % there.model.servers.length];
    if (there === null || server === undefined) return;
    const row = there.ours.find(server.address, server.port);
    there.model.edit(server, settings);
    there.ours.edit(row, settings.weight, settings.upper, settings.lower);
  }

  /** Removes a server of the list. */
  remove(service: number, index: number): void {
    const { there } = this.services[service]!;
    const server = there?.model.servers[index % there.model.servers.length];
    if (there === null || server === undefined) return;
    this.node.ipvs.services.removeServer(there.ours.find(server.address, server.port));
    this.model.removeServer(there.model, server);
  }

  schedule(service: number, name: string, fallback: boolean, hashPort: boolean): void {
    const { there } = this.services[service]!;
    there?.model.schedule(name, fallback, hashPort);
    there?.ours.setScheduler(name, flagBits(fallback, hashPort));
  }

  /** A packet of a client; returns what became of it. */
  fromClient(flow: Flow, segment?: Segment, isTracked = false): 'accepted' | 'forwarded' | 'dropped' | 'refused' {
    const { protocol, client, clientPort, virtual, virtualPort, mark } = flow;
    const expected = this.model.fromClient({ ...flow, isTracked, ...(segment === undefined ? {} : { segment }) });
    const number = protocol === 'tcp' ? Protocol.tcp : Protocol.udp;
    const flags = flagsOf(segment);
    const created = this.node.ipvs.connectionsCreated;
    const answer = this.node.send(number, client, clientPort, virtual, virtualPort, flags, mark, isTracked);
    if (this.node.ipvs.connectionsCreated > created) this.expectMayTake(flow.service, answer.server);
    const server = expected.server === null ? -1 : expected.server.address - serverAddress(0);
    const port = server < 0 ? virtualPort : expected.port;
    expect({ ...answer, verdict: VERDICTS[answer.verdict] }).toEqual({ verdict: expected.verdict, server, port });
    if (server >= 0) Object.assign(flow, { server, serverPort: port });
    return expected.verdict;
  }

  /** A packet of the flow's server; returns whether it was translated. */
  fromServer(flow: Flow, segment?: Segment): boolean {
    const { protocol, client, clientPort, server, serverPort } = flow;
    if (server < 0) return false;
    const from = { address: serverAddress(server), port: serverPort };
    const packet = { protocol, client, clientPort, server: from, ...(segment === undefined ? {} : { segment }) };
    const expected = this.model.fromServer(packet);
    const number = protocol === 'tcp' ? Protocol.tcp : Protocol.udp;
    const source = this.node.fromServer(server, flagsOf(segment), clientPort, client, number, serverPort);
    expect(source).toEqual(expected === undefined ? null : [expected.virtual, expected.virtualPort]);
    return expected !== undefined;
  }

  /** Lets time pass. */
  wait(seconds: number): void {
    const milliseconds = Math.round(seconds * 1000) + PAUSE_MS;
    this.model.wait(milliseconds);
    this.node.simulation.run(this.node.simulation.now + milliseconds * MILLISECOND);
  }

  /** Whether only chance says what comes next: a template and its last connection ended at the same tick of the product's timers. */
  get isAmbiguous(): boolean {
    return this.model.connections.isAmbiguous;
  }

  /** Lists, counters, connections, ended flows and work are the same. */
  compare(): void {
    const there = this.services.flatMap((each) => each.there ?? []);
    const ours = [
      ...productTables(
        this.node,
        there.map((each) => each.ours),
      ),
      ...this.forgotten.splice(0).sort(),
    ];
    const theirs = [
      ...modelTables(
        this.model,
        there.map((each) => each.model),
      ),
      ...this.modelForgotten(),
    ];
    // Comparing texts first makes long runs possible; what differs is then shown line by line.
    expectConsistent(
      this.node,
      there.map((each) => each.ours),
    );
    if (ours.join('\n') !== theirs.join('\n')) expect(ours).toEqual(theirs);
  }

  /** The kernel refuses a lower threshold above the upper one. */
  private settingsOf({ weight, upper, lower }: ServerPlan): Required<ServerSettings> {
    const { weights, thresholds } = this.opening;
    const most = thresholds ? upper : 0;
    return { weight: weights[weight % weights.length]!, upper: most, lower: Math.min(lower, most) };
  }

  /** New connections go to servers of the list, and to drained ones only if a template says so. */
  private expectMayTake(service: number, server: number): void {
    const { settings, there } = this.services[service]!;
    const row = there?.ours.find(serverAddress(server), SERVER_PORT) ?? NO_SERVER;
    expect(row).not.toBe(NO_SERVER);
    if (this.node.ipvs.servers.weight[row] !== 0) return;
    expect([settings.persistenceSeconds > 0, this.model.sysctls.expireQuiescentTemplate]).toEqual([true, false]);
  }

  private modelForgotten(): string[] {
    return this.model.connections.forgotten
      .splice(0)
      .map((each) => endedFlow(each.client, each.virtual, each.clientPort, each.virtualPort, each.protocol))
      .sort();
  }
}

function endedFlow(...flow: Parameters<FlowTracker['forget']>): string {
  return `the flow ${flow.join(' ')} has ended`;
}

function productDefinition(settings: ScriptService): ReturnType<typeof definition> {
  const where = {
    tcp: { protocol: Protocol.tcp, address: VIP, port: VPORT },
    udp: { protocol: Protocol.udp, address: VIP, port: VPORT },
    mark: { protocol: 0, address: MARK, port: 0 },
  }[settings.kind];
  return definition([], {
    ...where,
    scheduler: settings.scheduler,
    flags: flagBits(settings.fallback, settings.hashPort),
    persistenceSeconds: settings.persistenceSeconds,
    persistenceMask: settings.mask,
    onePacket: settings.onePacket,
  });
}

function productSysctls(sysctls: ModelSysctls): Director['ipvs']['sysctls'] {
  return { ...sysctls, connReuseMode: sysctls.connReuseMode ? 1 : 0 };
}

function flagBits(fallback: boolean, hashPort: boolean): number {
  return (fallback ? SchedulerFlag.fallback : 0) | (hashPort ? SchedulerFlag.port : 0);
}

function flagsOf(segment: Segment = {}): number {
  const { syn, fin, ack, rst } = segment;
  return (
    (syn === true ? TcpFlag.syn : 0) |
    (fin === true ? TcpFlag.fin : 0) |
    (ack === true ? TcpFlag.ack : 0) |
    (rst === true ? TcpFlag.rst : 0)
  );
}
