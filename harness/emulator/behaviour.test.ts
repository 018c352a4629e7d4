import { MILLISECOND } from '../clock';
import { toHex } from '../codec/octets';
import { commands } from '../suite/testing/command-tables';
import { correctBehaviour, deviating } from './behaviour';
import { createDevice } from './device';
import type { Deviation } from './endpoint-types';
import { ADDRESS, ask, bodyOf, endpoint, frameOf, packetOf, packetsOf, send } from './testing/lab';

/** One fault at every level that a deviation can reach. */
const faults = {
  frame: {
    name: 'no-pec',
    title: 'sends no PEC',
    change: (correct) => ({
      smbusFrame: (packet, state) => ({ ...correct.smbusFrame(packet, state), pec: 'absent' }),
    }),
  },
  acknowledge: {
    name: 'acknowledges-any-address',
    title: 'acknowledges every address',
    change: () => ({ acknowledges: () => true }),
  },
  packet: {
    name: 'other-tag',
    title: 'answers with another tag',
    change: (correct) => ({
      packet: (packet, index, state) => {
        const right = correct.packet(packet, index, state);
        return { ...right, messageTag: right.messageTag ^ 1 };
      },
    }),
  },
  packets: {
    name: 'sends-last-packet-twice',
    title: 'sends the last packet twice',
    change: (correct) => ({
      packets: (packets, state) => {
        const right = correct.packets(packets, state);
        return [...right, ...right.slice(-1)];
      },
    }),
  },
  version: {
    name: 'accepts-any-header-version',
    title: 'takes packets of any header version',
    change: (correct) => ({ assembly: { ...correct.assembly, acceptsVersion: () => true } }),
  },
  orphans: {
    name: 'takes-an-end-for-a-message',
    title: 'takes an end packet without a start for a message',
    change: (correct) => ({ assembly: { ...correct.assembly, orphans: 'taken-for-start' } }),
  },
  responder: {
    name: 'set-eid-not-adopted',
    title: 'accepts an EID and keeps the old one',
    change: (correct) => ({
      respond: (request, sets) => {
        const { eid } = request.state;
        const answer = correct.respond(request, sets);
        if (request.command.name === 'setEndpointId') request.state.eid = eid;
        return answer;
      },
    }),
  },
  unknown: {
    name: 'unknown-command-ignored',
    title: 'does not answer commands that it does not know',
    change: () => ({ unknownCommand: () => 'silence' }),
  },
  supports: {
    name: 'answers-endpoint-discovery',
    title: 'answers Endpoint Discovery',
    change: (correct) => ({
      supports: (command, state) => command.name === 'endpointDiscovery' || correct.supports(command, state),
      respond: (request, sets) =>
        request.command.name === 'endpointDiscovery'
          ? { fields: { completionCode: 2 } }
          : correct.respond(request, sets),
    }),
  },
  type: {
    name: 'masks-type',
    title: 'looks at the low four bits of the type octet only',
    change: (correct) => ({
      messageType: (octet) => octet & 0x0f,
      acceptsMessage: (header, packet, state) =>
        correct.acceptsMessage({ ...header, integrityCheck: 0 }, packet, state),
    }),
  },
  length: {
    name: 'ignores-excess',
    title: 'does as if a body that is too long fitted',
    change: (correct) => ({
      wrongLength: (request, problem) => (problem === 'long' ? undefined : correct.wrongLength(request, problem)),
    }),
  },
  delay: {
    name: 'late',
    title: 'answers after 400 ms',
    change: (correct) => ({
      message: (message, request, state) =>
        correct.message(message, request, state).map((each) => ({ ...each, delayNs: 400 * MILLISECOND })),
    }),
  },
  death: {
    name: 'dies-of-empty-data',
    title: 'dies of a control message of one octet',
    change: (correct) => ({
      acceptsPacket: (packet, state) => {
        if (packet.payload.length === 1) state.alive = false;
        return correct.acceptsPacket(packet, state);
      },
    }),
  },
} as const satisfies { readonly [level: string]: Deviation };

const faulty = (...deviations: readonly Deviation[]) => endpoint({ deviations });

