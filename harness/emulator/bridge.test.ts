import { encodeSerial, readSerial } from '../binding/serial';
import { toHex } from '../codec/octets';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket } from '../codec/packet';
import { createBridge } from './bridge';
import { deviations } from './deviations';
import type { Action } from './device';
import type { DeviceOptions } from './endpoint';
import { ADDRESS, bodyOf, commands, frameOf, OWN_ADDRESS, OWN_EID, packetOf, packetsOf, send } from './testing/lab';

const SET_EID = '0081010009';
const FORCE_POOL = '008108010860';
const GET_EID = '008102';
const BEHIND = 0x60;
const TERMINUS = 0x61;

function bridge(options: Partial<DeviceOptions> = {}) {
  const device = createBridge({
    class: 'bridge',
    binding: 'smbus',
    address: ADDRESS,
    commands,
    deviations: [],
    ...options,
  });
  if (device.state.binding === 'smbus') for (const request of [SET_EID, FORCE_POOL]) send(device, request);
  return device;
}

/** What comes back through the bridge, as hex of whole packets. */
const through = (device: ReturnType<typeof bridge>, payload: string, header: Partial<Packet>): readonly string[] =>
  packetsOf(send(device, payload, header)).map((packet) => toHex(encodePacket(packet)));

describe('routing', () => {
  it('carries a request down and its answer up, EIDs and tag as they were', () => {
    expect(through(bridge(), '008502', { destinationEid: BEHIND, messageTag: 5 })).toEqual(['010860c500050200600000']);
  });

  it('sends on from its own address, to the address of the bus owner', () => {
    const [action] = send(bridge(), GET_EID, { destinationEid: BEHIND });
    expect([...(action?.octets ?? [])].slice(0, 4)).toEqual([OWN_ADDRESS << 1, 0x0f, 0x0c, (ADDRESS << 1) | 1]);
  });

  it('takes the time of both wires and of the endpoint', () => {
    const [direct] = send(bridge(), GET_EID);
    const [forwarded] = send(bridge(), GET_EID, { destinationEid: BEHIND });
    expect(forwarded?.delayNs).toBeGreaterThan(direct?.delayNs ?? Number.NaN);
  });

  it.each([
    ['an EID that it does not know', { destinationEid: 0x68 }],
    ['an endpoint behind it, from the null EID', { destinationEid: BEHIND, sourceEid: 0 }],
    ['an endpoint behind it, with another header version', { destinationEid: BEHIND, headerVersion: 2 }],
    ['an endpoint on the bus that it came from', { destinationEid: OWN_EID }],
    ['an endpoint behind it whose answer nobody would get', { destinationEid: BEHIND, sourceEid: 0x55 }],
  ])('is silent to %s', (_title, header) => {
    expect(send(bridge(), GET_EID, header)).toEqual([]);
  });

  it('answers the null, the broadcast and its own EID alone', () => {
    for (const destinationEid of [0, 0xff, 9]) {
      expect(through(bridge(), GET_EID, { destinationEid })).toEqual(['010809c000010200091000']);
    }
  });

  it('answers whoever an update has named', () => {
    const device = bridge();
    send(device, '0081090100015520');
    expect(through(device, GET_EID, { destinationEid: BEHIND, sourceEid: 0x55 })).toEqual(['015560c000010200600000']);
  });

  it('carries message types that it does not speak, in any number of packets, in order', () => {
    const packets = packetsOf(send(bridge(), '018104020000000001', { destinationEid: TERMINUS }));
    expect(packets.length).toBeGreaterThan(1);
    expect(packets.map((packet) => packet.packetSequence)).toEqual(packets.map((_, index) => index % 4));
    expect(packets.slice(0, -1).every((packet) => packet.payload.length === 64)).toBe(true);
    expect(packets.every((packet) => packet.sourceEid === TERMINUS)).toBe(true);
  });

  it('sends frames of several packets one after the other', () => {
    const actions = send(bridge(), '018104020000000001', { destinationEid: TERMINUS });
    const times = actions.map(({ delayNs }) => delayNs);
    expect(times.length).toBeGreaterThan(1);
    expect(times).toEqual([...times].sort((left, right) => left - right));
    expect(new Set(times).size).toBe(times.length);
  });

  it('assembles nothing that is for others', () => {
    const device = bridge();
    const part = { destinationEid: TERMINUS, messageTag: 3 };
    expect(send(device, '0181000200'.padEnd(128, '0'), { ...part, eom: 0 })).toEqual([]);
    expect(device.state.assemblies.size).toBe(0);
    expect(bodyOf(send(device, '00', { ...part, som: 0, packetSequence: 1 }))).toMatch(/^010100/);
  });

  it('does not carry a frame with a wrong PEC', () => {
    const frame = frameOf(packetOf(GET_EID, { destinationEid: BEHIND }));
    frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1;
    expect(bridge().receive(frame, 0)).toEqual([]);
  });

  it('carries nothing without a pool', () => {
    const device = bridge();
    send(device, '008108010000');
    expect(send(device, GET_EID, { destinationEid: BEHIND })).toEqual([]);
  });
});

