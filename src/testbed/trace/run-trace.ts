/**
 * Traces one connection: builds the world, opens the connection, lets time go by until nothing more comes of it, and tells what was seen.
 *
 * A pure function of case and request. A packet that vanishes is not waited for: what a client would do next (send again after a second) is known.
 */
import { findProxyMode } from '../../proxy/index.js';
import { Protocol, familyOf, formatIpPort, inPrefix, parseIp, protocolName, type IpFamily } from '../../net/index.js';
import type { Case } from '../../scenario/index.js';
import { MILLISECOND, SECOND, invariant } from '../../sim/index.js';
import { CaseError } from '../case-error.js';
import { watchEnds } from './end-watch.js';
import { sourceOf, targetOf } from './ends.js';
import { TracedProxies } from './ingress-proxies.js';
import { ingressReport } from './ingress-report.js';
import { ingressTargetOf, type IngressTarget } from './ingress-target.js';
import { healthCheckPorts, listenEverywhere } from './listen.js';
import { watchNodes } from './node-watch.js';
import type { SourceName, TraceRequest } from './request.js';
import { Talk, type Served } from './talk.js';
import type { Target } from './target.js';
import { TraceWorld } from './trace-world.js';
import type { Place } from './place.js';
import type { Trace, TraceOutcome } from './trace.js';
import { watchingOf, type Watching } from './watching.js';

/** How long a relay may try one endpoint after the other, and an ingress proxy: three of 5 s each. */
const LONGEST = 5 * SECOND;
const LONGEST_BY_PROXY = 16 * SECOND;
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
  const ends = endsOf(world, request, talk);
  listenEverywhere(world, talk.user);
  const { target, proxies } = ends;
  const { host, entry } = sourceOf(world, ends, target);
  const watching = watchingOf(world);
  watchEnds(watching, { talk: talk.user, proxies: proxies?.user });
  watchNodes(watching);
  const { protocol, address, port } = target;
  const isOpened = talk.open(protocol, host, address, port, protocol === Protocol.udp);
  if (isOpened) runUntilQuiet(watching, talk, proxies === undefined ? LONGEST : LONGEST_BY_PROXY);
  base.checkConservation();
  const packets = watching.packets.list();
  const node = packets[0]?.passages[0]?.node ?? '';
  return {
    mode: request.mode,
    family: familyOf(address),
    protocol: protocolName(protocol),
    seed: request.seed,
    from: world.place(host),
    to: { name: target.name, address: formatIpPort(address, port) },
    ...(entry !== undefined && world.hostAt(address) < 0 && { entry: { ...entry, node } }),
    ...(ends.proxies !== undefined && { ingress: ingressReport(watching, ends.ingress, ends.proxies) }),
    outcome: isOpened ? outcomeOf(watching, talk) : NO_ADDRESS,
    packets,
    frames: watching.frames.list(),
  };
}

/** Both ends of a connection; with an Ingress its proxies listen already. */
type Ends = Pick<TraceRequest, 'from' | 'via'> &
  (
    | { readonly target: Target; readonly proxies: undefined }
    | { readonly target: Target; readonly proxies: TracedProxies; readonly ingress: IngressTarget }
  );

/** Finds what is dialled; who asks an Ingress is outside of the cluster, unless somebody else is named. */
function endsOf(world: TraceWorld, request: TraceRequest, talk: Talk): Ends {
  const { to, from, via, family } = request;
  if (to.kind !== 'ingress') {
    const target = targetOf(world, { to, family });
    return { from, via, target, proxies: undefined };
  }
  const ingress = ingressTargetOf(world, to, request);
  const isBalanced = ingress.options.exposure === 'load-balancer';
  const sender = from.kind === 'any pod' ? someoneOutside(world, familyOf(ingress.address)) : from;
  const isInside = sender.kind !== 'address' || world.hostAt(sender.address) >= 0;
  // Elsewhere `via` names the node that is dialled, and has been looked at.
  const way = isBalanced ? (via ?? (isInside ? undefined : 'load-balancer')) : undefined;
  const proxies = new TracedProxies(world, talk, ingress);
  return { from: sender, via: way, target: ingress, proxies, ingress };
}

/** Addresses for documentation (RFC 5737, RFC 3849); load balancers may have some of them. */
const OUTSIDE = {
  4: ['203.0.113.9', '198.51.100.9'],
  6: ['2001:db8::9', '2001:db8:1::9'],
} as const;

/** A machine outside of the cluster. */
function someoneOutside({ plan }: TraceWorld, family: IpFamily): SourceName {
  const { loadBalancerCidr, loadBalancerCidr6 } = plan.cluster;
  const { address: taken, bits } = family === 4 ? loadBalancerCidr : loadBalancerCidr6;
  const addresses = OUTSIDE[family].map(parseIp).filter((address) => address !== undefined);
  const address = addresses.find((own) => !inPrefix(own, taken, bits)) ?? addresses[0];
  invariant(address !== undefined, 'documentation-address', 'addresses for documentation are addresses');
  return { kind: 'address', address };
}

/** The case in another mode, with ip_vs's own default where it names no scheduler. */
function inMode(plan: Case, mode: string): Case {
  const { scheduler } = plan.proxy;
  return { ...plan, proxy: { ...plan.proxy, mode, scheduler: mode === 'ipvs' && scheduler === '' ? 'rr' : scheduler } };
}

/** Lets time go by until nothing is under way and nobody who has been asked may still act. */
function runUntilQuiet(watching: Watching, talk: Talk, longest: number): void {
  const { simulation, links, underlay } = watching.world.base;
  const isQuiet = (): boolean => links.inFlight === 0 && underlay.cores.inFlight === 0;
  // A relay or proxy goes on dialling, and a client that hears nothing would try again: only the first two are waited for.
  const isRelayed = (): boolean => watching.relay !== '' || watching.proxy !== null;
  const mayGoOn = (): boolean => !isQuiet() || (isRelayed() && !talk.isOver);
  while (mayGoOn() && simulation.now < longest) simulation.run(simulation.now + STEP);
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
