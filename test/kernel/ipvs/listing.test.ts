/** The tables as ipvsadm prints them: columns, order, flags, large numbers; templates and entries that are about to end. */
import { describe, expect, test } from 'vitest';
import { connectionEntries, listConnections } from '../../../src/kernel/ipvs/connection-listing.js';
import { listServices } from '../../../src/kernel/ipvs/listing.js';
import { SchedulerFlag } from '../../../src/kernel/ipvs/schedulers/index.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, Director, SERVER_PORT, VIP, VPORT, definition, serverAddress } from './ipvs-fixture.js';

const TITLE = [
  'IP Virtual Server version 1.2.1 (size=4096)',
  'Prot LocalAddress:Port Scheduler Flags',
  '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
];

function lines(text: string): string[] {
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

const weights = (node: Director, order: 'sorted' | 'kernel' = 'sorted') =>
  lines(listServices(node.ipvs, { columns: 'weights', order }));

describe('ipvsadm -Ln', () => {
  test('has nothing but its title for a node without virtual servers', () => {
    expect(weights(new Director())).toEqual(TITLE);
  });

  test('pads its columns, the last one too', () => {
    const node = new Director();
    node.define([definition([0, 1])]);
    node.connect(1);
    node.close(node.connect(2), 2);
    expect(weights(node).slice(3)).toEqual([
      'TCP  10.96.0.10:80 rr',
      '  -> 10.244.0.1:8080              Masq    1      0          1         ',
      '  -> 10.244.0.2:8080              Masq    1      1          0         ',
    ]);
  });

  test('with --nosort, shows the front of the list first, whether it has state or not', () => {
    const node = new Director();
    node.define([definition([1, 0, 2])]);
    const servers = () =>
      weights(node, 'kernel')
        .slice(4)
        .map((line) => line.slice(5, 15));
    const front = [2, 0, 1].map((n) => `10.244.0.${n + 1}`);
    expect(servers()).toEqual(front);
    node.connect(1);
    expect(servers()).toEqual(front);
    expect(
      weights(node)
        .slice(4)
        .map((line) => line.slice(5, 15)),
    ).toEqual([...front].sort());
  });

  test('names flags, persistence, masks and one-packet scheduling', () => {
    const node = new Director();
    const both = SchedulerFlag.fallback | SchedulerFlag.port;
    node.define([
      definition([], { scheduler: 'sh', flags: both, persistenceSeconds: 10800 }),
      definition([], { port: 81, scheduler: 'mh', flags: SchedulerFlag.port }),
      definition([], { port: 82, flags: SchedulerFlag.fallback, persistenceSeconds: 60, persistenceMask: 0xffffff00 }),
      definition([], { protocol: Protocol.udp, port: 53, onePacket: true }),
    ]);
    expect(weights(node).slice(3)).toEqual([
      'TCP  10.96.0.10:80 sh (sh-fallback,sh-port) persistent 10800',
      'TCP  10.96.0.10:81 mh (mh-port)',
      'TCP  10.96.0.10:82 rr (flag-1) persistent 60 mask 255.255.255.0',
      'UDP  10.96.0.10:53 rr ops',
    ]);
  });

  test('sorts as libipvs does: marks last, addresses by the sign of their difference', () => {
    const node = new Director();
    node.define([
      definition([], { protocol: 0, address: 9, port: 0, bound: false }),
      definition([], { protocol: 0, address: 7, port: 0, bound: false }),
      definition([], { address: VIP + 1, protocol: Protocol.udp }),
      definition([], { address: 0x0a600001, port: 443 }),
      definition([], { address: 0x0a600001, port: 80 }),
      definition([], { address: 0xc0a80001 }),
    ]);
    expect(weights(node).slice(3)).toEqual([
      'TCP  192.168.0.1:80 rr',
      'TCP  10.96.0.1:80 rr',
      'TCP  10.96.0.1:443 rr',
      'UDP  10.96.0.11:80 rr',
      'FWM  7 rr',
      'FWM  9 rr',
    ]);
  });
});

describe('ipvsadm -Ln --stats', () => {
  test('counts what went through, and shortens large numbers', () => {
    const node = new Director();
    node.define([definition([0])]);
    node.connect(1);
    const row = node.service().find(serverAddress(0), SERVER_PORT);
    const { traffic } = node.ipvs.servers;
    /** Brings the bytes of the server to a number. */
    const bringTo = (bytes: number) => {
      traffic.outbound(row, bytes - traffic.ofServer(row).outBytes);
    };
    traffic.inbound(row, 99_999_999 - traffic.ofServer(row).inBytes);
    bringTo(100_000_000);
    const text = () => lines(listServices(node.ipvs, { columns: 'statistics', order: 'sorted' }));
    expect(text().slice(1)).toEqual([
      'Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes',
      '  -> RemoteAddress:Port',
      'TCP  10.96.0.10:80                       1        3        2 99999999  100000K',
      '  -> 10.244.0.1:8080                     1        3        2 99999999  100000K',
    ]);
    const ends = [999_999_999, 1e9, 99_999_999_999, 1e11, 1e14].map((bytes) => {
      bringTo(bytes);
      return text().at(-1)?.slice(-9);
    });
    expect(ends).toEqual(['  999999K', '    1000M', '   99999M', '     100G', '     100T']);
  });
});

describe('ipvsadm -Lnc', () => {
  test('shows who is connected to what, sorted by client, with the time left', () => {
    const node = new Director();
    node.define([definition([0, 1])]);
    node.connect(40001);
    node.wait(1);
    node.connect(9);
    expect(lines(listConnections(node.ipvs, node.simulation.now))).toEqual([
      'IPVS connection entries',
      'pro expire state       source             virtual            destination',
      'TCP 14:59  ESTABLISHED 10.1.0.5:40001     10.96.0.10:80      10.244.0.2:8080',
      'TCP 15:00  ESTABLISHED 10.1.0.5:9         10.96.0.10:80      10.244.0.1:8080',
    ]);
  });

  test('a template is there, assured once a handshake was answered, and void when its server is gone', () => {
    const node = new Director({ expireNodestConn: false });
    node.define([definition([0], { persistenceSeconds: 30 })]);
    node.fromClient(TcpFlag.syn, 7);
    const templates = () =>
      connectionEntries(node.ipvs, node.simulation.now).filter(({ client }) => client === '10.1.0.5:0');
    const entry = { protocol: 'tcp', client: '10.1.0.5:0', virtual: '10.96.0.10:80', server: '10.244.0.1:8080' };
    expect(templates()).toEqual([{ ...entry, state: 'NONE', expires: 30 }]);
    node.connect(8);
    expect(templates()).toEqual([{ ...entry, state: 'ASSURED', expires: 30 }]);
    node.ipvs.services.removeServer(node.service().find(serverAddress(0), SERVER_PORT));
    node.service().add(serverAddress(1), SERVER_PORT, 1);
    node.connect(9);
    expect(templates().map(({ virtual, server }) => [virtual, server])).toEqual([
      ['10.96.0.10:65535', '10.244.0.1:65535'],
      [`10.96.0.10:${VPORT}`, '10.244.0.2:8080'],
    ]);
  });

  test('a datagram assures a template only when it is answered', () => {
    const node = new Director();
    node.define([definition([0], { protocol: Protocol.udp, persistenceSeconds: 30 })]);
    node.fromClient(0, 7, CLIENT, Protocol.udp);
    const state = () => connectionEntries(node.ipvs, 0).find(({ client }) => client.endsWith(':0'))?.state;
    expect(state()).toBe('NONE');
    node.fromServer(0, 0, 7, CLIENT, Protocol.udp);
    expect(state()).toBe('ASSURED');
  });

  test('the template of a mark has the mark for an address and no ports', () => {
    const node = new Director();
    node.define([definition([0], { protocol: 0, address: 258, port: 0, bound: false, persistenceSeconds: 60 })]);
    node.fromClient(TcpFlag.syn, 7, CLIENT, Protocol.tcp, 258);
    expect(lines(listConnections(node.ipvs, 0)).find((line) => line.startsWith('IP '))).toBe(
      'IP  01:00  NONE        10.1.0.5:0         0.0.1.2:0          10.244.0.1:0',
    );
  });

  test('a connection that a new one has replaced is there until the next jiffy', () => {
    const node = new Director();
    node.define([definition([0, 1])]);
    node.close(node.connect(7), 7);
    node.connect(7);
    const states = () =>
      connectionEntries(node.ipvs, node.simulation.now).map(({ state, expires }) => `${state} ${expires}`);
    expect(new Set(states())).toEqual(new Set(['ESTABLISHED 900', 'TIME_WAIT 0']));
    node.wait(0.01);
    expect(states()).toEqual(['ESTABLISHED 899']);
  });
});
