/** `kpb ipvs replay`: the text for people as golden files; JSON, CSV, differences and wrong usage. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { format, resolveConfig } from 'prettier';
import { main } from '../../src/cli/program.js';
import { replayText } from '../../src/cli/replay/replay-text.js';
import { replayedFrom } from '../../src/cli/replay/replayed.js';
import { ANSI, PLAIN } from '../../src/report/index.js';
import { readScript } from '../../src/scenario/index.js';
import { ROOT } from '../house/tree.js';
import { hideTestVariables, newFolder } from './program.js';

const EXAMPLE = join(ROOT, 'scenarios', 'ipvs', 'first-connections.json');
const OPTIONS = { scheduler: undefined, schedFlags: undefined, loadFactor: undefined, seed: '1' };
const ALL = { everyStep: false, tables: 'all' } as const;

/** Every kind of step and outcome, with a recording that is wrong in four places. */
const EVERYTHING = {
  name: 'everything',
  description: 'one of each',
  kernel: 'Linux 6.12.117',
  sysctl: { conntrack: 1, expire_nodest_conn: 1 },
  services: [
    {
      name: 'web',
      proto: 'tcp',
      vip: '10.96.0.30:80',
      scheduler: 'sh',
      flags: ['sh-port'],
      persist: 600,
      netmask: '255.255.0.0',
    },
    { name: 'dns', proto: 'udp', vip: '10.96.0.31:53', scheduler: 'rr', ops: true },
    { name: 'mark', proto: 'tcp', fwmark: 3, vips: ['10.96.0.32:80', '10.96.0.33:80'], scheduler: 'wlc' },
  ],
  steps: [
    { op: 'timeouts', tcp: 600, tcpfin: 60, udp: 30 },
    { op: 'add', svc: 'web', rs: '10.244.3.1:8080', weight: 2, upper: 9, lower: 4 },
    { op: 'add', svc: 'dns', rs: '10.244.3.2:53', weight: 1 },
    { op: 'add', svc: 'mark', rs: '10.244.3.3:8080', weight: 1, dead: true },
    { op: 'connect', id: 'a', svc: 'web', src: '10.1.9.1', sport: 1001 },
    { op: 'udp', id: 'b', svc: 'dns', src: '10.1.9.2', sport: 1002 },
    { op: 'connect', id: 'c', svc: 'mark', src: '10.1.9.3', sport: 1003, vip: '10.96.0.33:80' },
    { op: 'remove', svc: 'mark', rs: '10.244.3.3:8080' },
    { op: 'add', svc: 'mark', rs: '10.244.254.3:8080', weight: 1 },
    { op: 'connect', id: 'd', svc: 'mark', src: '10.1.9.4', sport: 1004, vip: '10.96.0.32:80' },
    { op: 'weight', svc: 'web', rs: '10.244.3.1:8080', weight: 0 },
    { op: 'connect', id: 'e', svc: 'web', src: '10.2.9.5', sport: 1005 },
    { op: 'data', id: 'a' },
    { op: 'sysctl', name: 'expire_nodest_conn', value: 0 },
    { op: 'close', id: 'a', by: 'half' },
    { op: 'scheduler', svc: 'web', scheduler: 'lc' },
    { op: 'wait', seconds: 2.5 },
    { op: 'snapshot' },
    { op: 'conns' },
  ],
  picks: [
    { id: 'a', rs: '10.244.3.1:8080' },
    { id: 'b', rs: null, result: 'timeout' },
    { id: 'c', rs: '10.244.3.3:8080', result: 'refused', state: 'CLOSE' },
    { id: 'd', rs: '10.244.254.3:8080', result: 'timeout', state: 'SYN_RECV' },
    { id: 'e', rs: null, result: 'refused' },
  ],
  observations: [
    { step: 12, id: 'a', result: 'timeout' },
    {
      step: 17,
      dests: {
        web: [{ rs: '10.244.3.1:8080', weight: 0, active: 1, inactive: 0 }],
        mark: [{ rs: '10.244.254.3:8080', weight: 1, active: 1, inactive: 0 }],
      },
    },
    { step: 18, conns: [] },
  ],
};

