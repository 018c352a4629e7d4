import { concat } from '../codec/octets';
import { MAX_BODY } from './relay-protocol';

export type RelayRead =
  /** Type octet and body. */
  | { readonly kind: 'message'; readonly octets: Uint8Array }
  /** A length that nothing has: where the next one stands is not known, so nothing is read after it. */
  | { readonly kind: 'impossible'; readonly length: number; readonly octets: Uint8Array };

const LENGTH_SIZE = 4;
/** How much of something unintelligible is kept as evidence. */
const EVIDENCE = 64;

/** Takes the octet stream of the relay protocol apart, however it is cut. Holds at most one message. */
export class RelayReader {
  private held: Uint8Array[] = [];
  private size = 0;
  private stopped = false;

  feed(chunk: Uint8Array): readonly RelayRead[] {
    if (this.stopped || chunk.length === 0) return [];
    // A copy: a Buffer is a view of a memory pool, and so are its slices.
    this.held.push(new Uint8Array(chunk));
    this.size += chunk.length;
    const reads: RelayRead[] = [];
    while (this.size >= LENGTH_SIZE) {
      const length = this.peekLength();
      if (length === 0 || length > MAX_BODY) {
        reads.push({ kind: 'impossible', length, octets: this.take(Math.min(this.size, EVIDENCE)) });
        this.stopped = true;
        this.held = [];
        break;
      }
      if (this.size < LENGTH_SIZE + length) break;
      reads.push({ kind: 'message', octets: this.take(LENGTH_SIZE + length).subarray(LENGTH_SIZE) });
    }
    return reads;
  }

  /** What has begun and not ended; empty between two messages. */
  get partial(): Uint8Array {
    return this.stopped ? new Uint8Array(0) : concat(...this.held).slice(0, EVIDENCE);
  }

  private peekLength(): number {
    if ((this.held[0]?.length ?? 0) < LENGTH_SIZE) this.held = [concat(...this.held)];
    const first = this.held[0] as Uint8Array;
    return new DataView(first.buffer, first.byteOffset, LENGTH_SIZE).getUint32(0);
  }

  private take(size: number): Uint8Array {
    const whole = this.held.length === 1 ? (this.held[0] as Uint8Array) : concat(...this.held);
    this.size -= size;
    this.held = this.size === 0 ? [] : [whole.subarray(size)];
    return whole.slice(0, size);
  }
}

/** A length that is printable text comes from a banner or a program that prints to its standard output. */
export function describeLength(octets: Uint8Array): string {
  const said = new TextDecoder('latin1').decode(octets);
  const start = /^[\x20-\x7e\r\n\t]{4,}/
    .exec(said)?.[0]
    .trim()
    .split(/[\r\n]/)[0];
  if (start === undefined) return 'octets that are no message of the relay protocol';
  return `text on its standard output, where only the relay protocol may be: ${JSON.stringify(start)}`;
}
