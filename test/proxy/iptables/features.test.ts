/** Every Service feature as the rules show it: text, order of rules and order of matches as kube-proxy writes them. */
import { describe, expect, test } from 'vitest';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { endpointList, ip, servicePort } from './fixture.js';
import { linesFor } from './lines.js';

const HASH = 'XPGD46QRK7WJZT7O';
const MATCH = '-m tcp -p tcp -d 172.30.0.41 --dport 80';
const POD = '10.0.1.1';

function svc1(changes: Partial<ServicePort> = {}): ServicePort {
  return servicePort(1, 0, {
    clusterIp: ip('172.30.0.41'),
    endpoints: endpointList([[ip(POD), 80]]),
    ...changes,
  });
}

const LOAD_BALANCER = { nodePort: 3001, loadBalancerVips: [ip('1.2.3.4'), ip('5.6.7.8')] };
const WHERE = 'for ns1/svc1:p80 external destinations';

describe('source ranges', () => {
  const ranges = {
    sourceRanges: [
      { address: ip('192.168.0.0'), bits: 24 },
      { address: ip('203.0.113.0'), bits: 25 },
    ],
  };

  test('a node inside lets the load balancer addresses in too; the last rule does nothing', () => {
    const lines = linesFor([svc1({ ...LOAD_BALANCER, ...ranges })]);
    const comment = '-m comment --comment "ns1/svc1:p80 loadbalancer IP"';
    expect(lines.of('nat', `KUBE-FW-${HASH}`)).toEqual([
      `${comment} -s 192.168.0.0/24 -j KUBE-EXT-${HASH}`,
      `${comment} -s 203.0.113.0/25 -j KUBE-EXT-${HASH}`,
      `${comment} -s 1.2.3.4 -j KUBE-EXT-${HASH}`,
      `${comment} -s 5.6.7.8 -j KUBE-EXT-${HASH}`,
      '-m comment --comment "other traffic to ns1/svc1:p80 will be dropped by KUBE-PROXY-FIREWALL"',
    ]);
    expect(lines.of('nat', 'KUBE-SERVICES')[1]).toBe(
      `-m comment --comment "ns1/svc1:p80 loadbalancer IP" -m tcp -p tcp -d 1.2.3.4 --dport 80 -j KUBE-FW-${HASH}`,
    );
    expect(lines.of('filter', 'KUBE-PROXY-FIREWALL')).toEqual(
      ['1.2.3.4', '5.6.7.8'].map(
        (vip) =>
          `-m comment --comment "ns1/svc1:p80 traffic not accepted by KUBE-FW-${HASH}" -m tcp -p tcp -d ${vip} --dport 80 -j DROP`,
      ),
    );
  });

  test('a node outside does not', () => {
    const lines = linesFor([svc1({ ...LOAD_BALANCER, ...ranges })], { node: { ip: ip('172.16.0.9') } });
    expect(lines.of('nat', `KUBE-FW-${HASH}`)).toHaveLength(3);
  });

  test('a range of all addresses is the same as none', () => {
    const sourceRanges = [...ranges.sourceRanges, { address: ip('0.0.0.0'), bits: 0 }];
    const lines = linesFor([svc1({ ...LOAD_BALANCER, sourceRanges })]);
    expect(lines.chains('nat', 'KUBE-FW-')).toEqual([]);
    expect(lines.of('filter', 'KUBE-PROXY-FIREWALL')).toEqual([]);
    expect(lines.of('nat', 'KUBE-SERVICES')[1]).toMatch(new RegExp(` -d 1.2.3.4 --dport 80 -j KUBE-EXT-${HASH}$`));
  });

  test('without endpoints there is no firewall, and everything external is rejected', () => {
    const empty = { endpoints: endpointList([]), externalIps: [ip('192.168.99.22')] };
    const lines = linesFor([svc1({ ...LOAD_BALANCER, ...ranges, ...empty })]);
    expect(lines.chains('nat', 'KUBE-FW-')).toEqual([]);
    expect(lines.of('filter', 'KUBE-PROXY-FIREWALL')).toEqual([]);
    const reject = (match: string): string => `-m comment --comment "ns1/svc1:p80 has no endpoints" ${match} -j REJECT`;
    expect(lines.of('filter', 'KUBE-EXTERNAL-SERVICES')).toEqual([
      ...['192.168.99.22', '1.2.3.4', '5.6.7.8'].map((ip) => reject(`-m tcp -p tcp -d ${ip} --dport 80`)),
      reject('-m addrtype --dst-type LOCAL -m tcp -p tcp --dport 3001'),
    ]);
    expect(lines.of('filter', 'KUBE-SERVICES')).toEqual([reject(MATCH)]);
  });
});

