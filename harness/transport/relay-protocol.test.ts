import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { concat, fromHex, toHex } from '../codec/octets';
import { packageRoot } from '../package-root';
import { describeLength, RelayReader } from './relay-framing';
import {
  decodeHost,
  decodeRelay,
  encodeHost,
  encodeRelay,
  type HostMessage,
  MAX_BODY,
  PROTOCOL_VERSION,
  type RelayMessage,
} from './relay-protocol';

interface Vector {
  readonly name: string;
  readonly from: 'relay' | 'host';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hex: string;
}
interface Vectors {
  readonly version: number;
  readonly maximumLength: number;
  readonly messages: readonly Vector[];
  readonly conversations: readonly { readonly send: readonly string[]; readonly expect: readonly string[] }[];
}

const vectors = JSON.parse(readFileSync(join(packageRoot(), 'harness/relay/vectors.json'), 'utf8')) as Vectors;

const octetFields = ['octets', 'address', 'ownAddress', 'mask', 'value'];
const timeFields = ['now', 'began', 'ended', 'at', 'hostTime', 'received', 'sent'];

/** Fields of a vector as our messages have them: octet strings, and times as bigint. */
function typed(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && octetFields.includes(key)) return fromHex(value);
  if (key === 'ownEids') return Uint8Array.from(value as number[]);
  if (typeof value === 'number' && timeFields.includes(key)) return BigInt(value);
  if (key === 'counters') {
    return Object.fromEntries(Object.entries(value as object).map(([name, count]) => [name, BigInt(count as number)]));
  }
  if (key === 'tx') return typed({ ...(value as object) });
  if (key === 'marks') return (value as object[]).map((each) => typed(each));
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([each, inner]) => [each, typed(inner, each)]));
  }
  return value;
}

/** The two flags of `rx` are a list of names here. */
function bodyOf({ fields }: Vector): unknown {
  if (!('own' in fields)) return typed(fields);
  const { own, truncated, ...others } = fields;
  return typed({ ...others, flags: [...(own === true ? ['own'] : []), ...(truncated === true ? ['truncated'] : [])] });
}

const ofRelay = vectors.messages.filter(({ from }) => from === 'relay');
const ofHost = vectors.messages.filter(({ from, fields }) => from === 'host' && !('ignored' in fields));
const body = (hex: string): Uint8Array => fromHex(hex).subarray(4);

describe('relay protocol: golden vectors', () => {
  it('is of the same version', () => {
    expect([vectors.version, vectors.maximumLength]).toEqual([PROTOCOL_VERSION, MAX_BODY]);
    expect(ofRelay.length + ofHost.length).toBeGreaterThan(40);
  });

  it.each(ofRelay.map((vector) => [vector.name, vector] as const))('relay: %s', (_, vector) => {
    const decoded = decodeRelay(body(vector.hex));
    expect(decoded).toMatchObject({ ok: true, message: { body: bodyOf(vector) } });
    if (decoded.ok) expect(toHex(encodeRelay(decoded.message))).toBe(vector.hex);
  });

  it.each(ofHost.map((vector) => [vector.name, vector] as const))('host: %s', (_, vector) => {
    const decoded = decodeHost(body(vector.hex));
    expect(decoded).toMatchObject({ ok: true, message: { body: bodyOf(vector) } });
    if (decoded.ok) expect(toHex(encodeHost(decoded.message))).toBe(vector.hex);
  });

  it('reads all that a relay says in the conversations', () => {
    const said = vectors.conversations.flatMap(({ expect: each }) => each.map((hex) => hex.replaceAll('.', '0')));
    expect(said.length).toBeGreaterThan(20);
    for (const hex of said) expect(decodeRelay(body(hex))).toMatchObject({ ok: true });
  });

  it('ignores what a later version puts behind a body', () => {
    const [vector] = ofRelay.filter(({ name }) => name.startsWith('error'));
    const plain = decodeRelay(body(vector?.hex ?? ''));
    expect(decodeRelay(concat(body(vector?.hex ?? ''), [1, 2, 3]))).toEqual(plain);
  });

  it('tells an unknown message that may be overlooked from one that may not', () => {
    expect(decodeRelay(Uint8Array.of(0x81, 1))).toMatchObject({ ok: false, optional: true });
    expect(decodeRelay(Uint8Array.of(0x71, 1))).toMatchObject({ ok: false, optional: false });
  });

  it.each([
    ['a hello without its magic', '01', '4d43524d010100'],
    ['a status that there is not', '03', `0000000109${'00'.repeat(21)}`],
    ['a physical address of 33 octets', '04', `0000000000${'00'.repeat(7)}21${'00'.repeat(40)}`],
    ['a text that is not there', '0b', '050000000000000000ff'],
  ])('says what is wrong with %s', (_, type, hex) => {
    expect(decodeRelay(fromHex(type + hex))).toMatchObject({ ok: false, optional: false });
  });
});

const octets = (maxLength: number) => fc.uint8Array({ maxLength });
const id = fc.integer({ min: 0, max: 0xffffffff });
const nanoseconds = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const phrase = fc.string({ maxLength: 200, unit: 'grapheme' });

