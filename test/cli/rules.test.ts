/** `kpb rules`, through child processes: what is printed, for which tool, and what wrong calls give. */
import { beforeAll, describe, expect, test } from 'vitest';
import { kpb, kpbReading, makeReady } from './program.js';
import { CLUSTER, withCluster } from './small-cluster.js';

beforeAll(makeReady);

const folder = withCluster();
const rules = (...words: string[]) => kpb(folder, 'rules', 'cluster.yaml', '-q', ...words);

describe('texts', () => {
  test.each(['iptables', 'ipvs', 'nftables', 'userspace'])('in %s mode', async (mode) => {
    const { code, stdout, stderr } = rules('--mode', mode);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`golden/rules-${mode}.txt`);
  });

  test('the node decides which endpoints are local', () => {
    // The endpoint of the Service with policy Local is on the other node.
    const verdict = /-A KUBE-SERVICES .*shop\/near:http.* -j (\w+)/g;
    const verdicts = (node: string) =>
      Array.from(rules('--node', node).stdout.matchAll(verdict), ([, target]) => target);
    expect(verdicts('here')).toEqual(['DROP']);
    expect(verdicts('there')).toEqual(['KUBE']);
  });

  test('one tool alone has no headings', () => {
    const { stdout } = rules('--mode', 'ipvs', '--tool', 'ipvsadm');
    expect(stdout.split('\n')).toContain('-A -t 10.96.0.10:80 -s rr');
    expect(stdout).not.toContain('#');
  });

  test('as JSON, one item a tool', () => {
    const { kind, metadata, items } = JSON.parse(rules('--mode', 'ipvs', '-o', 'json').stdout) as {
      kind: string;
      metadata: object;
      items: { tool: string; family: string; text: string }[];
    };
    expect({ kind, metadata }).toEqual({ kind: 'RuleTextList', metadata: { mode: 'ipvs', node: 'here' } });
    expect(items.map(({ tool, family }) => `${tool} ${family}`)).toEqual([
      'ipset IPv4',
      'iptables-restore IPv4',
      'ipvsadm IPv4',
    ]);
    for (const { text } of items) expect(text.endsWith('\n')).toBe(true);
  });

  test('manifests may come from standard input', () => {
    const { code, stdout } = kpbReading(folder, CLUSTER, 'rules', '-', '-q');
    expect(code).toBe(0);
    expect(stdout).toBe(rules().stdout);
  });
});

describe('counts', () => {
  test('agree with the text', () => {
    const lines = rules()
      .stdout.split('\n')
      .filter((line) => line.startsWith('-A KUBE-'));
    const filter = lines.filter((line) => /^-A KUBE-(FIREWALL|PROXY-FIREWALL|FORWARD|EXTERNAL)/.test(line)).length;
    const refused = lines.filter((line) => line.endsWith('-j REJECT') || line.endsWith('-j DROP')).length;
    const rows = rules('--count', '-o', 'csv').stdout.split('\n');
    const total = (table: string) =>
      Number(rows.find((row) => row.startsWith(`IPv4,iptables,${table},rules in all`))!.split(',')[4]);
    expect(total('nat') + total('filter')).toBe(lines.length);
    expect(total('filter')).toBeGreaterThanOrEqual(Math.max(filter, refused));
  });

  test('of a scenario, without a manifest', () => {
    const { code, stdout } = kpb(
      folder,
      'rules',
      'iptables-vs-ipvs',
      '--filter',
      'services=10000,endpoints=10',
      '--count',
      '-q',
      '-o',
      'csv',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('IPv4,iptables,nat,rules in all,320005\n');
    expect(stdout).toContain('IPv4,iptables,nat,chains in all,110004\n');
  });
});

describe('wrong calls end with 2 and one line', () => {
  test.each([
    [
      'a mode that there is not',
      ['--mode', 'nftable'],
      '--mode: expected one of iptables, ipvs, nftables, userspace, found nftable; did you mean "nftables"?',
    ],
    ['a node that there is not', ['--node', 'her'], 'there is no node her; there are: here, there'],
    [
      'a tool that the mode does not use',
      ['--tool', 'nft'],
      '--tool: iptables has nothing for nft here; there is: iptables-restore',
    ],
    ['a family that the cluster does not have', ['--family', 'IPv6'], '--family: the cluster has no IPv6'],
    ['texts as CSV', ['-o', 'csv'], '-o csv: texts have no columns; use --count'],
  ])('%s', (_, words, message) => {
    const { code, stdout, stderr } = rules(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([`kpb: ${message}`]);
  });

  test('a file that there is not', () => {
    const { code, stderr } = kpb(folder, 'rules', 'clutser.yaml');
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'kpb: cannot read clutser.yaml: there is no such file\n' });
  });
});
