import fc from 'fast-check';
import { concat, toHex } from '../codec/octets';
import { BridgeReader, describeImpossible, encodeBridge, MAX_BRIDGE_FRAME } from './bridge-protocol';

const reader = (maximum = MAX_BRIDGE_FRAME, afterImpossible: 'stop' | 'skip' = 'stop') =>
  new BridgeReader({ maximum, afterImpossible });

/** The octets in pieces, cut where the numbers say. */
function pieces(octets: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let offset = 0, turn = 0; offset < octets.length; turn += 1) {
    const size = sizes.length === 0 ? octets.length : (sizes[turn % sizes.length] ?? 1);
    out.push(octets.subarray(offset, offset + size));
    offset += size;
  }
  return out;
}

describe('bridge protocol', () => {
  it('puts the length in front, most significant octet first', () => {
    expect(toHex(encodeBridge(Uint8Array.of(0xaa, 0xbb)))).toBe('0002aabb');
    expect(toHex(encodeBridge(new Uint8Array(0x1234)).subarray(0, 2))).toBe('1234');
  });

  it('sends what no length can say in several chunks', () => {
    const octets = new Uint8Array(2 * MAX_BRIDGE_FRAME + 5).fill(3);
    const reads = reader().feed(encodeBridge(octets));
    expect(reads.map((read) => read.octets.length)).toEqual([MAX_BRIDGE_FRAME, MAX_BRIDGE_FRAME, 5]);
  });

  it('reads what was encoded, however it is cut', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 });
    fc.assert(
      fc.property(frames, sizes, (sent, cuts) => {
        const under = reader();
        const reads = pieces(concat(...sent.map(encodeBridge)), cuts).flatMap((piece) => under.feed(piece));
        expect(reads).toEqual(sent.map((octets) => ({ kind: 'frame', octets })));
        expect(under.partial).toBeUndefined();
      }),
    );
  });

  it('never fails, whatever comes, and reads no more after an impossible length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 10 }), (chunks) => {
        const under = reader(260);
        const reads = chunks.flatMap((chunk) => under.feed(chunk));
        const stop = reads.findIndex(({ kind }) => kind === 'impossible');
        expect([-1, reads.length - 1]).toContain(stop);
      }),
    );
  });

  it('can skip a frame that is too long, and goes on behind it', () => {
    const under = reader(4, 'skip');
    const octets = concat(encodeBridge(new Uint8Array(9)), [0, 0], encodeBridge(Uint8Array.of(7)));
    expect(pieces(octets, [3, 1, 5]).flatMap((piece) => under.feed(piece))).toEqual([
      { kind: 'impossible', length: 9, octets: Uint8Array.of(0, 9, 0) },
      { kind: 'impossible', length: 0, octets: Uint8Array.of(0, 0) },
      { kind: 'frame', octets: Uint8Array.of(7) },
    ]);
  });

  it('says what has begun and not ended', () => {
    const under = reader();
    under.feed(Uint8Array.of(0));
    expect(under.partial).toEqual({ octets: Uint8Array.of(0), expected: undefined });
    under.feed(Uint8Array.of(3, 1));
    expect(under.partial).toEqual({ octets: Uint8Array.of(1), expected: 3 });
  });

  it('recognises text', () => {
    expect(describeImpossible(0x4865, 'smbus')).toMatch(/the text "He"/);
    expect(describeImpossible(0x0000, 'smbus')).not.toMatch(/text/);
  });
});