const relayMessages: fc.Arbitrary<RelayMessage> = fc.oneof(
  fc.record({
    type: fc.constant('tx-done' as const),
    body: fc.record({
      id,
      status: fc.constantFrom('sent', 'nak', 'arbitration-lost', 'refused'),
      tag: fc.option(fc.integer({ min: 0, max: 15 })),
      errno: fc.integer({ min: 0, max: 0xffff }),
      began: nanoseconds,
      ended: nanoseconds,
      text: phrase,
    }),
  }),
  fc.record({
    type: fc.constant('rx' as const),
    body: fc.record({
      plane: fc.constantFrom('messages', 'packets', 'frames'),
      flags: fc.subarray(['own', 'truncated'] as const),
      eid: fc.integer({ min: 0, max: 255 }),
      tag: fc.option(fc.integer({ min: 0, max: 15 })),
      at: nanoseconds,
      address: octets(32),
      octets: octets(600),
    }),
  }),
  fc.record({
    type: fc.constant('counters' as const),
    body: fc.record({ id, at: nanoseconds, counters: fc.dictionary(fc.string({ maxLength: 30 }), nanoseconds) }),
  }),
);

const hostMessages: fc.Arbitrary<HostMessage> = fc.oneof(
  fc.record({
    type: fc.constant('tx' as const),
    body: fc.record({
      id,
      plane: fc.constantFrom('messages', 'packets', 'frames'),
      eid: fc.integer({ min: 0, max: 255 }),
      tag: fc.integer({ min: 0, max: 31 }),
      address: octets(32),
      octets: octets(600),
    }),
  }),
  fc.record({ type: fc.constant('ping' as const), body: fc.record({ id, hostTime: nanoseconds }) }),
);

describe('relay protocol: anything', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(relayMessages, (message) => {
        expect(decodeRelay(encodeRelay(message).subarray(4))).toEqual({ ok: true, message });
      }),
    );
    fc.assert(
      fc.property(hostMessages, (message) => {
        expect(decodeHost(encodeHost(message).subarray(4))).toEqual({ ok: true, message });
      }),
    );
  });

  it('never fails, whatever comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x13 }), octets(200), (type, rest) => {
        for (const decode of [decodeRelay, decodeHost]) expect(decode(concat([type], rest))).toHaveProperty('ok');
      }),
      { numRuns: 2_000 },
    );
  });

  it('survives golden messages with damage', () => {
    const golden = fc.constantFrom(...vectors.messages.map(({ hex }) => hex));
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(golden, damage, fc.nat(), (hex, changes, cut) => {
        const damaged = body(hex).slice();
        for (const [place, value] of changes) damaged[place % damaged.length] = value;
        const short = damaged.subarray(0, 1 + (cut % damaged.length));
        for (const decode of [decodeRelay, decodeHost]) expect(decode(short)).toHaveProperty('ok');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('relay protocol: framing', () => {
  const cut = (whole: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] => {
    const pieces: Uint8Array[] = [];
    for (let offset = 0, turn = 0; offset < whole.length; turn += 1) {
      const size = sizes.length === 0 ? whole.length : (sizes[turn % sizes.length] ?? 1);
      pieces.push(whole.subarray(offset, offset + size));
      offset += size;
    }
    return pieces;
  };

  it('reads messages however they are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(relayMessages, { maxLength: 8 }), sizes, (messages, cuts) => {
        const reader = new RelayReader();
        const whole = concat(...messages.map(encodeRelay));
        const reads = cut(whole, cuts).flatMap((piece) => reader.feed(piece));
        const read = reads.map((each) => (each.kind === 'message' ? decodeRelay(each.octets) : each));
        expect(read).toEqual(messages.map((message) => ({ ok: true, message })));
        expect(reader.partial).toHaveLength(0);
      }),
    );
  });

  it('takes the longest message, and nothing longer', () => {
    const longest = concat([0, 1, 0, 0x40], new Uint8Array(MAX_BODY).fill(7));
    expect(new RelayReader().feed(longest)[0]).toMatchObject({ kind: 'message' });
    expect(new RelayReader().feed(Uint8Array.of(0, 1, 0, 0x41, 1))[0]).toMatchObject({ kind: 'impossible' });
  });

  it('reads nothing behind a length that cannot be', () => {
    const reader = new RelayReader();
    expect(reader.feed(fromHex('00000000 00000001 0c'))).toHaveLength(1);
    expect(reader.feed(fromHex('00000001 0c'))).toEqual([]);
    expect(reader.partial).toHaveLength(0);
  });

  it('shows a banner for what it is', () => {
    const banner = new TextEncoder().encode('Welcome to the BMC\nmotd');
    const [read] = new RelayReader().feed(banner);
    expect(read).toMatchObject({ kind: 'impossible' });
    expect(describeLength(read?.octets ?? banner)).toMatch(/"Welcome to the BMC"/);
    expect(describeLength(Uint8Array.of(0, 0, 0, 0))).toMatch(/no message/);
  });

  it('says what has begun and not ended', () => {
    const reader = new RelayReader();
    reader.feed(fromHex('0000'));
    reader.feed(fromHex('0003 0b'));
    expect(toHex(reader.partial)).toBe('000000030b');
  });
});