describe('deviations', () => {
  it('change a frame', () => {
    const [action] = send(faulty(faults.frame), '008102');
    expect(toHex(action?.octets ?? new Uint8Array(0))).toBe('200f0c3b010800c0000102' + '00000000');
  });

  it('change the acknowledge', () => {
    const frame = frameOf(packetOf('008102')).with(0, 0x44);
    expect([faulty(faults.acknowledge).acknowledges(frame), faulty().acknowledges(frame)]).toEqual([true, false]);
  });

  it('change packets one by one and as a list', () => {
    const packets = packetsOf(send(faulty(faults.packet, faults.packets), '018104020000000001', { messageTag: 4 }));
    expect(packets.map(({ messageTag }) => messageTag)).toEqual(packets.map(() => 5));
    expect(packets.slice(-2).map(({ eom, packetSequence }) => [eom, packetSequence])).toEqual([
      [1, packets.at(-1)?.packetSequence],
      [1, packets.at(-1)?.packetSequence],
    ]);
  });

  it('change the rules of reception', () => {
    expect(ask(faulty(faults.version), '008102', { headerVersion: 2 })).toBe('00010200000000');
    expect(ask(faulty(faults.orphans), '01810002', { som: 0 })).toBe('010100020000');
    expect(ask(faulty(faults.type), '908102')).toBe('00010200000000');
  });

  it('change a responder', () => {
    const device = faulty(faults.responder);
    expect([ask(device, '0081010020'), ask(device, '008102')]).toEqual(['00010100002000', '00010200000000']);
  });

  it('change what is known and how long it may be', () => {
    expect(send(faulty(faults.unknown), '008177')).toEqual([]);
    expect(ask(faulty(faults.supports), '00810c')).toBe('00010c02');
    expect(ask(faulty(faults.length), '0081020000')).toBe('00010200000000');
  });

  it('change when it answers', () => {
    expect(send(faulty(faults.delay), '008102')[0]?.delayNs).toBe(400 * MILLISECOND);
  });

  it('kill the device for good', () => {
    const device = faulty(faults.death);
    expect(ask(device, '008102')).toBe('00010200000000');
    expect(send(device, '00')).toEqual([]);
    expect(send(device, '008102')).toEqual([]);
    expect(device.acknowledges(frameOf(packetOf('008102')))).toBe(false);
  });

  it('fold over one another and leave the correct behaviour alone', () => {
    const before = { ...correctBehaviour };
    const both = deviating([faults.version, faults.orphans]);
    expect([both.assembly.acceptsVersion(7), both.assembly.orphans]).toEqual([true, 'taken-for-start']);
    expect(correctBehaviour).toEqual(before);
  });
});

describe('devices that no suite may be green against', () => {
  const device = (name: 'silent' | 'parrot', binding: 'smbus' | 'serial' = 'smbus') =>
    createDevice({ class: name, binding, address: ADDRESS, commands, deviations: [] });

  it('silent acknowledges and says nothing', () => {
    const silent = device('silent');
    const frame = frameOf(packetOf('008102'));
    expect([silent.acknowledges(frame), silent.receive(frame, 0), silent.next(), silent.advance(1)]).toEqual([
      true,
      [],
      undefined,
      [],
    ]);
  });

  it.each([
    ['a request', '008102', {}, '00010200'],
    ['a datagram', '00c102', {}, '00410200'],
    ['an unknown type', '22c102', {}, '22410200'],
    ['another header version', '008102', { headerVersion: 9 }, '00010200'],
    ['a middle packet', '01810002', { som: 0, eom: 0 }, '0101000200'],
    ['an empty packet', '', {}, '00000000'],
  ])('parrot says SUCCESS to %s', (_title, body, header, answer) => {
    const actions = send(device('parrot'), body, { ...header, messageTag: 3 });
    expect(bodyOf(actions)).toBe(answer);
    expect(packetsOf(actions)).toMatchObject([{ som: 1, eom: 1, tagOwner: 0, messageTag: 3 }]);
  });

  it('parrot does not look at checksums', () => {
    const frame = frameOf(packetOf('008102'));
    const bad = frame.with(frame.length - 1, (frame.at(-1) ?? 0) ^ 0xff);
    expect(bodyOf(device('parrot').receive(bad, 0))).toBe('00010200');
    const chunk = Uint8Array.from([0x7e, 1, 7, 1, 0, 8, 0xc8, 0, 0x81, 2, 0, 0, 0x7e]);
    expect(device('parrot', 'serial').receive(chunk, 0)).toHaveLength(1);
  });
});
