/** `kpb trace`: the text for people as golden files; JSON, CSV and capture files through child processes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/program.js';
import { traceText } from '../../src/cli/show-trace.js';
import { ANSI, PLAIN } from '../../src/report/index.js';
import { readPcap, readPcapng } from '../testbed/trace/capture-file.js';
import { ingressTrace } from '../testbed/trace/shop-ingress.js';
import { SHOP, traceIn, type Asked } from '../testbed/trace/shop.js';
import { ROOT } from '../house/tree.js';
import { hideTestVariables, kpb, makeReady } from './program.js';
import { withCluster } from './small-cluster.js';

const WIDTH = 120;

function textOf(asked: Asked, everything = false): string {
  return traceText(traceIn(asked), everything, WIDTH, PLAIN);
}

describe('the tree', () => {
  test.each<[string, Asked]>([
    ['iptables-vxlan', { to: 'shop/far:http' }],
    ['iptables-hairpin', { to: 'shop/self:http' }],
    ['iptables-refused', { to: 'shop/empty:http' }],
    ['iptables-outside', { from: '198.51.100.7', to: 'node:here:30081' }],
    ['nftables-vxlan', { mode: 'nftables', to: 'shop/cart:http', seed: '2' }],
    ['nftables-dropped', { mode: 'nftables', to: 'shop/near:http' }],
    ['ipvs-udp', { mode: 'ipvs', to: 'shop/cart:dns' }],
    ['userspace', { mode: 'userspace', to: 'shop/far:http' }],
    ['userspace-refused', { mode: 'userspace', to: 'shop/empty:http' }],
  ])('%s', async (name, asked) => {
    await expect(textOf(asked)).toMatchFileSnapshot(`golden/trace-${name}.txt`);
  });

  test('a flow that routers have spread says so before its packets', () => {
    const text = textOf({ from: '198.51.100.7', via: 'ecmp', to: 'shop/far:http' });
    expect(text.split('\n')[2]).toMatch(
      /^routers with all nodes as next hops send the flow to (here|there) \(one of here, there\)$/,
    );
  });

  test('with everything in it, every packet stands there step by step, and the outer ones with their rules', async () => {
    await expect(textOf({ to: 'shop/far:http' }, true)).toMatchFileSnapshot('golden/trace-everything.txt');
  });

  test('keeps to its width, words that are too long aside, and has no blanks at the ends of lines', () => {
    for (const width of [90, 140]) {
      const lines = traceText(traceIn({ to: 'shop/far:http' }), false, width, PLAIN).split('\n');
      const tree = lines.slice(
        2,
        lines.findIndex((line) => line.includes('further packets')),
      );
      expect(Math.max(...tree.map((line) => line.length))).toBe(width);
      expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
    }
  });

  test('says the same with colours', () => {
    const trace = traceIn({ to: 'shop/empty:http' });
    const colored = traceText(trace, false, WIDTH, ANSI);
    expect(colored).toContain('\u001b[31m');
    expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(traceText(trace, false, WIDTH, PLAIN));
  });
});

describe('through an Ingress', () => {
  const lead = (asked: Asked): string => {
    const text = traceText(ingressTrace(asked), false, WIDTH, PLAIN);
    const [before = ''] = text.split(/\n\n +rules  lookups/);
    return `${before}\n...\n${text.trimEnd().split('\n').at(-1) ?? ''}\n`;
  };
  const local = { externalTrafficPolicy: 'Local', replicas: 1 } as const;
  const [cart, ...slices] = SHOP.slices;
  const silent = { ...cart!, endpoints: cart!.endpoints.map((own) => ({ ...own, address: own.address + 100 })) };

  test('both connections stand there', async () => {
    const text = traceText(ingressTrace({ to: 'http://shop.example/cart' }), false, WIDTH, PLAIN);
    await expect(text).toMatchFileSnapshot('golden/trace-ingress.txt');
  });

  test('what is said before the packets, and at the end', async () => {
    const asked: readonly Asked[] = [
      { to: 'http://shop.example/cart/pay', changes: { ingress: local } },
      { to: 'http://shop.example/near', via: 'there', changes: { ingress: { exposure: 'node-port' } } },
      { to: 'http://shop.example/', from: 'node:here', changes: { ingress: { exposure: 'host-network' } } },
      { to: 'http://shop.example/', from: 'shop/client', family: 6 },
      { to: 'http://www.shop.example/' },
      { to: 'http://www.shop.example/gone' },
      { to: 'http://bare.example/far-off' },
      { to: 'http://shop.example/', via: 'here', mode: 'nftables', changes: { ingress: local } },
      {
        to: 'http://shop.example/cart',
        changes: { cluster: { objects: { ...SHOP, slices: [silent, ...slices.slice(1)] } } },
      },
    ];
    await expect(asked.map(lead).join('\n')).toMatchFileSnapshot('golden/trace-ingress-ways.txt');
  });
});

describe('the program', () => {
  beforeAll(makeReady);
  beforeEach(hideTestVariables);
  afterEach(() => void vi.unstubAllEnvs());

  const folder = withCluster();
  const trace = (...words: string[]) => kpb(folder, 'trace', 'cluster.yaml', '-q', ...words);
  const asked = (...words: string[]) => kpb(folder, 'trace', 'cluster.yaml', 'ingress.yaml', '-q', ...words);

  test('prints the tree of a cluster in manifests', () => {
    const { code, stdout, stderr } = trace('--to', 'shop/cart:http');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('-> shop/cart:http (10.96.0.10:80) over tcp, iptables mode');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^answered by shop\/cart[-\d]* at 10\.244\.[01]\.5:8080 on (here|there), which sees/,
    );
  });

  test('a refused connection is a successful trace', () => {
    const { code, stdout } = trace('--to', 'shop/empty:http', '--mode', 'nftables');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^refused: packet 1 \(SYN\) reaches here, which refuses it/);
  });

  test('gives programs a list of packets with everything unfolded', () => {
    const { stdout } = trace('--to', 'shop/cart:http', '--mode', 'ipvs', '-o', 'json');
    const list = JSON.parse(stdout) as {
      metadata: object;
      items: { number: number; passages: { steps: object[] }[] }[];
    };
    expect(list).toMatchObject({
      ...{ apiVersion: 'kpb/v1alpha1', kind: 'TracedPacketList' },
      metadata: {
        ...{ mode: 'ipvs', family: 'IPv4', protocol: 'tcp', seed: '1', to: { name: 'shop/cart:http' } },
        outcome: { kind: 'answered', relay: '', stop: null },
      },
    });
    expect(list.items.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(list.items[0]!.passages[0]!.steps[0]).toMatchObject({
      kind: 'send',
      effort: { rules: 0, lookups: 0 },
      work: { socketSend: 1 },
    });
  });

  test('prints what the documentation shows', async () => {
    const path = join(ROOT, 'docs', 'TRACE.md');
    const page = readFileSync(path, 'utf8');
    const [, before = '', command = '', after = ''] =
      /^([^]*```text\nkpb (.+)\n```\n\n<!-- trace -->\n)[^]*(<!-- end -->[^]*)$/.exec(page) ?? [];
    expect(command).toMatch(/^trace /);
    const { stdout } = kpb(folder, ...command.split(' '), '-q');
    // Run with -u, this writes the example anew.
    await expect(`${before}\n\`\`\`text\n${stdout}\`\`\`\n\n${after}`).toMatchFileSnapshot(path);
  });

  test('prints what the documentation shows of a way through an Ingress', async () => {
    const path = join(ROOT, 'docs', 'TRACE.md');
    const page = readFileSync(path, 'utf8');
    const [, before = '', command = '', after = ''] =
      /^([^]*```text\nkpb (.+)\n```\n\n<!-- trace through [^\n]*-->\n)[^]*(<!-- end of the trace through [^]*)$/.exec(
        page,
      ) ?? [];
    expect(command).toMatch(/^trace .*--to http:/);
    const { stdout } = kpb(folder, ...command.split(' '), '-q');
    const [lead = ''] = stdout.split(/\n\n +rules  lookups/);
    const end = stdout.slice(stdout.indexOf('\nconnection  packet'));
    // Run with -u, this writes the example anew.
    await expect(`${before}\n\`\`\`text\n${lead}\n\n...\n${end}\`\`\`\n\n${after}`).toMatchFileSnapshot(path);
  });

  test('asks Ingresses of manifests, and gives programs the whole way', () => {
    const { stdout } = asked('--to', 'http://shop.example/cart', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      metadata: {
        entry: { by: 'load-balancer' },
        ingress: {
          ...{ host: 'shop.example', path: '/cart', exposure: 'load-balancer', ownAnswer: 0 },
          ...{ rule: { ingress: 'shop/shop', path: '/', pathType: 'Prefix' }, backend: { service: 'shop/cart' } },
          tries: [{ result: 'answered' }],
        },
        to: { name: 'http://shop.example/cart' },
      },
    });
  });

  test('a capture has both connections', () => {
    expect(asked('--to', 'ingress:/', '--pcap', 'ingress.pcapng').code).toBe(0);
    const frames = readPcapng(readFileSync(join(folder, 'ingress.pcapng')));
    const requests = new Set(frames.map(({ comment }) => comment).filter((comment) => comment.endsWith(': request')));
    expect(requests.size).toBe(2);
  });

  test('as CSV, a line for each packet and node', () => {
    const lines = trace('--to', 'shop/near:http', '-o', 'csv').stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('packet,connection,kind,node,rules,lookups,cpu_ns,arrived_ns,left_ns');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^1,1,SYN,here,\d+,\d+,\d+,0,\d+$/);
  });

  test('writes capture files, and says what is in them', () => {
    const call = kpb(
      folder,
      'trace',
      'cluster.yaml',
      '--to',
      'shop/near:http',
      '--from',
      '10.244.1.6',
      '--pcap',
      'near.pcapng',
    );
    expect(call.code).toBe(0);
    const read = readPcapng(readFileSync(join(folder, 'near.pcapng')));
    expect(call.stderr).toContain(`near.pcapng: ${read.length} frames of there/veth-shop-near-`);
    expect(trace('--to', 'shop/near:http', '--from', '10.244.1.6', '--pcap', 'near.pcap').code).toBe(0);
    expect(readPcap(readFileSync(join(folder, 'near.pcap')))).not.toEqual([]);
  });

  test.each([
    ['what is not there', ['--to', 'shop/card:80'], 'did you mean "shop/cart"?'],
    ['a mode that there is not', ['--to', 'shop/cart', '--mode', 'iptable'], 'found iptable; did you mean "iptables"?'],
    [
      'a capture of another kind',
      ['--to', 'shop/cart', '--pcap', 'x.cap'],
      '--pcap: expected the name of a file that ends',
    ],
    ['a device without a file', ['--to', 'shop/cart', '--device', 'here/eth0'], 'name one with --pcap'],
    ['a device that saw nothing', ['--to', 'shop/cart', '--pcap', 'x.pcap', '--device', 'a/b'], 'no packet on a/b'],
    [
      'a file that cannot be written',
      ['--to', 'shop/cart', '--pcap', 'no/x.pcap'],
      'cannot write no/x.pcap: there is no folder no',
    ],
    ['a host that no Ingress has', ['--to', 'http://shop.exampel/'], 'did you mean "shop.example"?'],
    ['what goes over TLS', ['--to', 'https://shop.example/'], 'TLS is not simulated'],
    ['no target', [], '--to is missing (see kpb trace --help)'],
    [
      'a node to come in by for somebody inside',
      ['--to', 'shop/cart', '--via', 'here'],
      '--via: only a machine outside',
    ],
    ['a node to come in by that is not there', ['--to', 'shop/cart', '--via', 'nox'], '--via: there is no node nox'],
  ])('refuses %s', async (_, words, message) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const written = vi.spyOn(process.stdout, 'write');
    await main(['trace', join(folder, 'cluster.yaml'), join(folder, 'ingress.yaml'), '-q', ...words]);
    const code = process.exitCode;
    process.exitCode = 0;
    const text = said.mock.calls.map(([line]) => String(line)).join('');
    expect({ code, calls: written.mock.calls }).toEqual({ code: 2, calls: [] });
    vi.restoreAllMocks();
    expect(text).toContain(message);
    expect(existsSync('x.pcap')).toBe(false);
  });
});
