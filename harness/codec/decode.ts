import { caseOf, encodingOf, isLittle } from './encode';
import type {
  BitmapSpec,
  BitsSpec,
  ByteOrder,
  BytesSpec,
  CountSpec,
  FieldSpec,
  FieldValue,
  FieldValues,
  Layout,
  LengthSpec,
  ListSpec,
  ScalarType,
  SwitchSpec,
  TextSpec,
  TlvSpec,
  ValueSpec,
} from './field-spec';
import { scalarSize } from './field-spec';
import type { Scope } from './lookup';
import { lookUp, numberIn } from './lookup';
import { getUint, toHex } from './octets';
import { getScalar } from './scalar';
import { decodeText, unitSize } from './text';

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

export interface DecodeContext {
  /** Values of the structures around it. */
  readonly outer?: Scope | undefined;
  /** Where the structure begins that `align` counts in; else where decoding begins. */
  readonly origin?: number;
}

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
  readonly end: number;
  offset: number;
  problem: Problem | undefined;
}

/** The structure that a field stands in. */
interface Place {
  readonly into: Mutable;
  readonly scope: Scope;
  readonly order: ByteOrder;
  readonly prefix: string;
  readonly origin: number;
}

/** Decodes from `offset`; octets beyond the structure are the caller's to judge. Never throws on received octets. */
export function decode<V extends FieldValues>(
  table: Layout<V>,
  octets: Uint8Array,
  offset = 0,
  context: DecodeContext = {},
): Decoded<V> {
  const cursor: Cursor = { octets, spans: [], end: octets.length, offset, problem: undefined };
  const into: Mutable = {};
  const place = placeIn(into, context.outer, table.byteOrder, '', context.origin ?? offset);
  decodeFields(table.fields, cursor, place);
  const { spans, problem } = cursor;
  const size = cursor.offset - offset;
  if (problem !== undefined) return { ok: false, value: into, size, spans, at: cursor.offset, ...problem };
  return { ok: true, value: into as V, size, spans };
}

function placeIn(into: Mutable, outer: Scope | undefined, order: ByteOrder, prefix: string, origin: number): Place {
  return { into, scope: { values: into, outer }, order, prefix, origin };
}

