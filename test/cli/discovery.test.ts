/** `kpb dns` and `kpb env`, in this process: lookups and files of containers, and what wrong calls give. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { called } from './called.js';
import { withNamedCluster } from './named-cluster.js';

const folder = withNamedCluster();
const CLUSTER = join(folder, 'cluster.yaml');
const dns = (name: string, ...words: string[]) => called('dns', CLUSTER, name, '-q', ...words);
const env = (...words: string[]) => called('env', CLUSTER, '-q', ...words);

describe('a lookup', () => {
  test.each([
    ['own-namespace', 'web', ['--from', 'shop']],
    ['outside', 'api.example.com', ['--from', 'shop']],
    ['fewer-dots', 'api.example.com', ['--from', 'shop/db-0']],
    ['hosts-file', 'legacy', ['--from', 'shop/db-0']],
    ['places', '_sql._tcp.db.shop.svc.cluster.local.', ['--type', 'srv']],
    ['reverse', '10.96.0.20', []],
    ['alias', 'pay', ['--from', 'shop']],
    ['nowhere', 'web', ['--library', 'musl']],
  ])('%s', async (golden, name, words) => {
    const { code, stdout, stderr } = await dns(name, ...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`golden/dns-${golden}.txt`);
  });

  test('is in the documentation as it is', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/DISCOVERY.md'), 'utf8');
    expect(page).toContain((await dns('api.example.com', '--from', 'shop')).stdout);
  });

  test('as JSON, one item a query', async () => {
    const { kind, metadata, items } = JSON.parse((await dns('db.shop', '-o', 'json')).stdout) as {
      kind: string;
      metadata: { outcome: string; queryCount: number; notFound: number; addresses: string[]; namesTried: string[] };
      items: { name: string; type: string; result: string; queryBytes: number; replyBytes: number }[];
    };
    expect(kind).toBe('DnsQueryList');
    expect(metadata).toMatchObject({ outcome: 'found', queryCount: 4, notFound: 2 });
    expect(metadata.addresses).toHaveLength(3);
    expect(metadata.namesTried).toEqual(['db.shop.default.svc.cluster.local.', 'db.shop.svc.cluster.local.']);
    expect(items.map(({ type, result }) => `${type} ${result}`)).toEqual([
      'A NXDOMAIN',
      'AAAA NXDOMAIN',
      'A NOERROR',
      'AAAA NODATA',
    ]);
  });

  test('as CSV, one line a query', async () => {
    const [head, ...lines] = (await dns('web', '--from', 'shop', '-o', 'csv')).stdout.trimEnd().split('\n');
    expect(head).toBe('name,type,nameserver,protocol,query_bytes,result,reply_bytes,records');
    expect(lines[0]).toBe('web.shop.svc.cluster.local.,A,10.96.0.10,udp,44,NOERROR,86,1');
    expect(lines).toHaveLength(2);
  });

  test('meets the names outside that there are said to be', async () => {
    const world = ['--outside', 'db.example.net=192.0.2.5', '--outside', 'empty.example.net='];
    expect((await dns('db.example.net.', ...world)).stdout).toContain('found: 192.0.2.5; 1 name tried');
    expect((await dns('empty.example.net.', ...world)).stdout).toContain('EAI_NODATA');
    expect((await dns('other.example.net.', ...world)).stdout).toContain('EAI_NONAME');
  });

  test('of a pod with its node’s resolver goes past the cluster', async () => {
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 192.0.2.99\nsearch corp.test\n');
    const { stdout } = await dns(
      'web',
      '--from',
      'kube-system/coredns-0',
      '--resolv-conf',
      join(folder, 'resolv.conf'),
    );
    expect(stdout).toContain('web.corp.test.');
    expect(stdout).toContain('192.0.2.99');
    expect(stdout).not.toContain('cluster.local');
  });
});

describe('a name that is not the cluster’s', () => {
  const notes = async (name: string, ...words: string[]) => (await called('dns', CLUSTER, name, ...words)).stderr;
  const ASSUMED = (name: string) =>
    `kpb: ${name} is taken for a name outside of the cluster, with made-up addresses; --outside ${name}=ADDRESS gives its own`;

  test('has addresses that are said to be made up', async () => {
    const { stdout } = await dns('web.shp', '--from', 'shop/db-0');
    expect(stdout).toContain('found: 192.0.2.1, 2001:db8::1 (made up: web.shp is outside of the cluster);');
    expect(await notes('api.example.com', '--from', 'shop')).toContain(`${ASSUMED('api.example.com')}\n`);
    expect(await notes('pay', '--from', 'shop')).toContain(`${ASSUMED('api.pay.example')}\n`);
    const { metadata } = JSON.parse((await dns('a.test.', '-o', 'json')).stdout) as { metadata: { madeUp: string[] } };
    expect(metadata.madeUp).toEqual(['a.test.']);
    expect(await notes('a.test.', '--outside', 'a.test=192.0.2.5')).not.toContain('made-up');
    expect(await notes('web', '--from', 'shop')).not.toContain('made-up');
  });

  test.each([
    ['web.shp', 'shop/db-0', 'web.shop'],
    ['wep.shop', 'shop', 'web.shop'],
    ['wbe', 'shop', 'web'],
    ['web.shop.svc.cluster.locl', 'shop', 'web.shop.svc.cluster.local'],
    ['wbe.shop.svc.cluster.local.', 'shop', 'web.shop.svc.cluster.local.'],
  ])('%s may be a slip', async (name, from, meant) => {
    expect(await notes(name, '--from', from)).toContain(`did you mean ${meant}?`);
  });

  test.each(['web', 'web.shop', 'api.example.com', 'db-0.db.shop.svc.cluster.local', 'nothing.alike'])(
    '%s is no slip',
    async (name) => {
      expect(await notes(name, '--from', 'shop')).not.toContain('did you mean');
    },
  );
});

test('the hostname of an address in Endpoints is a name', async () => {
  const file = join(folder, 'manual.yaml');
  const head = 'metadata: { name: manual }';
  const address = '{ ip: 172.16.0.5, hostname: one }';
  writeFileSync(
    file,
    `apiVersion: v1\nkind: Service\n${head}\nspec: { clusterIP: None, ports: [{ port: 80 }] }\n---\n` +
      `apiVersion: v1\nkind: Endpoints\n${head}\nsubsets: [{ addresses: [${address}], ports: [{ port: 80 }] }]\n`,
  );
  const found = async (name: string) =>
    (await called('dns', file, `${name}.manual.default.svc.cluster.local.`, '-q')).stdout;
  expect(await found('one')).toContain('found: 172.16.0.5;');
  expect(await found('172-16-0-5')).toContain('EAI_NONAME');
});

test('many addresses are counted in the last line', async () => {
  const addresses = Array.from({ length: 60 }, (_, i) => ['--outside', `a.test=192.0.2.${i + 1}`]).flat();
  const { stdout } = await dns('a.test.', ...addresses);
  expect(stdout).toContain('found: 60 addresses; 1 name tried');
  expect(stdout).toContain('IN  A       192.0.2.60');
});

describe('what is said to exist outside', () => {
  const more = (name: string) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { type: ExternalName, externalName: api.pay.example. }
`;

  test('is there once, however often it is meant', async () => {
    const file = join(folder, 'twice.yaml');
    writeFileSync(file, readFileSync(CLUSTER, 'utf8') + more('pay-2'));
    const { stdout } = await called('dns', file, 'pay', '-q', '--from', 'shop');
    expect(stdout).toContain('found: 192.0.2.1, 2001:db8::1 (made up: api.pay.example is outside of the cluster);');
    expect(stdout).toBe((await dns('pay', '--from', 'shop')).stdout);
    const world = ['--outside', 'a.test=192.0.2.5', '--outside', 'A.test=192.0.2.5', '--outside', 'a.test=192.0.2.6'];
    expect((await dns('a.test.', ...world)).stdout).toContain('found: 192.0.2.5, 192.0.2.6;');
  });

  test('has no names of the cluster', async () => {
    for (const name of ['web.shop.svc.cluster.local', 'WEB.shop.svc.Cluster.Local.', 'web.shp.svc']) {
      expect((await dns(name, '--from', 'kube-system/coredns-0')).stdout).toContain('EAI_NONAME');
    }
    expect((await dns('web.shp.svc', '--from', 'shop')).stdout).toContain('EAI_NONAME');
    expect((await dns('web.shop.svc.local', '--from', 'kube-system/coredns-0')).stdout).toContain('found');
  });
});

describe('a container', () => {
  test('is told when nothing is known of the namespace, or of the API server', async () => {
    const notes = async (...words: string[]) => (await called('env', CLUSTER, ...words)).stderr;
    expect(await notes('--from', 'void')).toContain('kpb: nothing is in namespace void\n');
    expect(await notes('--from', 'db-0')).toContain('kpb: nothing is in namespace db-0; did you mean shop/db-0?\n');
    expect(await notes('--from', 'shp')).toContain('kpb: nothing is in namespace shp; did you mean shop?\n');
    expect(await notes('--from', 'default')).not.toContain('nothing is in namespace');
    expect(await notes('--from', 'shop')).not.toContain('no Service default/kubernetes');
    const file = join(folder, 'bare.yaml');
    writeFileSync(file, readFileSync(CLUSTER, 'utf8').replace('name: kubernetes,', 'name: other,'));
    expect((await called('env', file)).stderr).toContain(
      'kpb: no Service default/kubernetes: the variables that every container has of it are missing\n',
    );
  });

  test('of a pod finds variables and two files', async () => {
    const { code, stdout, stderr } = await env('--from', 'shop/db-0');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('golden/env-pod.txt');
  });

  test('of some pod of a namespace has no hosts file that is known', async () => {
    expect((await env('--from', 'shop')).stdout).not.toContain('/etc/hosts');
    expect(await env('--from', 'shop', '--only', 'hosts')).toMatchObject({ code: 2, stdout: '' });
  });

  test('one text alone has no heading', async () => {
    expect((await env('--only', 'resolv.conf', '--from', 'shop')).stdout).toBe(
      'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    );
    expect((await env('--from', 'shop', '-o', 'csv')).stdout.split('\n')[0]).toBe('name,value');
    const { items } = JSON.parse((await env('-o', 'json')).stdout) as { items: { name: string; text: string }[] };
    expect(items.map(({ name }) => name)).toEqual(['variables', 'resolv.conf']);
  });
});

describe('wrong calls end with 2 and one line', () => {
  test.each([
    ['a pod that there is not', ['--from', 'shop/cart'], 'namespace shop has no pod cart; there are: db-0, db-1, db-2'],
    ['no namespace', ['--from', ''], '--from: expected NAMESPACE or NAMESPACE/POD, found nothing'],
    [
      'a namespace that cannot be',
      ['--from', 'Shop_1'],
      '--from: expected NAMESPACE or NAMESPACE/POD, found Shop_1: no namespace can be called Shop_1',
    ],
    ['a pod without a name', ['--from', 'shop/'], '--from: expected NAMESPACE or NAMESPACE/POD, found shop/'],
    ['a pod in a pod', ['--from', 'shop/db-0/x'], '--from: expected NAMESPACE or NAMESPACE/POD, found shop/db-0/x'],
    ['a pod of an empty namespace', ['--from', 'void/x'], 'namespace void has no pod x; it has none'],
    ['an outside name without address', ['--outside', 'a.test'], 'expected NAME=ADDRESS, found a.test'],
    ['a file that there is not', ['--resolv-conf', 'none'], 'cannot read none: there is no such file'],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await dns('web', ...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([`kpb: ${message}`]);
  });

  test('a name that is none', async () => {
    const { code, stdout, stderr } = await dns('');
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: 'kpb: the name to look up is empty\n' });
    for (const name of ['a b', 'b\u00fccher.example']) {
      expect((await dns(name)).stderr).toBe(`kpb: ${name} is no name: names have printable ASCII characters alone\n`);
    }
  });

  test('a type that there is not', async () => {
    const { code, stderr } = await dns('web', '--type', 'AA');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^kpb: --type: there is no record type AA; there are: A, /);
  });
});
