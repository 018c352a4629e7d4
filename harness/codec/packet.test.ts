import fc from 'fast-check';
import { decode, encode } from './layout';
import { fromHex, toHex } from './octets';
import type { Packet } from './packet';
import { decodePacket, describePacket, encodePacket, fragment, packetHeaderFields, packetHeaderLayout } from './packet';

const header = {
  reserved: 0,
  headerVersion: 1,
  destinationEid: 9,
  sourceEid: 8,
  som: 1,
  eom: 1,
  packetSequence: 0,
  tagOwner: 1,
  messageTag: 3,
};

function packetOf(hex: string): Packet {
  const packet = decodePacket(fromHex(hex));
  if (packet === undefined) throw new Error(hex);
  return packet;
}

describe('an MCTP packet', () => {
  it('is given back octet for octet, reserved bits included', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 80, size: 'max' }), (octets) => {
        expect(encodePacket(packetOf(toHex(octets)))).toEqual(octets);
      }),
    );
  });

  it('is read and written by hand as its table says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (octets) => {
        const { payload, ...fields } = packetOf(toHex(octets));
        expect(fields).toEqual(decode(packetHeaderLayout, octets).value);
        expect(payload).toHaveLength(0);
      }),
    );
    const wild = fc.record(
      Object.fromEntries(packetHeaderFields.map((name) => [name, fc.integer({ min: -300, max: 300 })])),
    );
    fc.assert(
      fc.property(wild, (fields) => {
        const packet = { ...header, ...fields, payload: new Uint8Array(0) };
        expect(encodePacket(packet)).toEqual(encode(packetHeaderLayout, fields));
      }),
    );
  });

  it('needs four octets', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3 }), (octets) => decodePacket(octets) === undefined));
  });

  it('has the fields of DSP0236 Table 1', () => {
    expect(packetOf('a1ff08ea0081')).toEqual({
      reserved: 10,
      headerVersion: 1,
      destinationEid: 0xff,
      sourceEid: 8,
      som: 1,
      eom: 1,
      packetSequence: 2,
      tagOwner: 1,
      messageTag: 2,
      payload: fromHex('0081'),
    });
  });

  it('differs in one field when one field is set', () => {
    const good = { ...header, payload: fromHex('008102') };
    for (const name of packetHeaderFields) {
      const changed = { ...good, [name]: good[name] ^ 1 };
      expect(packetOf(toHex(encodePacket(changed)))).toEqual(changed);
    }
  });

  it('is described for people', () => {
    expect(describePacket(header)).toBe('09<-08 SOM EOM seq 0 TO,3');
    expect(describePacket({ ...header, som: 0, eom: 0, headerVersion: 2, tagOwner: 0 })).toBe(
      '09<-08 v2 middle seq 0 !TO,3',
    );
  });

  it('carries a part of its message', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        fc.integer({ min: 1, max: 80 }),
        fc.nat(3),
        (body, unit, first) => {
          const packets = fragment(body, { ...header, packetSequence: first }, unit);
          expect(toHex(Uint8Array.from(packets.flatMap((packet) => [...packet.payload])))).toBe(toHex(body));
          expect(packets.map((packet) => packet.som)).toEqual(packets.map((_, index) => (index === 0 ? 1 : 0)));
          expect(packets.filter((packet) => packet.eom === 1)).toEqual(packets.slice(-1));
          expect(packets.every((packet, index) => packet.packetSequence === (first + index) % 4)).toBe(true);
          expect(packets.slice(0, -1).every((packet) => packet.payload.length === unit)).toBe(true);
        },
      ),
    );
    expect(() => fragment(Uint8Array.of(1), header, 0)).toThrow(RangeError);
  });
});
