/** Captures of traces, read back: which devices see which packets when, with which headers, and that numbers of TCP segments hang together. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { captureOf, type Trace } from '../../../src/testbed/index.js';
import { readPcap, readPcapng, segmentOf } from './capture-file.js';
import { ingressTrace } from './shop-ingress.js';
import { traceIn } from './shop.js';

const ACK = 16;
const SYN = 2;
const FIN = 1;

/** To the other node, through the tunnel. */
const far = traceIn({ to: 'shop/far:http' });

const devicesOf = (trace: Trace, packet: number): string[] =>
  trace.frames.filter(({ comment }) => comment.startsWith(`packet ${packet}:`)).map(({ device }) => device);

test('a packet is seen by every device that it passes, in order, with and without its tunnel', () => {
  expect(devicesOf(far, 1)).toEqual([
    'here/veth-shop-client',
    'here/cni0',
    'here/flannel.1',
    'here/eth0',
    'there/eth0',
    'there/flannel.1',
    'there/cni0',
    'there/veth-shop-cart-1',
  ]);
  const seen = readPcapng(captureOf(far.frames, 'pcapng', undefined).bytes).slice(0, 8);
  expect(seen.map(({ bytes }) => segmentOf(bytes).isTunnelled)).toEqual([
    ...Array(3).fill(false),
    true,
    true,
    ...Array(3).fill(false),
  ]);
  const destinations = seen.map(({ bytes }) => segmentOf(bytes).destination);
  expect(new Set(destinations.slice(1))).toEqual(new Set(['10.0.1.3:8080']));
  expect(destinations[0]).toBe('172.16.0.11:80');
});

test('two pods of a node talk over the bridge, past cni0', () => {
  const near = ['1', '2', '3', '4'].map((seed) => traceIn({ to: 'shop/cart:http', seed }));
  const local = near.find(({ outcome }) => outcome.server?.node === 'here')!;
  expect(devicesOf(local, 1)).toEqual(['here/veth-shop-client', 'here/veth-shop-cart-0']);
});

test('a node that talks to itself does so over loopback', () => {
  // The portal leads from OUTPUT to the relay on the same node.
  const trace = traceIn({ mode: 'userspace', from: 'node:here', to: 'shop/far:http' });
  expect(devicesOf(trace, 1)).toEqual(['here/lo']);
});

test('times never go back, and frames keep device and comment', () => {
  const { bytes, frames, devices } = captureOf(far.frames, 'pcapng', undefined);
  const read = readPcapng(bytes);
  expect(read).toHaveLength(frames);
  expect(read.every(({ timeNs }, i) => i === 0 || timeNs >= read[i - 1]!.timeNs)).toBe(true);
  expect(read.map(({ timeNs, device, comment }) => ({ timeNs, device, comment }))).toEqual(
    far.frames.map(({ timeNs, device, comment }) => ({ timeNs, device, comment })),
  );
  expect(new Set(devices)).toEqual(new Set(far.frames.map(({ device }) => device)));
  expect(read[0]).toMatchObject({ timeNs: 0, comment: 'packet 1: SYN' });
});

test('a pcap holds every packet once, as it goes on the wire', () => {
  const read = readPcap(captureOf(far.frames, 'pcap', undefined).bytes);
  expect(read).toHaveLength(far.packets.length);
  expect(read.every(({ bytes }) => segmentOf(bytes).isTunnelled)).toBe(true);
});

test('a pcap of one device holds what that has seen, and a device that has seen nothing is refused', () => {
  const read = readPcap(captureOf(far.frames, 'pcap', 'there/cni0').bytes);
  expect(read).toHaveLength(far.packets.length);
  expect(read.some(({ bytes }) => segmentOf(bytes).isTunnelled)).toBe(false);
  expect(() => captureOf(far.frames, 'pcap', 'there/cni1')).toThrow('did you mean "there/cni0"?');
});

