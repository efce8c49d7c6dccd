/** `kpb diff-modes`, through child processes: what differs between modes, as text, JSON and CSV. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../house/tree.js';
import { kpb, makeReady } from './program.js';
import { withCluster } from './small-cluster.js';

beforeAll(makeReady);

const folder = withCluster();
const diff = (...words: string[]) => kpb(folder, 'diff-modes', 'cluster.yaml', '-q', ...words);

interface Item {
  readonly service: string;
  readonly flows: readonly {
    readonly from: string;
    readonly to: string;
    readonly fates: readonly { readonly kind: string }[];
  }[];
}

describe('as text', () => {
  test.each([
    ['ipvs', 'nftables'],
    ['iptables', 'nftables'],
    ['userspace', 'iptables'],
  ])('from %s to %s', async (from, to) => {
    const { code, stdout, stderr } = diff('--from', from, '--to', to);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`golden/diff-${from}-${to}.txt`);
  });
});

describe('as data', () => {
  const { items } = JSON.parse(diff('--from', 'ipvs', '--to', 'iptables', '-o', 'json').stdout) as { items: Item[] };
  const kinds = (service: string, from: string, to: string) =>
    items
      .find((item) => item.service === service)!
      .flows.find((flow) => flow.from === from && flow.to === to)
      ?.fates.map(({ kind }) => kind);

  test('every Service is there, in the order of the manifests', () => {
    expect(items.map(({ service }) => service)).toEqual(['shop/cart', 'shop/near', 'shop/empty']);
  });

  test('without an endpoint on the node, policy Local refuses in ipvs and drops in iptables', () => {
    expect(kinds('shop/near', 'pod', 'cluster IP')).toEqual(['refused', 'dropped']);
  });

  test('a port that is no service is refused by ipvs only', () => {
    expect(kinds('shop/cart', 'pod', 'cluster IP, other port')).toEqual(['refused', 'untouched']);
  });

  test('a Service without endpoints is refused by both', () => {
    expect(kinds('shop/empty', 'pod', 'cluster IP')).toBeUndefined();
  });

  test('the same mode twice, and modes that there are not, are refused', () => {
    expect(diff('--from', 'ipvs', '--to', 'ipvs')).toMatchObject({
      code: 2,
      stderr: 'kpb: --from and --to are both ipvs: name two modes\n',
    });
    expect(diff('--to', 'ebpf').stderr).toContain(
      '--to: expected one of iptables, ipvs, nftables, userspace, found ebpf',
    );
  });

  test('as CSV, a line a difference', () => {
    const lines = diff('--from', 'ipvs', '--to', 'iptables', '-o', 'csv').stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('service,family,port,from,to,ipvs,iptables');
    expect(lines).toHaveLength(1 + items.reduce((sum, { flows }) => sum + flows.length, 0));
  });
});

test('where there are Ingresses, it says what the mode has to do with them', () => {
  const words = ['diff-modes', 'cluster.yaml', 'ingress.yaml', '-q'];
  const { stdout } = kpb(folder, ...words);
  expect(stdout).toBe(
    `${diff().stdout}\n1 Ingress: its proxies send requests to pods' own addresses (as ingress-nginx does), and the mode matters on clients' way to the proxies alone\n`,
  );
  expect(JSON.parse(kpb(folder, ...words, '-o', 'json').stdout)).toMatchObject({ metadata: { ingresses: 1 } });
  expect(JSON.parse(diff('-o', 'json').stdout)).toMatchObject({ metadata: { ingresses: 0 } });
});

test('the documentation shows what the program prints', async () => {
  const path = join(ROOT, 'docs', 'DIFF.md');
  const [, before = '', command = '', after = ''] =
    /^([^]*```text\nkpb (.+)\n```\n\n<!-- diff -->\n)[^]*(<!-- end -->[^]*)$/.exec(readFileSync(path, 'utf8')) ?? [];
  expect(command).toMatch(/^diff-modes /);
  const { stdout } = kpb(folder, ...command.split(' '), '-q');
  // Run with -u, this writes the example anew.
  await expect(`${before}\n\`\`\`text\n${stdout}\`\`\`\n\n${after}`).toMatchFileSnapshot(path);
});

test('many Services are announced, unless quiet is asked for', () => {
  const words = [
    'diff-modes',
    'endpoints',
    '--set',
    'cluster.services.count=1001',
    '--set',
    'cluster.services.endpoints=1',
  ];
  expect(kpb(folder, ...words).stderr).toContain('kpb: trying 1,001 Services in two modes\n');
});
