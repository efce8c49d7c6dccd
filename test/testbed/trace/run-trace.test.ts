/** Traces: what becomes of connections, that nothing of the work is left out, and that all of it is what the laboratory says. */
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../../src/net/index.js';
import { PROXY_MODES } from '../../../src/proxy/index.js';
import { ClusterLab, type Trace, type Visit } from '../../../src/testbed/index.js';
import { SHOP, shopCase, stepsOf, traceIn } from './shop.js';

const MODES = PROXY_MODES.map(({ name }) => name);
const SEEDS = ['1', '2', '3', '4'];

/** A trace whose connection ends on a node, by trying seeds. */
function endingOn(node: string, asked: Parameters<typeof traceIn>[0]): Trace {
  const found = SEEDS.map((seed) => traceIn({ ...asked, seed })).find(({ outcome }) => outcome.server?.node === node);
  if (found === undefined) throw new Error(`no seed leads to ${node}`);
  return found;
}

/** A text of that form; a bare regular expression would match any text. */
const matching = (form: RegExp): string => expect.stringMatching(form) as string;

const kindsOf = ({ packets }: Trace): string[] => packets.map(({ kind }) => kind);

describe.each(MODES)('in %s mode', (mode) => {
  test.each(['tcp', 'udp', 'sctp'])('a %s connection to a cluster address is answered', (protocol) => {
    // The relay of the userspace mode speaks TCP and UDP.
    const port = { tcp: 'http', udp: 'dns', sctp: 'signal' }[protocol];
    const trace = traceIn({ mode, to: `shop/cart:${port ?? ''}` });
    if (mode === 'userspace' && protocol === 'sctp') {
      expect(trace.outcome.kind).not.toBe('answered');
      return;
    }
    expect(trace).toMatchObject({
      protocol,
      outcome: { kind: 'answered', stop: null, server: { name: matching(/^shop\/cart-/) } },
    });
  });

  test('IPv6 is followed as IPv4 is', () => {
    const trace = traceIn({ mode, to: 'shop/cart:http', family: 6 });
    expect(trace.to.address).toBe('[fd00:20::10]:80');
    expect(trace.outcome).toMatchObject({ kind: 'answered', server: { address: matching(/^\[fd00:10:.*\]:8080$/) } });
  });

  test('efforts of the steps are those of the passage, and that is how long its core was busy', () => {
    for (const passage of endingOn('there', { mode, to: 'shop/cart:http' }).packets.flatMap(
      ({ passages }) => passages,
    )) {
      const sum = (of: 'rules' | 'lookups' | 'ns'): number =>
        passage.steps.reduce((total, { effort }) => total + effort[of], 0);
      expect({ rules: sum('rules'), lookups: sum('lookups'), ns: sum('ns') }).toEqual(passage.effort);
      expect(passage.leftNs - passage.startedNs).toBe(passage.effort.ns);
      expect(passage.startedNs).toBeGreaterThanOrEqual(passage.arrivedNs);
    }
  });

  test('every piece of work has a name', () => {
    const steps = stepsOf(endingOn('there', { mode, to: 'shop/cart:http' }));
    expect(steps.filter(({ kind }) => kind === 'other')).toEqual([]);
    for (const { effort, steps: below, work } of steps) {
      expect(below.reduce((sum, step) => sum + step.effort.ns, 0)).toBeLessThanOrEqual(effort.ns);
      for (const units of Object.values(work)) expect(units).toBeGreaterThan(0);
    }
  });

  test('the first packet has the outcome, and the chance of it, that the laboratory names', () => {
    const lab = new ClusterLab(shopCase({ proxy: { mode, scheduler: mode === 'ipvs' ? 'rr' : '' } }));
    const here = lab.lab(mode, 4, lab.node('here'), { lookup: 'walk' });
    here.sync();
    const flow = {
      source: parseIp('10.0.0.2')!,
      destination: parseIp('172.16.0.10')!,
      destinationPort: 80,
      protocol: 6,
    };
    const { outcomes } = here.explore(flow);
    const endpoints = outcomes.map(({ outcome }) => outcome.address).map((each) => each.toString(16));
    const addresses = SEEDS.map((seed) => traceIn({ mode, to: 'shop/cart:http', seed }).outcome.server?.address ?? '');
    for (const address of addresses) expect(endpoints).toContain(parseIp(address.split(':')[0]!)!.toString(16));
    for (const { pick } of picksOf(traceIn({ mode, to: 'shop/cart:http' }))) {
      expect(pick?.probability).toBeCloseTo(outcomes[0]!.probability, 8);
      expect(pick?.of).toBe(outcomes.length);
    }
  });

  test('the same request gives the same trace, another seed another pick', () => {
    expect(traceIn({ mode, to: 'shop/cart:http' })).toEqual(traceIn({ mode, to: 'shop/cart:http' }));
    const servers = SEEDS.map((seed) => traceIn({ mode, to: 'shop/cart:http', seed }).outcome.server?.name);
    expect(new Set(servers).size).toBe(mode === 'ipvs' ? 1 : 2);
  });

  test('a Service without endpoints refuses', () => {
    const { outcome } = traceIn({ mode, to: 'shop/empty:http' });
    expect(outcome.kind).toBe(mode === 'userspace' ? 'reset' : 'refused');
    expect(outcome.server).toBeNull();
  });

  test('a pod that is its own endpoint is answered, and sees another source than its own', () => {
    const { outcome } = traceIn({ mode, to: 'shop/self:http' });
    expect(outcome).toMatchObject({ kind: 'answered', server: { name: 'shop/client' } });
    expect(outcome.server?.seesClient).not.toContain('10.0.0.2:');
  });

  test('a machine outside comes in by a node port and is seen as that node', () => {
    const trace = traceIn({ mode, from: '198.51.100.7', to: 'node:here:30081' });
    expect(trace.from).toEqual({ name: '198.51.100.7', node: '' });
    expect(trace.outcome).toMatchObject({ kind: 'answered', server: { name: 'shop/cart-1', node: 'there' } });
    expect(trace.outcome.server?.seesClient).not.toContain('198.51.100.7');
    expect(new Set(trace.packets.flatMap(({ passages }) => passages.map(({ node }) => node)))).toEqual(
      new Set(['here', 'there']),
    );
  });

  test('an endpoint outside of the cluster is reached', () => {
    const { outcome } = traceIn({ mode, to: 'shop/outside:http' });
    expect(outcome).toMatchObject({ kind: 'answered', server: { name: '203.0.113.80', node: '' } });
  });

  test('a process of a node is answered', () => {
    expect(traceIn({ mode, from: 'node:there', to: 'shop/far:http' }).outcome).toMatchObject({
      kind: 'answered',
      server: { name: 'shop/cart-1' },
    });
  });
});

