/** Reads pcap and pcapng files back, as far as the project writes them. */

/** A frame read back. */
export interface ReadFrame {
  readonly timeNs: number;
  /** Empty in a pcap. */
  readonly device: string;
  readonly comment: string;
  readonly bytes: Uint8Array;
}

/** Frames of a pcap with nanoseconds. */
export function readPcap(file: Uint8Array): readonly ReadFrame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const frames: ReadFrame[] = [];
  for (let at = 24; at < file.length;) {
    const length = view.getUint32(at + 8, true);
    const timeNs = view.getUint32(at, true) * 1e9 + view.getUint32(at + 4, true);
    frames.push({ timeNs, device: '', comment: '', bytes: file.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return frames;
}

/** Frames of a pcapng of one section. */
export function readPcapng(file: Uint8Array): readonly ReadFrame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const devices: string[] = [];
  const frames: ReadFrame[] = [];
  for (let at = 0; at < file.length; at += view.getUint32(at + 4, true)) {
    const type = view.getUint32(at, true);
    const end = at + view.getUint32(at + 4, true) - 4;
    if (type === 1) devices.push(optionText(file, view, at + 16, end, 2));
    if (type !== 6) continue;
    const length = view.getUint32(at + 20, true);
    frames.push({
      timeNs: view.getUint32(at + 12, true) * 2 ** 32 + view.getUint32(at + 16, true),
      device: devices[view.getUint32(at + 8, true)]!,
      comment: optionText(file, view, at + 28 + Math.ceil(length / 4) * 4, end, 1),
      bytes: file.subarray(at + 28, at + 28 + length),
    });
  }
  return frames;
}

function optionText(file: Uint8Array, view: DataView, from: number, end: number, wanted: number): string {
  for (let at = from; at < end; at += 4 + Math.ceil(view.getUint16(at + 2, true) / 4) * 4) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === wanted) return new TextDecoder().decode(file.subarray(at + 4, at + 4 + length));
  }
  return '';
}

/** A TCP segment of an IPv4 frame; of a frame in VXLAN, the inner one. */
export interface Segment {
  readonly isTunnelled: boolean;
  readonly source: string;
  readonly destination: string;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly payload: number;
}

/** Reads the headers of a frame that holds TCP over IPv4. */
export function segmentOf(frame: Uint8Array, isTunnelled = false): Segment {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame[23] === 17 && view.getUint16(36) === 8472) return segmentOf(frame.subarray(50), true);
  const address = (at: number): string => frame.subarray(at, at + 4).join('.');
  return {
    isTunnelled,
    source: `${address(26)}:${view.getUint16(34)}`,
    destination: `${address(30)}:${view.getUint16(36)}`,
    flags: frame[47]!,
    sequence: view.getUint32(38),
    acknowledgement: view.getUint32(42),
    payload: view.getUint16(16) - 40,
  };
}
