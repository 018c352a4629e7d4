import fc from 'fast-check';
import { encodeSerial } from '../binding/serial';
import type { SmbusOverrides } from '../binding/smbus';
import { encodeSmbus } from '../binding/smbus';
import type { Packet } from '../codec/packet';
import { encodePacket } from '../codec/packet';
import { commands } from '../suite/testing/command-tables';
import { createDevice } from './device';
import { ADDRESS, ask, bodyOf, endpoint, frameOf, OWN_ADDRESS, packetOf } from './testing/lab';

const addressing = { destinationAddress: ADDRESS, sourceAddress: OWN_ADDRESS };
const GET_EID = '008102';

describe('SMBus frames', () => {
  it.each<[string, SmbusOverrides]>([
    ['a wrong PEC', { pec: { xor: 1 } }],
    ['a PEC without the address octet', { pecScope: 'without-address' }],
    ['no PEC', { pec: 'absent' }],
    ['a byte count one too small', { byteCount: { add: -1 } }],
    ['a byte count one too large', { byteCount: { add: 1 } }],
    ['byte count 0', { byteCount: 0 }],
    ['another command code', { smbusCommandCode: 0x10 }],
    ['an IPMI source address', { sourceFlag: 0 }],
    ['an octet after the PEC', { append: '00' }],
    ['the last octets missing', { truncate: 9 }],
    ['only its first octets', { truncate: 3 }],
  ])('takes but does not answer one with %s', (_title, overrides) => {
    const device = endpoint();
    const frame = encodeSmbus(encodePacket(packetOf(GET_EID)), addressing, overrides);
    expect(device.acknowledges(frame)).toBe(true);
    expect(device.receive(frame, 0)).toEqual([]);
    expect(ask(device, GET_EID)).toBe('00010200000000');
  });

  it.each<[string, SmbusOverrides]>([
    ['to another address', { destinationAddress: 0x1e }],
    ['to the general call address', { destinationAddress: 0 }],
    ['that reads', { readWrite: 1 }],
  ])('does not acknowledge one %s', (_title, overrides) => {
    const device = endpoint();
    const frame = encodeSmbus(encodePacket(packetOf(GET_EID)), addressing, overrides);
    expect(device.acknowledges(frame)).toBe(false);
    expect(device.receive(frame, 0)).toEqual([]);
  });

  it('answers to the address that the frame came from', () => {
    const frame = encodeSmbus(encodePacket(packetOf(GET_EID)), { ...addressing, sourceAddress: 0x22 });
    const [action] = endpoint().receive(frame, 0);
    expect(action?.octets[0]).toBe(0x22 << 1);
    expect(action?.octets[3]).toBe((ADDRESS << 1) | 1);
  });
});

/** Parts of a PLDM message of three packets; only complete and in order it is answered, as too long. */
const parts = [`01810002${'00'.repeat(60)}`, '00'.repeat(64), '00'.repeat(10)] as const;
const part = (number: 1 | 2 | 3, header: Partial<Packet> = {}): Packet =>
  packetOf(parts[number - 1] ?? '', {
    som: number === 1 ? 1 : 0,
    eom: number === 3 ? 1 : 0,
    packetSequence: number - 1,
    ...header,
  });
const ANSWER = '0101000203';

/** The answers that each of some packets got from one device, in order. */
function answersTo(...packets: readonly Packet[]): readonly string[] {
  const device = endpoint({ eid: 0x31 });
  return packets.map((packet) => bodyOf(device.receive(frameOf(packet), 0)));
}

describe('assembly', () => {
  it.each([0, 1, 2, 3])('starts at any sequence number: %d', (from) => {
    const numbered = ([1, 2, 3] as const).map((number) => part(number, { packetSequence: (from + number - 1) % 4 }));
    expect(answersTo(...numbered)).toEqual(['', '', ANSWER]);
  });

  it.each<[string, readonly Packet[], readonly string[]]>([
    ['a middle without a start is dropped', [part(2), part(3)], ['', '']],
    ['an end without a start is dropped', [part(3)], ['']],
    ['a lost middle ends the assembly', [part(1), part(3), part(2), part(3)], ['', '', '', '']],
    ['a repeated middle ends the assembly', [part(1), part(2), part(2), part(3)], ['', '', '', '']],
    ['a new start replaces the assembly', [part(1), part(2), part(1), part(2), part(3)], ['', '', '', '', ANSWER]],
    [
      'a single packet ends the assembly of its terminus',
      [part(1), packetOf('01810002'), part(2), part(3)],
      ['', '010100020000', '', ''],
    ],
    [
      'other tags are other messages',
      [part(1), packetOf('01810002', { messageTag: 1 }), part(2), part(3)],
      ['', '010100020000', '', ANSWER],
    ],
    [
      'other sources are other messages',
      [part(1), part(2), part(1, { sourceEid: 0x33 }), part(3)],
      ['', '', '', ANSWER],
    ],
    [
      'the wrong header version leaves it alone',
      [part(1), part(2, { headerVersion: 2 }), part(2), part(3)],
      ['', '', '', ANSWER],
    ],
    [
      'a foreign destination leaves it alone',
      [part(1), part(2, { destinationEid: 0x55 }), part(2), part(3)],
      ['', '', '', ANSWER],
    ],
    ['TO clear leaves it alone', [part(1), part(2, { tagOwner: 0 }), part(2), part(3)], ['', '', '', ANSWER]],
    [
      'a payload above the unit leaves it alone',
      [part(1), { ...part(2), payload: new Uint8Array(65) }, part(2), part(3)],
      ['', '', '', ANSWER],
    ],
    ['an empty start starts nothing', [{ ...part(1), payload: new Uint8Array(0) }, part(2), part(3)], ['', '', '']],
  ])('%s', (_title, packets, answers) => {
    expect(answersTo(...packets)).toEqual(answers);
  });
});

describe('hostile octets', () => {
  it.each(['smbus', 'serial'] as const)('never make it throw or fall silent on %s', (binding) => {
    const device = createDevice({ class: 'nic', binding, address: ADDRESS, commands, deviations: [] });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (octets, framed) => {
        const frame = framed && binding === 'smbus' ? encodeSmbus(octets, addressing) : octets;
        for (const action of device.receive(frame, 0)) expect(action.octets.length).toBeGreaterThan(0);
      }),
      { numRuns: 500, seed: 7 },
    );
    const good = encodePacket(packetOf('00810300'));
    // Flags, for the noise may have ended before two FCS octets that are still to come.
    const frame = binding === 'smbus' ? encodeSmbus(good, addressing) : encodeSerial(good, { prefix: '7e7e7e7e' });
    expect(device.receive(frame, 0)).toHaveLength(1);
  });
});
