/** `kpb rules`, `trace` and `diff-modes` on clusters as users have them: their networks, their modes, Services without TCP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { kpb, kpbReading, makeReady, newFolder } from './program.js';

beforeAll(makeReady);

const folder = newFolder();
const write = (name: string, ...documents: readonly string[]): string => {
  writeFileSync(join(folder, name), documents.join('---\n'));
  return name;
};

const node = (name: string, subnet: string, ip: string): string => `apiVersion: v1
kind: Node
metadata: { name: ${name} }
spec: { podCIDR: ${subnet} }
status: { addresses: [{ type: InternalIP, address: ${ip} }] }
`;
const service = (name: string, ip: string, port: string, rest = ''): string => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: prod }
spec: { clusterIP: ${ip}, selector: { app: ${name} }, ports: [{ ${port} }]${rest} }
`;
const pod = (name: string, app: string, on: string, ip: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: prod, labels: { app: ${app} } }
spec: { nodeName: ${on} }
status: { phase: Running, podIP: ${ip}, conditions: [{ type: Ready, status: "True" }] }
`;
const configuration = (rest: string): string =>
  `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${rest}\n`;

const K3S = [
  node('a', '10.42.0.0/24', '192.168.1.11'),
  node('b', '10.42.1.0/24', '192.168.1.12'),
  service('web', '10.43.0.9', 'port: 80, targetPort: 8080, nodePort: 31000', ', type: NodePort'),
  pod('web-1', 'web', 'b', '10.42.1.7'),
  pod('other', 'other', 'a', '10.42.0.7'),
  service('stray', '10.43.0.10', 'port: 80, targetPort: 8080'),
  // Its address is in no subnet of its node.
  pod('stray', 'stray', 'a', '10.42.9.9'),
];
const k3s = write('k3s.yaml', ...K3S);

describe('networks', () => {
  const TAKEN = [
    'kpb: manifests: service range 10.43.0.0/16 taken from the cluster addresses of the Services (--set cluster.serviceCidr=...)',
    'kpb: manifests: node range 192.168.1.0/24 taken from the addresses of the nodes (--set cluster.nodeCidr=...)',
    'kpb: manifests: pod range 10.42.0.0/16 taken from the nodes (--set cluster.podCidr=...)',
  ];

  test('are those of the objects, and that is said', () => {
    const { code, stdout, stderr } = kpb(folder, 'rules', k3s);
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n').slice(1)).toEqual(TAKEN);
    expect(stdout).toContain('! -s 10.42.0.0/16 -j KUBE-MARK-MASQ');
    const nft = kpb(folder, 'rules', k3s, '--mode', 'nftables', '-q').stdout;
    expect(nft).toContain('ip daddr { 10.43.0.0/16 } drop');
    expect(nft).not.toMatch(/10\.(244|96|50)\./);
  });

  test('give way to what is written', () => {
    const { stdout, stderr } = kpb(folder, 'rules', k3s, '--set', 'cluster.podCidr=10.42.0.0/18');
    expect(stderr.trimEnd().split('\n').slice(1)).toEqual(TAKEN.slice(0, 2));
    expect(stdout).toContain('! -s 10.42.0.0/18 -j');
    const configured = write('configured.yaml', ...K3S, configuration('clusterCIDR: 10.42.0.0/17'));
    const other = kpb(folder, 'rules', configured);
    expect(other.stdout).toContain('! -s 10.42.0.0/17 -j');
    expect(other.stderr).not.toContain('pod range');
  });

  test('that cannot be told are left, and that is said', () => {
    const flat = write(
      'flat.yaml',
      service('web', '10.96.0.9', 'port: 80'),
      pod('a', 'web', 'n', '11.0.0.1'),
      pod('b', 'web', 'n', '12.0.0.1'),
    );
    const { code, stdout, stderr } = kpb(folder, 'rules', flat);
    expect(code).toBe(0);
    expect(stdout).toContain('! -s 10.244.0.0/16');
    expect(stderr).toContain(
      'kpb: manifests: pod address 11.0.0.1 and 1 more lie outside of the pod range 10.244.0.0/16 (--set cluster.podCidr=...)\n',
    );
  });
});

describe('trace keeps addresses', () => {
  const last = (...words: string[]) =>
    kpb(folder, 'trace', k3s, '-q', ...words)
      .stdout.trimEnd()
      .split('\n')
      .at(-1);

  test.each(['iptables', 'ipvs', 'nftables'])('of pods and nodes, in %s mode', (mode) => {
    const answer = last('--mode', mode, '--from', '10.42.0.7', '--to', '192.168.1.11:31000');
    expect(answer).toMatch(/^answered by prod\/web-1 at 10\.42\.1\.7:8080 on b, /);
  });

  test.each([
    [
      'from a pod outside of its subnet',
      '10.42.9.9',
      '10.42.1.7:8080',
      /^answered by prod\/web-1 at 10\.42\.1\.7:8080 on b, /,
    ],
    [
      'to a pod outside of its subnet',
      '10.42.1.7',
      '10.42.9.9:8080',
      /^answered by prod\/stray at 10\.42\.9\.9:8080 on a, /,
    ],
    ['from outside', '203.0.113.9', '192.168.1.12:31000', /^answered by prod\/web-1 at /],
  ])('%s', (_, from, to, answer) => {
    expect(last('--from', from, '--to', to)).toMatch(answer);
  });

  test('of nodes outside of their range', () => {
    const answer = last('--set', 'cluster.nodeCidr=10.50.0.0/16', '--from', '10.42.0.7', '--to', '192.168.1.12:31000');
    expect(answer).toMatch(/^answered by prod\/web-1 /);
  });
});

describe('no workload is needed', () => {
  const udp = write(
    'udp.yaml',
    service('dns', '10.96.0.10', 'port: 53, protocol: UDP'),
    pod('dns', 'dns', 'n', '10.244.0.5'),
  );
  const headless = write('headless.yaml', service('db', 'None', 'port: 5432'));

  test.each([
    ['rules', [udp]],
    ['rules', [headless]],
    ['diff-modes', [udp]],
    ['trace', [udp, '--to', 'prod/dns:53/udp']],
    ['rules', ['iptables-vs-ipvs', '--set', 'cluster.services.protocol=UDP']],
  ])('%s %j', (command, words) => {
    const { code, stderr } = kpb(folder, command, ...words, '-q');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('the mode', () => {
  const rules = (...words: string[]) => kpb(folder, 'rules', ...words);
  const modeIn = (stdout: string): unknown => (JSON.parse(stdout) as { metadata: { mode: unknown } }).metadata.mode;

  test('is the configured one unless another one is given', () => {
    const configured = write('nft.yaml', ...K3S, configuration('mode: nftables'));
    expect(modeIn(rules(configured, '-q', '-o', 'json').stdout)).toBe('nftables');
    expect(modeIn(rules(configured, '-q', '-o', 'json', '--mode', 'ipvs').stdout)).toBe('ipvs');
    expect(modeIn(kpb(folder, 'trace', configured, '-q', '-o', 'json', '--to', 'prod/web').stdout)).toBe('nftables');
    expect(modeIn(rules(k3s, '-q', '-o', 'json').stdout)).toBe('iptables');
    expect(modeIn(rules(k3s, '-q', '-o', 'json', '--set', 'proxy.mode=userspace').stdout)).toBe('userspace');
  });

  test.each([
    ['foo', /mode: expected one of iptables, ipvs, nftables, userspace, found "foo"/],
    ['kernelspace', /\(kernelspace is for Windows nodes, which are not simulated\), found "kernelspace"/],
  ])('%s in a configuration is refused', (mode, message) => {
    const { code, stderr } = rules(write(`${mode}.yaml`, ...K3S, configuration(`mode: ${mode}`)), '--mode', 'ipvs');
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('falls back where ipvs is missing, or is refused', () => {
    const missing = [k3s, '--set', 'proxy.ipvs=missing'];
    const fallback = [...missing, '--set', 'proxy.onMissing=fallback'];
    const { code, stdout, stderr } = rules(...fallback, '--mode', 'ipvs');
    expect(code).toBe(0);
    expect(stdout).toBe(rules(k3s, '-q').stdout);
    expect(stderr).toContain('kpb: ipvs mode cannot run, kube-proxy falls back to iptables\n');
    expect(rules(...missing, '--mode', 'iptables').code).toBe(0);
    const refused = rules(...missing, '--mode', 'ipvs');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^--mode ipvs .*kube-proxy ends with: /);
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
    const same = kpb(folder, 'diff-modes', ...fallback, '--to', 'iptables', '-q');
    expect(same).toMatchObject({ code: 2, stderr: 'kpb: --from ipvs and --to iptables both run in iptables mode\n' });
  });

  test('has the options of its own section', () => {
    const sections = configuration('iptables: { masqueradeBit: 3 }\nnftables: { masqueradeBit: 5 }');
    const configured = write('sections.yaml', ...K3S, sections);
    expect(rules(configured, '-q').stdout).toContain('0x8');
    expect(rules(configured, '-q', '--mode', 'nftables').stdout).toContain('0x20');
  });
});

test('Services without endpoints are named, the first ones', () => {
  const names = ['p', 'q', 'r', 's'];
  const file = write('empty.yaml', ...K3S, ...names.map((name, i) => service(name, `10.43.0.2${i}`, 'port: 80')));
  const reason = 'its selector matches no pod';
  const few = names.slice(0, 3).map((name) => `prod/${name} (${reason})`);
  const short = `kpb: 4 Services have no endpoints: ${few.join(', ')}, and 1 more (-v shows all)\n`;
  expect(kpb(folder, 'rules', file).stderr).toContain(short);
  expect(kpb(folder, 'rules', file, '-v').stderr).toContain(`prod/s (${reason})\n`);
  const quick = ['run.duration=20ms', 'run.warmup=1ms', 'run.seeds=1'].flatMap((option) => ['--set', option]);
  expect(kpb(folder, 'run', '--manifests', file, '--filter', 'iptables', ...quick).stderr).toContain(short);
});

test('a tool chooses counts, and JSON says families as everywhere', () => {
  const count = (...words: string[]) => kpb(folder, 'rules', k3s, '--count', '-q', ...words);
  expect(count('--mode', 'ipvs', '--tool', 'ipvsadm', '-o', 'csv').stdout).toMatch(
    /^family,tool,table,kind,count\n(IPv4,ip_vs,,[a-z ]+,\d+\n){2}$/,
  );
  expect(count('--tool', 'ip6tables-restore')).toMatchObject({
    code: 2,
    stderr: 'kpb: --tool: iptables has nothing for ip6tables-restore here; there is: iptables-restore\n',
  });
  const families = (text: string): unknown[] =>
    [...text.matchAll(/"family": (.*?),?\n/g)].map(([, family]) => family).filter((f, i, all) => all.indexOf(f) === i);
  expect(families(count('-o', 'json').stdout)).toEqual(['"IPv4"']);
  expect(families(kpb(folder, 'diff-modes', k3s, '-o', 'json', '-q').stdout)).toEqual(['"IPv4"']);
});

test('JSON documents one after the other are read as one list', () => {
  const meta = { name: 'web', namespace: 'prod' };
  const objects = [
    { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: { clusterIP: '10.96.0.9', ports: [{ port: 80 }] } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { 'a"}': '{"\\' } },
  ];
  const lines = objects.map((object) => `${JSON.stringify(object)}\n`).join('');
  const list = JSON.stringify({ kind: 'List', items: objects });
  expect(kpbReading(folder, lines, 'rules', '-')).toEqual(kpbReading(folder, list, 'rules', '-'));
  const broken = kpbReading(folder, `${lines}{"kind": \n`, 'rules', '-');
  expect(broken).toMatchObject({
    code: 2,
    stderr: 'stdin:3:1 not valid JSON: document 3 of a list of JSON documents\n',
  });
});