function everything(recording: boolean): object {
  const { picks, observations, ...script } = EVERYTHING;
  return recording ? { ...script, picks, observations } : script;
}

function textOf(
  script: object,
  shown: Parameters<typeof replayText>[1] = ALL,
  options: Partial<typeof OPTIONS> | { scheduler: string } = {},
) {
  const read = readScript(JSON.stringify(script), 'everything.json');
  return replayText(replayedFrom(read, { ...OPTIONS, ...options }), shown, PLAIN);
}

describe('the text', () => {
  test('shows picks, tables and differences', async () => {
    await expect(textOf(everything(true))).toMatchFileSnapshot('golden/ipvs-differences.txt');
  });

  test('with every step, shows the commands', async () => {
    const text = textOf(everything(false), { everyStep: true, tables: 'none' });
    await expect(text).toMatchFileSnapshot('golden/ipvs-steps.txt');
  });

  test('under another scheduler, shows what was recorded beside, and is no failure', async () => {
    const text = textOf(everything(true), { everyStep: false, tables: 'end' }, { scheduler: 'lc' });
    await expect(text).toMatchFileSnapshot('golden/ipvs-other-scheduler.txt');
  });

  test('says the same with colours, the lines that differ in red', () => {
    const replayed = replayedFrom(readScript(JSON.stringify(everything(true)), 'everything.json'), OPTIONS);
    const colored = replayText(replayed, ALL, ANSI);
    expect(colored).toMatch(/\u001b\[31m +5 .*recorded: no server timeout/);
    expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(replayText(replayed, ALL, PLAIN));
  });

  test('of the example stands in the documentation', async () => {
    const path = join(ROOT, 'docs', 'IPVS.md');
    const page = readFileSync(path, 'utf8');
    const [, before = '', after = ''] = /^([^]*<!-- replay: .* -->\n)[^]*(\n<!-- end -->[^]*)$/.exec(page) ?? [];
    expect(before).toContain('kpb ipvs replay scenarios/ipvs/first-connections.json -->');
    const script = readScript(readFileSync(EXAMPLE, 'utf8'), EXAMPLE);
    const text = replayText(replayedFrom(script, OPTIONS), ALL, PLAIN).replaceAll(/ +$/gm, '');
    const full = `${before}\n\`\`\`text\n${text}\`\`\`\n${after}`;
    // Run with -u, this writes the example anew.
    const options = { ...(await resolveConfig(path)), filepath: path };
    await expect(await format(full, options)).toMatchFileSnapshot(path);
  });
});

describe('the program', () => {
  const folder = newFolder();
  const file = join(folder, 'script.json');
  beforeEach(hideTestVariables);

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  async function call(script: object, ...words: string[]) {
    writeFileSync(file, JSON.stringify(script));
    const out = vi.spyOn(process.stdout, 'write').mockImplementation((...given: readonly unknown[]) => {
      const last = given.at(-1);
      if (typeof last === 'function') (last as () => void)();
      return true;
    });
    const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await main(['ipvs', 'replay', file, ...words]);
    const code = process.exitCode;
    process.exitCode = 0;
    const written = (spy: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }) =>
      spy.mock.calls.map(([text]) => String(text)).join('');
    const result = { code, stdout: written(out), stderr: written(error) };
    vi.restoreAllMocks();
    return result;
  }

  test('fails where the replay is not what was recorded, and only there', async () => {
    expect((await call(everything(true))).code).toBe(1);
    expect((await call(everything(false))).code).toBe(0);
    expect((await call(everything(true), '--scheduler', 'lc')).code).toBe(0);
    const recorded = JSON.parse((await call(everything(false), '-o', 'json')).stdout) as typeof EVERYTHING;
    const { picks, observations } = recorded;
    const again = await call({ ...everything(false), picks, observations });
    expect(again.code).toBe(0);
    expect(again.stdout.trimEnd().split('\n').at(-1)).toBe('5 picks, 3 observations: as recorded');
  });

  test('gives programs everything', async () => {
    const { stdout } = await call(everything(true), '-o', 'json');
    const document = JSON.parse(stdout) as Record<string, unknown> & { differences: unknown[]; picks: unknown[] };
    expect(document).toMatchObject({
      ...{ apiVersion: 'kpb/v1alpha1', kind: 'IpvsReplay' },
      metadata: { name: 'everything', loadFactor: 257, scheduler: null, seconds: 2.5 },
    });
    expect(document.picks).toHaveLength(5);
    expect(document.differences[0]).toEqual({
      ...{ step: 5, what: 'b', expected: 'no server timeout', got: '10.244.3.2:53' },
    });
    expect(document['tables']).toHaveProperty('statistics');
  });

  test('as CSV, a line for each pick', async () => {
    const { stdout } = await call(everything(true), '-o', 'csv');
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'step,seconds,id,client,service,vip,server,result,state,recorded_server',
      '4,0,a,10.1.9.1:1001,web,10.96.0.30:80,10.244.3.1:8080,,,10.244.3.1:8080',
      '5,0,b,10.1.9.2:1002,dns,10.96.0.31:53,10.244.3.2:53,,,',
    ]);
  });

  test('takes the load factor from the option before the kernel', async () => {
    const factor = async (...words: string[]) => {
      const { stdout } = await call(everything(false), '-o', 'json', ...words);
      return (JSON.parse(stdout) as { metadata: { loadFactor: number } }).metadata.loadFactor;
    };
    expect(await factor()).toBe(257);
    expect(await factor('--load-factor', '256')).toBe(256);
  });

  test('says in its heading that the load factor is not that of the kernel', async () => {
    const { stdout } = await call(everything(false), '--load-factor', '257');
    expect(stdout).toContain('an active connection counts 257 (in place of its own)\n');
    expect((await call(everything(false))).stdout).not.toContain('in place of');
  });

  test('notes a kernel that it cannot tell', async () => {
    const banana = { ...everything(false), kernel: 'banana' };
    expect((await call(banana)).stderr).toBe(
      'kpb: kernel: "banana" names no Linux version such as 6.1.176; an active connection is taken to count 256\n',
    );
    expect((await call(banana, '--load-factor', '257')).stderr).toBe('');
    expect((await call(banana, '-q')).stderr).toBe('');
    expect((await call({ ...banana, kernel: '' })).stderr).toBe('');
  });

  test.each<[string, string[], string]>([
    ['an empty seed', ['--seed', ''], '--seed: expected a text'],
    ['an unknown scheduler', ['--scheduler', 'wcl'], 'found wcl; did you mean "wlc"?'],
    ['flags without scheduler', ['--sched-flags', 'sh-port'], '--sched-flags belong to --scheduler: name one'],
    ['flags of another scheduler', ['--scheduler', 'rr', '--sched-flags', 'sh-port'], 'rr has none, found sh-port'],
    ['a misspelt flag', ['--scheduler', 'mh', '--sched-flags', 'mh-prot'], 'did you mean "mh-port"?'],
    ['another load factor', ['--load-factor', '255'], '--load-factor: expected 256 or 257, found 255'],
    ['tables that there are not', ['--tables', 'some'], 'Invalid values'],
  ])('refuses %s', async (_, words, message) => {
    const { code, stdout, stderr } = await call(everything(false), ...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('shows every problem of a script with its place', async () => {
    const { code, stderr } = await call({ services: [], steps: [{ op: 'wait' }] });
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => line.startsWith(`${file}:1:`))).toHaveLength(2);
  });
});
