import { isLittle } from './encode';
import type {
  BitsSpec,
  ByteOrder,
  BytesSpec,
  FieldSpec,
  FieldValue,
  FieldValues,
  Layout,
  ListSpec,
  TlvSpec,
} from './field-spec';
import { uintSize } from './field-spec';
import { getUint, toHex } from './octets';

/** Where a field lies: octets, and for bit fields the highest and lowest bit of that group (bit 0 is least significant). */
export interface Span {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly bits?: readonly [high: number, low: number];
}

/** Structure, or where it ends and why. Both carry what was decoded; `size` is what was consumed. */
export type Decoded<V extends FieldValues = FieldValues> =
  | { readonly ok: true; readonly value: V; readonly size: number; readonly spans: readonly Span[] }
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

interface Problem {
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

type Mutable = { [name: string]: FieldValue };

/** One walk over the octets. Every step answers false once the structure has broken off. */
interface Cursor {
  readonly octets: Uint8Array;
  readonly spans: Span[];
  offset: number;
  problem: Problem | undefined;
}

/** Decodes from `offset`; octets beyond the structure are the caller's to judge. Never throws on received octets. */
export function decode<V extends FieldValues>(table: Layout<V>, octets: Uint8Array, offset = 0): Decoded<V> {
  const cursor: Cursor = { octets, spans: [], offset, problem: undefined };
  const value: Mutable = {};
  decodeFields(table.fields, cursor, value, table.byteOrder, '');
  const { spans, problem } = cursor;
  const size = cursor.offset - offset;
  if (problem !== undefined) return { ok: false, value, size, spans, at: cursor.offset, ...problem };
  return { ok: true, value: value as V, size, spans };
}

function left(cursor: Cursor): number {
  return Math.max(0, cursor.octets.length - cursor.offset);
}

function fail(cursor: Cursor, field: string, expected: string, actual: string): false {
  cursor.problem = { field, expected, actual };
  return false;
}

function has(cursor: Cursor, path: string, size: number): boolean {
  const remaining = left(cursor);
  return remaining >= size || fail(cursor, path, `${size} octet${size === 1 ? '' : 's'}`, `${remaining} left`);
}

function mark(cursor: Cursor, path: string, length: number): void {
  cursor.spans.push({ path, offset: cursor.offset, length });
  cursor.offset += length;
}

function decodeFields(
  fields: readonly FieldSpec[],
  cursor: Cursor,
  into: Mutable,
  order: ByteOrder,
  prefix: string,
): boolean {
  return fields.every((field) => {
    if ('bits' in field) return decodeBits(field, cursor, into, order, prefix);
    const path = prefix + field.name;
    if ('list' in field) return decodeList(field, cursor, into, order, path);
    if ('tlv' in field) return decodeTlv(field, cursor, into, order, path);
    if (field.type === 'bytes') return decodeBytes(field, cursor, into, path);
    if (field.optional === true && left(cursor) === 0) return true;
    const value = readUint(cursor, path, uintSize[field.type], isLittle(field, order));
    if (value === undefined) return false;
    into[field.name] = value;
    return true;
  });
}

function readUint(cursor: Cursor, path: string, size: number, little: boolean): number | bigint | undefined {
  if (!has(cursor, path, size)) return undefined;
  const value = getUint(cursor.octets, cursor.offset, size, little);
  mark(cursor, path, size);
  return value;
}

function decodeBits(field: BitsSpec, cursor: Cursor, into: Mutable, order: ByteOrder, prefix: string): boolean {
  const width = field.bits.reduce((sum, bit) => sum + bit.width, 0);
  const length = width / 8;
  const { offset } = cursor;
  if (!has(cursor, prefix + (field.bits[0]?.name ?? ''), length)) return false;
  const raw = getUint(cursor.octets, offset, length, isLittle(field, order));
  let high = width - 1;
  for (const bit of field.bits) {
    const low = high - bit.width + 1;
    into[bit.name] = typeof raw === 'number' ? cut(raw, low, bit.width) : cutWide(raw, low, bit.width);
    cursor.spans.push({ path: prefix + bit.name, offset, length, bits: [high, low] });
    high = low - 1;
  }
  cursor.offset += length;
  return true;
}

function cut(raw: number, low: number, width: number): number {
  return Math.floor(raw / 2 ** low) % 2 ** width;
}

function cutWide(raw: bigint, low: number, width: number): number | bigint {
  const value = BigInt.asUintN(width, raw >> BigInt(low));
  return width > 48 ? value : Number(value);
}

function decodeBytes(field: BytesSpec, cursor: Cursor, into: Mutable, path: string): boolean {
  const size = lengthOf(field, cursor, into, path);
  if (size === undefined || !has(cursor, path, size)) return false;
  into[field.name] = toHex(cursor.octets.subarray(cursor.offset, cursor.offset + size));
  mark(cursor, path, size);
  return true;
}

function lengthOf({ length }: BytesSpec, cursor: Cursor, values: Mutable, path: string): number | undefined {
  if (length === 'rest') return left(cursor);
  if (typeof length === 'number') return length;
  if ('field' in length) return numberIn(values, length.field);
  const value = String(values[length.by]);
  if (Object.hasOwn(length.of, value)) return length.of[value];
  fail(cursor, path, `${length.by} one of ${Object.keys(length.of).join(', ')}`, `${length.by} ${value}`);
  return undefined;
}

/** Absurd values of 64 bits become large numbers, for which the octets are missing in any case. */
function numberIn(values: Mutable, name: string): number {
  const value = values[name];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

function entryCount(count: ListSpec['count'], values: Mutable): number {
  if (count === 'rest') return Number.POSITIVE_INFINITY;
  return typeof count === 'number' ? count : numberIn(values, count.field);
}

/** Calls `entry` for each entry of a list while the octets make sense. An entry takes octets, so a huge count ends. */
function decodeEntries(cursor: Cursor, count: number, path: string, entry: (path: string) => boolean): boolean {
  for (let index = 0; index < count && (Number.isFinite(count) || left(cursor) > 0); index += 1) {
    const before = cursor.offset;
    if (!entry(`${path}.${index}`)) return false;
    if (cursor.offset === before) return fail(cursor, `${path}.${index}`, 'an entry with octets', 'an empty entry');
  }
  return true;
}

function decodeList(field: ListSpec, cursor: Cursor, into: Mutable, order: ByteOrder, path: string): boolean {
  const { list } = field;
  const inner = field.byteOrder ?? order;
  const entries: FieldValue[] = [];
  into[field.name] = entries;
  return decodeEntries(cursor, entryCount(field.count, into), path, (at) => {
    if (typeof list === 'string') {
      const value = readUint(cursor, at, uintSize[list], inner === 'little');
      if (value !== undefined) entries.push(value);
      return value !== undefined;
    }
    const entry: Mutable = {};
    entries.push(entry);
    return decodeFields(list, cursor, entry, inner, `${at}.`);
  });
}

function decodeTlv(field: TlvSpec, cursor: Cursor, into: Mutable, order: ByteOrder, path: string): boolean {
  const little = isLittle(field, order);
  const entries: FieldValue[] = [];
  into[field.name] = entries;
  return decodeEntries(cursor, entryCount(field.count, into), path, (at) => {
    const type = readUint(cursor, `${at}.type`, uintSize[field.tlv.type], little);
    if (type === undefined) return false;
    const length = readUint(cursor, `${at}.length`, uintSize[field.tlv.length], little);
    if (length === undefined || !has(cursor, `${at}.value`, Number(length))) return false;
    const value = toHex(cursor.octets.subarray(cursor.offset, cursor.offset + Number(length)));
    mark(cursor, `${at}.value`, Number(length));
    entries.push({ type, length, value });
    return true;
  });
}
