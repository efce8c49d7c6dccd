/** Sysctls that change while connections are there. */
import { expect, test } from 'vitest';
import { TcpFlag } from '../../../src/net/index.js';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { KUBE_PROXY_SYSCTLS } from '../../../src/kernel/ipvs/ipvs-options.js';
import { definition, Director, SERVER_PORT, serverAddress } from './ipvs-fixture.js';

test('with expire_nodest_conn on, the removal of any server ends what is left of those removed before', () => {
  const node = new Director({ expireNodestConn: false });
  node.define([definition([0, 1])]);
  const [busy, idle] = [1, 0].map((server) => node.service().find(serverAddress(server), SERVER_PORT));
  expect(node.connect(1000)).toBe(1);
  node.ipvs.services.removeServer(busy!);
  node.ipvs.sysctls = KUBE_PROXY_SYSCTLS;
  node.wait(1);
  expect(node.ipvs.connectionCount).toBe(1);
  node.ipvs.services.removeServer(idle!);
  node.wait(1);
  expect(node.ipvs.connectionCount).toBe(0);
  expect(node.fromClient(TcpFlag.ack, 1000).verdict).toBe(IpvsVerdict.notOurs);
});
