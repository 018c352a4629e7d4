import type { FieldValue, ScalarType } from './field-spec';
import { scalarSize } from './field-spec';
import { getUint, putUint } from './octets';

const SIGNED = new Set<ScalarType>(['int8', 'int16', 'int32', 'int64']);

export function isSigned(type: ScalarType): boolean {
  return SIGNED.has(type);
}

/** Numbers that JSON has no word for: `inf`, `-inf`, and `nan` with its octets, big-endian. */
const NOT_FINITE = /^(-?inf|nan [0-9a-f]{8})$/;

const view = new DataView(new ArrayBuffer(4));

/** The octets of a number; integers are cut to their size. Throws RangeError for anything that is no such number. */
export function putScalar(type: ScalarType, value: FieldValue, little: boolean, name: string): Uint8Array {
  const size = scalarSize[type];
  if (type === 'float32') return putUint(floatBits(value, name), size, little);
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) {
    return putUint(value, size, little);
  }
  throw new RangeError(`${name} takes an integer, not ${show(value)}`);
}

function floatBits(value: FieldValue, name: string): number {
  if (typeof value === 'number') {
    view.setFloat32(0, value);
    return view.getUint32(0);
  }
  if (typeof value !== 'string' || !NOT_FINITE.test(value)) throw new RangeError(`${name} takes a number`);
  if (value.startsWith('nan')) return Number.parseInt(value.slice(4), 16);
  return value === 'inf' ? 0x7f800000 : 0xff800000;
}

export function getScalar(type: ScalarType, octets: Uint8Array, offset: number, little: boolean): FieldValue {
  const raw = getUint(octets, offset, scalarSize[type], little);
  if (type === 'float32') return floatOf(Number(raw));
  if (!SIGNED.has(type)) return raw;
  if (typeof raw === 'bigint') return BigInt.asIntN(64, raw);
  const size = 2 ** (8 * scalarSize[type]);
  return raw >= size / 2 ? raw - size : raw;
}

function floatOf(bits: number): FieldValue {
  view.setUint32(0, bits);
  const value = view.getFloat32(0);
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return `nan ${bits.toString(16).padStart(8, '0')}`;
  return value > 0 ? 'inf' : '-inf';
}

export function show(value: FieldValue | undefined): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}
