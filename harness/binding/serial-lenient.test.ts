import fc from 'fast-check';
import { crc16 } from '../codec/checksum';
import { concat, fromHex, toHex } from '../codec/octets';
import type { SerialEvent, SerialFrame, SerialOverrides } from './serial';
import { encodeSerial, escapeOctets, lenientSerial, readSerial, SerialReceiver } from './serial';

const request = fromHex('010008c8008102');
const other = fromHex('010908c80001022a');

function receive(octets: Uint8Array): readonly SerialEvent[] {
  const receiver = new SerialReceiver(lenientSerial);
  return [...receiver.feed(octets), ...receiver.flush()];
}

function frames(octets: Uint8Array): readonly SerialFrame[] {
  return receive(octets).flatMap((event) => (event.kind === 'frame' ? [event.frame] : []));
}

/** Packet, FCS status and deviations of each frame. */
function read(octets: Uint8Array): readonly unknown[] {
  return frames(octets).map(({ packet, fcsStatus, deviations }) => [toHex(packet), fcsStatus, ...deviations]);
}

const good = (packet: Uint8Array): unknown[] => [toHex(packet), 'good'];

/** A frame around these octets, which are already escaped, with an FCS as given. */
function frame(body: Uint8Array, fcs: number): Uint8Array {
  return concat([0x7e], body, [fcs >> 8, fcs & 0xff, 0x7e]);
}

const covered = concat([1, request.length], request);

// layouts.md 2.2 and 6, stack-traps.md 13 to 15: what devices were seen to send.
const readings: readonly (readonly [string, Uint8Array, readonly unknown[]])[] = [
  ['another revision', encodeSerial(request, { revision: 2 }), ['good', 'revision']],
  ['a count that is too small', encodeSerial(request, { byteCount: { add: -1 } }), ['good', 'byte-count']],
  ['a count that is too large', encodeSerial(request, { byteCount: { add: 1 } }), ['good', 'byte-count']],
  ['a count of 0', encodeSerial(request, { byteCount: 0 }), ['good', 'byte-count']],
  ['a count that includes the framing', encodeSerial(request, { byteCount: { add: 4 } }), ['good', 'byte-count']],
  ['an FCS over the flag too', frame(covered, crc16(concat([0x7e], covered))), ['includes-flag']],
  ['an FCS with start value 0', frame(covered, crc16(covered, 0)), ['start-zero']],
  ['a complemented FCS', frame(covered, crc16(covered) ^ 0xffff), ['complemented']],
  ['an FCS with the least significant octet first', frame(covered, 0x1932), ['least-significant-first']],
  ['a wrong FCS', encodeSerial(request, { fcs: { xor: 0x40 } }), ['bad']],
  ['needless escapes', encodeSerial(request, { escaping: 'every-octet' }), ['good', 'needless-escape']],
  ['no opening flag', encodeSerial(request, { openingFlag: 'absent' }), ['good', 'opening-flag']],
  ['another octet for an opening flag', encodeSerial(request, { openingFlag: 0x55 }), ['good', 'opening-flag']],
  ['no closing flag', encodeSerial(request, { closingFlag: 'absent' }), ['good', 'closing-flag']],
  ['another octet for a closing flag', encodeSerial(request, { closingFlag: 0x55 }), ['good', 'closing-flag']],
];

