/** Capture files read by tshark: every frame decoded to its end, every checksum right, the headers those that were meant. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  formatIp,
  frameBytes,
  macFor,
  parseIp,
  pcapFile,
  pcapngFile,
  Protocol,
  protocolName,
  TcpFlag,
  tunnelFrameBytes,
  VXLAN_PORT,
  type CapturedFrame,
  type FrameHeaders,
  type IpFamily,
} from '../../../src/net/index.js';
import { PROXY_MODES } from '../../../src/proxy/index.js';
import {
  captureOf,
  readSource,
  readTarget,
  runTrace,
  type Trace,
  type TracedFrame,
} from '../../../src/testbed/trace/index.js';
import { smallCase } from '../../testbed/small-case.js';
import { run } from './namespace.js';
import { hasTool } from './possible.js';

const PREFERENCES = [...['ip', 'tcp', 'udp'].map((name) => `${name}.check_checksum:TRUE`), 'sctp.checksum:CRC 32c'];
const CHECKSUMS = ['ip', 'tcp', 'udp', 'sctp', 'icmp', 'icmpv6'].map((name) => `${name}.checksum.status`);
const FIELDS = ['frame.protocols', '_ws.malformed', '_ws.expert.severity', 'tcp.flags.reset', ...CHECKSUMS];
const ADDRESSES = ['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'];
const PORTS = ['tcp', 'udp', 'sctp'].flatMap((name) => [`${name}.srcport`, `${name}.dstport`]);

/** Wireshark's numbers: a checksum that is right, and a warning. */
const GOOD = '1';
const WARNING = 0x00600000;

/** One frame by tshark's fields; several values of a field are joined by commas. */
type Decoded = Readonly<Record<string, string>>;

const isThere = hasTool('tshark');

describe.skipIf(!isThere)('tshark', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kpb-captures-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function decode(bytes: Uint8Array, preferences: readonly string[] = []): Decoded[] {
    const path = join(folder, 'capture');
    writeFileSync(path, bytes);
    const names = [...FIELDS, ...ADDRESSES, ...PORTS];
    const words = [
      '-r',
      path,
      '-n',
      '-d',
      `udp.port==${VXLAN_PORT},vxlan`,
      ...[...PREFERENCES, ...preferences].flatMap((each) => ['-o', each]),
    ];
    const text = run('tshark', [...words, '-T', 'fields', ...names.flatMap((name) => ['-e', name])]);
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i] ?? '', value])));
  }

  test('reads frames of each protocol in both families, bare and in a tunnel, as they were made', () => {
    const made = madeFrames();
    const all = made.map(({ frame }) => frame);
    const found = decode(pcapngFile(all));
    expect(found.map(faultOf)).toEqual(made.map(() => ''));
    expect(found.map(({ 'frame.protocols': protocols = '' }) => protocols.replace(/:data$/, ''))).toEqual(
      made.map(({ layers }) => layers),
    );
    for (const [i, { packet }] of made.entries()) {
      const at = [packet.source, packet.destination].map((address) => formatIp(address));
      const text = Object.values(found[i]!).join(' ');
      for (const each of [...at, ...(packet.about === undefined ? [packet.sourcePort, packet.destinationPort] : [])]) {
        expect(text).toContain(String(each));
      }
    }
    // A comment, which only pcapng has, counts as something to be told about.
    const plain = (each: Decoded): Decoded => ({ ...each, '_ws.expert.severity': '' });
    expect(decode(pcapFile(all)).map(plain)).toEqual(found.map(plain));
  });

  test('reads what `kpb trace` writes, in every mode, family and protocol', () => {
    const frames = tracedFrames();
    expect(frames.length).toBeGreaterThan(500);
    const capture = captureOf(frames, 'pcapng', undefined);
    // Connections of different traces look like one that goes back in time.
    const found = decode(capture.bytes, ['tcp.analyze_sequence_numbers:FALSE']);
    expect(found).toHaveLength(capture.frames);
    expect(found.map(faultOf).filter(Boolean)).toEqual([]);
    const layers = [...new Set(found.map((each) => each['frame.protocols']))].join('\n');
    for (const part of [
      /:udp:vxlan:eth:ethertype:ip:(tcp|udp|sctp)/,
      /:vxlan:eth:ethertype:ipv6:/,
      /:icmp:/,
      /:icmpv6:/,
    ]) {
      expect(layers).toMatch(part);
    }
  });

  test.each(PROXY_MODES.map(({ name }) => name))('finds nothing odd in a connection in %s mode', (mode) => {
    const capture = captureOf(traceOf(mode, 4, Protocol.tcp, 3, '1').frames, 'pcap', undefined);
    const found = decode(capture.bytes);
    expect(found.length).toBeGreaterThan(5);
    expect(found.map(faultOf).filter(Boolean)).toEqual([]);
  });
});

if (!isThere) process.stderr.write('skipped: no capture is read back, since tshark is missing\n');

