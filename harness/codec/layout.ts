import { crc8, crc32, crc32c } from './checksum';
import type {
  BitsSpec,
  ByteOrder,
  BytesSpec,
  FieldSpec,
  FieldValue,
  FieldValues,
  ListSpec,
  TlvSpec,
  UintSpec,
} from './field-spec';
import { uintSize } from './field-spec';
import { concat, getUint, parseHex, putUint, toHex } from './octets';

/** Where a field lies: octets, and for bit fields the highest and lowest bit of that group (bit 0 is least significant). */
export interface Span {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly bits?: readonly [high: number, low: number];
}

/** Structure, or where it ends and why. Both carry what was decoded; `size` is what was consumed. */
export type Decoded =
  | { readonly ok: true; readonly value: FieldValues; readonly size: number; readonly spans: readonly Span[] }
  | {
      readonly ok: false;
      readonly value: FieldValues;
      readonly size: number;
      readonly spans: readonly Span[];
      readonly at: number;
      readonly field: string;
      readonly expected: string;
      readonly actual: string;
    };

export interface Layout {
  readonly fields: readonly FieldSpec[];
  readonly byteOrder: ByteOrder;
}

export function layout(fields: readonly FieldSpec[], byteOrder: ByteOrder = 'big'): Layout {
  return { fields, byteOrder };
}

type Mutable = { [name: string]: FieldValue };

// ---- encode ----

/**
 * Octets of `values`. Fields that are missing get what the table computes, else their default, else zero; values
 * wider than their field are cut to it. Throws RangeError for a value of the wrong kind.
 */
export function encode(table: Layout, values: FieldValues): Uint8Array {
  return encodeFields(table.fields, values, table.byteOrder);
}

function encodeFields(fields: readonly FieldSpec[], values: FieldValues, order: ByteOrder): Uint8Array {
  const parts = new Map<FieldSpec, Uint8Array>();
  const late: UintSpec[] = [];
  for (const field of fields) {
    if ('type' in field && field.type !== 'bytes' && field.compute !== undefined && values[field.name] === undefined) {
      late.push(field);
    } else parts.set(field, encodeField(field, values, order));
  }
  for (const field of late) parts.set(field, encodeComputed(field, fields, parts, values, order));
  return concat(...fields.map((field) => parts.get(field) ?? new Uint8Array(0)));
}

function encodeField(field: FieldSpec, values: FieldValues, order: ByteOrder): Uint8Array {
  if ('bits' in field) return encodeBits(field, values, order);
  if ('list' in field) return encodeList(field, values[field.name], order);
  if ('tlv' in field) return encodeTlv(field, values[field.name], order);
  if (field.type === 'bytes') return bytesOf(field, values[field.name] ?? field.default);
  const value = values[field.name];
  if (value === undefined && field.optional === true) return new Uint8Array(0);
  return putUint(integer(field.name, value ?? field.default ?? 0), uintSize[field.type], isLittle(field, order));
}

function isLittle(field: { readonly byteOrder?: ByteOrder | undefined }, order: ByteOrder): boolean {
  return (field.byteOrder ?? order) === 'little';
}

function integer(name: string, value: FieldValue): number | bigint {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw new RangeError(`${name} takes an integer, not ${JSON.stringify(value)}`);
}

function encodeBits(field: BitsSpec, values: FieldValues, order: ByteOrder): Uint8Array {
  const total = field.bits.reduce((sum, bit) => sum + bit.width, 0);
  if (total <= 32) return encodeNarrowBits(field, values, total, isLittle(field, order));
  let all = 0n;
  let width = 0;
  for (const bit of field.bits) {
    const value = BigInt.asUintN(bit.width, BigInt(integer(bit.name, values[bit.name] ?? bit.default ?? 0)));
    all = (all << BigInt(bit.width)) | value;
    width += bit.width;
  }
  return putUint(all, width / 8, isLittle(field, order));
}

function encodeNarrowBits(field: BitsSpec, values: FieldValues, total: number, little: boolean): Uint8Array {
  let all = 0;
  for (const bit of field.bits) {
    const size = 2 ** bit.width;
    const value = Number(integer(bit.name, values[bit.name] ?? bit.default ?? 0));
    all = all * size + (((value % size) + size) % size);
  }
  return putUint(all, total / 8, little);
}

function bytesOf(field: BytesSpec, value: FieldValue | undefined): Uint8Array {
  const fixed = typeof field.length === 'number' ? field.length : undefined;
  if (value === undefined) return new Uint8Array(fixed ?? 0);
  const octets = typeof value === 'string' ? parseHex(value.replace(/-/g, '')) : undefined;
  if (octets === undefined) throw new RangeError(`${field.name} takes octets as hex, not ${JSON.stringify(value)}`);
  return octets;
}

function entriesOf(name: string, value: FieldValue | undefined): readonly FieldValue[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value as readonly FieldValue[];
  throw new RangeError(`${name} takes a list, not ${JSON.stringify(value)}`);
}