function picksOf(trace: Trace) {
  const below = (visit: Visit): Extract<Visit, { kind: 'rule' }>[] =>
    visit.kind === 'unmatched' ? [] : [visit, ...visit.visits.flatMap(below)];
  const chains = stepsOf(trace).flatMap((step) => step.chains);
  return chains.flatMap(({ visits }) => visits.flatMap(below)).filter(({ pick }) => pick !== null);
}

test('a TCP connection is handshake, request, answer and goodbye', () => {
  const kinds = ['SYN', 'SYN+ACK', 'ACK', 'request', 'answer', 'FIN+ACK', 'FIN+ACK', 'ACK'];
  expect(kindsOf(traceIn({ to: 'shop/cart:http' }))).toEqual(kinds);
  expect(kindsOf(traceIn({ to: 'shop/cart:dns' }))).toEqual(['request', 'answer']);
});

test('NAT is told both ways, and the answer comes from the address that was dialled', () => {
  const trace = endingOn('there', { to: 'shop/cart:http' });
  const nat = stepsOf(trace).filter(({ kind, title }) => kind === 'nat' && title.includes('->'));
  expect(nat.slice(0, 2).map(({ title }) => title)).toEqual([
    'NAT: destination 172.16.0.10:80 -> 10.0.1.3:8080',
    'NAT: source 10.0.1.3:8080 -> 172.16.0.10:80',
  ]);
  expect(trace.packets[1]!.end).toMatchObject({ at: 'shop/client', source: '172.16.0.10:80' });
});

test('the tunnel is told with its outer headers, and what the outer packet meets', () => {
  const trace = endingOn('there', { to: 'shop/cart:http' });
  const [into] = stepsOf(trace).filter(({ kind, facts }) => kind === 'encapsulate' && 'outerSource' in facts);
  expect(into!.facts).toMatchObject({
    device: 'flannel.1',
    outerSource: matching(/^192\.168\.0\.1:/),
    outerDestination: '192.168.0.2:8472',
  });
  expect(into!.steps.map(({ title }) => title)).toEqual(['VXLAN: put in', 'OUTPUT', 'OUTPUT: filter', 'POSTROUTING']);
});

test('masquerading shows as a mark and a new source', () => {
  const trace = traceIn({ from: '198.51.100.7', to: 'node:here:30081' });
  const marks = stepsOf(trace).filter(({ facts }) => 'mark' in facts);
  expect(marks.map(({ facts }) => [facts['markBefore'], facts['mark']])).toEqual([
    [0, 0x4000],
    [0x4000, 0],
  ]);
});

test('a relay opens a connection of its own, whose first packet pays for it', () => {
  const trace = traceIn({ mode: 'userspace', to: 'shop/far:http' });
  expect(trace.outcome).toMatchObject({ relay: 'here', server: { name: 'shop/cart-1' } });
  expect(new Set(trace.packets.map(({ connection }) => connection))).toEqual(new Set([1, 2]));
  const second = trace.packets.find(({ connection }) => connection === 2)!;
  expect(second).toMatchObject({ kind: 'SYN', from: "kube-proxy's relay on here", destination: '10.0.1.3:8080' });
  expect(second.passages[0]!.steps.map(({ kind }) => kind)).toContain('relay');
});