describe('a bridge between a serial line and SMBus', () => {
  const packets = (actions: readonly Action[]): readonly (Packet | undefined)[] =>
    actions.map(({ octets }) => decodePacket(readSerial(octets)?.packet ?? new Uint8Array(0)));

  it('carries both ways', () => {
    const device = bridge({ binding: 'serial' });
    const tell = (payload: string, header: Partial<Packet> = {}): readonly Action[] =>
      device.receive(encodeSerial(encodePacket(packetOf(payload, header))), 0);
    tell(SET_EID);
    tell(FORCE_POOL);
    const [answer] = packets(tell(GET_EID, { destinationEid: TERMINUS }));
    expect(answer).toMatchObject({ destinationEid: OWN_EID, sourceEid: TERMINUS, tagOwner: 0 });
    expect(toHex(answer?.payload ?? new Uint8Array(0))).toBe('00010200610000');
    const table = packets(tell('00810a00'))[0]?.payload ?? new Uint8Array(0);
    expect(toHex(table)).toBe('00010a000102010800052400' + '01600101030140');
  });
});

describe('hostile input', () => {
  /** Octets without a pattern, the same in every run. */
  const noise = (seed: number, size: number): Uint8Array => {
    let state = seed;
    return Uint8Array.from({ length: size }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
  };

  it('never throws at packets of any content, for itself or for others', () => {
    const device = bridge();
    for (let seed = 1; seed < 1000; seed += 1) {
      const payload = noise(seed, seed % 70);
      if (payload.length > 2) payload.set([0, 0x80 | (seed % 32), 1 + (seed % 0x14)]);
      const destinationEid = [9, BEHIND, TERMINUS, 0, 0xff][seed % 5] ?? 0;
      const header = { destinationEid, sourceEid: seed % 3 === 0 ? OWN_EID : seed % 256, som: seed % 7 === 0 ? 0 : 1 };
      expect(() => device.receive(frameOf({ ...packetOf(''), ...header, payload }), seed)).not.toThrow();
    }
    expect(device.state.bridge?.learned.length).toBeLessThanOrEqual(24);
  });

  it('never throws under any of its deviations', () => {
    for (const deviation of deviations.filter(({ classes }) => classes?.includes('bridge') === true)) {
      const device = bridge({ deviations: [deviation] });
      for (let code = 0; code < 0x20; code += 1) {
        for (const data of ['', '00', '0000', '020000', '0108', 'ff'.repeat(17)]) {
          const payload = `0081${code.toString(16).padStart(2, '0')}${data}`;
          for (const destinationEid of [0, BEHIND, TERMINUS]) send(device, payload, { destinationEid }, code);
        }
      }
    }
  });
});
