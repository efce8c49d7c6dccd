/** Connection scripts: what a valid one means, and every problem of a bad one with its place. */
import { describe, expect, test } from 'vitest';
import { InputError, readScript, underScheduler } from '../../../src/scenario/index.js';

const SERVICE = { name: 'a', proto: 'tcp', vip: '10.96.0.10:80', scheduler: 'rr' };
const ADD = { op: 'add', svc: 'a', rs: '10.244.0.1:8080', weight: 1 };
const CONNECT = { op: 'connect', id: 'c', svc: 'a', src: '10.1.0.5', sport: 7 };

/** A script with a step or a service more. */
function scriptWith({
  services = [],
  steps = [],
  ...rest
}: {
  services?: object[];
  steps?: object[];
  [field: string]: unknown;
}) {
  return { services: [SERVICE, ...services], steps: [ADD, ...steps], ...rest };
}

function read(script: object) {
  return readScript(JSON.stringify(script), 'script.json');
}

/** The problems of a script, without their places. */
function problems(script: object): string[] {
  try {
    read(script);
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(({ field, message }) => `${field}: ${message}`);
    throw error;
  }
  return [];
}

describe('a script', () => {
  test('needs services and steps only', () => {
    const script = read({ services: [SERVICE], steps: [] });
    expect(script).toMatchObject({ name: '', kernel: '', description: '', sysctls: {}, steps: [], observations: [] });
    expect(script.picks).toBeUndefined();
    expect(script.services).toEqual([
      {
        ...{ name: 'a', proto: 'tcp', scheduler: 'rr', flags: 0, mark: 0, onePacket: false },
        ...{ places: [{ address: 0x0a60000a, port: 80 }], persistSeconds: 0, netmask: 0xffffffff },
      },
    ]);
  });

  test('may be YAML', () => {
    const text = 'services:\n  - { name: a, proto: udp, vip: "10.0.0.1:53", scheduler: rr, ops: true }\nsteps: []\n';
    expect(readScript(text, 'script.yaml').services[0]).toMatchObject({ proto: 'udp', onePacket: true });
  });

  test('has the scheduler of all virtual servers that name none', () => {
    const own = { ...SERVICE, name: 'b', vip: '10.96.0.11:80' };
    const { services } = read({
      scheduler: 'sh',
      flags: ['sh-port'],
      services: [{ name: 'a', proto: 'tcp', vip: '10.96.0.10:80' }, own],
      steps: [],
    });
    expect(services.map(({ scheduler, flags }) => [scheduler, flags])).toEqual([
      ['sh', 16],
      ['rr', 0],
    ]);
  });

  test('names virtual servers by mark, with addresses to choose from', () => {
    const vips = ['10.96.0.1:80', '10.96.0.2:80'];
    const marked = { name: 'm', proto: 'tcp', fwmark: 7, vips, scheduler: 'rr', persist: 60, netmask: '255.255.255.0' };
    const steps = [{ ...CONNECT, svc: 'm', vip: vips[1] }];
    const script = read(scriptWith({ services: [marked], steps }));
    expect(script.services[1]).toMatchObject({ mark: 7, persistSeconds: 60, netmask: 0xffffff00 });
    expect(script.steps[1]).toMatchObject({ op: 'connect', service: 1, place: { address: 0x0a600002, port: 80 } });
  });

  test('has every step, with what is left out filled in', () => {
    const steps = [
      { op: 'add', svc: 'a', rs: '10.244.0.2:8080', weight: 0, upper: 9, lower: 4, dead: 1 },
      { op: 'weight', svc: 'a', rs: '10.244.0.2:8080', weight: 2 },
      { op: 'remove', svc: 'a', rs: '10.244.0.2:8080' },
      CONNECT,
      { op: 'data', id: 'c' },
      { op: 'close', id: 'c', by: 'half-server' },
      { op: 'wait', seconds: 0.5 },
      { op: 'sysctl', name: 'expire_nodest_conn', value: 1 },
      { op: 'timeouts', tcp: 5, tcpfin: 0, udp: 4 },
      { op: 'scheduler', svc: 'a', scheduler: 'mh', flags: ['mh-fallback'] },
      { op: 'snapshot' },
      { op: 'conns' },
    ];
    const [, add, weight, remove, ...others] = read(scriptWith({ steps })).steps;
    expect(add).toMatchObject({ op: 'add', weight: 0, upper: 9, lower: 4, dead: true });
    expect(weight).toMatchObject({ op: 'weight', weight: 2, upper: 0, lower: 0 });
    expect(remove).toEqual({ op: 'remove', service: 0, server: { address: 0x0af40002, port: 8080 } });
    expect(others.map(({ op }) => op)).toEqual(steps.slice(3).map(({ op }) => op));
    expect(others.find(({ op }) => op === 'scheduler')).toMatchObject({ scheduler: 'mh', flags: 8 });
  });

  test('under another scheduler changes nothing but that', () => {
    const change = { op: 'scheduler', svc: 'a', scheduler: 'lc' };
    const script = read(scriptWith({ steps: [change] }));
    const other = underScheduler(script, 'sh', 16);
    expect(other.services).toEqual([{ ...script.services[0], scheduler: 'sh', flags: 16 }]);
    expect(other.steps).toEqual([script.steps[0], { op: 'scheduler', service: 0, scheduler: 'sh', flags: 16 }]);
  });
});

