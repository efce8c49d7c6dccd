/** What a SYN does that finds an old connection, by the rules of Linux 5.8: it is lost once, or follows the old one whatever its server. */
import { describe, expect, test } from 'vitest';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import type { IpvsSysctls } from '../../../src/kernel/ipvs/ipvs-options.js';
import { TcpFlag } from '../../../src/net/index.js';
import { definition, Director, SERVER_PORT, serverAddress } from './ipvs-fixture.js';

const { syn } = TcpFlag;

/** A node by the old rules whose client's port 1 has a closed connection to server 2. */
function closedOnce(sysctls: Partial<IpvsSysctls> = {}): Director {
  const node = new Director({ reuseRules: 'linux-5.8', ...sysctls });
  node.define([definition([0, 1, 2])]);
  node.close(node.connect(1), 1);
  return node;
}

function drain(node: Director, server: number): void {
  node.service().edit(node.service().find(serverAddress(server), SERVER_PORT), 0);
}

describe('conn_reuse_mode 1', () => {
  test('loses the SYN, and schedules it anew when it comes again', () => {
    const node = closedOnce();
    expect(node.fromClient(syn, 1).verdict).toBe(IpvsVerdict.dropped);
    node.wait(1);
    expect(node.ipvs.connectionCount).toBe(0);
    expect(node.fromClient(syn, 1).server).toBe(1);
  });

  test('loses it too where the server drains', () => {
    const node = closedOnce();
    drain(node, 2);
    expect(node.fromClient(syn, 1).verdict).toBe(IpvsVerdict.dropped);
    expect(node.fromClient(syn, 1).server).toBe(1);
  });

  test('loses nothing of connections that conntrack does not follow', () => {
    expect(closedOnce({ conntrack: false }).fromClient(syn, 1).server).toBe(1);
  });
});

test('conn_reuse_mode 0 leaves the connection to its server, also where that drains', () => {
  const node = closedOnce({ connReuseMode: 0 });
  drain(node, 2);
  expect(node.fromClient(syn, 1).server).toBe(2);
  expect(node.ipvs.connectionsCreated).toBe(1);
});
