import fc from 'fast-check';
import { concat, fromHex, getUint, parseHex, putUint, toHex } from './octets';

describe('octets', () => {
  it('come back from hex', () => {
    fc.assert(fc.property(fc.uint8Array(), (octets) => expect(parseHex(toHex(octets))).toEqual(octets)));
  });

  it.each(['0', '0g', 'zz', '0x00'])('%s is no hex', (text) => {
    expect(parseHex(text)).toBeUndefined();
    expect(() => fromHex(text)).toThrow(RangeError);
  });

  it('allow spaces in hex', () => {
    expect(fromHex(' 3a 0F\n08')).toEqual(Uint8Array.of(0x3a, 0x0f, 0x08));
  });

  it('hold integers of any size in both orders', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.boolean(), (octets, little) => {
        expect(putUint(getUint(octets, 0, octets.length, little), octets.length, little)).toEqual(octets);
      }),
    );
  });

  it('cut integers to their size', () => {
    expect(toHex(putUint(0x1ff, 1, false))).toBe('ff');
    expect(toHex(putUint(-1, 3, false))).toBe('ffffff');
    expect(toHex(putUint(2n ** 64n + 2n, 8, true))).toBe('0200000000000000');
  });

  it('are joined in order', () => {
    expect(toHex(concat([1], Uint8Array.of(2, 3), []))).toBe('010203');
  });
});
