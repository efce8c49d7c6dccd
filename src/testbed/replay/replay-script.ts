/**
 * Carries a connection script out on a director: what each client met, and what each step that looks shows.
 *
 * No step takes time but `wait`: entries that the kernel ends at its next tick are there until then. Cost: O(packets), and the listed
 * entries of each look.
 */
import {
  CONNECTION_STATE_NAMES,
  connectionEntries,
  IpvsVerdict,
  listConnections,
  listServices,
} from '../../kernel/index.js';
import { Protocol } from '../../net/index.js';
import { SECOND } from '../../sim/index.js';
import {
  placeText,
  type OpenStep,
  type ReplayObservation,
  type ReplayPick,
  type ReplayScript,
  type ScriptStep,
  type SocketPlace,
} from '../../scenario/index.js';
import { Director } from './director.js';
import { Network } from './network.js';
import { Session } from './session.js';

type LookStep = Extract<ScriptStep, { op: 'snapshot' | 'conns' | 'data' }>;
/** What is done to the director itself, or to time. */
type ChangeStep = Exclude<ScriptStep, LookStep | { op: 'connect' | 'udp' | 'close' }>;

/** How a script is replayed. */
export interface ReplayOptions {
  readonly loadFactor: 256 | 257;
  /** Seed of all chance. */
  readonly seed: string;
}

/** What a step showed. */
export interface ReplayEvent {
  /** Index of the step. */
  readonly step: number;
  /** Seconds since the script began. */
  readonly seconds: number;
  readonly pick?: ReplayPick;
  /** What a look showed: as recorded, and as ipvsadm prints it (nothing for `data`). */
  readonly seen?: ReplayObservation;
  readonly table?: string;
}

/** What is there when the script is over, as ipvsadm prints it. */
export interface ReplayTables {
  /** `ipvsadm -Ln`, `-Lnc` and `-Ln --stats`. */
  readonly servers: string;
  readonly connections: string;
  readonly statistics: string;
}

/** A replay. */
export interface Replay {
  readonly picks: readonly ReplayPick[];
  readonly observations: readonly ReplayObservation[];
  /** Picks and looks, in the order of the steps. */
  readonly events: readonly ReplayEvent[];
  readonly end: ReplayTables;
  /** Simulated time, in seconds. */
  readonly seconds: number;
}

/** Replays a script. */
export function replayScript(script: ReplayScript, options: ReplayOptions): Replay {
  const run = new ReplayRun(script, options);
  script.steps.forEach((step, index) => run.carryOut(step, index));
  return run.result();
}

class ReplayRun {
  private readonly script: ReplayScript;
  private readonly director: Director;
  private readonly network = new Network();
  private readonly sessions = new Map<string, Session>();
  private readonly events: ReplayEvent[] = [];

  constructor(script: ReplayScript, options: ReplayOptions) {
    this.script = script;
    this.director = new Director(script.services, { ...options, sysctls: script.sysctls });
  }

  /** One step. @param index its number */
  carryOut(step: ScriptStep, index: number): void {
    switch (step.op) {
      case 'connect':
        this.tell(index, { pick: this.connect(step) });
        break;
      case 'udp':
        this.tell(index, { pick: this.datagram(step) });
        break;
      case 'close':
        this.sessions.get(step.id)?.close(step.by);
        break;
      case 'snapshot':
      case 'conns':
      case 'data':
        this.look(step, index);
        break;
      default:
        this.change(step);
    }
  }

  /** Everything, once all steps are carried out. */
  result(): Replay {
    const { events, director } = this;
    const { ipvs, simulation } = director;
    return {
      picks: events.flatMap(({ pick }) => pick ?? []),
      observations: events.flatMap(({ seen }) => seen ?? []),
      events,
      end: {
        servers: listServices(ipvs, { columns: 'weights', order: 'sorted' }),
        connections: listConnections(ipvs, simulation.now),
        statistics: listServices(ipvs, { columns: 'statistics', order: 'sorted' }),
      },
      seconds: simulation.now / SECOND,
    };
  }

