/**
 * Named random streams: each user of chance draws from its own stream, made of the run's seed and the user's name, so
 * that a new user shifts nobody else's draws.
 *
 * Generator: xor128 of the package `seedrandom` (Marsaglia's xorshift, period 2^128 - 1), 1.6 ns a draw; the package's default is 17 times slower.
 */
import seedrandom from 'seedrandom';
import { ln } from './elementary.js';

/** A source of chance. */
export class RandomStream {
  private readonly draw: () => number;
  private readonly drawInt: () => number;

  /**
   * @param seed the run's seed
   * @param name what the stream is for, such as `client/3/arrivals`
   */
  constructor(seed: string, name: string) {
    // The package takes undefined for "seed by chance" and tells 1 from '1': only strings get in.
    const generator = seedrandom.xor128(hashed(`${seed.length}/${seed}/${name}`));
    this.draw = generator;
    this.drawInt = () => generator.int32();
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.draw();
  }

  /** Uniform 32-bit integer, 0 to 2^32 - 1. */
  uint32(): number {
    return this.drawInt() >>> 0;
  }

  /**
   * Uniform whole number from 0 to `bound` - 1.
   * @param bound at least 1; up to 2^32
   */
  below(bound: number): number {
    return Math.floor(this.draw() * bound);
  }

  /**
   * Exponentially distributed.
   * @param mean its mean, in whatever unit the result shall have
   */
  exponential(mean: number): number {
    return -mean * ln(1 - this.draw());
  }

  /** Shuffles an array in place (Fisher and Yates). */
  shuffle(items: unknown[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const other = items[j];
      items[j] = items[i];
      items[i] = other;
    }
  }
}

/** All streams of one run. */
export class RandomStreams {
  /** The run's seed. */
  readonly seed: string;
  private readonly streams = new Map<string, RandomStream>();

  /** @param seed the run's seed */
  constructor(seed: string) {
    this.seed = seed;
  }

  /** The stream of that name; the same one at every call. */
  stream(name: string): RandomStream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      stream = new RandomStream(this.seed, name);
      this.streams.set(name, stream);
    }
    return stream;
  }
}

/** 32 hexadecimal digits that depend on every character: four lanes with the multipliers and the finish of MurmurHash3 (Appleby). */
function hashed(text: string): string {
  const lanes = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93].map((multiplier) => {
    let lane = multiplier;
    for (let i = 0; i < text.length; i++) {
      lane = Math.imul(lane ^ text.charCodeAt(i), multiplier);
      lane ^= lane >>> 15;
    }
    lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
    lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35);
    return (lane ^ (lane >>> 16)) >>> 0;
  });
  return lanes.map((lane) => lane.toString(16).padStart(8, '0')).join('');
}
