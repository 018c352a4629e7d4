import fc from 'fast-check';
import { crc8 } from '../codec/checksum';
import { concat, fromHex, toHex } from '../codec/octets';
import { decodePacket } from '../codec/packet';
import type { SmbusOverrides } from './smbus';
import { decodeSmbus, encodeSmbus, smbusFrameFields } from './smbus';

const toDevice = { destinationAddress: 0x1d, sourceAddress: 0x10 };
const toUs = { destinationAddress: 0x10, sourceAddress: 0x1d };
const request = '010008c8008102';

// layouts.md 2.1 and upper-layers.md 1: requester 0x10, device 0x1D.
const vectors = [
  ['Get Endpoint ID', '3a0f0821010008c800810243', toDevice],
  ['Get Endpoint ID response', '200f0c3b010800c0000102000000002b', toUs],
  ['Set Endpoint ID 0x20', '3a0f0a21010008c800820100203d', toDevice],
  ['Set Endpoint ID 9', '3a0f0a21010008c80081010009d8', toDevice],
  ['Get MCTP Version Support', '3a0f0921010008c8008204ff96', toDevice],
  ['PLDM GetSensorReading', '3a0f0c21010908c8018102112c0100dc', toDevice],
  ['PLDM GetSensorReading response', '200f113b010809c0010102110000000101000 13e02', toUs],
  ['NC-SI Get Link Status', '3a0f1a21010908c90200010003 0a0000000000000000000000fffff5fcf1', toDevice],
  ['NVMe-MI subsystem health', '3a0f1921010908ca8408000001000000000000000000000 0d2d4773645', toDevice],
] as const;

describe('an SMBus frame', () => {
  it.each(vectors)('of %s is as published', (_, hex, addressing) => {
    const octets = fromHex(hex);
    const frame = decodeSmbus(octets);
    expect(frame).toMatchObject({
      ...addressing,
      readWrite: 0,
      smbusCommandCode: 15,
      sourceFlag: 1,
      pecStatus: 'good',
    });
    expect(frame?.actualCount).toBe(frame?.byteCount);
    expect(decodePacket(frame?.packet ?? octets)?.headerVersion).toBe(1);
    expect(encodeSmbus(frame?.packet ?? octets, addressing)).toEqual(octets);
  });

  it('is given back octet for octet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 80, size: 'max' }), (octets) => {
        const frame = decodeSmbus(octets);
        if (frame === undefined) throw new Error('four octets are a frame');
        const { packet, readWrite, smbusCommandCode, byteCount, sourceFlag, pec = 'absent' } = frame;
        expect(encodeSmbus(packet, frame, { readWrite, smbusCommandCode, byteCount, sourceFlag, pec })).toEqual(octets);
      }),
    );
  });

  it('needs its four header octets', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3 }), (octets) => decodeSmbus(octets) === undefined));
  });

  it('has a good PEC and count whatever it carries', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 250, size: 'max' }),
        fc.nat(127),
        fc.nat(127),
        (packet, destination, source) => {
          const addressing = { destinationAddress: destination, sourceAddress: source };
          const frame = decodeSmbus(encodeSmbus(packet, addressing));
          expect(frame).toMatchObject({ ...addressing, packet, pecStatus: 'good', byteCount: packet.length + 1 });
          expect(frame?.actualCount).toBe(packet.length + 1);
        },
      ),
    );
  });

  it('differs in exactly the field that is overridden, PEC aside', () => {
    const good = decodeSmbus(encodeSmbus(fromHex(request), toDevice));
    for (const name of smbusFrameFields) {
      const changed = decodeSmbus(encodeSmbus(fromHex(request), toDevice, { [name]: { xor: 1 } }));
      const expected = { ...good, [name]: (good?.[name] ?? 0) ^ 1, pec: changed?.pec };
      expect(changed).toEqual({ ...expected, pecStatus: name === 'pec' ? 'bad' : 'good' });
    }
  });

  it.each<[SmbusOverrides, string]>([
    [{ pec: { xor: 0xff } }, '3a0f0821010008c8008102bc'],
    [{ pec: 'absent' }, '3a0f0821010008c8008102'],
    [{ pecScope: 'without-address' }, '3a0f0821010008c80081029b'],
    [{ byteCount: { add: -1 } }, '3a0f0721010008c8008102ea'],
    [{ byteCount: 'absent' }, '3a0f21010008c80081028d'],
    [{ sourceFlag: 'absent' }, '3a0f08010008c800810268'],
    [{ truncate: 6 }, '3a0f08210100'],
    [{ append: 'aa 55' }, '3a0f0821010008c800810243aa55'],
  ])('can be spoiled: %j', (overrides, hex) => {
    expect(toHex(encodeSmbus(fromHex(request), toDevice, overrides))).toBe(hex);
  });

  it('tells a missing PEC, a wrong one, one without the address, and a wrong count', () => {
    const status = (overrides: SmbusOverrides): unknown[] => {
      const frame = decodeSmbus(encodeSmbus(fromHex(request), toDevice, overrides));
      return [frame?.pecStatus, frame?.byteCount, frame?.actualCount, toHex(frame?.packet ?? new Uint8Array(0))];
    };
    expect(status({})).toEqual(['good', 8, 8, request]);
    expect(status({ pec: 'absent' })).toEqual(['absent', 8, 8, request]);
    expect(status({ pec: { xor: 4 } })).toEqual(['bad', 8, 8, request]);
    expect(status({ pecScope: 'without-address' })).toEqual(['without-address', 8, 8, request]);
    expect(status({ byteCount: { add: 1 } })).toEqual(['good', 9, 8, request]);
    expect(status({ byteCount: { add: -1 } })).toEqual(['good', 7, 8, request]);
  });

  it('does not verify for the published N3000 bus trace, whose PEC is known to be wrong', () => {
    expect(decodeSmbus(concat(fromHex('ce0f08210100 08c8008102'), [0x3d]))?.pecStatus).toBe('bad');
  });
});

describe('a frame that is one octet short for its count', () => {
  const covered = Uint8Array.from([0x20, 0x0f, 0x0a, 0x3b, 0x01, 0x08, 0x09, 0xc8, 0x00, 0x01, 0x02, 0x00]);
  // Its data end as if they were its PEC.
  const octets = concat(covered, [crc8(covered)]);

  it('has no PEC, or a wrong count where its last octet is a good PEC', () => {
    expect(decodeSmbus(octets.map((octet, index) => (index === 12 ? octet ^ 1 : octet)))?.pecStatus).toBe('absent');
    expect(decodeSmbus(octets)).toMatchObject({ pecStatus: 'good', byteCount: 10, actualCount: 9 });
  });

  it('has no PEC where its sender sends none', () => {
    const frame = decodeSmbus(octets, 'no PEC');
    expect(frame).toMatchObject({ pecStatus: 'absent', pec: undefined, byteCount: 10, actualCount: 10 });
    expect(frame?.packet).toEqual(octets.subarray(4));
  });

  it('has a bad PEC where it is known to have one', () => {
    const broken = octets.map((octet, index) => (index === 12 ? octet ^ 1 : octet));
    expect(decodeSmbus(broken, 'wrong count')).toMatchObject({ pecStatus: 'bad', actualCount: 9 });
  });
});
