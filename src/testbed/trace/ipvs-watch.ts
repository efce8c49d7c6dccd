/** Watches ip_vs of one node and family: known connections, schedulers' picks, answers turned back. */
import { IpvsVerdict, type Ipvs } from '../../kernel/index.js';
import { formatIpPort, protocolName } from '../../net/index.js';
import { destinationText, headersOf, sourceText, type Headers } from './headers.js';
import type { StepEnd } from './step-builder.js';
import type { Watching } from './watching.js';

/** Watches ip_vs. */
export function watchIpvs(watching: Watching, ipvs: Ipvs): void {
  const { steps, world } = watching;
  const pool = world.base.packets;
  const localIn = ipvs.localIn.bind(ipvs);
  const localOut = ipvs.localOut.bind(ipvs);
  const forward = ipvs.forward.bind(ipvs);
  const passOuter = ipvs.passOuter.bind(ipvs);
  const around = (packet: number, hook: string, work: () => IpvsVerdict): IpvsVerdict => {
    const before = headersOf(pool, packet);
    const made = ipvs.connectionsCreated;
    steps.enter('ipvs', `ip_vs ${hook}`, packet, { hook });
    const verdict = work();
    const after = headersOf(pool, packet);
    const words = requestWords(ipvs, { hook, before, after, verdict, isNew: ipvs.connectionsCreated > made });
    steps.leave(words);
    if (verdict === IpvsVerdict.refused || verdict === IpvsVerdict.dropped) watching.passage.ipvs = words.title ?? '';
    return verdict;
  };
  ipvs.localIn = (packet, tracked) => around(packet, 'LOCAL_IN', () => localIn(packet, tracked));
  ipvs.localOut = (packet, tracked) => around(packet, 'LOCAL_OUT', () => localOut(packet, tracked));
  ipvs.forward = (packet) => {
    const before = headersOf(pool, packet);
    steps.enter('ipvs', 'ip_vs FORWARD', packet, { hook: 'FORWARD' });
    const isAnswer = forward(packet);
    steps.leave(answerWords('FORWARD', before, headersOf(pool, packet), isAnswer));
    return isAnswer;
  };
  ipvs.passOuter = (packet) => {
    steps.enter('ipvs', 'ip_vs: the tunnel is not its business', packet, { hook: 'outer' });
    passOuter(packet);
    steps.leave();
  };
}

interface Request {
  readonly hook: string;
  readonly before: Headers;
  readonly after: Headers;
  readonly verdict: IpvsVerdict;
  readonly isNew: boolean;
}

function requestWords(ipvs: Ipvs, request: Request): StepEnd {
  const { hook, before, after, verdict, isNew } = request;
  const place = `ip_vs ${hook}`;
  switch (verdict) {
    case IpvsVerdict.refused:
      return { title: `${place}: ${destinationText(before)} has no server`, facts: { outcome: 'refused' } };
    case IpvsVerdict.dropped:
      return { title: `${place}: dropped`, facts: { outcome: 'dropped' } };
    case IpvsVerdict.notOurs:
      return answerWords(hook, before, after, sourceText(before) !== sourceText(after));
    default:
      return isNew ? pickWords(ipvs, request) : knownWords(place, before, after);
  }
}

function knownWords(place: string, before: Headers, after: Headers): StepEnd {
  const server = destinationText(after);
  const virtualServer = destinationText(before);
  return {
    title: `${place}: a known connection, ${virtualServer} -> ${server}`,
    facts: { outcome: 'forwarded', new: false, virtualServer, server },
  };
}

/** The scheduler has just been asked. */
function pickWords(ipvs: Ipvs, { hook, before, after }: Request): StepEnd {
  const { protocol, destination, destinationPort } = before;
  const service = ipvs.service(protocol, destination, destinationPort);
  const server = formatIpPort(after.destination, after.destinationPort);
  const virtualServer = destinationText(before);
  const scheduler = service?.definition.scheduler ?? '';
  const servers = service?.count ?? 0;
  const persistence = service?.definition.persistenceSeconds ?? 0;
  const among = `${scheduler} picks ${server} among ${servers} server${servers === 1 ? '' : 's'}`;
  const held = persistence > 0 ? `, persistent for ${persistence} s` : '';
  return {
    title: `ip_vs ${hook}: ${protocolName(protocol).toUpperCase()} ${virtualServer}, ${among}${held}`,
    facts: {
      outcome: 'forwarded',
      new: true,
      virtualServer,
      scheduler,
      servers,
      server,
      persistenceSeconds: persistence,
    },
  };
}

function answerWords(hook: string, before: Headers, after: Headers, isAnswer: boolean): StepEnd {
  if (!isAnswer) return { title: `ip_vs ${hook}: not its business`, facts: { outcome: 'not ours' } };
  const change = `${sourceText(before)} -> ${sourceText(after)}`;
  return {
    title: `ip_vs ${hook}: an answer, source ${change}`,
    facts: { outcome: 'answer', source: sourceText(after) },
  };
}
