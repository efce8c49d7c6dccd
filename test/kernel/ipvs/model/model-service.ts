/** A service of the reference model: its list of servers in the kernel's order, those set aside, and its scheduler. */
import { configure, newServer, type LoadActiveFactor, type ModelServer, type ServerSettings } from './model-server.js';
import { dh, mh, sh } from './model-hash-schedulers.js';
import { lblc, lblcr } from './model-locality-schedulers.js';
import {
  fo,
  lc,
  nq,
  ovf,
  rr,
  sed,
  wlc,
  wrr,
  type ListChange,
  type Look,
  type MakeScheduler,
  type ModelList,
  type ModelScheduler,
  type Request,
} from './model-schedulers.js';

/** All schedulers whose picks can be foretold; twos draws. */
export const MODEL_SCHEDULERS: Readonly<Record<string, MakeScheduler>> = {
  ...{ rr, wrr, lc, wlc, sed, nq, fo, ovf },
  ...{ sh, dh, mh },
  ...{ lblc, lblcr },
};

/** What makes a service. */
export interface ServiceSettings {
  /** IP protocol number; 0 for a service found by the packets' mark. */
  readonly protocol: number;
  /** Its address, or the mark. */
  readonly address: number;
  /** Its port; 0 with a mark. */
  readonly port: number;
  readonly scheduler: string;
  readonly fallback?: boolean;
  readonly hashPort?: boolean;
  /** 0 without persistence. */
  readonly persistenceSeconds?: number;
  /** The part of a client's address that persistence goes by. */
  readonly mask?: number;
  readonly onePacket?: boolean;
}

/** What a service sees of its node. */
export interface ServiceSurroundings {
  readonly factor: LoadActiveFactor;
  /** The present time in milliseconds. */
  readonly nowMs: () => number;
  /** Told of every server that a scheduler looks at. */
  readonly look: Look;
}

/** One service. */
export class ModelService {
  readonly settings: ServiceSettings;
  /** Front, that is the server added last, first. */
  readonly servers: ModelServer[] = [];
  /** Servers taken from the list. They come back as they are; with no connection left nobody can tell them from new ones. */
  readonly aside: ModelServer[];
  scheduler: { name: string; fallback: boolean; hashPort: boolean };
  private readonly surroundings: ServiceSurroundings;
  private state: ModelScheduler;

  /** @param aside servers that a service at this place had before */
  constructor(settings: ServiceSettings, surroundings: ServiceSurroundings, aside: ModelServer[]) {
    this.aside = aside;
    this.settings = settings;
    this.surroundings = surroundings;
    const { scheduler: name, fallback = false, hashPort = false } = settings;
    this.scheduler = { name, fallback, hashPort };
    this.state = this.start();
  }

  /** Starts a scheduler from nothing; the list and its counters stay. */
  schedule(name: string, fallback: boolean, hashPort: boolean): void {
    this.scheduler = { name, fallback, hashPort };
    this.state = this.start();
  }

  find(address: number, port: number): ModelServer | undefined {
    return this.servers.find((server) => server.address === address && server.port === port);
  }

  /** Puts a server, new or from aside, to the front. */
  add(address: number, port: number, settings: ServerSettings): ModelServer {
    if (this.find(address, port) !== undefined) throw new Error('the server is there already');
    const old = this.aside.findIndex((server) => server.address === address && server.port === port);
    const server = old < 0 ? newServer(address, port) : this.aside.splice(old, 1)[0]!;
    configure(server, settings, true, this.surroundings.factor);
    server.listed = true;
    this.servers.unshift(server);
    this.tell({ kind: 'add', server, index: 0 });
    return server;
  }

  edit(server: ModelServer, settings: ServerSettings): void {
    configure(server, settings, false, this.surroundings.factor);
    this.tell({ kind: 'edit', server, index: this.servers.indexOf(server) });
  }

  remove(server: ModelServer): void {
    const index = this.servers.indexOf(server);
    this.servers.splice(index, 1);
    server.listed = false;
    this.aside.push(server);
    this.tell({ kind: 'remove', server, index });
  }

  pick(request: Request): ModelServer | null {
    return this.state.pick(request);
  }

  private tell(change: ListChange): void {
    this.state.changed(change);
  }

  private start(): ModelScheduler {
    const { scheduler, surroundings, servers } = this;
    const list: ModelList = {
      servers,
      factor: surroundings.factor,
      get nowMs() {
        return surroundings.nowMs();
      },
      fallback: scheduler.fallback,
      port: scheduler.hashPort,
    };
    const make = MODEL_SCHEDULERS[scheduler.name];
    if (make === undefined) throw new Error(`no scheduler ${scheduler.name}`);
    return make(list, surroundings.look);
  }
}