function structure(name: string, value: FieldValue): FieldValues {
  if (typeof value === 'object' && !Array.isArray(value)) return value as FieldValues;
  throw new RangeError(`${name} takes structures, not ${JSON.stringify(value)}`);
}

function encodeList(field: ListSpec, value: FieldValue | undefined, order: ByteOrder): Uint8Array {
  const inner = field.byteOrder ?? order;
  const { list } = field;
  const entries = entriesOf(field.name, value);
  if (typeof list === 'string') {
    return concat(...entries.map((entry) => putUint(integer(field.name, entry), uintSize[list], inner === 'little')));
  }
  return concat(...entries.map((entry) => encodeFields(list, structure(field.name, entry), inner)));
}

function encodeTlv(field: TlvSpec, value: FieldValue | undefined, order: ByteOrder): Uint8Array {
  const little = isLittle(field, order);
  return concat(
    ...entriesOf(field.name, value).map((entry) => {
      const item = structure(field.name, entry);
      const octets = typeof item.value === 'string' ? parseHex(item.value) : new Uint8Array(0);
      if (octets === undefined) throw new RangeError(`${field.name} takes values as hex`);
      return concat(
        putUint(integer('type', item.type ?? 0), uintSize[field.tlv.type], little),
        putUint(integer('length', item.length ?? octets.length), uintSize[field.tlv.length], little),
        octets,
      );
    }),
  );
}

function encodeComputed(
  field: UintSpec,
  fields: readonly FieldSpec[],
  parts: ReadonlyMap<FieldSpec, Uint8Array>,
  values: FieldValues,
  order: ByteOrder,
): Uint8Array {
  const target = (name: string): Uint8Array => {
    const spec = fields.find((candidate) => 'name' in candidate && candidate.name === name);
    return (spec && parts.get(spec)) ?? new Uint8Array(0);
  };
  const compute = field.compute;
  let value = 0;
  if (compute === undefined) value = 0;
  else if ('count' in compute) value = entriesOf(compute.count, values[compute.count]).length;
  else if ('length' in compute) value = target(compute.length).length;
  else value = checksum(compute.checksum, target(compute.of));
  return putUint(value, uintSize[field.type], isLittle(field, order));
}

function checksum(kind: 'crc8' | 'crc32' | 'crc32c', octets: Uint8Array): number {
  switch (kind) {
    case 'crc8':
      return crc8(octets);
    case 'crc32':
      return crc32(octets);
    case 'crc32c':
      return crc32c(octets);
  }
}

