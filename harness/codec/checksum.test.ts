import fc from 'fast-check';
import { crc8, crc16, crc32, crc32c } from './checksum';
import { concat, fromHex } from './octets';

const digits = new TextEncoder().encode('123456789');

describe('checksums', () => {
  it.each([
    ['CRC-8/SMBUS', crc8(digits), 0xf4],
    ['CRC-16/MCRF4XX', crc16(digits), 0x6f91],
    ['CRC-32/ISO-HDLC', crc32(digits), 0xcbf43926],
    ['CRC-32C', crc32c(digits), 0xe3069283],
  ])('%s has its published check value', (_, actual, expected) => {
    expect(actual).toBe(expected);
  });

  it('gives CRC-16/X-25 when complemented, as RFC 1662 has it', () => {
    expect(crc16(digits) ^ 0xffff).toBe(0x906e);
  });

  // upper-layers.md, NVMe-MI vectors: they also stand as public test constants in nvme-mi-dev.
  it.each([
    ['8408000000000000000000000000 0000', 0x070600e2],
    ['8408000001000000000000000000 0000', 0x3677d4d2],
    ['8488000000000000383d1426 00000000', 0x3db07c11],
  ])('computes the message integrity check of %s', (hex, expected) => {
    expect(crc32c(fromHex(hex))).toBe(expected);
  });

  it('computes the CRC-32 of a PLDM version and of a FRU table', () => {
    expect(crc32(fromHex('00f0f1f1'))).toBe(0x539dbeba);
    expect(crc32(fromHex('010001030105 0441434d4503 05504e2d3031 0404534e3432'))).toBe(0xabbd7b2d);
  });

  it('leaves no remainder behind a PEC', () => {
    fc.assert(fc.property(fc.uint8Array(), (octets) => crc8(concat(octets, [crc8(octets)])) === 0));
  });
});
