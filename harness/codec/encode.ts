import { checksums } from './checksum';
import type {
  BitmapSpec,
  BitsSpec,
  ByteOrder,
  BytesSpec,
  Compute,
  Encoding,
  FieldSpec,
  FieldValue,
  FieldValues,
  Layout,
  LengthSpec,
  ListSpec,
  ScalarSpec,
  SwitchSpec,
  TextSpec,
  TlvSpec,
  ValueSpec,
} from './field-spec';
import { isScalar, namesOf, scalarSize } from './field-spec';
import type { Scope } from './lookup';
import { lookUp } from './lookup';
import { concat, parseHex, putUint } from './octets';
import { putScalar, show } from './scalar';
import type { EncodingName } from './text';
import { encodeText, unitSize } from './text';

/** What surrounds a structure. */
export interface EncodeContext {
  /** Values of the structures around it, for lengths, counts and switches. */
  readonly outer?: Scope | undefined;
  /** Octets of the structure before these fields: what `align` counts from. */
  readonly before?: number;
  /** Octets from a mark that lies before these fields up to them, for checksums over more than this structure. */
  readonly marked?: (name: string) => Uint8Array | undefined;
}

/**
 * Octets of `values`. Fields that are missing get what the table computes, else their default, else zero; integers
 * wider than their field are cut to it, octets stay as long as they are. Throws RangeError for a value of the wrong kind.
 */
export function encode(table: Layout, values: FieldValues, context: EncodeContext = {}): Uint8Array {
  return encodeFields(table.fields, values, table.byteOrder, context);
}

export function isLittle(field: { readonly byteOrder?: ByteOrder | undefined }, order: ByteOrder): boolean {
  return (field.byteOrder ?? order) === 'little';
}

function encodeFields(
  fields: readonly FieldSpec[],
  values: FieldValues,
  order: ByteOrder,
  context: EncodeContext,
): Uint8Array {
  if (fields.length === 0) return NO_OCTETS;
  const size = fixedSize(fields);
  return size === undefined ? encodeAny(fields, values, order, context) : encodeFixed(fields, values, order, size);
}

const NO_OCTETS = new Uint8Array(0);
const fixedSizes = new WeakMap<readonly FieldSpec[], number | undefined>();

/** Octets of a table of plain numbers, as headers are: nothing in it follows from anything else. */
function fixedSize(fields: readonly FieldSpec[]): number | undefined {
  if (fixedSizes.has(fields)) return fixedSizes.get(fields);
  const plain =
    computesOf(fields).size === 0 &&
    fields.every((field) => 'bits' in field || (isScalar(field) && field.optional !== true));
  const sizes = fields.map((field) =>
    'bits' in field ? widthOf(field) / 8 : isScalar(field) ? scalarSize[field.type] : 0,
  );
  const size = plain ? sizes.reduce((sum, each) => sum + each, 0) : undefined;
  fixedSizes.set(fields, size);
  return size;
}

function encodeFixed(fields: readonly FieldSpec[], values: FieldValues, order: ByteOrder, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const field of fields) {
    const part = 'bits' in field ? encodeBits(field, values, order) : encodeScalar(field, values, order);
    for (let index = 0; index < part.length; index += 1) out[at + index] = part[index] ?? 0;
    at += part.length;
  }
  return out;
}

function encodeScalar(field: FieldSpec, values: FieldValues, order: ByteOrder): Uint8Array {
  return isScalar(field) ? scalarOf(field, values[field.name], order) : NO_OCTETS;
}

