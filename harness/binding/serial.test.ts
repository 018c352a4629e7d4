import fc from 'fast-check';
import { concat, fromHex, toHex } from '../codec/octets';
import type { SerialEvent, SerialFrame, SerialOverrides, SerialRules } from './serial';
import { encodeSerial, escapeOctets, lenientSerial, SerialReceiver, strictSerial } from './serial';

const request = fromHex('010008c8008102');

// layouts.md 2.2: Get Endpoint ID, and the packet published with the PICMG serial tests.
const vectors = [
  ['Get Endpoint ID', '010008c8008102', '7e0107010008c800810232197e'],
  ['PICMG', '01090800017e7d3f3c', '7e010901090800017d5e7d5d3f3c91c77e'],
] as const;

const packet = fc.uint8Array({ minLength: 4, maxLength: 255, size: 'max' });
/** Packets full of octets that must be escaped. */
const thorny = fc
  .array(fc.constantFrom(0x7e, 0x7d, 0x5e, 0x5d, 0x01, 0x20), { minLength: 4, maxLength: 40, size: 'max' })
  .map((octets) => Uint8Array.from(octets));
const anyPacket = fc.oneof(packet, thorny);

function receive(octets: Uint8Array, rules: SerialRules = strictSerial): readonly SerialEvent[] {
  return new SerialReceiver(rules).feed(octets);
}

function frames(events: readonly SerialEvent[]): readonly SerialFrame[] {
  return events.flatMap((event) => (event.kind === 'frame' ? [event.frame] : []));
}

function packets(octets: Uint8Array, rules: SerialRules = strictSerial): readonly string[] {
  return frames(receive(octets, rules)).map((frame) => toHex(frame.packet));
}

function discards(octets: Uint8Array, rules: SerialRules = strictSerial): readonly unknown[] {
  return receive(octets, rules).flatMap((event) =>
    event.kind === 'discarded' ? [event.reason, toHex(event.octets)] : [],
  );
}

const receivers = [
  ['strict', strictSerial],
  ['lenient', lenientSerial],
] as const;

describe('a serial frame', () => {
  it.each(vectors)('of %s is as published', (_, body, hex) => {
    expect(toHex(encodeSerial(fromHex(body)))).toBe(hex);
    for (const [, rules] of receivers) {
      expect(frames(receive(fromHex(hex), rules))).toEqual([
        {
          octets: fromHex(hex),
          revision: 1,
          byteCount: body.length / 2,
          packet: fromHex(body),
          fcs: Number.parseInt(hex.slice(-6, -2), 16),
          fcsStatus: 'good',
          fcsEscaped: false,
          deviations: [],
        },
      ]);
    }
  });

  it.each<[SerialOverrides, string]>([
    [{}, '7e0107010008c800810232197e'],
    [{ revision: 2 }, '7e0207010008c8008102e41e7e'],
    [{ byteCount: { add: -1 } }, '7e0106010008c8008102b3a67e'],
    [{ fcs: { xor: 1 } }, '7e0107010008c800810232187e'],
    [{ fcs: 'absent' }, '7e0107010008c80081027e'],
    [{ openingFlag: 'absent' }, '0107010008c800810232197e'],
    [{ closingFlag: 0x55 }, '7e0107010008c8008102321955'],
    [{ prefix: 'aa55', truncate: 4 }, 'aa557e010701'],
  ])('can be spoiled: %j', (overrides, hex) => {
    expect(toHex(encodeSerial(request, overrides))).toBe(hex);
  });

  it('can be sent without escapes, or with more than needed', () => {
    expect(toHex(encodeSerial(fromHex('7e7d0102'), { escaping: 'none' }))).toMatch(/^7e01047e7d0102....7e$/);
    expect(toHex(encodeSerial(fromHex('7e010203'), { escaping: 'every-octet' }))).toMatch(
      /^7e01047d5e7d217d227d23....7e$/,
    );
  });

  it('escapes 7E and 7D alone', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        const escaped = toHex(escapeOctets(octets)).replace(/../g, '$& ');
        const back = escaped
          .replace(/7d 5e /g, '7E ')
          .replace(/7d 5d /g, '7D ')
          .toLowerCase();
        expect(fromHex(back)).toEqual(octets);
        expect(escaped).not.toMatch(/7e/);
      }),
    );
  });
});

