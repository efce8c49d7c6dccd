/** Which mode runs where the kernel lacks ip_vs or the scheduler. */
import { describe, expect, test } from 'vitest';
import { schedulers } from '../../../src/kernel/ipvs/schedulers/index.js';
import { resolveMode } from '../../../src/proxy/modes/index.js';
import { ledgerOf, TestCluster } from './ipvs-mode-fixture.js';

const FULL = { ipvs: true, schedulers: schedulers.map(({ name }) => name) };
const BARE = { ipvs: false, schedulers: [] };

describe('resolving a mode', () => {
  test('takes the one asked for where it can run', () => {
    expect(resolveMode('ipvs', FULL, 'lc', 'error')).toMatchObject({ mode: { name: 'ipvs' }, fellBackFrom: '' });
    expect(resolveMode('iptables', BARE, 'rr', 'error')).toMatchObject({
      mode: { name: 'iptables' },
      fellBackFrom: '',
    });
  });

  test('ends with the error of kube-proxy where ip_vs or the scheduler is missing', () => {
    expect(resolveMode('ipvs', BARE, 'rr', 'error')).toEqual({
      error: "can't use the IPVS proxier: Ipvs not supported",
    });
    expect(resolveMode('ipvs', { ipvs: true, schedulers: ['rr'] }, 'lc', 'error').error).toMatch(
      /^can't use the IPVS proxier: no such file or directory .*lc/,
    );
  });

  test('falls back to iptables as old versions did', () => {
    expect(resolveMode('ipvs', BARE, 'rr', 'fallback')).toMatchObject({
      mode: { name: 'iptables' },
      fellBackFrom: 'ipvs',
    });
  });

  test('knows no other modes', () => {
    expect(resolveMode('ebpf', FULL, 'rr', 'fallback').error).toMatch(/unknown proxy mode ebpf; there are iptables, /);
  });
});

test('a scheduler that is not built is refused at the start, with the names of those that are', () => {
  expect(() => new TestCluster(ledgerOf([]), 1, { scheduler: 'fifo' })).toThrow(/no scheduler fifo; it has rr, lc, /);
});
