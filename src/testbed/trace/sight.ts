/** Frames as devices see them. */
import type { CapturedFrame } from '../../net/index.js';

/** When and where a frame is seen. */
export interface Sight extends Pick<CapturedFrame, 'timeNs' | 'device'> {
  /** Whether it is on its way out of what the device belongs to: the pod, the node, or the machine outside. */
  readonly isSent: boolean;
}

/** A frame, and which way it went through its device. */
export type TracedFrame = CapturedFrame & Sight;
