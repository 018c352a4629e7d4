import { crc8, crc32, crc32c } from './checksum';
import type {
  BitsSpec,
  ByteOrder,
  BytesSpec,
  Compute,
  FieldSpec,
  FieldValue,
  FieldValues,
  Layout,
  ListSpec,
  TlvSpec,
} from './field-spec';
import { uintSize } from './field-spec';
import { concat, parseHex, putUint } from './octets';

/**
 * Octets of `values`. Fields that are missing get what the table computes, else their default, else zero; integers
 * wider than their field are cut to it, octets stay as long as they are. Throws RangeError for a value of the wrong kind.
 */
export function encode(table: Layout, values: FieldValues): Uint8Array {
  return encodeFields(table.fields, values, table.byteOrder);
}

export function isLittle(field: { readonly byteOrder?: ByteOrder | undefined }, order: ByteOrder): boolean {
  return (field.byteOrder ?? order) === 'little';
}

function encodeFields(fields: readonly FieldSpec[], values: FieldValues, order: ByteOrder): Uint8Array {
  const computes = computesOf(fields);
  const parts: Uint8Array[] = [];
  const late: number[] = [];
  for (const [index, field] of fields.entries()) {
    const waits = 'name' in field && values[field.name] === undefined && computes.has(field.name);
    if (waits) late.push(index);
    parts.push(waits ? new Uint8Array(0) : encodeField(field, values, order));
  }
  for (const index of late) {
    const field = fields[index];
    if (field === undefined || !('type' in field) || field.type === 'bytes') continue;
    const value = computed(computes.get(field.name), fields, parts, values);
    parts[index] = putUint(value, uintSize[field.type], isLittle(field, order));
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : concat(...parts);
}

const computesByTable = new WeakMap<readonly FieldSpec[], ReadonlyMap<string, Compute>>();

/** Which fields are computed: those that say so, and those that another field names as its count or length. */
function computesOf(fields: readonly FieldSpec[]): ReadonlyMap<string, Compute> {
  const known = computesByTable.get(fields);
  if (known !== undefined) return known;
  const computes = new Map<string, Compute>();
  for (const field of fields) {
    if ('bits' in field) continue;
    if (('list' in field || 'tlv' in field) && typeof field.count === 'object') {
      computes.set(field.count.field, { count: field.name });
    } else if ('type' in field && field.type === 'bytes') {
      const { length } = field;
      if (typeof length === 'object' && 'field' in length) computes.set(length.field, { length: field.name });
    }
  }
  for (const field of fields) {
    if ('bits' in field || !('type' in field) || field.type === 'bytes') continue;
    if (field.compute !== undefined) computes.set(field.name, field.compute);
    else if (field.default !== undefined || field.optional === true) computes.delete(field.name);
  }
  computesByTable.set(fields, computes);
  return computes;
}

function encodeField(field: FieldSpec, values: FieldValues, order: ByteOrder): Uint8Array {
  if ('bits' in field) return encodeBits(field, values, order);
  if ('list' in field) return encodeList(field, values[field.name], order);
  if ('tlv' in field) return encodeTlv(field, values[field.name], order);
  if (field.type === 'bytes') return bytesOf(field, values);
  const value = values[field.name];
  if (value === undefined && field.optional === true) return new Uint8Array(0);
  return putUint(integer(field.name, value ?? field.default ?? 0), uintSize[field.type], isLittle(field, order));
}

function integer(name: string, value: FieldValue): number | bigint {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw new RangeError(`${name} takes an integer, not ${show(value)}`);
}

function show(value: FieldValue | undefined): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}

function encodeBits(field: BitsSpec, values: FieldValues, order: ByteOrder): Uint8Array {
  const width = field.bits.reduce((sum, bit) => sum + bit.width, 0);
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

function bytesOf(field: BytesSpec, values: FieldValues): Uint8Array {
  const value = values[field.name] ?? field.default;
  if (value === undefined) return new Uint8Array(defaultLength(field, values));
  const text = typeof value === 'string' && field.format === 'uuid' ? value.replace(/-/g, '') : value;
  const octets = typeof text === 'string' ? parseHex(text) : undefined;
  if (octets === undefined) throw new RangeError(`${field.name} takes octets as hex, not ${show(value)}`);
  return octets;
}

/** Octets that nobody gave: as many zeros as the structure needs to be well-formed. */
function defaultLength({ length }: BytesSpec, values: FieldValues): number {
  if (typeof length === 'number') return length;
  return typeof length === 'object' && 'by' in length ? (length.of[String(values[length.by] ?? 0)] ?? 0) : 0;
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

function encodeList(field: ListSpec, value: FieldValue | undefined, order: ByteOrder): Uint8Array {
  const inner = field.byteOrder ?? order;
  const { list } = field;
  const entries = entriesOf(field.name, value ?? defaultEntries(field, typeof list === 'string' ? 0 : {}));
  if (typeof list === 'string') {
    return concat(...entries.map((entry) => putUint(integer(field.name, entry), uintSize[list], inner === 'little')));
  }
  return concat(...entries.map((entry) => encodeFields(list, structure(field.name, entry), inner)));
}

function encodeTlv(field: TlvSpec, value: FieldValue | undefined, order: ByteOrder): Uint8Array {
  const little = isLittle(field, order);
  return concat(
    ...entriesOf(field.name, value ?? defaultEntries(field, {})).map((entry) => {
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

function computed(
  compute: Compute | undefined,
  fields: readonly FieldSpec[],
  parts: readonly Uint8Array[],
  values: FieldValues,
): number {
  if (compute === undefined) return 0;
  const partOf = (name: string): Uint8Array => {
    const index = fields.findIndex((candidate) => 'name' in candidate && candidate.name === name);
    return parts[index] ?? new Uint8Array(0);
  };
  if ('length' in compute) return partOf(compute.length).length;
  if ('count' in compute) return entriesOf(compute.count, values[compute.count]).length;
  return checksums[compute.checksum](partOf(compute.of));
}

const checksums = { crc8: (octets: Uint8Array): number => crc8(octets), crc32, crc32c } as const;