test.each([
  ['the client', 'here/veth-shop-client'],
  ['the server', 'there/veth-shop-cart-1'],
])('as %s sees it, every segment follows on the one before', (_, device) => {
  const read = readPcap(captureOf(far.frames, 'pcap', device).bytes).map(({ bytes }) => segmentOf(bytes));
  const next = new Map<string, number>();
  for (const { source, destination, flags, sequence, acknowledgement, payload } of read) {
    if (flags & SYN) next.set(source, sequence);
    expect(sequence).toBe(next.get(source));
    expect(acknowledgement).toBe(flags & ACK ? next.get(destination) : 0);
    next.set(source, sequence + payload + (flags & (SYN | FIN) ? 1 : 0));
  }
  expect(read).toHaveLength(8);
});

test('an ICMP error quotes the packet as its sender knows it', () => {
  const trace = traceIn({ to: 'shop/empty:http' });
  const last = trace.frames.at(-1)!;
  expect(last).toMatchObject({ device: 'here/veth-shop-client', comment: 'packet 2: port unreachable' });
  // IP 20, ICMP 8, then the quoted header.
  expect([...last.bytes.subarray(34, 36)]).toEqual([3, 3]);
  expect(last.bytes.subarray(42 + 12, 42 + 20).join('.')).toBe('10.0.0.2.172.16.0.13');
});

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

describe.skipIf(!hasTshark)('tshark', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kpb-capture-'));
  const checks = ['tcp.check_checksum', 'udp.check_checksum', 'ip.check_checksum'].flatMap((name) => [
    '-o',
    `${name}:TRUE`,
  ]);

  function fields(trace: Trace, format: 'pcap' | 'pcapng', names: readonly string[], filter = ''): string[][] {
    const path = join(folder, `trace.${format}`);
    writeFileSync(path, captureOf(trace.frames, format, undefined).bytes);
    const wanted = names.flatMap((name) => ['-e', name]);
    const shown = filter === '' ? [] : ['-Y', filter];
    const args = ['-r', path, '-d', 'udp.port==8472,vxlan', ...checks, ...shown, '-T', 'fields', ...wanted];
    const { status, stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  const BAD = '_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 || ip.checksum.status == 0';

  test('reads VXLAN, finds one clean conversation on the wires, and no fault', () => {
    const rows = fields(far, 'pcap', ['vxlan.vni', 'tcp.seq', 'tcp.ack', 'tcp.len']);
    expect(rows).toEqual([
      ...[
        ['1', '0', '0', '0'],
        ['1', '0', '1', '0'],
        ['1', '1', '1', '0'],
        ['1', '1', '1', '100'],
      ],
      ...[
        ['1', '1', '101', '400'],
        ['1', '101', '401', '0'],
        ['1', '401', '102', '0'],
        ['1', '102', '402', '0'],
      ],
    ]);
    expect(fields(far, 'pcap', ['frame.number'], 'tcp.analysis.flags')).toEqual([]);
    expect(fields(far, 'pcap', ['frame.number'], BAD)).toEqual([]);
  });

  test.each([
    ['IPv6', { to: 'shop/cart:http', family: 6, seed: '2' }],
    ['UDP', { to: 'shop/cart:dns', mode: 'ipvs' }],
    ['SCTP', { to: 'shop/cart:signal', mode: 'nftables' }],
    ['ICMP', { to: 'shop/empty:http' }],
    ['a relay', { to: 'shop/far:http', mode: 'userspace' }],
    ['the way from outside', { from: '198.51.100.7', to: 'node:here:30081' }],
    ['the way through an Ingress', { to: 'http://shop.example/cart', changes: { ingress: { keepalive: 0 } } }],
  ] as const)('finds no fault with %s, and names the devices', (_, asked) => {
    const trace = 'changes' in asked ? ingressTrace(asked) : traceIn(asked);
    expect(fields(trace, 'pcapng', ['frame.number'], BAD)).toEqual([]);
    const named = fields(trace, 'pcapng', ['frame.interface_name', 'frame.comment']);
    expect(named).toEqual(trace.frames.map(({ device, comment }) => [device, comment]));
  });
});