  private change(step: ChangeStep): void {
    const { director } = this;
    switch (step.op) {
      case 'add':
        this.network.place(step.server, step.dead);
        director.services.add(step.service, step.server, step);
        break;
      case 'weight':
        director.services.edit(step.service, step.server, step);
        break;
      case 'remove':
        director.services.remove(step.service, step.server);
        break;
      case 'scheduler':
        director.services.setScheduler(step.service, step.scheduler, step.flags);
        break;
      case 'sysctl':
        director.setSysctl(step.name, step.value);
        break;
      case 'timeouts':
        director.ipvs.connections.setTimeouts(step.tcp, step.tcpfin, step.udp);
        break;
      case 'wait':
        director.wait(step.seconds);
        break;
    }
  }

  private look(step: LookStep, index: number): void {
    const { ipvs, services, simulation } = this.director;
    if (step.op === 'snapshot') {
      const table = listServices(ipvs, { columns: 'weights', order: 'kernel' });
      this.tell(index, { seen: { step: index, dests: services.lists() }, table });
    } else if (step.op === 'conns') {
      const conns = connectionEntries(ipvs, simulation.now).map((entry) => ({
        proto: entry.protocol,
        client: entry.client,
        vip: entry.virtual,
        rs: entry.server,
        state: entry.state,
        expires: entry.expires,
      }));
      this.tell(index, { seen: { step: index, conns }, table: listConnections(ipvs, simulation.now) });
    } else {
      const result = this.sessions.get(step.id)?.data() ?? 'EBADF';
      this.tell(index, { seen: { step: index, id: step.id, result } });
    }
  }

  private connect({ id, service, client, place }: OpenStep): ReplayPick {
    const { director, network } = this;
    const session = new Session({ director, network, client, place, mark: this.markOf(service) });
    this.sessions.set(id, session);
    const { server, outcome } = session.connect();
    return outcome === 'open' ? pickOf(id, server) : this.missed(id, server, outcome, Protocol.tcp, client, place);
  }

  private datagram({ id, service, client, place }: OpenStep): ReplayPick {
    const { director, network } = this;
    const protocol = Protocol.udp;
    const sent = { protocol, from: client, to: place, flags: 0, bytes: 1 };
    const { verdict, to } = director.fromClient(sent, this.markOf(service));
    if (verdict !== IpvsVerdict.forwarded) {
      return pickOf(id, null, verdict === IpvsVerdict.dropped ? 'timeout' : 'refused');
    }
    const manner = network.manner(to);
    if (manner === 'answers') {
      director.fromServer({ protocol, from: to, to: client, flags: 0, bytes: 1 });
      return pickOf(id, to);
    }
    // ICMP port unreachable finds its way back to the client, and does not touch the entry.
    return this.missed(id, to, manner === 'silent' ? 'timeout' : 'refused', protocol, client, place);
  }

  /** A client that did not get through, with the state of the entry where there is one. */
  private missed(
    id: string,
    server: SocketPlace | null,
    result: string,
    protocol: number,
    client: SocketPlace,
    place: SocketPlace,
  ): ReplayPick {
    const { connections } = this.director.ipvs;
    const row = connections.find(protocol, client.address, client.port, place.address, place.port);
    const state = server === null || row < 0 ? undefined : CONNECTION_STATE_NAMES[connections.table.state[row]!];
    return pickOf(id, server, result, state);
  }

  private markOf(service: number): number {
    return this.script.services[service]?.mark ?? 0;
  }

  private tell(step: number, what: Omit<ReplayEvent, 'step' | 'seconds'>): void {
    this.events.push({ step, seconds: this.director.simulation.now / SECOND, ...what });
  }
}

function pickOf(id: string, server: SocketPlace | null, result?: string, state?: string): ReplayPick {
  const rs = server === null ? null : placeText(server);
  return { id, rs, ...(result === undefined ? {} : { result }), ...(state === undefined ? {} : { state }) };
}