function left(cursor: Cursor): number {
  return Math.max(0, cursor.end - cursor.offset);
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

function decodeFields(fields: readonly FieldSpec[], cursor: Cursor, place: Place): boolean {
  return fields.every((field) => {
    if ('bits' in field) return decodeBits(field, cursor, place);
    if ('switch' in field) return decodeSwitch(field, cursor, place);
    const path = place.prefix + field.name;
    if ('list' in field) return decodeList(field, cursor, place, path);
    if ('tlv' in field) return decodeTlv(field, cursor, place, path);
    if (field.type === 'bytes') return decodeOctets(field, cursor, place, path, toHex);
    if (field.type === 'bitmap') return decodeOctets(field, cursor, place, path, numbersIn);
    if (field.type === 'text') return decodeTextField(field, cursor, place, path);
    if (field.optional === true && left(cursor) === 0) return true;
    const value = readScalar(cursor, path, field.type, isLittle(field, place.order));
    if (value === undefined) return false;
    place.into[field.name] = value;
    return true;
  });
}

function readScalar(cursor: Cursor, path: string, type: ScalarType, little: boolean): FieldValue | undefined {
  const size = scalarSize[type];
  if (!has(cursor, path, size)) return undefined;
  const value = getScalar(type, cursor.octets, cursor.offset, little);
  mark(cursor, path, size);
  return value;
}

/** Where the bits of a group lie; counted once for each table. */
interface BitPlan {
  readonly length: number;
  readonly bits: readonly {
    readonly name: string;
    readonly width: number;
    readonly place: readonly [high: number, low: number];
    /** 2^low and 2^width. */
    readonly below: number;
    readonly size: number;
  }[];
}

const plans = new WeakMap<BitsSpec, BitPlan>();

function planOf(field: BitsSpec): BitPlan {
  const known = plans.get(field);
  if (known !== undefined) return known;
  const width = field.bits.reduce((sum, bit) => sum + bit.width, 0);
  let high = width - 1;
  const bits = field.bits.map((bit) => {
    const low = high - bit.width + 1;
    const place = [high, low] as const;
    high = low - 1;
    return { name: bit.name, width: bit.width, place, below: 2 ** low, size: 2 ** bit.width };
  });
  const made = { length: width / 8, bits };
  plans.set(field, made);
  return made;
}

function decodeBits(field: BitsSpec, cursor: Cursor, { into, order, prefix }: Place): boolean {
  const { length, bits } = planOf(field);
  const { offset } = cursor;
  if (!has(cursor, prefix + (bits[0]?.name ?? ''), length)) return false;
  const raw = getUint(cursor.octets, offset, length, isLittle(field, order));
  for (const { name, width, place, below, size } of bits) {
    into[name] = typeof raw === 'number' ? Math.floor(raw / below) % size : cutWide(raw, place[1], width);
    cursor.spans.push({ path: prefix + name, offset, length, bits: place });
  }
  cursor.offset += length;
  return true;
}

function cutWide(raw: bigint, low: number, width: number): number | bigint {
  const value = BigInt.asUintN(width, raw >> BigInt(low));
  return width > 48 ? value : Number(value);
}

function decodeOctets(
  field: BytesSpec | BitmapSpec,
  cursor: Cursor,
  place: Place,
  path: string,
  read: (octets: Uint8Array) => FieldValue,
): boolean {
  const size = lengthOf(field.length, cursor, place, path);
  if (size === undefined || !has(cursor, path, size)) return false;
  place.into[field.name] = read(cursor.octets.subarray(cursor.offset, cursor.offset + size));
  mark(cursor, path, size);
  return true;
}

function numbersIn(octets: Uint8Array): readonly number[] {
  const numbers: number[] = [];
  for (let number = 0; number < 8 * octets.length; number += 1) {
    if (((octets[number >> 3] ?? 0) >> (number & 7)) & 1) numbers.push(number);
  }
  return numbers;
}

function decodeTextField(field: TextSpec, cursor: Cursor, place: Place, path: string): boolean {
  const encoding = encodingOf(field.encoding, place.scope);
  const read = (octets: Uint8Array): string => decodeText(octets, encoding);
  const { length } = field;
  if (length !== 'terminated') {
    return decodeOctets({ name: field.name, type: 'bytes', length }, cursor, place, path, read);
  }
  const unit = unitSize(encoding);
  for (let at = cursor.offset; at + unit <= cursor.end; at += unit) {
    if (cursor.octets[at] !== 0 || (unit === 2 && cursor.octets[at + 1] !== 0)) continue;
    place.into[field.name] = read(cursor.octets.subarray(cursor.offset, at));
    mark(cursor, path, at + unit - cursor.offset);
    return true;
  }
  return fail(cursor, path, 'a text that ends with NUL', 'no NUL');
}

function lengthOf(length: LengthSpec, cursor: Cursor, place: Place, path: string): number | undefined {
  if (length === 'rest') return left(cursor);
  if (typeof length === 'number') return length;
  if ('align' in length) return (length.align - ((cursor.offset - place.origin) % length.align)) % length.align;
  if ('field' in length) return Math.max(0, numberIn(place.scope, length.field));
  const value = String(lookUp(place.scope, length.by));
  if (Object.hasOwn(length.of, value)) return length.of[value];
  fail(cursor, path, `${length.by} one of ${Object.keys(length.of).join(', ')}`, `${length.by} ${value}`);
  return undefined;
}

interface Entries {
  readonly count: number;
  /** Octets that must be left for another entry; only where the count is open. */
  readonly least: number;
}

function entriesOf(count: CountSpec, scope: Scope): Entries {
  if (typeof count === 'number') return { count, least: 0 };
  if (count === 'rest') return { count: Number.POSITIVE_INFINITY, least: 1 };
  if ('while' in count) return { count: Number.POSITIVE_INFINITY, least: Math.max(1, count.while) };
  return { count: numberIn(scope, count.field), least: 0 };
}

/** Calls `entry` for each entry of a list while the octets make sense. An entry takes octets, so a huge count ends. */
function decodeEntries(
  cursor: Cursor,
  { count, least }: Entries,
  path: string,
  entry: (path: string) => boolean,
): boolean {
  for (let index = 0; index < count && left(cursor) >= least; index += 1) {
    const before = cursor.offset;
    if (!entry(`${path}.${index}`)) return false;
    if (cursor.offset === before) return fail(cursor, `${path}.${index}`, 'an entry with octets', 'an empty entry');
  }
  return true;
}

function decodeList(field: ListSpec, cursor: Cursor, place: Place, path: string): boolean {
  const { list } = field;
  const inner = field.byteOrder ?? place.order;
  const entries: FieldValue[] = [];
  place.into[field.name] = entries;
  return decodeEntries(cursor, entriesOf(field.count, place.scope), path, (at) => {
    if (typeof list === 'string') {
      const value = readScalar(cursor, at, list, inner === 'little');
      if (value !== undefined) entries.push(value);
      return value !== undefined;
    }
    const entry: Mutable = {};
    entries.push(entry);
    return decodeFields(list, cursor, placeIn(entry, place.scope, inner, `${at}.`, cursor.offset));
  });
}

function decodeTlv(field: TlvSpec, cursor: Cursor, place: Place, path: string): boolean {
  const little = isLittle(field, place.order);
  const { tlv } = field;
  const entries: FieldValue[] = [];
  place.into[field.name] = entries;
  return decodeEntries(cursor, entriesOf(field.count, place.scope), path, (at) => {
    const head: { [name: string]: FieldValue } = {};
    for (const name of tlv.lengthFirst === true ? (['length', 'type'] as const) : (['type', 'length'] as const)) {
      const value = readScalar(cursor, `${at}.${name}`, tlv[name], little);
      if (value === undefined) return false;
      head[name] = value;
    }
    const { type = 0, length = 0 } = head;
    const size = Number(length);
    if (!has(cursor, `${at}.value`, size)) return false;
    const spec = tlv.values?.[String(type)] ?? tlv.otherwise ?? 'bytes';
    const octets = cursor.octets.subarray(cursor.offset, cursor.offset + size);
    const value = wholeValue(spec, octets, { ...place, order: field.byteOrder ?? place.order });
    mark(cursor, `${at}.value`, size);
    entries.push({ type, length, value });
    return true;
  });
}

/** A value that fills these octets exactly; octets that it does not fill stand as `0x…`. */
function wholeValue(spec: ValueSpec, octets: Uint8Array, place: Place): FieldValue {
  if (spec === 'bytes' || octets.length === 0) return toHex(octets);
  const cursor: Cursor = { octets, spans: [], end: octets.length, offset: 0, problem: undefined };
  const value = oneValue(spec, cursor, { ...place, origin: 0 }, '');
  return value === undefined || left(cursor) > 0 ? `0x${toHex(octets)}` : value;
}

/** One value at the cursor; undefined where the structure broke off. */
function oneValue(spec: ValueSpec, cursor: Cursor, place: Place, path: string): FieldValue | undefined {
  if (spec === 'bytes' || (typeof spec === 'object' && 'text' in spec)) {
    const octets = cursor.octets.subarray(cursor.offset, cursor.end);
    mark(cursor, path, octets.length);
    return spec === 'bytes' ? toHex(octets) : decodeText(octets, encodingOf(spec.text, place.scope));
  }
  if (typeof spec === 'string') return readScalar(cursor, path, spec, place.order === 'little');
  const into: Mutable = {};
  const inside = placeIn(into, place.scope, place.order, path === '' ? '' : `${path}.`, cursor.offset);
  return decodeFields(spec, cursor, inside) ? into : undefined;
}

function decodeSwitch(field: SwitchSpec, cursor: Cursor, place: Place): boolean {
  const spec = caseOf(field, place.scope);
  const order = field.byteOrder ?? place.order;
  if (spec === undefined) {
    const chosen = String(lookUp(place.scope, field.switch));
    const known = Object.keys(field.cases).join(', ');
    return fail(cursor, place.prefix + (field.name ?? field.switch), `${field.switch} one of ${known}`, chosen);
  }
  if (field.name === undefined) {
    return !Array.isArray(spec) || decodeFields(spec as readonly FieldSpec[], cursor, { ...place, order });
  }
  const value = oneValue(spec, cursor, { ...place, order }, place.prefix + field.name);
  if (value === undefined) return false;
  place.into[field.name] = value;
  return true;
}
