/**
 * Traces one connection: builds the world, opens the connection, lets time go by until nothing more comes of it, and tells what was seen.
 *
 * A pure function of case and request. A packet that vanishes is not waited for: what a client would do next (send again after a second) is known.
 */
import { findProxyMode } from '../../proxy/index.js';
import { Protocol, familyOf, formatIpPort, protocolName } from '../../net/index.js';
import type { Case } from '../../scenario/index.js';
import { MILLISECOND, SECOND } from '../../sim/index.js';
import { CaseError } from '../case-error.js';
import { watchEnds } from './end-watch.js';
import { sourceOf, targetOf } from './ends.js';
import { healthCheckPorts, listenEverywhere } from './listen.js';
import { watchNodes } from './node-watch.js';
import type { TraceRequest } from './request.js';
import { Talk, type Served } from './talk.js';
import { TraceWorld } from './trace-world.js';
import type { Place, Trace, TraceOutcome } from './trace.js';
import { watchingOf, type Watching } from './watching.js';

/** How long a relay may try one endpoint after the other. */
const LONGEST = 5 * SECOND;
const STEP = MILLISECOND;

/**
 * Traces a connection.
 * @param plan a case of the cluster; its traffic counts for the sizes of request and answer only
 * @throws CaseError when the request names what is not there, ClusterError when the cluster does not fit together
 */
export function runTrace(plan: Case, request: TraceRequest): Trace {
  if (findProxyMode(request.mode) === undefined) throw new CaseError(`there is no proxy mode ${request.mode}`);
  const world = new TraceWorld(inMode(plan, request.mode), request.seed);
  const { base } = world;
  const bytes = { request: plan.workload.requestBytes, answer: plan.workload.responseBytes };
  const talk = new Talk(base.transport, base.simulation, bytes);
  listenEverywhere(world, talk.user);
  const target = targetOf(world, request);
  const host = sourceOf(world, request, target);
  const watching = watchingOf(world);
  watchEnds(watching, talk.user);
  watchNodes(watching);
  const { protocol, address, port } = target;
  const isOpened = talk.open(protocol, host, address, port, protocol === Protocol.udp);
  if (isOpened) runUntilQuiet(watching, talk);
  base.checkConservation();
  return {
    mode: request.mode,
    family: familyOf(address),
    protocol: protocolName(protocol),
    seed: request.seed,
    from: world.place(host),
    to: { name: target.name, address: formatIpPort(address, port) },
    outcome: isOpened ? outcomeOf(watching, talk) : NO_ADDRESS,
    packets: watching.packets.list(),
    frames: watching.frames.list(),
  };
}

/** The case in another mode, with ip_vs's own default where it names no scheduler. */
function inMode(plan: Case, mode: string): Case {
  const { scheduler } = plan.proxy;
  return { ...plan, proxy: { ...plan.proxy, mode, scheduler: mode === 'ipvs' && scheduler === '' ? 'rr' : scheduler } };
}

/** Lets time go by until nothing is under way and nobody who has been asked may still act. */
function runUntilQuiet(watching: Watching, talk: Talk): void {
  const { simulation, links, underlay } = watching.world.base;
  const isQuiet = (): boolean => links.inFlight === 0 && underlay.cores.inFlight === 0;
  // A relay goes on dialling, and a client that hears nothing would try again: only the first is waited for.
  const mayGoOn = (): boolean => !isQuiet() || (watching.relay !== '' && !talk.isOver);
  while (mayGoOn() && simulation.now < LONGEST) simulation.run(simulation.now + STEP);
}

function outcomeOf({ world, stop, relay }: Watching, talk: Talk): TraceOutcome {
  const { served, connectedNs, answeredNs, failure } = talk;
  const server =
    served === null
      ? null
      : {
          ...serverAt(world, served),
          address: formatIpPort(served.address, served.port),
          seesClient: formatIpPort(served.peer, served.peerPort),
        };
  return {
    kind: answeredNs >= 0 ? 'answered' : (failure ?? 'lost'),
    server,
    stop: answeredNs >= 0 ? null : stop,
    relay,
    connectNs: Math.max(0, connectedNs),
    answerNs: Math.max(0, answeredNs),
  };
}

/** Who serves: on a health-check node port kube-proxy itself. */
function serverAt(world: TraceWorld, { host, port }: Served): Place {
  const place = world.place(host);
  const isCheck = world.base.hosts.isNode[host] === 1 && healthCheckPorts(world).has(port);
  return isCheck ? { ...place, name: "kube-proxy's health check" } : place;
}

/** Nothing was sent: the client has no address of that family. */
const NO_ADDRESS: TraceOutcome = { kind: 'no address', server: null, stop: null, relay: '', connectNs: 0, answerNs: 0 };
