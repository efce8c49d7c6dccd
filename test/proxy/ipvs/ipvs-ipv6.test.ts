/** The ipvs mode in IPv6: names of sets, text of rules and virtual servers. */
import { expect, test } from 'vitest';
import { ipsetLines, printTables } from '../../../src/kernel/index.js';
import { printIpvs } from '../../../src/kernel/ipvs/print.js';
import { SET_KINDS, SetHandle, setName } from '../../../src/proxy/modes/ipvs/ip-sets.js';
import { address, endpoints, familyLedger, servicePort, TestCluster } from './ipvs-mode-fixture.js';

const CLUSTER_IP = address('fd00:10:96::1');
const EXTERNAL = address('2001:db8::5');

function port() {
  const pods = [address('fd00:10:244::4'), address('fd00:10:244::5')];
  return servicePort(1, [], {
    clusterIp: CLUSTER_IP,
    nodePort: 30001,
    loadBalancerVips: [EXTERNAL],
    sourceRanges: [{ address: address('2001:db8:1::'), bits: 48 }],
    affinitySeconds: 60,
    endpoints: { ...endpoints([0, 1]), address: Uint32Array.from(pods) },
  });
}

test('names of sets are cut at 31 characters', () => {
  expect(setName(SetHandle.clusterIp, 6)).toBe('KUBE-6-CLUSTER-IP');
  expect(setName(SetHandle.loadBalancerSourceCidr, 6)).toBe('KUBE-6-LOAD-BALANCER-SOURCE-CID');
  expect(Math.max(...SET_KINDS.map((_, handle) => setName(handle as SetHandle, 6).length))).toBe(31);
  expect(new Set(SET_KINDS.map((_, handle) => setName(handle as SetHandle, 6))).size).toBe(SET_KINDS.length);
});

test('everything in place is of the family', () => {
  const { first } = new TestCluster(familyLedger(6, [[port()]]), 1, { detector: { kind: 'none' } });
  first.sync(1);
  expect(printIpvs(first.ipvs).split('\n')).toEqual([
    '-A -t [2001:db8::5]:80 -s rr -p 60',
    '-a -t [2001:db8::5]:80 -r [fd00:10:244::4]:8080 -m -w 1',
    '-a -t [2001:db8::5]:80 -r [fd00:10:244::5]:8080 -m -w 1',
    '-A -t [fd00::1]:30001 -s rr -p 60',
    '-a -t [fd00::1]:30001 -r [fd00:10:244::4]:8080 -m -w 1',
    '-a -t [fd00::1]:30001 -r [fd00:10:244::5]:8080 -m -w 1',
    '-A -t [fd00:10:96::1]:80 -s rr -p 60',
    '-a -t [fd00:10:96::1]:80 -r [fd00:10:244::4]:8080 -m -w 1',
    '-a -t [fd00:10:96::1]:80 -r [fd00:10:244::5]:8080 -m -w 1',
    '',
  ]);
  expect([...ipsetLines(first.sets.at(SetHandle.loadBalancerSourceCidr))]).toEqual([
    'create KUBE-6-LOAD-BALANCER-SOURCE-CID hash:ip,port,net family inet6 hashsize 1024 maxelem 65536 -exist',
    'add KUBE-6-LOAD-BALANCER-SOURCE-CID 2001:db8::5,tcp:80,2001:db8:1::/48 -exist',
  ]);
  const rules = printTables(first.netfilter).split('\n');
  expect(rules).toContainEqual(expect.stringMatching(/^-A KUBE-SERVICES -s ::1(\/128)? -j RETURN$/));
  expect(rules).toContain(
    '-A KUBE-IPVS-OUT-FILTER -s 2001:db8::5 -m ipvs --vaddr 2001:db8::5 --vproto tcp --vport 80 -j DROP',
  );
});

test('a sync hands its rules to ip6tables-restore', () => {
  const { first } = new TestCluster(familyLedger(6, [[port()]]));
  first.proxier.prepare(1, 0, false);
  expect(first.proxier.script().map(({ tool }) => tool)).toEqual(['ipset', 'ipvsadm', 'ip6tables-restore']);
});