/** The value that the table computes for `name` from fields already decoded; undefined where it computes none. */
export function computedValue(table: Layout, values: FieldValues, name: string): number | bigint | undefined {
  const field = table.fields.find((candidate) => 'name' in candidate && candidate.name === name);
  if (field === undefined || !('type' in field) || field.type === 'bytes' || field.compute === undefined)
    return undefined;
  const { [name]: _own, ...others } = values;
  const whole = encode(table, others);
  const decoded = decode(table, whole);
  const value = decoded.value[name];
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

// ---- decode ----

class Cursor {
  offset: number;
  readonly spans: Span[] = [];
  readonly octets: Uint8Array;

  constructor(octets: Uint8Array, offset: number) {
    this.octets = octets;
    this.offset = offset;
  }

  get left(): number {
    return this.octets.length - this.offset;
  }
}

class Short extends Error {
  readonly field: string;
  readonly expected: string;
  readonly actual: string;

  constructor(field: string, expected: string, actual: string) {
    super(field);
    this.field = field;
    this.expected = expected;
    this.actual = actual;
  }
}

/** Decodes from `offset`; octets beyond the structure are the caller's to judge. Never throws on received octets. */
export function decode(table: Layout, octets: Uint8Array, offset = 0): Decoded {
  const cursor = new Cursor(octets, offset);
  const value: Mutable = {};
  try {
    decodeFields(table.fields, cursor, value, table.byteOrder, '');
    return { ok: true, value, size: cursor.offset - offset, spans: cursor.spans };
  } catch (thrown) {
    if (!(thrown instanceof Short)) throw thrown;
    const { field, expected, actual } = thrown;
    return {
      ok: false,
      value,
      size: cursor.offset - offset,
      spans: cursor.spans,
      at: cursor.offset,
      field,
      expected,
      actual,
    };
  }
}

function need(cursor: Cursor, path: string, size: number): void {
  if (cursor.left < size) throw new Short(path, `${size} octet${size === 1 ? '' : 's'}`, `${cursor.left} left`);
}

function decodeFields(
  fields: readonly FieldSpec[],
  cursor: Cursor,
  into: Mutable,
  order: ByteOrder,
  prefix: string,
): void {
  for (const field of fields) {
    if ('bits' in field) decodeBits(field, cursor, into, order, prefix);
    else if ('list' in field) decodeList(field, cursor, into, order, prefix);
    else if ('tlv' in field) decodeTlv(field, cursor, into, order, prefix);
    else if (field.type === 'bytes') decodeBytes(field, cursor, into, prefix);
    else if (field.optional !== true || cursor.left > 0) {
      into[field.name] = readUint(cursor, prefix + field.name, uintSize[field.type], isLittle(field, order));
    }
  }
}

function readUint(cursor: Cursor, path: string, size: number, little: boolean): number | bigint {
  need(cursor, path, size);
  const value = getUint(cursor.octets, cursor.offset, size, little);
  cursor.spans.push({ path, offset: cursor.offset, length: size });
  cursor.offset += size;
  return value;
}

function decodeBits(field: BitsSpec, cursor: Cursor, into: Mutable, order: ByteOrder, prefix: string): void {
  const width = field.bits.reduce((sum, bit) => sum + bit.width, 0);
  const size = width / 8;
  need(cursor, prefix + (field.bits[0]?.name ?? ''), size);
  const raw = getUint(cursor.octets, cursor.offset, size, isLittle(field, order));
  let high = width - 1;
  if (width <= 32) {
    for (const bit of field.bits) {
      const low = high - bit.width + 1;
      into[bit.name] = Math.floor(Number(raw) / 2 ** low) % 2 ** bit.width;
      cursor.spans.push({ path: prefix + bit.name, offset: cursor.offset, length: size, bits: [high, low] });
      high = low - 1;
    }
    cursor.offset += size;
    return;
  }
  const all = BigInt(raw);
  for (const bit of field.bits) {
    const low = high - bit.width + 1;
    const value = (all >> BigInt(low)) & ((1n << BigInt(bit.width)) - 1n);
    into[bit.name] = bit.width > 48 ? value : Number(value);
    cursor.spans.push({ path: prefix + bit.name, offset: cursor.offset, length: size, bits: [high, low] });
    high = low - 1;
  }
  cursor.offset += size;
}

function decodeBytes(field: BytesSpec, cursor: Cursor, into: Mutable, prefix: string): void {
  const path = prefix + field.name;
  const size = lengthOf(field, cursor, into, path);
  need(cursor, path, size);
  into[field.name] = toHex(cursor.octets.subarray(cursor.offset, cursor.offset + size));
  cursor.spans.push({ path, offset: cursor.offset, length: size });
  cursor.offset += size;
}

function lengthOf(field: BytesSpec, cursor: Cursor, values: Mutable, path: string): number {
  const { length } = field;
  if (length === 'rest') return cursor.left;
  if (typeof length === 'number') return length;
  const name = 'field' in length ? length.field : length.by;
  const value = values[name];
  if ('field' in length) return typeof value === 'number' ? value : 0;
  const size = length.of[String(value)];
  if (size === undefined)
    throw new Short(path, `${name} one of ${Object.keys(length.of).join(', ')}`, `${name} ${value}`);
  return size;
}

function entryCount(count: ListSpec['count'], values: Mutable): number {
  if (count === 'rest') return Number.POSITIVE_INFINITY;
  if (typeof count === 'number') return count;
  const value = values[count.field];
  return typeof value === 'number' ? value : 0;
}

function decodeList(field: ListSpec, cursor: Cursor, into: Mutable, order: ByteOrder, prefix: string): void {
  const count = entryCount(field.count, into);
  const inner = field.byteOrder ?? order;
  const entries: FieldValue[] = [];
  into[field.name] = entries;
  for (let index = 0; index < count && (count !== Number.POSITIVE_INFINITY || cursor.left > 0); index += 1) {
    const path = `${prefix}${field.name}.${index}`;
    if (typeof field.list === 'string') entries.push(readUint(cursor, path, uintSize[field.list], inner === 'little'));
    else {
      const before = cursor.offset;
      const entry: Mutable = {};
      entries.push(entry);
      decodeFields(field.list, cursor, entry, inner, `${path}.`);
      if (cursor.offset === before) throw new Short(path, 'an entry with octets', 'an empty entry');
    }
  }
}

function decodeTlv(field: TlvSpec, cursor: Cursor, into: Mutable, order: ByteOrder, prefix: string): void {
  const count = entryCount(field.count, into);
  const little = isLittle(field, order);
  const entries: FieldValue[] = [];
  into[field.name] = entries;
  for (let index = 0; index < count && (count !== Number.POSITIVE_INFINITY || cursor.left > 0); index += 1) {
    const path = `${prefix}${field.name}.${index}`;
    const type = readUint(cursor, `${path}.type`, uintSize[field.tlv.type], little);
    const length = Number(readUint(cursor, `${path}.length`, uintSize[field.tlv.length], little));
    need(cursor, `${path}.value`, length);
    const value = toHex(cursor.octets.subarray(cursor.offset, cursor.offset + length));
    cursor.spans.push({ path: `${path}.value`, offset: cursor.offset, length });
    cursor.offset += length;
    entries.push({ type, length, value });
  }
}
