import type { SerialOverrides } from '../binding/serial';
import { encodeSerial } from '../binding/serial';
import { concat, fromHex, toHex } from '../codec/octets';
import { encodePacket } from '../codec/packet';
import { endpoint, packetOf } from './testing/lab';

/** Vector of reference/layouts.md 2.2. */
const GET_EID = fromHex('7e0107010008c800810232197e');

const serial = () => endpoint({ binding: 'serial' });
const sent = (device: ReturnType<typeof serial>, octets: Uint8Array): readonly string[] =>
  device.receive(octets, 0).map((action) => toHex(action.octets));
/** FCS computed apart from this code. */
const ANSWER = '7e010b010800c00001020000000038b37e';

describe('serial', () => {
  it('answers the vector with one frame, however it is cut', () => {
    expect(sent(serial(), GET_EID)).toEqual([ANSWER]);
    const device = serial();
    expect([...GET_EID].flatMap((octet) => sent(device, Uint8Array.of(octet)))).toEqual([ANSWER]);
  });

  it('answers each of two frames that share a chunk', () => {
    expect(sent(serial(), concat(GET_EID, GET_EID))).toEqual([ANSWER, ANSWER]);
  });

  it('escapes what it sends', () => {
    const device = endpoint({ binding: 'serial', eid: 0x7e });
    const [frame = ''] = sent(device, GET_EID);
    expect(frame).toMatch(/^7e010b01087d5ec0000102007d5e0000/);
  });

  it.each<[string, SerialOverrides]>([
    ['a wrong FCS', { fcs: { xor: 1 } }],
    ['a complemented FCS', { fcs: { xor: 0xffff } }],
    ['another revision', { revision: 2 }],
    ['a byte count one too small', { byteCount: { add: -1 } }],
    ['a byte count below a header', { byteCount: 3 }],
    ['no opening flag', { openingFlag: 'absent' }],
    ['another octet for the closing flag', { closingFlag: 0x55 }],
    ['an end in its data', { truncate: 7 }],
    ['escapes missing', { escaping: 'none' }],
  ])('drops a frame with %s and takes the next good one', (_title, overrides) => {
    const device = serial();
    const packet = encodePacket(packetOf('008102', { sourceEid: 0x7e }));
    expect(sent(device, encodeSerial(packet, overrides))).toEqual([]);
    expect(sent(device, concat([0x7e], GET_EID))).toEqual([ANSWER]);
  });

  it.each<[string, SerialOverrides]>([
    ['noise before the flag', { prefix: '00ff5500' }],
    ['repeated flags', { prefix: '7e7e7e' }],
    ['a frame that a raw flag cut off', { prefix: '7e0107017e' }],
  ])('takes a frame after %s', (_title, overrides) => {
    expect(sent(serial(), encodeSerial(fromHex('010008c8008102'), overrides))).toEqual([ANSWER]);
  });

  it('keeps time that it takes to send and to think', () => {
    expect(serial().receive(GET_EID, 5)[0]?.delayNs).toBe(1_000_000);
  });
});