describe('the lenient receiver', () => {
  it.each(readings)('reads a frame with %s and says so', (_, octets, expected) => {
    expect(read(octets)).toEqual([[toHex(request), ...expected]]);
    expect(frames(octets)[0]?.octets).toEqual(octets);
  });

  it.each(readings)('reads a frame with %s between good ones', (_, octets, expected) => {
    const all = read(concat(encodeSerial(other), octets, encodeSerial(other)));
    // The flag between two frames can belong to either: a missing one shows at the frame that has to share.
    const missing = octets.length < encodeSerial(request).length;
    expect(all).toHaveLength(3);
    expect(all[0]).toEqual(good(other));
    if (missing) expect(all.slice(1).join()).toContain('shared-flag');
    else expect(all.slice(1)).toEqual([[toHex(request), ...expected], good(other)]);
  });

  it('reads an FCS of which octets are escaped (trap 14)', () => {
    expect(read(fromHex('7e0108010908000102001e7d5e487e'))).toEqual([['010908000102001e', 'good', 'fcs-escaped']]);
    expect(read(fromHex('7e0108010908000102002d7d5d507e'))).toEqual([['010908000102002d', 'good', 'fcs-escaped']]);
    expect(read(fromHex('7e01080109080001020018 1b7d5e7e'))).toEqual([['0109080001020018', 'good', 'fcs-escaped']]);
    expect(read(fromHex('7e010801090800010274bd7d5e7d5d7e'))).toEqual([['01090800010274bd', 'good', 'fcs-escaped']]);
  });

  it('takes raw flags and escapes in the FCS for what they are (trap 1)', () => {
    for (const hex of [
      '7e0108010908000102001e7e487e',
      '7e0108010908000102002d7d507e',
      '7e010801090800010200181b7e7e',
      '7e010801090800010274bd7e7d7e',
    ]) {
      const octets = fromHex(hex);
      expect(read(concat(octets, octets))).toEqual([good(octets.subarray(3, 11)), good(octets.subarray(3, 11))]);
    }
  });

  it('waits for the real closing flag where a wrong count puts a flag into the FCS', () => {
    const packet = fromHex('9ed96500a8d1f83db9ea6d746540');
    const octets = encodeSerial(packet, { byteCount: { add: -2 } });
    expect(toHex(octets).slice(-6)).toBe('747e7e');
    expect(read(octets)).toEqual([[toHex(packet), 'good', 'byte-count']]);
  });

  it('takes counts of 7E and 7D raw, and escaped when they are', () => {
    for (const size of [0x7e, 0x7d]) {
      const packet = new Uint8Array(size).fill(0x33);
      const raw = encodeSerial(packet);
      expect(read(raw)).toEqual([good(packet)]);
      const escaped = concat([0x7e, 1], escapeOctets(Uint8Array.of(size)), raw.subarray(3));
      expect(read(escaped)).toEqual([[toHex(packet), 'good', 'count-escaped']]);
    }
  });

  it('reads data that a device forgot to escape', () => {
    for (const hex of ['010908007e0102', '010908007d0102', '010908007d5e02', '7e7e7e7d7d7e7e']) {
      const [only, ...more] = frames(encodeSerial(fromHex(hex), { escaping: 'none' }));
      expect([toHex(only?.packet ?? new Uint8Array(0)), only?.fcsStatus, more]).toEqual([hex, 'good', []]);
      expect(only?.deviations).toContain(
        hex.includes('7e') && hex !== '010908007d5e02' ? 'flag-in-data' : 'escape-in-data',
      );
    }
  });

  it('reads frames that share a flag', () => {
    const stream = concat(encodeSerial(request), encodeSerial(other, { openingFlag: 'absent' }));
    expect(read(stream)).toEqual([good(request), [toHex(other), 'good', 'shared-flag']]);
  });

  it('does not wait for a missing closing flag longer than one octet', () => {
    const receiver = new SerialReceiver(lenientSerial);
    const events = receiver.feed(encodeSerial(request, { closingFlag: 0x55 }));
    expect(events).toHaveLength(1);
  });

  it('leaves what is no frame as discarded octets', () => {
    expect(receive(fromHex('aa557e7e0102'))).toEqual([
      { kind: 'discarded', octets: fromHex('aa55'), reason: 'outside-frame' },
      { kind: 'discarded', octets: fromHex('7e0102'), reason: 'closing-flag' },
    ]);
  });

  it('prefers correct frames to any other reading of the same octets', () => {
    const stream = concat(fromHex('7e01ff0102'), encodeSerial(request));
    expect(receive(stream).map((event) => event.kind)).toEqual(['discarded', 'frame']);
    expect(read(stream)).toEqual([good(request)]);
  });

  it('reads each frame that it has found again from its octets alone', () => {
    const overrides: fc.Arbitrary<SerialOverrides> = fc.record(
      {
        revision: fc.constantFrom(0, 1, 2),
        byteCount: fc.constantFrom<{ add: number }>({ add: -2 }, { add: -1 }, { add: 0 }, { add: 1 }, { add: 2 }),
        fcs: fc.constantFrom({ xor: 0 }, { xor: 1 }, { xor: 0xffff }),
        escaping: fc.constantFrom('standard', 'none', 'every-octet'),
        closingFlag: fc.constantFrom(0x7e, 0x55),
        prefix: fc.constantFrom('', 'aa', '7e'),
        truncate: fc.nat(30),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 30 }), overrides)), (sent) => {
        for (const found of frames(concat(...sent.map(([packet, override]) => encodeSerial(packet, override))))) {
          const again = readSerial(found.octets);
          const shared = found.deviations.includes('shared-flag');
          if (!shared) expect(again).toEqual(found);
          else expect(again).toMatchObject({ packet: found.packet, fcsStatus: found.fcsStatus });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps its time and memory against hostile octets', () => {
    const receiver = new SerialReceiver(lenientSerial);
    const hostile = fromHex('7e01ff'.repeat(10) + '7d'.repeat(200) + '7e01'.repeat(50) + '017e'.repeat(20));
    const started = performance.now();
    for (let round = 0; round < 50; round += 1) receiver.feed(hostile);
    expect(receiver.pending.length).toBeLessThan(2048);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
