/** Sets as `ipset restore` takes them: the tool (7.17) was given the same lines in both families. */
import { expect, test } from 'vitest';
import { ipsetDeleteLine, ipsetLines } from '../../src/kernel/ipset-text.js';
import { IpSet, type IpSetType } from '../../src/kernel/ipset.js';
import { parseIp, type IpFamily } from '../../src/net/index.js';

/** The text of a set with two entries. */
function text(type: IpSetType, family: IpFamily): string[] {
  const set = new IpSet('S', type, family);
  const [a, b, client] = (
    family === 4 ? ['10.0.0.1', '10.0.0.2', '192.0.2.0'] : ['fd00::1', 'fd00::2', '2001:db8::']
  ).map((address) => parseIp(address)!);
  set.add(b!, 132, 9999, client, family === 4 ? 24 : 64);
  set.add(a!, 6, 80, a, family === 4 ? 32 : 128);
  return [...ipsetLines(set)];
}

test.each<[IpSetType, IpFamily, string[]]>([
  ['hash:ip', 4, ['family inet hashsize 1024 maxelem 65536', '10.0.0.1', '10.0.0.2']],
  ['hash:ip,port', 4, ['family inet hashsize 1024 maxelem 65536', '10.0.0.1,tcp:80', '10.0.0.2,sctp:9999']],
  [
    'hash:ip,port,ip',
    4,
    ['family inet hashsize 1024 maxelem 65536', '10.0.0.1,tcp:80,10.0.0.1', '10.0.0.2,sctp:9999,192.0.2.0'],
  ],
  [
    'hash:ip,port,net',
    4,
    ['family inet hashsize 1024 maxelem 65536', '10.0.0.1,tcp:80,10.0.0.1', '10.0.0.2,sctp:9999,192.0.2.0/24'],
  ],
  ['bitmap:port', 4, ['range 0-65535', '80', '9999']],
  ['hash:ip', 6, ['family inet6 hashsize 1024 maxelem 65536', 'fd00::1', 'fd00::2']],
  ['hash:ip,port', 6, ['family inet6 hashsize 1024 maxelem 65536', 'fd00::1,tcp:80', 'fd00::2,sctp:9999']],
  [
    'hash:ip,port,net',
    6,
    ['family inet6 hashsize 1024 maxelem 65536', 'fd00::1,tcp:80,fd00::1', 'fd00::2,sctp:9999,2001:db8::/64'],
  ],
])('%s of IPv%i', (type, family, [options, ...entries]) => {
  expect(text(type, family)).toEqual([
    `create S ${type} ${options} -exist`,
    ...entries.map((entry) => `add S ${entry} -exist`),
  ]);
});

test('an entry is deleted by the text that it was added by', () => {
  const set = new IpSet('S', 'hash:ip,port');
  set.add(0x0a000001, 17, 53);
  expect(ipsetDeleteLine(set, set.entries()[0]!)).toBe('del S 10.0.0.1,udp:53');
});
