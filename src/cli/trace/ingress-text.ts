/** A request's way through an Ingress, in a few lines: the way in, the proxy, the rule and why it took the request, the backend, the endpoint. */
import { numberText } from '../../report/index.js';
import type { ProxyTry, Trace, TracedIngress, TracedRule } from '../../testbed/index.js';
import { counted } from '../counted.js';
import { balancerText, placeText } from './way-in-text.js';

/** A line's name and its texts, each of which begins on a line of its own. */
export type NamedLine = readonly [name: string, ...texts: string[]];

/** Other paths are listed up to so many. */
const SHOWN = 5;

/** The lines; empty for traces that go another way. */
export function ingressLines(trace: Trace): readonly NamedLine[] {
  const { ingress } = trace;
  if (ingress === undefined) return [];
  return [
    ['way in', wayIn(trace, ingress)],
    ['proxy', proxyText(trace, ingress)],
    ['rule', ...ruleTexts(ingress)],
    ...(ingress.backend === null ? [] : ([['backend', backendText(ingress.backend)]] as const)),
    ...(ingress.proxy === null ? [] : endpointLines(trace, ingress)),
  ];
}

/** Why a proxy answers itself, to be said behind "the proxy"; empty where it does not. */
export function ownAnswerText({ ownAnswer, backend, rule, path, tries, passedOver }: TracedIngress): string {
  if (ownAnswer === 0) return '';
  if (rule === null || backend === null) {
    return passedOver.length > 0 ? `the rule for ${path} leads to no Service` : `no rule has ${path}`;
  }
  if (tries.length === 0) return `no endpoint for ${backend.service} port ${backend.port}, ${backend.without}`;
  const results = [...new Set(tries.map(({ result }) => result))].join(', ');
  return `${counted(tries.length, 'connection')} to endpoints tried: ${results}`;
}

function wayIn({ to, entry, from }: Trace, { exposure, service }: TracedIngress): string {
  const of = `of Service ${service}`;
  if (exposure === 'node-port') return `node port ${to.address} ${of}`;
  if (exposure === 'host-network') return `${to.address}, a node's own address: the proxy is in the node's network`;
  if (exposure === 'outside') return `${to.address}, a machine outside of the cluster that knows its pods`;
  const address = `load balancer's address ${to.address} ${of}`;
  if (entry !== undefined) return `${address}; ${balancerText(entry)}`;
  const where = from.node === '' ? '' : ` on ${from.node}`;
  return `${address}; dialled from inside, it does not get to a balancer: kube-proxy's rules${where} take it`;
}

function proxyText({ packets, from }: Trace, { proxy }: TracedIngress): string {
  if (proxy === null) return 'not reached';
  const sent = packets[0]?.source ?? '';
  const who = from.node === '' ? 'the client' : from.name;
  const own = hostOf(sent);
  const sees = own === hostOf(proxy.seesClient) ? `${who}'s own address` : `in place of ${who}'s address ${own}`;
  return `${placeText(proxy)}; sees ${proxy.seesClient}, ${sees}`;
}

function ruleTexts(ingress: TracedIngress): readonly [string, ...string[]] {
  const { host, path, rule, alsoFit, others, passedOver } = ingress;
  if (passedOver.length > 0) {
    const paths = byIngress(passedOver, ({ path: own, pathType }) => `${own} (${pathType})`);
    const note = `passed over, as ingress-nginx does with backends that are no Services: ${paths}`;
    return rule === null ? [`none: ${note}`] : [...ruleTexts({ ...ingress, passedOver: [] }), note];
  }
  if (rule === null) {
    if (others[0] === undefined) return [`none: ${host} has no path that leads to a Service`];
    const known = byIngress(others, ({ path: own, pathType }) => `${own} (${pathType})`);
    return [`none: ${path} is on no path of the rules for ${hostText(others[0], host)}`, `there are in ${known}`];
  }
  const own = `Ingress ${rule.ingress}, ${hostText(rule, host)}, ${pathText(rule)}`;
  const first = `${own}: ${reason(rule, path)}`;
  if (alsoFit.length === 0) return [first];
  const losers = byIngress(alsoFit, (other) => loserText(other, rule));
  return [first, `before ${losers}`];
}

