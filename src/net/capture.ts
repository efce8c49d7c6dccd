/**
 * Frames as a capture file: pcap with nanoseconds (magic a1b23c4d), or pcapng (draft-ietf-opsawg-pcapng), in which every device is an
 * interface with its name and every frame may have a comment.
 *
 * Pure: makes bytes, writes no file. Both are read by tcpdump and tshark.
 */

/** One captured frame. */
export interface CapturedFrame {
  /** Time since the capture's epoch in nanoseconds. */
  readonly timeNs: number;
  /** Where it was seen, such as `node-0/eth0`. */
  readonly device: string;
  readonly bytes: Uint8Array;
  /** Shown by readers of pcapng; empty for none. */
  readonly comment: string;
}

const LINK_ETHERNET = 1;
const SNAP_BYTES = 262_144;

/** The frames as a pcap file: devices and comments are not kept. */
export function pcapFile(frames: readonly CapturedFrame[]): Uint8Array {
  const size = frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b23c4d, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_BYTES, true);
  view.setUint32(20, LINK_ETHERNET, true);
  let at = 24;
  for (const { timeNs, bytes } of frames) {
    view.setUint32(at, Math.floor(timeNs / 1e9), true);
    view.setUint32(at + 4, timeNs % 1e9, true);
    view.setUint32(at + 8, bytes.length, true);
    view.setUint32(at + 12, bytes.length, true);
    file.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return file;
}

/** The frames as a pcapng file with one interface a device. */
export function pcapngFile(frames: readonly CapturedFrame[]): Uint8Array {
  const devices = [...new Set(frames.map(({ device }) => device))];
  const blocks = [
    sectionHeader(),
    ...devices.map((device) => interfaceBlock(device)),
    ...frames.map((frame) => packetBlock(frame, devices.indexOf(frame.device))),
  ];
  const file = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    file.set(block, at);
    at += block.length;
  }
  return file;
}

function sectionHeader(): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, 0x1a2b3c4d, true);
  view.setUint16(4, 1, true);
  // Length of the section: not given.
  view.setBigUint64(8, 0xffffffffffffffffn, true);
  return block(0x0a0d0d0a, [body]);
}

function interfaceBlock(device: string): Uint8Array {
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint16(0, LINK_ETHERNET, true);
  view.setUint32(4, SNAP_BYTES, true);
  // Option 2: name; option 9: times count in 10^-9 s.
  return block(1, [body, option(2, new TextEncoder().encode(device)), option(9, Uint8Array.of(9)), option(0)]);
}

function packetBlock({ timeNs, bytes, comment }: CapturedFrame, device: number): Uint8Array {
  const body = new Uint8Array(20);
  const view = new DataView(body.buffer);
  view.setUint32(0, device, true);
  view.setUint32(4, Math.floor(timeNs / 2 ** 32), true);
  view.setUint32(8, timeNs % 2 ** 32, true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, bytes.length, true);
  const options = comment === '' ? [] : [option(1, new TextEncoder().encode(comment)), option(0)];
  return block(6, [body, padded(bytes), ...options]);
}

function option(code: number, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  const header = new Uint8Array(4);
  const view = new DataView(header.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  return concatenated([header, padded(value)]);
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = concatenated(parts);
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(body, 8);
  view.setUint32(bytes.length - 4, bytes.length, true);
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