describe('traffic policies', () => {
  const spread = {
    nodePort: 3001,
    endpoints: endpointList([
      [ip('10.0.1.1'), 80, 0],
      [ip('10.0.1.2'), 80, 0, true],
      [ip('10.0.1.5'), 80, 1],
    ]),
  };

  test('external Local: pods and the node take the cluster set, others the local one', () => {
    const lines = linesFor([svc1({ ...spread, externalLocal: true, healthCheckNodePort: 30000 })]);
    expect(lines.of('nat', `KUBE-EXT-${HASH}`)).toEqual([
      `-m comment --comment "pod traffic ${WHERE}" -s 10.244.0.0/16 -j KUBE-SVC-${HASH}`,
      `-m comment --comment "masquerade LOCAL traffic ${WHERE}" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `-m comment --comment "route LOCAL traffic ${WHERE}" -m addrtype --src-type LOCAL -j KUBE-SVC-${HASH}`,
      `-j KUBE-SVL-${HASH}`,
    ]);
    expect(lines.of('nat', `KUBE-SVC-${HASH}`)).toHaveLength(1 + 2);
    expect(lines.of('nat', `KUBE-SVL-${HASH}`)).toEqual([
      expect.stringContaining('-m comment --comment "ns1/svc1:p80 -> 10.0.1.1:80" -j KUBE-SEP-') as string,
    ]);
    expect(lines.of('filter', 'KUBE-NODEPORTS')).toEqual([
      '-m comment --comment "ns1/svc1:p80 health check node port" -m tcp -p tcp --dport 30000 -j ACCEPT',
    ]);
  });

  test('external Local on a node without endpoints: the local set is missing and the rest is dropped', () => {
    const lines = linesFor([svc1({ ...spread, externalLocal: true })], { node: { index: 7 } });
    expect(lines.of('nat', `KUBE-EXT-${HASH}`)).toHaveLength(3);
    expect(lines.chains('nat', 'KUBE-SVL-')).toEqual([]);
    expect(lines.of('filter', 'KUBE-EXTERNAL-SERVICES')).toEqual([
      '-m comment --comment "ns1/svc1:p80 has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 3001 -j DROP',
    ]);
  });

  test('external Local without detector has no rule for pods', () => {
    const options = { detector: { kind: 'none' } } as const;
    const lines = linesFor([svc1({ ...spread, externalLocal: true })], { options });
    expect(lines.of('nat', `KUBE-EXT-${HASH}`)).toHaveLength(3);
    expect(lines.of('nat', `KUBE-SVC-${HASH}`)).toHaveLength(2);
  });

  test('internal Local: the cluster address leads to the local set, which masquerades', () => {
    const lines = linesFor([svc1({ ...spread, nodePort: 0, internalLocal: true })]);
    expect(lines.of('nat', 'KUBE-SERVICES')[0]).toContain(`${MATCH} -j KUBE-SVL-${HASH}`);
    expect(lines.of('nat', `KUBE-SVL-${HASH}`)[0]).toBe(
      `-m comment --comment "ns1/svc1:p80 cluster IP" ${MATCH} ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ`,
    );
    expect(lines.chains('nat', 'KUBE-S').filter((name) => !name.startsWith('KUBE-SERVICES'))).toHaveLength(2);
  });

  test('internal Local on a node without endpoints drops', () => {
    const lines = linesFor([svc1({ ...spread, nodePort: 0, internalLocal: true })], { node: { index: 7 } });
    expect(lines.of('nat', 'KUBE-SERVICES')).toHaveLength(1);
    expect(lines.of('filter', 'KUBE-SERVICES')).toEqual([
      `-m comment --comment "ns1/svc1:p80 has no local endpoints" ${MATCH} -j DROP`,
    ]);
  });

  test('both Local: the endpoints of both sets have one chain each', () => {
    const lines = linesFor([svc1({ ...spread, externalLocal: true, internalLocal: true })]);
    expect(lines.of('nat', `KUBE-SVC-${HASH}`)).toHaveLength(2);
    expect(lines.of('nat', `KUBE-SVL-${HASH}`)).toHaveLength(1 + 1);
    expect(lines.chains('nat', 'KUBE-SEP-')).toHaveLength(2);
  });
});

describe('session affinity', () => {
  test('lists are named like the chains of the endpoints', () => {
    const endpoints = endpointList([
      [ip('10.0.1.1'), 80],
      [ip('10.0.1.2'), 80],
    ]);
    const lines = linesFor([svc1({ affinitySeconds: 10800, endpoints })]);
    const [first = '', second = ''] = lines.chains('nat', 'KUBE-SEP-');
    const to = (address: string): string => `-m comment --comment "ns1/svc1:p80 -> ${address}:80"`;
    const recent = (name: string): string => `-m recent --name ${name} --rcheck --seconds 10800 --reap -j ${name}`;
    expect(lines.of('nat', `KUBE-SVC-${HASH}`).slice(1)).toEqual([
      `${to('10.0.1.1')} ${recent(first)}`,
      `${to('10.0.1.2')} ${recent(second)}`,
      `${to('10.0.1.1')} -m statistic --mode random --probability 0.5000000000 -j ${first}`,
      `${to('10.0.1.2')} -j ${second}`,
    ]);
    expect(lines.of('nat', first)).toEqual([
      `-m comment --comment ns1/svc1:p80 -s 10.0.1.1 -j KUBE-MARK-MASQ`,
      `-m comment --comment ns1/svc1:p80 -m recent --name ${first} --set -m tcp -p tcp -j DNAT --to-destination 10.0.1.1:80`,
    ]);
  });
});

describe('detectors', () => {
  const masquerade = (options: NonNullable<Parameters<typeof linesFor>[1]>['options']): string[] =>
    linesFor([svc1()], { ...(options && { options }) })
      .of('nat', `KUBE-SVC-${HASH}`)
      .filter((line) => line.includes('KUBE-MARK-MASQ'));

  test('by bridge, by prefix of names, by none', () => {
    expect(masquerade({ detector: { kind: 'interface', name: 'cni0' } })).toEqual([
      `-m comment --comment "ns1/svc1:p80 cluster IP" ${MATCH} ! -i cni0 -j KUBE-MARK-MASQ`,
    ]);
    expect(masquerade({ detector: { kind: 'interface', name: 'veth+' } })[0]).toContain('! -i veth+ -j');
    expect(masquerade({ detector: { kind: 'none' } })).toEqual([]);
  });

  test('masqueradeAll asks for no source', () => {
    const expected = [`-m comment --comment "ns1/svc1:p80 cluster IP" ${MATCH} -j KUBE-MARK-MASQ`];
    expect(masquerade({ detector: { kind: 'none' }, masqueradeAll: true })).toEqual(expected);
    expect(masquerade({ masqueradeAll: true })).toEqual(expected);
  });

  test('each node may have its own', () => {
    const prefix = (bits: string) => ({ kind: 'source', prefix: { address: ip(bits), bits: 24 } }) as const;
    const options = { detector: [prefix('10.244.0.0'), prefix('10.244.1.0')] };
    for (const index of [0, 1]) {
      const lines = linesFor([svc1()], { options, node: { index } });
      expect(lines.of('nat', `KUBE-SVC-${HASH}`)[0]).toContain(`! -s 10.244.${index}.0/24`);
    }
  });
});

describe('node ports', () => {
  const LAST = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  const last = (setting: Parameters<typeof linesFor>[1]): string[] =>
    linesFor([], setting)
      .of('nat', 'KUBE-SERVICES')
      .map((line) => line.slice(LAST.length + 1));
  const prefix = (text: string, bits: number) => ({ address: ip(text), bits });

  test('answer on all local addresses, loopback ones only in IPv4 and if wanted', () => {
    expect(last({})).toEqual(['-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS']);
    expect(last({ options: { localhostNodePorts: false } })).toEqual([
      '-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS',
    ]);
    expect(last({ family: 6 })).toEqual(['-m addrtype --dst-type LOCAL ! -d ::1/128 -j KUBE-NODEPORTS']);
    expect(last({ options: { nodePortAddresses: [prefix('0.0.0.0', 0)] } })).toHaveLength(1);
  });

  test('answer on the addresses in nodePortAddresses, each with a rule', () => {
    const node = { localIps: [ip('127.0.0.1'), ip('192.168.0.2'), ip('192.168.1.2'), ip('10.9.9.9')] };
    const nodePortAddresses = [prefix('192.168.0.0', 24), prefix('192.168.0.0', 16)];
    expect(last({ node, options: { nodePortAddresses } })).toEqual([
      '-d 192.168.0.2 -j KUBE-NODEPORTS',
      '-d 192.168.1.2 -j KUBE-NODEPORTS',
    ]);
    const loopback = [prefix('127.0.0.0', 8)];
    expect(last({ node, options: { nodePortAddresses: loopback } })).toEqual(['-d 127.0.0.1 -j KUBE-NODEPORTS']);
    expect(last({ node, options: { nodePortAddresses: loopback, localhostNodePorts: false } })).toEqual([]);
  });

  test('an IPv6 loopback address never answers', () => {
    const node = { localIps: [ip('::1'), ip('2001:db8::1')] };
    const setting = {
      node,
      family: 6,
      options: { nodePortAddresses: [prefix('::', 1), prefix('2001:db8::', 64)] },
    } as const;
    expect(last(setting)).toEqual(['-d 2001:db8::1 -j KUBE-NODEPORTS']);
  });

  test('packets to localhost are counted where the kernel can', () => {
    const options = { nfacctCounters: true };
    const rule = `-j KUBE-EXT-${HASH}`;
    const match = '-m comment --comment ns1/svc1:p80 -m tcp -p tcp';
    const counted = linesFor([svc1({ nodePort: 3001 })], { options });
    expect(counted.of('nat', 'KUBE-NODEPORTS')).toEqual([
      `${match} -d 127.0.0.0/8 --dport 3001 -m nfacct --nfacct-name localhost_nps_accepted_pkts ${rule}`,
      `${match} --dport 3001 ${rule}`,
    ]);
    expect(counted.of('filter', 'KUBE-FORWARD')[0]).toBe(
      '-m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP',
    );
    const without = { options: { ...options, localhostNodePorts: false } };
    expect(linesFor([svc1({ nodePort: 3001 })], without).of('nat', 'KUBE-NODEPORTS')).toHaveLength(1);
  });

  test('KUBE-FIREWALL has its rule only where node ports answer on 127.0.0.1', () => {
    const firewall = (setting: Parameters<typeof linesFor>[1]): string[] =>
      linesFor([], setting).of('filter', 'KUBE-FIREWALL');
    expect(firewall({})).toHaveLength(1);
    expect(firewall({ options: { localhostNodePorts: false } })).toEqual([]);
    expect(firewall({ family: 6 })).toEqual([]);
    expect(firewall({ options: { nodePortAddresses: [prefix('192.168.0.0', 16)] } })).toEqual([]);
    expect(firewall({ options: { nodePortAddresses: [prefix('127.0.0.1', 32)] } })).toHaveLength(1);
  });
});

test('the mark, and what iptables and the kernel can do', () => {
  const lines = linesFor([], { options: { masqueradeBit: 31, randomFully: false, conntrackTcpBeLiberal: true } });
  expect(lines.of('nat', 'KUBE-MARK-MASQ')).toEqual(['-j MARK --or-mark 0x80000000']);
  expect(lines.of('nat', 'KUBE-POSTROUTING')).toEqual([
    '-m mark ! --mark 0x80000000/0x80000000 -j RETURN',
    '-j MARK --xor-mark 0x80000000',
    '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE',
  ]);
  expect(lines.of('filter', 'KUBE-FORWARD')).toEqual([
    '-m comment --comment "kubernetes forwarding rules" -m mark --mark 0x80000000/0x80000000 -j ACCEPT',
    '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ]);
});

test('IPv6: addresses in rules, names and targets', () => {
  const detector = { kind: 'source', prefix: { address: ip('fd00:10::'), bits: 64 } } as const;
  const endpoints = endpointList([[ip('fd00:10:180::1'), 80]]);
  const lines = linesFor([svc1({ clusterIp: ip('fd00:172:30::41'), endpoints })], { family: 6, options: { detector } });
  const [endpoint = ''] = lines.chains('nat', 'KUBE-SEP-');
  expect(lines.of('nat', `KUBE-SVC-${HASH}`)).toEqual([
    '-m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d fd00:172:30::41 --dport 80 ! -s fd00:10::/64 -j KUBE-MARK-MASQ',
    `-m comment --comment "ns1/svc1:p80 -> [fd00:10:180::1]:80" -j ${endpoint}`,
  ]);
  expect(lines.of('nat', endpoint)[1]).toBe(
    '-m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination [fd00:10:180::1]:80',
  );
});
