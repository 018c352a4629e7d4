import type { Binding } from '../names';

/** The bridge protocol, both directions: u16 big-endian length, then that many octets (docs: reaching a device). */

/** Address, command, count, 255 counted octets, PEC, and one more for a stimulus that is too long by one. */
export const MAX_SMBUS_FRAME = 260;
export const MAX_BRIDGE_FRAME = 0xffff;

export function maxFrame(binding: Binding): number {
  return binding === 'smbus' ? MAX_SMBUS_FRAME : MAX_BRIDGE_FRAME;
}

/** Octets with their length in front; a stream longer than a length can say goes as several chunks. */
export function encodeBridge(octets: Uint8Array): Uint8Array {
  const chunks = Math.ceil(octets.length / MAX_BRIDGE_FRAME);
  const out = new Uint8Array(octets.length + 2 * chunks);
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const start = chunk * MAX_BRIDGE_FRAME;
    const part = octets.subarray(start, start + MAX_BRIDGE_FRAME);
    out.set([part.length >> 8, part.length & 0xff], start + 2 * chunk);
    out.set(part, start + 2 * (chunk + 1));
  }
  return out;
}

export type BridgeRead =
  | { readonly kind: 'frame'; readonly octets: Uint8Array }
  /** A length that no frame has; `octets` begin with it. */
  | { readonly kind: 'impossible'; readonly length: number; readonly octets: Uint8Array };

/** How many octets of something unintelligible are kept as evidence. */
const EVIDENCE = 64;

export interface BridgeReaderOptions {
  /** The longest frame that is possible. */
  readonly maximum: number;
  /**
   * After an impossible length the places of all later lengths are guesses: `stop` reads no more. `skip` trusts the
   * length once more, for an emulated device that must survive anything.
   */
  readonly afterImpossible: 'stop' | 'skip';
}

/** Byte-fed; holds at most one frame. */
export class BridgeReader {
  private readonly options: BridgeReaderOptions;
  private high: number | undefined;
  private body: Uint8Array | undefined;
  private filled = 0;
  private skipping = 0;
  private stopped = false;

  constructor(options: BridgeReaderOptions) {
    this.options = options;
  }

  feed(octets: Uint8Array): readonly BridgeRead[] {
    const reads: BridgeRead[] = [];
    let offset = 0;
    while (offset < octets.length && !this.stopped) {
      if (this.skipping > 0) {
        const skip = Math.min(this.skipping, octets.length - offset);
        this.skipping -= skip;
        offset += skip;
      } else if (this.body === undefined) {
        this.takeLength(octets, offset, reads);
        offset += 1;
      } else {
        const part = octets.subarray(offset, offset + this.body.length - this.filled);
        this.body.set(part, this.filled);
        this.filled += part.length;
        offset += part.length;
        if (this.filled === this.body.length) {
          reads.push({ kind: 'frame', octets: this.body });
          this.body = undefined;
        }
      }
    }
    return reads;
  }

  /** What has begun and not ended; undefined between two frames. */
  get partial(): { readonly octets: Uint8Array; readonly expected: number | undefined } | undefined {
    if (this.body !== undefined) return { octets: this.body.slice(0, this.filled), expected: this.body.length };
    return this.high === undefined ? undefined : { octets: Uint8Array.of(this.high), expected: undefined };
  }

  private takeLength(octets: Uint8Array, offset: number, reads: BridgeRead[]): void {
    const octet = octets[offset] ?? 0;
    if (this.high === undefined) {
      this.high = octet;
      return;
    }
    const length = (this.high << 8) | octet;
    const head = [this.high, octet];
    this.high = undefined;
    if (length > 0 && length <= this.options.maximum) {
      this.body = new Uint8Array(length);
      this.filled = 0;
      return;
    }
    const rest = octets.subarray(offset + 1, offset + 1 + EVIDENCE - 2);
    reads.push({ kind: 'impossible', length, octets: Uint8Array.from([...head, ...rest]) });
    if (this.options.afterImpossible === 'stop') this.stopped = true;
    else this.skipping = length;
  }
}

/** A length that is two printable characters is most likely a program that prints to its standard output. */
export function describeImpossible(length: number, binding: Binding): string {
  const shape = binding === 'smbus' ? `1 to ${MAX_SMBUS_FRAME}` : `1 to ${MAX_BRIDGE_FRAME}`;
  const characters = [length >> 8, length & 0xff];
  const text = characters.every((code) => code === 0x0a || code === 0x0d || (code >= 0x20 && code < 0x7f))
    ? `, which is the text ${JSON.stringify(String.fromCharCode(...characters))}: does the program print to standard output?`
    : '';
  return `impossible length ${length}, a frame has ${shape} octets${text}`;
}
