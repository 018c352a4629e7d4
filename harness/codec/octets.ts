/** Octet strings as lower-case hex: the form they have in records, YAML values and reports. */
export function toHex(octets: Uint8Array): string {
  let out = '';
  for (let index = 0; index < octets.length; index += 1) out += HEX[octets[index] ?? 0];
  return out;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** Values of hex digits by character code; 255 for anything else. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 0xff : value;
});

/** Hex text (spaces allowed) to octets; undefined where it is not hex or has an odd number of digits. */
export function parseHex(text: string): Uint8Array | undefined {
  const digits = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  if (digits.length % 2 !== 0) return undefined;
  const octets = new Uint8Array(digits.length / 2);
  for (let index = 0; index < octets.length; index += 1) {
    const high = DIGITS[digits.charCodeAt(index * 2)] ?? 0xff;
    const low = DIGITS[digits.charCodeAt(index * 2 + 1)] ?? 0xff;
    if (high > 15 || low > 15) return undefined;
    octets[index] = high * 16 + low;
  }
  return octets;
}

/** As `parseHex`, for text that the program itself wrote: anything else is a defect here. */
export function fromHex(text: string): Uint8Array {
  const octets = parseHex(text);
  if (octets === undefined) throw new RangeError(`not hex: ${text.slice(0, 40)}`);
  return octets;
}

export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    put(out, part, offset);
    offset += part.length;
  }
  return out;
}

/** Below so many octets a loop is faster than a call of the engine. */
const FEW = 24;

/** Copies `part` into `out` from `offset` on. */
export function put(out: Uint8Array, part: Uint8Array | readonly number[], offset: number): void {
  if (part.length > FEW) out.set(part, offset);
  else for (let index = 0; index < part.length; index += 1) out[offset + index] = part[index] ?? 0;
}

/** An integer of `size` octets; big-endian unless `little`. Values are taken modulo 2^(8 × size). */
export function putUint(value: number | bigint, size: number, little: boolean): Uint8Array {
  const out = new Uint8Array(size);
  if (typeof value === 'number' && size <= 6 && value >= 0) {
    let left = value;
    for (let index = 0; index < size; index += 1) {
      out[little ? index : size - 1 - index] = left % 256;
      left = Math.floor(left / 256);
    }
    return out;
  }
  let rest = BigInt.asUintN(size * 8, BigInt(value));
  for (let index = 0; index < size; index += 1) {
    out[little ? index : size - 1 - index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

/** Reads an integer: a number up to six octets, a bigint above. */
export function getUint(octets: Uint8Array, offset: number, size: number, little: boolean): number | bigint {
  if (size <= 6) {
    let value = 0;
    for (let index = 0; index < size; index += 1) {
      value = value * 256 + (octets[offset + (little ? size - 1 - index : index)] ?? 0);
    }
    return value;
  }
  let value = 0n;
  for (let index = 0; index < size; index += 1) {
    value = (value << 8n) | BigInt(octets[offset + (little ? size - 1 - index : index)] ?? 0);
  }
  return value;
}