test('ip_vs tells scheduler, virtual server and server', () => {
  const [pick] = stepsOf(traceIn({ mode: 'ipvs', to: 'shop/cart:http' })).filter(({ facts }) => facts['new'] === true);
  expect(pick!.facts).toMatchObject({
    virtualServer: '172.16.0.10:80',
    scheduler: 'rr',
    servers: 2,
    server: matching(/^10\.0\.[01]\.3:8080$/),
  });
});

describe('what stops a packet', () => {
  test.each([
    ['iptables', 'shop/empty:http', 'rejected', 'KUBE-SERVICES'],
    ['nftables', 'shop/empty:http', 'rejected', 'reject-chain'],
    ['iptables', 'shop/near:http', 'rule_drop', 'KUBE-SERVICES'],
    ['nftables', 'shop/near:http', 'rule_drop', 'service-endpoints-check'],
  ])('in %s mode, to %s: %s by %s', (mode, to, cause, chain) => {
    const { outcome, packets } = traceIn({ mode, to });
    expect(outcome.kind).toBe(cause === 'rejected' ? 'refused' : 'lost');
    expect(outcome.stop).toMatchObject({ packet: 1, place: 'here', cause, rule: { chain } });
    expect(packets[0]!.end).toMatchObject({ kind: 'lost', at: 'here', cause });
    expect(packets[0]!.end.timeNs).toBeGreaterThan(0);
  });

  test('ip_vs without a server says so', () => {
    const { stop } = traceIn({ mode: 'ipvs', to: 'shop/empty:http' }).outcome;
    expect(stop).toMatchObject({ cause: 'rejected', rule: null, ipvs: 'ip_vs LOCAL_IN: 172.16.0.13:80 has no server' });
  });

  test('the node answers what it refuses, and the answer is a packet of its own', () => {
    const { packets } = traceIn({ to: 'shop/empty:http' });
    expect(packets.map(({ kind, inAnswerTo, from }) => [kind, inAnswerTo, from])).toEqual([
      ['SYN', 0, 'shop/client'],
      ['port unreachable', 1, 'here'],
    ]);
    expect(packets[0]!.passages[0]).toMatchObject({ answer: 2, to: 'pod' });
  });

  test('a pod that does not listen resets', () => {
    const { outcome, packets } = traceIn({ to: '10.0.1.3:77' });
    expect(outcome).toMatchObject({ kind: 'refused', stop: { place: 'shop/cart-1', cause: 'no_listener' } });
    expect(packets[1]).toMatchObject({ kind: 'RST+ACK', inAnswerTo: 1 });
  });

  test('an address that nobody has loses the packet', () => {
    expect(traceIn({ to: '10.0.1.99:80' }).outcome).toMatchObject({
      kind: 'lost',
      stop: { cause: 'no_route', place: 'there' },
    });
  });

  test('who has no address of the family sends nothing', () => {
    const trace = traceIn({ from: '198.51.100.7', to: '[fd00:20::10]:80' });
    expect(trace).toMatchObject({ outcome: { kind: 'no address' }, packets: [], frames: [] });
  });
});

test('a trace is plain data: nothing is lost in JSON, and no address is a number', () => {
  const { frames, ...trace } = traceIn({ mode: 'nftables', to: 'shop/cart:http', family: 6 });
  expect(frames.length).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
});

test('a refused pod is told by the address of cni0, and an ICMP error has no ports', () => {
  const { packets } = traceIn({ to: 'shop/empty:http' });
  expect(packets[1]).toMatchObject({ kind: 'port unreachable', source: '10.0.0.1', destination: '10.0.0.2' });
});

test('proxy ports are those that the laboratory prints', () => {
  const lab = new ClusterLab(shopCase({ proxy: { mode: 'userspace', scheduler: '' } }));
  const here = lab.lab('userspace', 4, lab.node('here'));
  here.sync();
  const text = here
    .texts()
    .map((each) => [...each.pieces()].join(''))
    .join('');
  const taken = traceIn({ mode: 'userspace', to: 'shop/far:http' }).packets[0]!.end.destination;
  expect(text).toContain(taken.replace(/^.*:/, '--to-ports '));
});

test('a health-check node port is answered by kube-proxy itself', () => {
  const near = { ...SHOP.services.find(({ metadata }) => metadata.name === 'near')!, healthCheckNodePort: 31999 };
  const objects = { ...SHOP, services: [near] };
  const { outcome } = traceIn({ from: '198.51.100.7', to: 'node:here:31999', changes: { cluster: { objects } } });
  expect(outcome).toMatchObject({ kind: 'answered', server: { name: "kube-proxy's health check", node: 'here' } });
});