/** What is wrong with a frame; empty when nothing is. */
function faultOf(frame: Decoded): string {
  const severities = (frame['_ws.expert.severity'] ?? '').split(',').map(Number);
  // The packet that an error is about is quoted in part, so nobody can check all of it.
  const quoted = (frame['frame.protocols'] ?? '').includes('icmp') ? /^(tcp|udp|sctp)/ : /^$/;
  const checksums = CHECKSUMS.filter((name) => frame[name] !== '' && !quoted.test(name));
  const wrong = checksums.filter((name) => frame[name]?.split(',').some((status) => status !== GOOD));
  const isReset = /1|True/.test(frame['tcp.flags.reset'] ?? '');
  const faults = [
    ...(frame['_ws.malformed'] === '' ? [] : ['malformed']),
    // A relay with nobody to dial resets its client's connection, and of a reset Wireshark warns.
    ...(severities.some((severity) => severity >= WARNING) && !isReset ? ['warning'] : []),
    ...(checksums.length > 0 ? [] : ['unchecked']),
    ...wrong,
  ];
  return faults.length === 0 ? '' : `${faults.join(', ')}: ${JSON.stringify(frame)}`;
}

/** Frames with every header that there is. */
function madeFrames(): { frame: CapturedFrame; packet: FrameHeaders; layers: string }[] {
  const address = (text: string): number => parseIp(text)!;
  const nodes = { source: address('192.168.0.2'), destination: address('192.168.0.3') };
  const nodes6 = { source: address('fd00:192::2'), destination: address('fd00:192::3') };
  const made: { frame: CapturedFrame; packet: FrameHeaders; layers: string }[] = [];
  const add = (packet: FrameHeaders, inner: string): void => {
    const ends = { source: macFor(packet.source), destination: macFor(packet.destination) };
    const bytes = frameBytes(packet, ends);
    const layers = `eth:ethertype:${inner}`;
    const push = (all: Uint8Array, text: string): void => {
      made.push({
        packet,
        layers: text,
        frame: { timeNs: made.length * 1000, device: 'node/eth0', bytes: all, comment: text },
      });
    };
    push(bytes, layers);
    for (const [tunnel, outer] of [[nodes, 'ip'] as const, [nodes6, 'ipv6'] as const]) {
      const headers = { ...tunnel, sourcePort: 50_000, destinationPort: VXLAN_PORT, network: 1 };
      const underlay = { source: macFor(tunnel.source), destination: macFor(tunnel.destination) };
      push(tunnelFrameBytes(bytes, headers, underlay), `eth:ethertype:${outer}:udp:vxlan:${layers}`);
    }
  };
  for (const [ip, from, to] of [
    ['ip', '10.244.1.7', '10.96.0.10'],
    ['ipv6', 'fd00:10:244:1::7', 'fd00:10:96::10'],
  ] as const) {
    const packet = {
      source: address(from),
      destination: address(to),
      sourcePort: 40_001,
      destinationPort: 8081,
      ttl: 63,
    };
    const data = { payloadBytes: 101, sequence: 5, acknowledgement: 7 };
    const tcp = { ...packet, ...data, protocol: Protocol.tcp, flags: TcpFlag.ack };
    for (const headers of [
      tcp,
      { ...tcp, payloadBytes: 0, flags: TcpFlag.syn },
      { ...packet, ...data, protocol: Protocol.udp, flags: 0 },
      ...[0, 1, 2, 10, 11].map((flags) => ({ ...packet, ...data, protocol: Protocol.sctp, flags })),
    ]) {
      add(headers, `${ip}:${protocolName(headers.protocol)}`);
    }
    const error = { ...packet, ...data, protocol: Protocol.icmp, flags: 0, sourcePort: 0, destinationPort: 0 };
    add({ ...error, about: tcp }, ip === 'ip' ? 'ip:icmp:ip:tcp' : 'ipv6:icmpv6:ipv6:tcp');
  }
  return made;
}

/** Connections that are answered, and one that is refused, in every mode. */
function tracedFrames(): TracedFrame[] {
  const frames: TracedFrame[] = [];
  for (const { name } of PROXY_MODES) {
    for (const family of [4, 6] as const) {
      for (const seed of ['1', '2']) {
        for (const protocol of [Protocol.tcp, Protocol.udp, Protocol.sctp]) {
          frames.push(...traceOf(name, family, protocol, 3, seed).frames);
        }
        frames.push(...traceOf(name, family, Protocol.tcp, 0, seed).frames);
      }
    }
  }
  return frames;
}

function traceOf(mode: string, family: IpFamily, protocol: number, endpoints: number, seed: string): Trace {
  const cluster = { ipFamilies: [family], protocol, endpoints };
  const plan = smallCase({ cluster, proxy: { mode }, workload: { ipFamily: family } });
  const to = readTarget(`default/svc-1:80/${protocolName(protocol)}`);
  return runTrace(plan, { mode, from: readSource(undefined), to, family, via: undefined, seed });
}
