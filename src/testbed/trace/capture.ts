/** Frames of a trace as a file for tcpdump and tshark, all of them or those of one device. */
import { pcapFile, pcapngFile } from '../../net/index.js';
import { didYouMean } from '../../scenario/index.js';
import { CaseError } from '../case-error.js';
import type { TracedFrame } from './sight.js';

/** A capture, and what is in it. */
export interface Capture {
  readonly bytes: Uint8Array;
  readonly frames: number;
  /** Devices whose frames are in it, in the order of their first one. */
  readonly devices: readonly string[];
}

const UPLINK = '/eth0';

/**
 * Makes a capture file.
 *
 * pcapng keeps the devices apart, so it gets every frame. In pcap all frames lie in one heap, where a packet seen on two devices
 * looks as if it had been sent twice: it gets those of one device, or, where none is named, each frame once as it goes on a wire; where
 * no packet has left its node, those of the client's own device.
 * @param format `pcap` or `pcapng`
 * @param device node and device, such as `node-0/cni0`; undefined for no choice
 * @throws CaseError when no such device has seen a packet
 */
export function captureOf(
  frames: readonly TracedFrame[],
  format: 'pcap' | 'pcapng',
  device: string | undefined,
): Capture {
  const chosen = device === undefined ? (format === 'pcapng' ? frames : onWires(frames)) : ofDevice(frames, device);
  const bytes = format === 'pcapng' ? pcapngFile(chosen) : pcapFile(chosen);
  return { bytes, frames: chosen.length, devices: devicesOf(chosen) };
}

function onWires(frames: readonly TracedFrame[]): readonly TracedFrame[] {
  const sent = frames.filter((frame) => frame.isSent && frame.device.endsWith(UPLINK));
  return sent.length > 0 ? sent : frames.filter((frame) => frame.device === frames[0]?.device);
}

function ofDevice(frames: readonly TracedFrame[], device: string): readonly TracedFrame[] {
  const chosen = frames.filter((frame) => frame.device === device);
  if (chosen.length > 0) return chosen;
  const devices = devicesOf(frames);
  const known = devices.length === 0 ? 'no device has seen any' : `there are: ${devices.join(', ')}`;
  throw new CaseError(`--device: no packet on ${device}${didYouMean(device, devices)}; ${known}`);
}

function devicesOf(frames: readonly TracedFrame[]): readonly string[] {
  return [...new Set(frames.map(({ device }) => device))];
}
