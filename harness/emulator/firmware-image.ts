import { crc32 } from '../codec/checksum';
import { concat, putUint } from '../codec/octets';

/** Images of emulated cards end with the CRC-32 of what is before. */
export const imageOf = (octets: Uint8Array): Uint8Array => concat(octets, putUint(crc32(octets), 4, true));

/** Whether the end of an image is the checksum of what is before it. */
export function isWhole(octets: Uint8Array): boolean {
  const content = octets.subarray(0, -4);
  return octets.length > 4 && imageOf(content).every((octet, index) => octet === octets[index]);
}
