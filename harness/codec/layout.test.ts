import fc from 'fast-check';
import type { FieldSpec } from './field-spec';
import { decode, encode, layout, layoutProblems } from './layout';
import { fromHex, toHex } from './octets';

const everything: readonly FieldSpec[] = [
  {
    bits: [
      { name: 'reserved', width: 3 },
      { name: 'wide', width: 12 },
      { name: 'flag', width: 1 },
    ],
    byteOrder: 'little',
  },
  {
    bits: [
      { name: 'high', width: 52 },
      { name: 'low', width: 12 },
    ],
  },
  { name: 'entryCount', type: 'uint8' },
  {
    name: 'entries',
    count: { field: 'entryCount' },
    list: [
      { name: 'kind', type: 'uint8' },
      { name: 'size', type: 'uint8' },
      { name: 'text', type: 'bytes', length: { field: 'size' } },
    ],
  },
  { name: 'words', list: 'uint24', count: 2, byteOrder: 'little' },
  { name: 'long', type: 'uint64' },
  { name: 'options', tlv: { type: 'uint16', length: 'uint8' }, count: 1 },
  { name: 'dataLength', type: 'uint8' },
  { name: 'data', type: 'bytes', length: { field: 'dataLength' } },
  { name: 'check', type: 'uint32', compute: { checksum: 'crc32c', of: 'data' }, byteOrder: 'little' },
  { name: 'extra', type: 'uint16', optional: true },
];
const table = layout(everything);

/** Small numbers, so that counts and lengths mostly fit. */
const octets = fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 255 })), {
  maxLength: 80,
  size: 'max',
});

describe('a layout', () => {
  it('gives back every octet string that it decodes', () => {
    let decoded = 0;
    fc.assert(
      fc.property(octets, (numbers) => {
        const given = Uint8Array.from(numbers);
        const result = decode(table, given);
        if (!result.ok) return;
        decoded += 1;
        expect(encode(table, result.value)).toEqual(given.subarray(0, result.size));
      }),
      { numRuns: 1000 },
    );
    expect(decoded).toBeGreaterThan(10);
  });

  it('says where and why octets end too early, and keeps what it has', () => {
    fc.assert(
      fc.property(octets, fc.nat(90), (numbers, offset) => {
        const result = decode(table, Uint8Array.from(numbers), offset);
        const end = Math.max(offset, numbers.length);
        expect(result.spans.every((span) => span.offset + span.length <= end)).toBe(true);
        if (result.ok) return;
        expect(result.at).toBeLessThanOrEqual(end);
        expect(result.size).toBeGreaterThanOrEqual(0);
        expect(result.field).not.toBe('');
      }),
    );
    const short = decode(
      layout([
        { name: 'first', type: 'uint8' },
        { name: 'second', type: 'uint16' },
      ]),
      fromHex('0102'),
    );
    expect(short).toMatchObject({
      ok: false,
      at: 1,
      field: 'second',
      expected: '2 octets',
      actual: '1 left',
      value: { first: 1 },
    });
  });

  it('fills what nobody set: counts, lengths, checksums, defaults, zeros', () => {
    const made = decode(table, encode(table, { entries: [{ kind: 1, text: 'aabb' }], data: '313233343536373839' }));
    expect(made.value).toMatchObject({
      reserved: 0,
      entryCount: 1,
      entries: [{ kind: 1, size: 2, text: 'aabb' }],
      words: [0, 0],
      long: 0n,
      dataLength: 9,
      check: 0xe3069283,
    });
    expect(made.value).not.toHaveProperty('extra');
  });

  it('lets an explicit value win over a computed one', () => {
    const values = { entries: [], options: [], data: 'aabb', dataLength: 7, check: 1 };
    const hex = toHex(encode(table, values));
    expect(hex.endsWith('07aabb01000000')).toBe(true);
  });

  it('chooses a length by another field and zero-fills it', () => {
    const chosen = layout([
      { name: 'format', type: 'uint8' },
      { name: 'vendorId', type: 'bytes', length: { by: 'format', of: { '0': 2, '1': 4 } } },
    ]);
    expect(toHex(encode(chosen, {}))).toBe('000000');
    expect(toHex(encode(chosen, { format: 1 }))).toBe('0100000000');
    expect(decode(chosen, fromHex('01aabbccdd')).value).toEqual({ format: 1, vendorId: 'aabbccdd' });
    expect(decode(chosen, fromHex('02aabb'))).toMatchObject({
      ok: false,
      field: 'vendorId',
      expected: 'format one of 0, 1',
    });
  });

  it('numbers bits from the most significant and marks where they are', () => {
    const result = decode(table, fromHex('0180ffffffffffffffff00'));
    expect(result.value).toMatchObject({ reserved: 4, wide: 0, flag: 1, high: 2n ** 52n - 1n, low: 0xfff });
    expect(result.spans.slice(0, 3)).toEqual([
      { path: 'reserved', offset: 0, length: 2, bits: [15, 13] },
      { path: 'wide', offset: 0, length: 2, bits: [12, 1] },
      { path: 'flag', offset: 0, length: 2, bits: [0, 0] },
    ]);
    expect(toHex(encode(table, { wide: 0xfff, flag: -1, options: [] })).slice(0, 4)).toBe('ff1f');
  });

  it('changes exactly the octets of the field that is set', () => {
    const header = layout([
      { name: 'a', type: 'uint16' },
      {
        bits: [
          { name: 'b', width: 4 },
          { name: 'c', width: 4 },
        ],
      },
    ]);
    expect(toHex(encode(header, { a: 0x0102, b: 3, c: 4 }))).toBe('010234');
    expect(toHex(encode(header, { a: 0x0102, b: 0xf5, c: 4 }))).toBe('010254');
  });

  it('refuses values of the wrong kind with a message that can be printed', () => {
    expect(() => encode(table, { entryCount: 'many' })).toThrow('entryCount takes an integer, not "many"');
    expect(() => encode(table, { data: 'xyz' })).toThrow('data takes octets as hex');
    expect(() => encode(table, { entries: 3n })).toThrow('entries takes a list, not "3"');
    expect(() => encode(table, { entries: [1] })).toThrow('entries takes structures');
  });

  it('reads 4 GiB of promised entries in no time', () => {
    const many = layout([
      { name: 'n', type: 'uint64' },
      { name: 'list', list: [{ name: 'x', type: 'bytes', length: 'rest' }], count: { field: 'n' } },
    ]);
    expect(decode(many, fromHex('ffffffffffffffff'))).toMatchObject({ ok: false, actual: 'an empty entry' });
  });

  it('is refused where it cannot work', () => {
    expect(layoutProblems(everything)).toEqual([]);
    expect(
      layoutProblems([
        { bits: [{ name: 'a', width: 3 }] },
        { name: 'a', type: 'uint8' },
        { name: 'list', list: [{ name: 'x', type: 'uint8', compute: { count: 'y' } }], count: { field: 'later' } },
        { name: 'later', type: 'bytes', length: { by: 'z', of: {} } },
      ]),
    ).toEqual([
      'a: 3 bits are not one to eight whole octets',
      'a is there twice',
      'list refers to later, which is no field before it',
      'list: x refers to y, which is no field beside it',
      'later refers to z, which is no field before it',
    ]);
    expect(() => layout([{ bits: [{ name: 'a', width: 7 }] }])).toThrow(RangeError);
  });
});
