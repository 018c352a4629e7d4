import { encodeSerial } from '../binding/serial';
import { encodeSmbus } from '../binding/smbus';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket } from '../codec/packet';
import { alikeButUnread, notingReads } from './reads';

const header = { reserved: 0, headerVersion: 1, destinationEid: 8, sourceEid: 9, som: 1, eom: 1, packetSequence: 0 };
const packet: Packet = { ...header, tagOwner: 0, messageTag: 3, payload: Uint8Array.of(0, 1, 2) };
const addresses = { destinationAddress: 0x10, sourceAddress: 0x1d };
const frame = (changes: Partial<Packet> = {}, overrides = {}, to = addresses): Uint8Array =>
  encodeSmbus(encodePacket({ ...packet, ...changes }), to, overrides);

describe('what nobody looked at', () => {
  it('is told from what somebody did', () => {
    const reads = new Set<string>();
    const octets = encodePacket(packet);
    const arrival = notingReads(reads)({ packet: decodePacket(octets) ?? packet, octets, frame: frame(), at: 1 });
    expect([...reads]).toEqual([]);
    expect(arrival.packet.messageTag).toBe(3);
    expect(arrival.octets).toEqual(octets);
    expect([...reads]).toEqual(['messageTag', 'octets']);
  });

  it.each([
    ['a header field', frame({ reserved: 5 }), 'reserved'],
    ['the PEC', frame({}, { pec: { xor: 1 } }), 'frame'],
    ['an address in the frame', frame({}, {}, { ...addresses, sourceAddress: 0x10 }), 'octets'],
  ])('may differ: %s', (_, other, name) => {
    expect(alikeButUnread(other, frame(), new Set(['sourceEid', 'payload']), 'smbus')).toBe(true);
    expect(alikeButUnread(other, frame(), new Set([name]), 'smbus')).toBe(false);
  });

  it.each([
    ['the payload', frame({ payload: Uint8Array.of(0, 1, 3) })],
    ['who is spoken to', frame({}, {}, { ...addresses, destinationAddress: 0x11 })],
    ['whether there is a PEC', frame({}, { byteCount: { add: 1 }, pec: { xor: 1 } })],
    ['its length', frame({ payload: Uint8Array.of(0, 1) })],
  ])('may not differ in %s', (_, other) => {
    expect(alikeButUnread(other, frame(), new Set(), 'smbus')).toBe(false);
  });

  it('may be the FCS of a serial frame that is taken all the same, and not what has to wait for more', () => {
    const correct = encodeSerial(encodePacket(packet));
    const alike = (other: Uint8Array, ...reads: readonly string[]): boolean =>
      alikeButUnread(other, correct, new Set(reads), 'serial');
    const complemented = encodeSerial(encodePacket(packet), { fcs: { xor: 0xffff } });
    expect(alike(complemented)).toBe(true);
    expect(alike(complemented, 'frame')).toBe(false);
    expect(alike(encodeSerial(encodePacket({ ...packet, payload: Uint8Array.of(0, 1, 3) })))).toBe(false);
    expect(alike(encodeSerial(encodePacket(packet), { closingFlag: 0x55, fcs: { xor: 0xffff } }))).toBe(false);
  });
});