function hostText({ host }: TracedRule, asked: string): string {
  if (host === '') return 'every host';
  if (!host.startsWith('*')) return `host ${host}`;
  return `host ${host} (* for ${asked.slice(0, asked.indexOf('.'))})`;
}

function pathText({ path, pathType, isDefaultBackend }: TracedRule): string {
  return isDefaultBackend ? 'the default backend' : `path ${path === '' ? '(none)' : path} (${pathType})`;
}

/** Why a path fits. */
function reason({ path, pathType, isDefaultBackend }: TracedRule, asked: string): string {
  if (isDefaultBackend) return `it takes what no other rule of the host does`;
  if (pathType === 'Exact') return 'the same, letter by letter';
  const bare = path.replace(/\/$/, '');
  const fit =
    bare === asked.replace(/\/$/, '')
      ? 'the same, element by element'
      : bare === ''
        ? 'a prefix of every path'
        : `a prefix of ${asked}, element by element`;
  return pathType === 'ImplementationSpecific' ? `taken as a Prefix, as ingress-nginx does; ${fit}` : fit;
}

/** Another path that fits, and why it comes behind. */
function loserText({ path, pathType, isDefaultBackend }: TracedRule, winner: TracedRule): string {
  if (isDefaultBackend) return 'the default backend (only for the rest)';
  if (winner.pathType === 'Exact' && pathType !== 'Exact') return `${path} (${pathType}, less than Exact)`;
  const [own, other] = [path, winner.path].map((text) => text.replace(/\/$/, '').length);
  return `${path} (${pathType}, ${own === other ? 'equal, but later' : 'shorter'})`;
}

function backendText({ service, port, endpoints, without, affinity }: NonNullable<TracedIngress['backend']>): string {
  const name = `Service ${service} port ${port}`;
  if (endpoints === 0) return `${name}, ${without}`;
  const choice =
    affinity === '' ? 'taken in turn' : `chosen by a cookie (${affinity}), which a first request has not got yet`;
  return `${name}: ${counted(endpoints, 'ready endpoint')}, ${choice}`;
}

function endpointLines({ outcome }: Trace, ingress: TracedIngress): readonly NamedLine[] {
  const { tries, ownAnswer, forwardedFor, rule } = ingress;
  const failed = tries.filter(({ result }) => result !== 'answered');
  const texts = failed.map((each) => `${placeText(each)}: ${each.result}`);
  const answered = tries.find(({ result }) => result === 'answered');
  if (answered !== undefined) texts.push(answeredText(answered, outcome.server?.seesClient ?? '', forwardedFor));
  else if (ownAnswer > 0)
    texts.push(`${tries.length === 0 ? 'none' : 'no other'}: the proxy answers ${ownAnswer} itself`);
  if (rule === null) return [['answer', `${ownAnswer}, from the proxy itself`]];
  const [first, ...rest] = texts;
  return first === undefined ? [] : [['endpoint', first, ...rest]];
}

function answeredText(each: ProxyTry, seesClient: string, forwardedFor: string): string {
  return `${placeText(each)}; sees ${seesClient}, the proxy, and reads X-Forwarded-For: ${forwardedFor}`;
}

/** The first of some rules, behind the name of their Ingress. */
function byIngress(rules: readonly TracedRule[], text: (rule: TracedRule) => string): string {
  const shown = rules.slice(0, SHOWN);
  const texts = shown.map((rule, i) => {
    const isFirst = shown[i - 1]?.ingress !== rule.ingress;
    return `${isFirst ? `${i === 0 ? '' : '; '}${rule.ingress}: ` : ', '}${text(rule)}`;
  });
  const more = rules.length - shown.length;
  return `${texts.join('')}${more === 0 ? '' : ` and ${numberText(more)} more`}`;
}

/** The address without the port. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