function encodeAny(
  fields: readonly FieldSpec[],
  values: FieldValues,
  order: ByteOrder,
  context: EncodeContext,
): Uint8Array {
  const computes = computesOf(fields);
  const scope: Scope = { values: { ...defaultsOf(fields), ...values }, outer: context.outer };
  const parts: Uint8Array[] = [];
  const late: number[] = [];
  let size = context.before ?? 0;
  for (const [index, field] of fields.entries()) {
    const waits = 'name' in field && isMissing(values, field.name) && computes.has(field.name ?? '');
    if (waits) late.push(index);
    const marked = (name: string): Uint8Array | undefined =>
      octetsFrom(name, index, { fields, parts, values, marked: context.marked });
    const inside = { outer: scope, before: size, marked };
    const part = waits && isScalar(field) ? new Uint8Array(scalarSize[field.type]) : encodeField(field, inside, order);
    parts.push(part);
    size += part.length;
  }
  for (const index of late) {
    const field = fields[index];
    if (field === undefined || !isScalar(field)) continue;
    const value = computed(computes.get(field.name), index, { fields, parts, values, marked: context.marked });
    parts[index] = putScalar(field.type, value, isLittle(field, order), field.name);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : concat(...parts);
}

function isMissing(values: FieldValues, name: string | undefined): boolean {
  return name === undefined || values[name] === undefined;
}

const defaultsByTable = new WeakMap<readonly FieldSpec[], FieldValues>();

/** Numbers that nobody gave: cases, encodings and lengths follow from them as from any other. */
function defaultsOf(fields: readonly FieldSpec[]): FieldValues {
  const known = defaultsByTable.get(fields);
  if (known !== undefined) return known;
  const computes = computesOf(fields);
  const numbers = fields.flatMap((field) => {
    if ('bits' in field) return field.bits.map((bit) => [bit.name, bit.default ?? 0] as const);
    if (!isScalar(field) || field.optional === true || computes.has(field.name)) return [];
    return [[field.name, field.default ?? 0] as const];
  });
  const made = Object.fromEntries(numbers);
  defaultsByTable.set(fields, made);
  return made;
}

const computesByTable = new WeakMap<readonly FieldSpec[], ReadonlyMap<string, Compute>>();

/** Which fields are computed: those that say so, and those that another field names as its count or length. */
function computesOf(fields: readonly FieldSpec[]): ReadonlyMap<string, Compute> {
  const known = computesByTable.get(fields);
  if (known !== undefined) return known;
  const computes = new Map<string, Compute>();
  for (const field of fields) {
    if (('list' in field || 'tlv' in field) && typeof field.count === 'object' && 'field' in field.count) {
      computes.set(field.count.field, { count: field.name });
    } else if ('type' in field && !isScalar(field)) {
      const { length } = field;
      if (typeof length === 'object' && 'field' in length) computes.set(length.field, { length: field.name });
    }
  }
  for (const field of fields) {
    if (!isScalar(field)) continue;
    if (field.compute !== undefined && field.optional !== true) computes.set(field.name, field.compute);
    else if (field.default !== undefined || field.optional === true) computes.delete(field.name);
  }
  computesByTable.set(fields, computes);
  return computes;
}

/** Where one field stands: `outer` is the structure that it belongs to. */
type Place = EncodeContext & { readonly outer: Scope; readonly before: number };

function encodeField(field: FieldSpec, place: Place, order: ByteOrder): Uint8Array {
  const { outer: scope, before } = place;
  const { values } = scope;
  if ('bits' in field) return encodeBits(field, values, order);
  if ('list' in field) return encodeList(field, values[field.name], order, scope);
  if ('tlv' in field) return encodeTlv(field, values[field.name], order, scope);
  if ('switch' in field) return encodeSwitch(field, place, order);
  if (field.type === 'bytes') return bytesOf(field, scope, before);
  if (field.type === 'text') return textOf(field, scope, before);
  if (field.type === 'bitmap') return bitmapOf(field, scope, before);
  return scalarOf(field, values[field.name], order);
}

function scalarOf(field: ScalarSpec, value: FieldValue | undefined, order: ByteOrder): Uint8Array {
  if (value === undefined && field.optional === true) return new Uint8Array(0);
  return putScalar(field.type, value ?? field.default ?? 0, isLittle(field, order), field.name);
}

function integer(name: string, value: FieldValue): number | bigint {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw new RangeError(`${name} takes an integer, not ${show(value)}`);
}

const widths = new WeakMap<BitsSpec, number>();

function widthOf(field: BitsSpec): number {
  const known = widths.get(field);
  if (known !== undefined) return known;
  const width = field.bits.reduce((sum, bit) => sum + bit.width, 0);
  widths.set(field, width);
  return width;
}

function encodeBits(field: BitsSpec, values: FieldValues, order: ByteOrder): Uint8Array {
  const width = widthOf(field);
  if (width <= 32) {
    let all = 0;
    for (const bit of field.bits) {
      const size = 2 ** bit.width;
      const value = integer(bit.name, values[bit.name] ?? bit.default ?? 0);
      const cut = typeof value === 'number' ? value % size : Number(BigInt.asUintN(bit.width, value));
      all = all * size + (cut < 0 ? cut + size : cut);
    }
    return putUint(all, width / 8, isLittle(field, order));
  }
  let all = 0n;
  for (const bit of field.bits) {
    const value = BigInt.asUintN(bit.width, BigInt(integer(bit.name, values[bit.name] ?? bit.default ?? 0)));
    all = (all << BigInt(bit.width)) | value;
  }
  return putUint(all, width / 8, isLittle(field, order));
}

function hexOf(name: string, value: FieldValue, uuid = false): Uint8Array {
  const text = typeof value === 'string' && uuid ? value.replace(/-/g, '') : value;
  const octets = typeof text === 'string' ? parseHex(text) : undefined;
  if (octets === undefined) throw new RangeError(`${name} takes octets as hex, not ${show(value)}`);
  return octets;
}

function bytesOf(field: BytesSpec, scope: Scope, before: number): Uint8Array {
  const value = scope.values[field.name] ?? field.default;
  if (value === undefined) return new Uint8Array(defaultLength(field.length, scope, before));
  return hexOf(field.name, value, field.format === 'uuid');
}

/** Octets that nobody gave: as many zeros as the structure needs to be well-formed. */
function defaultLength(length: LengthSpec | 'terminated', scope: Scope, before: number): number {
  if (typeof length === 'number') return length;
  if (typeof length !== 'object') return 0;
  if ('align' in length) return (length.align - (before % length.align)) % length.align;
  return 'by' in length ? (length.of[String(lookUp(scope, length.by) ?? 0)] ?? 0) : 0;
}

export function encodingOf(encoding: Encoding, scope: Scope): EncodingName {
  if (typeof encoding === 'string') return encoding;
  return encoding.of[String(lookUp(scope, encoding.by) ?? '')] ?? 'ascii';
}

function textOf(field: TextSpec, scope: Scope, before: number): Uint8Array {
  const value = scope.values[field.name] ?? field.default ?? '';
  if (typeof value !== 'string') throw new RangeError(`${field.name} takes text, not ${show(value)}`);
  const encoding = encodingOf(field.encoding, scope);
  const octets = encodeText(value, encoding);
  if (field.length === 'terminated') return concat(octets, new Uint8Array(unitSize(encoding)));
  const least = defaultLength(field.length, scope, before);
  return octets.length >= least ? octets : concat(octets, new Uint8Array(least - octets.length));
}

function bitmapOf(field: BitmapSpec, scope: Scope, before: number): Uint8Array {
  const numbers = entriesOf(field.name, scope.values[field.name]).map((entry) => Number(integer(field.name, entry)));
  const least = Math.max(...numbers.map((number) => 1 + (number >> 3)), 0);
  const octets = new Uint8Array(Math.max(least, defaultLength(field.length, scope, before)));
  for (const number of numbers) octets[number >> 3] = (octets[number >> 3] ?? 0) | (1 << (number & 7));
  return octets;
}

/** Entries that nobody gave: as many empty ones as the table wants. */
function defaultEntries({ count }: ListSpec | TlvSpec, entry: FieldValue): readonly FieldValue[] {
  return typeof count === 'number' ? Array.from({ length: count }, () => entry) : [];
}

function entriesOf(name: string, value: FieldValue | undefined): readonly FieldValue[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value as readonly FieldValue[];
  throw new RangeError(`${name} takes a list, not ${show(value)}`);
}

function structure(name: string, value: FieldValue): FieldValues {
  if (typeof value === 'object' && !Array.isArray(value)) return value as FieldValues;
  throw new RangeError(`${name} takes structures, not ${show(value)}`);
}

function encodeList(field: ListSpec, value: FieldValue | undefined, order: ByteOrder, outer: Scope): Uint8Array {
  const inner = field.byteOrder ?? order;
  const { list } = field;
  const entries = entriesOf(field.name, value ?? defaultEntries(field, typeof list === 'string' ? 0 : {}));
  if (typeof list === 'string') {
    return concat(...entries.map((entry) => putScalar(list, entry, inner === 'little', field.name)));
  }
  return concat(...entries.map((entry) => encodeFields(list, structure(field.name, entry), inner, { outer })));
}

function encodeTlv(field: TlvSpec, value: FieldValue | undefined, order: ByteOrder, outer: Scope): Uint8Array {
  const little = isLittle(field, order);
  const { tlv } = field;
  return concat(
    ...entriesOf(field.name, value ?? defaultEntries(field, {})).map((entry) => {
      const item = structure(field.name, entry);
      const spec = tlv.values?.[String(item.type ?? 0)] ?? tlv.otherwise ?? 'bytes';
      const octets = encodeValue(spec, item.value ?? '', field.byteOrder ?? order, { outer }, field.name);
      const type = putScalar(tlv.type, item.type ?? 0, little, 'type');
      const length = putScalar(tlv.length, item.length ?? octets.length, little, 'length');
      return tlv.lengthFirst === true ? concat(length, type, octets) : concat(type, length, octets);
    }),
  );
}

/** `0x…` stands for the octets of any value, as it does for those that could not be decoded. */
function encodeValue(
  spec: ValueSpec,
  value: FieldValue,
  order: ByteOrder,
  context: EncodeContext,
  name: string,
): Uint8Array {
  const raw = typeof value === 'string' && value.startsWith('0x') ? parseHex(value.slice(2)) : undefined;
  if (raw !== undefined) return raw;
  if (spec === 'bytes' || value === '') return hexOf(name, value);
  if (typeof spec === 'string') return putScalar(spec, value, order === 'little', name);
  if ('text' in spec) {
    if (typeof value !== 'string') throw new RangeError(`${name} takes text, not ${show(value)}`);
    return encodeText(value, encodingOf(spec.text, context.outer ?? { values: {} }));
  }
  return encodeFields(spec, structure(name, value), order, context);
}

function encodeSwitch(field: SwitchSpec, { outer: scope, before, marked }: Place, order: ByteOrder): Uint8Array {
  const spec = caseOf(field, scope);
  const inner = field.byteOrder ?? order;
  if (spec === undefined) return new Uint8Array(0);
  if (field.name !== undefined) {
    const empty = typeof spec === 'string' && spec !== 'bytes' ? 0 : Array.isArray(spec) ? {} : '';
    return encodeValue(spec, scope.values[field.name] ?? empty, inner, { outer: scope, before }, field.name);
  }
  if (!Array.isArray(spec)) return new Uint8Array(0);
  return encodeFields(spec as readonly FieldSpec[], scope.values, inner, { outer: scope.outer, before, marked });
}

export function caseOf(field: SwitchSpec, scope: Scope): ValueSpec | undefined {
  const chosen = lookUp(scope, field.switch);
  const key = String(chosen);
  return (Object.hasOwn(field.cases, key) ? field.cases[key] : undefined) ?? field.otherwise;
}

interface Computing {
  readonly fields: readonly FieldSpec[];
  readonly parts: readonly Uint8Array[];
  readonly values: FieldValues;
  readonly marked: EncodeContext['marked'];
}

function placeOf(fields: readonly FieldSpec[], name: string): number {
  return fields.findIndex((candidate) => namesOf(candidate).includes(name));
}

/** Octets from the field of this name, or from a mark of that name before these fields, up to the field at `index`. */
function octetsFrom(name: string, index: number, { fields, parts, marked }: Computing): Uint8Array | undefined {
  const from = placeOf(fields, name);
  if (from >= 0) return concat(...parts.slice(from, index));
  const before = marked?.(name);
  return before === undefined ? undefined : concat(before, ...parts.slice(0, index));
}

function computed(compute: Compute | undefined, index: number, among: Computing): number {
  if (compute === undefined) return 0;
  const partOf = (name: string): Uint8Array | undefined => among.parts[placeOf(among.fields, name)];
  if ('length' in compute) return partOf(compute.length)?.length ?? 0;
  if ('count' in compute) return entriesOf(compute.count, among.values[compute.count]).length;
  const covered = 'of' in compute ? partOf(compute.of) : octetsFrom(compute.from, index, among);
  // What a part of a switch covers may lie before the switch.
  const octets = covered ?? ('of' in compute ? octetsFrom(compute.of, index, among) : undefined);
  return checksums[compute.checksum](octets ?? new Uint8Array(0));
}
