/** The checksums of MCTP bindings and upper layers. Each has a published check value over "123456789". */

type Table = Uint8Array | Uint16Array | Uint32Array;

function fill<T extends Table>(table: T, step: (value: number) => number): T {
  for (let index = 0; index < 256; index += 1) table[index] = step(index);
  return table;
}

function reflectedStep(polynomial: number): (value: number) => number {
  return (value) => {
    let crc = value;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc >>> 0;
  };
}

const CRC8 = fill(new Uint8Array(256), (value) => {
  let crc = value;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : (crc << 1) & 0xff;
  return crc;
});
const CRC16 = fill(new Uint16Array(256), reflectedStep(0x8408));
const CRC32 = fill(new Uint32Array(256), reflectedStep(0xedb88320));
const CRC32C = fill(new Uint32Array(256), reflectedStep(0x82f63b78));

/** CRC-8/SMBUS: polynomial 0x07, initial value 0 (the PEC of SMBus; DSP0237 6.3). Check value 0xF4. */
export function crc8(octets: Uint8Array, from = 0, to = octets.length): number {
  let crc = 0;
  for (let index = from; index < to; index += 1) crc = CRC8[crc ^ (octets[index] ?? 0)] ?? 0;
  return crc;
}

/** CRC-16/MCRF4XX: reflected 0x8408, no complement (the FCS of DSP0253). Check value 0x6F91. */
export function crc16(octets: Uint8Array, initial = 0xffff): number {
  let crc = initial;
  for (let index = 0; index < octets.length; index += 1) {
    crc = (crc >>> 8) ^ (CRC16[(crc ^ (octets[index] ?? 0)) & 0xff] ?? 0);
  }
  return crc;
}

/** CRC-32 (IEEE 802.3), used by PLDM. Check value 0xCBF43926. */
export function crc32(octets: Uint8Array): number {
  return reflected32(CRC32, octets);
}

/** CRC-32C (Castagnoli), the message integrity check of NVMe-MI. Check value 0xE3069283. */
export function crc32c(octets: Uint8Array): number {
  return reflected32(CRC32C, octets);
}

function reflected32(table: Uint32Array, octets: Uint8Array): number {
  let crc = 0xffffffff;
  for (const octet of octets) crc = (crc >>> 8) ^ (table[(crc ^ octet) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** Two's complement of the sum of all 16-bit big-endian words, as 32 bits (NC-SI: DSP0222 8.2.2.3). An odd octet counts as high. */
function sum16(octets: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < octets.length; index += 2) {
    sum += (octets[index] ?? 0) * 256 + (octets[index + 1] ?? 0);
  }
  return -sum >>> 0;
}

/** Sum of all octets (SFF-8636, CMIS). */
function sum8(octets: Uint8Array): number {
  let sum = 0;
  for (const octet of octets) sum += octet;
  return sum & 0xff;
}

/** What makes the sum of all octets zero (IPMI FRU). */
function zero8(octets: Uint8Array): number {
  return -sum8(octets) & 0xff;
}

/** The checksums that a table can name. */
export const checksums = {
  crc8: (octets: Uint8Array): number => crc8(octets),
  crc32,
  crc32c,
  sum16,
  sum8,
  zero8,
} as const;
export type ChecksumKind = keyof typeof checksums;
