/** The text of virtual servers: a reader that follows ipvsadm's grammar gets back what is in place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVERY_BIT, OWN_ADDRESS, type VirtualServerDefinition } from '../../../src/kernel/ipvs/definition.js';
import { printIpvs } from '../../../src/kernel/ipvs/print.js';
import { SchedulerFlag } from '../../../src/kernel/ipvs/schedulers/index.js';
import { formatIpPort, ipv6Of, Protocol, protocolName } from '../../../src/net/index.js';
import { Director, SERVER_PORT, VIP, VPORT, definition, serverAddress, serverColumns } from './ipvs-fixture.js';
import { restore } from './ipvsadm-text.js';

const address = fc.oneof(
  fc.integer({ min: 0x0a000000, max: 0x0affffff }),
  fc.nat(0xffff).map((low) => ipv6Of(0xfd000010, 0x00960000, 0, low)),
);
const definitionArbitrary = fc.record({
  protocol: fc.constantFrom(Protocol.tcp, Protocol.udp, Protocol.sctp),
  address,
  port: fc.integer({ min: 1, max: 65535 }),
  scheduler: fc.constantFrom('rr', 'sh', 'mh'),
  flags: fc.constantFrom(0, SchedulerFlag.port, SchedulerFlag.fallback | SchedulerFlag.port),
  persistenceSeconds: fc.constantFrom(0, 60, 10800),
  numbers: fc.uniqueArray(fc.nat(20), { maxLength: 4 }),
});

function nameOf({
  protocol,
  address: at,
  port,
}: Pick<VirtualServerDefinition, 'protocol' | 'address' | 'port'>): string {
  return `${protocolName(protocol)} ${formatIpPort(at, port)}`;
}

describe('the text of virtual servers', () => {
  test('says what is in place, servers in the order of addition', () => {
    fc.assert(
      fc.property(fc.uniqueArray(definitionArbitrary, { selector: nameOf, maxLength: 8 }), (plans) => {
        const node = new Director();
        node.define(plans.map(({ numbers, ...rest }) => definition(numbers, rest)));
        const parsed = restore(printIpvs(node.ipvs));
        expect(parsed.size).toBe(plans.length);
        for (const plan of plans) {
          const flags = plan.flags === 0 ? [] : plan.flags === SchedulerFlag.port ? ['port'] : ['fallback', 'port'];
          const named = plan.scheduler === 'rr' ? undefined : `${plan.scheduler}-`;
          expect(parsed.get(nameOf(plan))).toEqual({
            scheduler: plan.scheduler,
            persistenceSeconds: plan.persistenceSeconds,
            flags: flags.map((flag) => (named === undefined ? (flag === 'port' ? 'flag-2' : 'flag-1') : named + flag)),
            servers: new Map(plan.numbers.map((n) => [formatIpPort(serverAddress(n), SERVER_PORT), 1])),
          });
        }
      }),
    );
  });

  test('shows servers that drain with weight 0, and node ports on each own address', () => {
    const node = new Director();
    const own = [0xc0a80001, 0xc0a80002];
    const both = [definition([0, 1]), definition([3], { address: OWN_ADDRESS, port: 30000, bound: false })];
    node.define(both, own);
    expect(node.connect(1)).toBe(1);
    node.define([definition([0]), ...both.slice(1)], own);
    expect(printIpvs(node.ipvs).split('\n')).toEqual([
      '-A -t 10.96.0.10:80 -s rr',
      '-a -t 10.96.0.10:80 -r 10.244.0.1:8080 -m -w 1',
      '-a -t 10.96.0.10:80 -r 10.244.0.2:8080 -m -w 0',
      '-A -t 192.168.0.1:30000 -s rr',
      '-a -t 192.168.0.1:30000 -r 10.244.0.4:8080 -m -w 1',
      '-A -t 192.168.0.2:30000 -s rr',
      '-a -t 192.168.0.2:30000 -r 10.244.0.4:8080 -m -w 1',
      '',
    ]);
  });

  test('has masks of persistence, firewall marks (last, as ipvsadm has them) and one-packet scheduling', () => {
    const node = new Director();
    node.define([
      definition([], { persistenceSeconds: 5, persistenceMask: 0xffffff00 }),
      definition([], { protocol: 0, address: 7, port: 0, servers: serverColumns([]) }),
      definition([], { address: VIP + 1, persistenceSeconds: 5, persistenceMask: EVERY_BIT }),
      definition([], { protocol: Protocol.udp, scheduler: 'sh', flags: 16, onePacket: true }),
    ]);
    expect(printIpvs(node.ipvs).split('\n')).toEqual([
      `-A -t 10.96.0.10:${VPORT} -s rr -p 5 -M 255.255.255.0`,
      `-A -t 10.96.0.11:${VPORT} -s rr -p 5`,
      `-A -u 10.96.0.10:${VPORT} -s sh -o -b sh-port`,
      '-A -f 7 -s rr',
      '',
    ]);
  });
});
