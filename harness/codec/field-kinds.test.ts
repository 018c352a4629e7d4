import fc from 'fast-check';
import type { FieldSpec } from './field-spec';
import { decode, encode, layout } from './layout';
import { fromHex, toHex } from './octets';

/** Signed and real numbers, text, bitmaps, choices, typed values: everything that upper layers need beyond plain fields. */

const kinds: readonly FieldSpec[] = [
  { name: 'modifier', type: 'int8' },
  { name: 'signed', type: 'int16' },
  { name: 'resolution', type: 'float32' },
  { name: 'size', type: 'uint8' },
  {
    name: 'reading',
    switch: 'size',
    cases: { 0: 'uint8', 1: 'int8', 2: 'uint16', 3: { text: 'ascii' } },
    otherwise: 'uint8',
  },
  { name: 'kind', type: 'uint8' },
  {
    switch: 'kind',
    cases: {
      1: [{ name: 'low', type: 'int32' }],
      2: [{ name: 'pair', list: [{ name: 'x', type: 'int8' }], count: 2 }],
    },
    otherwise: [{ name: 'other', type: 'bytes', length: 1 }],
  },
  { name: 'encoding', type: 'uint8' },
  { name: 'nameLength', type: 'uint8' },
  {
    name: 'name',
    type: 'text',
    length: { field: 'nameLength' },
    encoding: { by: 'encoding', of: { 0: 'ascii', 1: 'utf8', 2: 'utf16', 3: 'utf16le', 4: 'utf16be' } },
  },
  { name: 'title', type: 'text', length: 'terminated', encoding: 'utf16be' },
  { name: 'bits', type: 'bitmap', length: 2 },
  { name: 'pad', type: 'bytes', length: { align: 4 } },
  {
    name: 'entries',
    count: { while: 5 },
    tlv: {
      type: 'uint8',
      length: 'uint8',
      lengthFirst: true,
      values: {
        0: 'uint16',
        1: { text: 'utf8' },
        2: [
          { name: 'major', type: 'uint8' },
          { name: 'minor', type: 'int8' },
        ],
      },
    },
  },
  { name: 'sum', type: 'uint16', optional: true, compute: { checksum: 'crc8', from: 'entries' } },
];
const table = layout(kinds, 'little');

const octets = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) }, fc.integer({ min: 0, max: 255 })), {
    maxLength: 60,
    size: 'max',
  })
  .map((numbers) => Uint8Array.from(numbers));

it('gives back every octet string that it decodes', () => {
  let decoded = 0;
  fc.assert(
    fc.property(octets, (given) => {
      const result = decode(table, given);
      expect(result.spans.every(({ offset, length }) => offset + length <= given.length)).toBe(true);
      if (!result.ok) return;
      decoded += 1;
      expect(toHex(encode(table, result.value))).toBe(toHex(given.subarray(0, result.size)));
    }),
    { numRuns: 5000 },
  );
  expect(decoded).toBeGreaterThan(10);
});

const one = (field: FieldSpec, hex: string): unknown => decode(layout([field], 'little'), fromHex(hex)).value;

it('reads numbers with a sign and real ones, and keeps those that are none', () => {
  expect(one({ name: 'a', type: 'int8' }, 'fe')).toEqual({ a: -2 });
  expect(one({ name: 'a', type: 'int32' }, 'ffffffff')).toEqual({ a: -1 });
  expect(one({ name: 'a', type: 'int64' }, 'feffffffffffffff')).toEqual({ a: -2n });
  const real = layout([{ name: 'a', type: 'float32' }], 'little');
  for (const [hex, value] of [
    ['0000003f', 0.5],
    ['0000c07f', 'nan 7fc00000'],
    ['0100807f', 'nan 7f800001'],
    ['0000807f', 'inf'],
    ['000080ff', '-inf'],
  ] as const) {
    expect(decode(real, fromHex(hex)).value).toEqual({ a: value });
    expect(toHex(encode(real, { a: value }))).toBe(hex);
  }
  expect(() => encode(real, { a: 'much' })).toThrow('a takes a number');
});

it('reads text in its encoding; what is none stands as hex', () => {
  const text = (encoding: 'ascii' | 'utf8' | 'utf16' | 'utf16le' | 'utf16be', hex: string): unknown =>
    one({ name: 'a', type: 'text', length: 'rest', encoding }, hex);
  expect(text('ascii', '41434d45')).toEqual({ a: 'ACME' });
  expect(text('ascii', '41ff')).toEqual({ a: '0x41ff' });
  expect(text('utf8', 'c3b6')).toEqual({ a: 'ö' });
  expect(text('utf8', 'c3')).toEqual({ a: '0xc3' });
  expect(text('utf16le', '4100')).toEqual({ a: 'A' });
  expect(text('utf16be', '0041')).toEqual({ a: 'A' });
  expect(text('utf16be', '004142')).toEqual({ a: '0x004142' });
  expect(text('utf16', 'feff0041')).toEqual({ a: '\ufeffA' });
  expect(text('utf16', 'fffe4100')).toEqual({ a: '\ufffeA' });
  expect(text('ascii', toHex(new TextEncoder().encode('0x41')))).toEqual({ a: '0x30783431' });
  const long = new Uint8Array(300_000).fill(0x41);
  expect(decode(layout([{ name: 'a', type: 'text', length: 'rest', encoding: 'ascii' }]), long).ok).toBe(true);
});

it('reads text up to its NUL, and says where there is none', () => {
  const terminated = layout([{ name: 'a', type: 'text', length: 'terminated', encoding: 'utf16be' }]);
  expect(decode(terminated, fromHex('0041000000ff'))).toMatchObject({ ok: true, value: { a: 'A' }, size: 4 });
  expect(toHex(encode(terminated, { a: 'A' }))).toBe('00410000');
  expect(decode(terminated, fromHex('00410042'))).toMatchObject({ ok: false, expected: 'a text that ends with NUL' });
});

it('names the bits that are set', () => {
  expect(one({ name: 'a', type: 'bitmap', length: 8 }, '3500000000000080')).toEqual({ a: [0, 2, 4, 5, 63] });
  const bitmap = layout([{ name: 'a', type: 'bitmap', length: 2 }]);
  expect(toHex(encode(bitmap, { a: [9] }))).toBe('0002');
  expect(toHex(encode(bitmap, {}))).toBe('0000');
});

it('takes what an earlier field calls for, by its default where nobody gave it', () => {
  const choice = layout([
    { name: 'kind', type: 'uint8', default: 1 },
    { name: 'value', switch: 'kind', cases: { 0: 'uint8', 1: 'uint16' } },
  ]);
  expect(toHex(encode(choice, { value: 7 }))).toBe('010007');
  expect(decode(choice, fromHex('0005'))).toMatchObject({ ok: true, value: { kind: 0, value: 5 } });
  expect(decode(choice, fromHex('0205'))).toMatchObject({ ok: false, expected: 'kind one of 0, 1', actual: '2' });
});

it('decodes values by their type, and keeps as hex what does not fit', () => {
  const field: FieldSpec = {
    name: 'a',
    count: 'rest',
    tlv: { type: 'uint8', length: 'uint8', values: { 4: { text: 'ascii' }, 15: 'uint32' } },
  };
  expect(one(field, '0403534e34 0f0401000000 0f020100 0101ff')).toEqual({
    a: [
      { type: 4, length: 3, value: 'SN4' },
      { type: 15, length: 4, value: 1 },
      { type: 15, length: 2, value: '0x0100' },
      { type: 1, length: 1, value: 'ff' },
    ],
  });
});