describe.each(receivers)('the %s receiver', (_, rules) => {
  it('takes frames however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyPacket, { maxLength: 5 }),
        fc.array(fc.nat(60), { maxLength: 30, size: 'max' }),
        (sent, cuts) => {
          const stream = concat(...sent.map((octets) => encodeSerial(octets)));
          const receiver = new SerialReceiver(rules);
          const events: SerialEvent[] = [];
          let from = 0;
          for (const cut of [...cuts, stream.length]) {
            events.push(...receiver.feed(stream.subarray(from, from + cut)));
            from += cut;
          }
          expect(frames(events).map((frame) => [toHex(frame.packet), frame.fcsStatus, frame.deviations])).toEqual(
            sent.map((octets) => [toHex(octets), 'good', []]),
          );
          expect(receiver.pending).toHaveLength(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('loses no octet of any stream: each is in a frame, discarded, pending, or a repeated flag', () => {
    fc.assert(
      fc.property(streams, (octets) => {
        const receiver = new SerialReceiver(rules);
        const events = [...receiver.feed(octets), ...receiver.flush()];
        const seen = concat(
          ...events.map((event) => (event.kind === 'frame' ? event.frame.octets : event.octets)),
          receiver.pending,
        );
        const solid = (all: Uint8Array): string => toHex(all.filter((octet) => octet !== 0x7e));
        expect(solid(seen)).toBe(solid(octets));
      }),
      { numRuns: 500 },
    );
  });

  it('finds its way back: after any octets, one flag later every good frame is taken', () => {
    fc.assert(
      fc.property(streams, fc.array(thorny, { minLength: 1, maxLength: 3 }), (damaged, sent) => {
        const receiver = new SerialReceiver(rules);
        receiver.feed(damaged);
        receiver.feed(quiet);
        const events = receiver.feed(concat(...sent.map((octets) => encodeSerial(octets))));
        expect(
          frames(events)
            .map((frame) => toHex(frame.packet))
            .slice(-sent.length),
        ).toEqual(sent.map(toHex));
      }),
      { numRuns: 500 },
    );
  });
});

/** Streams of frames with octets changed, lost or added, cut anywhere. */
const streams = fc
  .tuple(
    fc.array(anyPacket, { maxLength: 3 }),
    fc.array(
      fc.tuple(fc.nat(400), fc.constantFrom('set', 'drop', 'add'), fc.constantFrom(0x7e, 0x7d, 0, 1, 0xff, 0x5e)),
    ),
    fc.nat(700),
  )
  .map(([sent, mutations, cut]) => {
    const stream = sent.flatMap((octets) => [...encodeSerial(octets)]);
    for (const [at, kind, octet] of mutations) {
      if (kind === 'add') stream.splice(at, 0, octet);
      else if (kind === 'drop') stream.splice(at, 1);
      else if (at < stream.length) stream[at] = octet;
    }
    return Uint8Array.from(stream.slice(0, cut));
  });

/** Enough flags to fill whatever count a damaged frame has promised, and end it. */
const quiet = new Uint8Array(4).fill(0x7e);

describe('the strict receiver', () => {
  it.each([
    ['outside-frame', 'aa55', 'aa55'],
    ['revision', '7e02', '7e02'],
    ['byte-count', '7e0100', '7e0100'],
    ['byte-count', '7e0103', '7e0103'],
    ['flag-in-data', '7e01070100', '7e01070100'],
    ['invalid-escape', '7e01077d01', '7e01077d01'],
    ['fcs', '7e0107010008c800810232187e', '7e0107010008c800810232187e'],
    ['closing-flag', '7e0107010008c8008102321955', '7e0107010008c8008102321955'],
  ])('discards for %s, and takes the next frame', (reason, damaged, octets) => {
    const stream = concat(fromHex(damaged), encodeSerial(request));
    expect(discards(stream)).toEqual([reason, octets]);
    expect(packets(stream)).toEqual([toHex(request)]);
  });

  it('lets repeated flags pass', () => {
    expect(packets(concat(fromHex('7e7e7e'), encodeSerial(request), fromHex('7e7e')))).toEqual([toHex(request)]);
  });

  it('takes the flag that a wrong count swallowed for the next opening flag', () => {
    const stream = concat(encodeSerial(request, { byteCount: { add: 1 } }), encodeSerial(request));
    expect(packets(stream)).toEqual([toHex(request)]);
  });

  it('does not keep a stream without flags', () => {
    const receiver = new SerialReceiver();
    receiver.feed(new Uint8Array(100_000));
    expect(receiver.pending.length).toBeLessThan(2048);
  });

  it.each<[string, Partial<SerialRules>, SerialOverrides, boolean]>([
    ['any revision', { acceptsRevision: () => true }, { revision: 2 }, true],
    ['a bad FCS', { acceptsFcs: () => true }, { fcs: { xor: 1 } }, true],
    ['no closing flag', { needsClosingFlag: false }, { closingFlag: 'absent' }, true],
    ['no closing flag but a good FCS', { needsClosingFlag: false }, { closingFlag: 'absent', fcs: { xor: 1 } }, false],
    ['needless escapes', { invalidEscape: 'undo' }, { escaping: 'every-octet' }, true],
  ])('can be made to accept %s', (_, change, overrides, accepted) => {
    const octets = encodeSerial(request, overrides);
    expect(packets(octets)).toEqual([]);
    expect(packets(octets, { ...strictSerial, ...change })).toEqual(accepted ? [toHex(request)] : []);
  });

  it('can be made to take a raw flag for data', () => {
    const octets = encodeSerial(fromHex('7e010203'), { escaping: 'none' });
    expect(packets(octets, { ...strictSerial, flagInData: 'data' })).toEqual(['7e010203']);
  });

  it('can be made to undo escapes in the FCS', () => {
    const rules = { ...strictSerial, escapedFcs: true };
    expect(packets(fromHex('7e0108010908000102001e7d5e487e'), rules)).toEqual(['010908000102001e']);
    expect(packets(fromHex('7e010801090800010274bd7d5e7d5d7e'), rules)).toEqual(['01090800010274bd']);
    expect(packets(encodeSerial(request), rules)).toEqual([toHex(request)]);
  });
});