describe('is refused', () => {
  test('with the place of every problem', () => {
    const text = '{"services": [],\n"steps": [\n{"op": "wiat", "seconds": 1},\n{"op": "wait", "second": 1}]}';
    expect(() => readScript(text, 'bad.json')).toThrow(
      [
        'bad.json:1:14 services: expected at least 1 entries, found an empty list',
        'bad.json:3:8 steps[0].op: expected one of add, weight, remove, connect, udp, close, data, wait, sysctl, timeouts, scheduler, snapshot, conns, found "wiat"; did you mean "wait"?',
        'bad.json:4:1 steps[1].seconds: expected a number from 0 to 31536000, found nothing',
        'bad.json:4:16 steps[1].second: unknown field; did you mean "seconds"?',
      ].join('\n'),
    );
  });

  test('once when a JSON file is none, in words of JSON', () => {
    const text = '{"services": [}, {]\n"steps": [';
    expect(() => readScript(text, 'bad.json')).toThrow(/^bad\.json:1:\d+ not valid JSON$/);
    expect(() => readScript(text, 'bad.yaml')).toThrow(/^bad\.yaml:1:\d+ not valid YAML: .+\n/);
    expect(() => readScript('', 'bad.json')).toThrow(/the file is empty$/);
  });

  test('with the fields of its own kind of step, not of others', () => {
    expect(problems(scriptWith({ steps: [{ op: 'snapshot', seconds: 1 }] }))).toEqual([
      'steps[1].seconds: unknown field; there are: op',
    ]);
  });

  test.each<[string, Parameters<typeof scriptWith>[0], string]>([
    [
      'a name twice',
      { services: [{ ...SERVICE, vip: '10.96.0.11:80' }] },
      'services[1].name: expected a name of its own, a is taken',
    ],
    [
      'an address twice',
      { services: [{ ...SERVICE, name: 'b' }] },
      'services[1]: tcp 10.96.0.10:80 belongs to a already',
    ],
    [
      'a flag of another scheduler',
      { services: [{ ...SERVICE, name: 'b', vip: '10.96.0.11:80', flags: ['sh-port'] }] },
      'services[1].flags[0]: sh-port is no flag of rr',
    ],
    [
      'no scheduler at all',
      { services: [{ name: 'b', proto: 'tcp', vip: '10.96.0.11:80' }] },
      'services[1].scheduler: this field is required where the script names no scheduler for all',
    ],
    [
      'a mark without addresses',
      { services: [{ name: 'b', proto: 'tcp', fwmark: 1, scheduler: 'rr' }] },
      'services[1].vips: this field is required with fwmark',
    ],
    [
      'addresses without a mark',
      { services: [{ name: 'b', proto: 'tcp', vips: ['10.96.0.11:80'], scheduler: 'rr' }] },
      'services[1].vips: several addresses take a firewall mark: set fwmark',
    ],
    [
      'a mask with a hole',
      { services: [{ ...SERVICE, name: 'b', vip: '10.96.0.11:80', persist: 5, netmask: '255.0.255.0' }] },
      'services[1].netmask: expected a network mask such as 255.255.255.255, found "255.0.255.0"',
    ],
    ['a server twice', { steps: [ADD] }, 'steps[1].rs: a has server 10.244.0.1:8080 already at this step'],
    [
      'a wait of more than a year',
      { steps: [{ op: 'wait', seconds: 31_536_001 }] },
      'steps[1].seconds: expected a number from 0 to 31536000, found 31536001',
    ],
    [
      'a server that has gone',
      {
        steps: [
          { op: 'remove', svc: 'a', rs: ADD.rs },
          { op: 'weight', svc: 'a', rs: ADD.rs, weight: 1 },
        ],
      },
      'steps[2].rs: a has no server 10.244.0.1:8080 at this step',
    ],
    [
      'a lower threshold above the upper one',
      { steps: [{ op: 'weight', svc: 'a', rs: ADD.rs, weight: 1, upper: 3, lower: 4 }] },
      'steps[1].lower: expected at most upper (3), found 4',
    ],
    [
      'an unknown service',
      { steps: [{ ...CONNECT, svc: 'b' }] },
      'steps[1].svc: expected the name of a service, found "b"; there are: a',
    ],
    [
      'an id twice',
      { steps: [CONNECT, { ...CONNECT, sport: 8 }] },
      'steps[2].id: expected an id of its own, steps[1] has c too',
    ],
    ['a datagram to a TCP service', { steps: [{ ...CONNECT, op: 'udp' }] }, 'steps[1].op: expected connect: a is tcp'],
    [
      'an address of another service',
      { steps: [{ ...CONNECT, vip: '10.96.0.11:80' }] },
      'steps[1].vip: expected an address of a (10.96.0.10:80), found 10.96.0.11:80',
    ],
    [
      'an unknown sysctl',
      { sysctl: { expire_nodest: 1 } },
      'sysctl.expire_nodest: expected the name of a sysctl of net.ipv4.vs, found "expire_nodest"',
    ],
    [
      'a sysctl whose effect is not modelled',
      { steps: [{ op: 'sysctl', name: 'drop_packet', value: 1 }] },
      'steps[1].value: expected 0, found 1: no other value of drop_packet is modelled',
    ],
    [
      'picks that are missing',
      { steps: [CONNECT], picks: [] },
      'picks: expected 1 picks, one for each connect and udp; found 0',
    ],
    [
      'a pick of somebody else',
      { steps: [CONNECT], picks: [{ id: 'd', rs: null }] },
      'picks[0].id: expected c, the id of steps[1]; found d',
    ],
    [
      'an observation of a step that shows nothing',
      { observations: [{ step: 0, dests: {} }] },
      'observations[0].step: expected the number of a snapshot, conns or data step, found 0: it is add',
    ],
    [
      'an observation of another kind',
      { steps: [{ op: 'snapshot' }], observations: [{ step: 1, dests: {}, conns: [] }] },
      'observations[0].conns: a snapshot step shows no conns',
    ],
    [
      'two observations of one step',
      { steps: [{ op: 'conns' }], observations: [1, 1].map((step) => ({ step, conns: [] })) },
      'observations[1].step: step 1 has an observation already',
    ],
  ])('%s', (_, change, problem) => {
    expect(problems(scriptWith(change))[0]).toContain(problem);
  });

  test('sysctls without effect, and those at their default, are fine', () => {
    expect(
      problems(scriptWith({ sysctl: { run_estimation: 0, sync_threshold: 3, drop_entry: 0, sloppy_tcp: 1 } })),
    ).toEqual([]);
  });
});
