import { MILLISECOND } from '../clock';
import { fromHex, toHex } from '../codec/octets';
import { personalities } from './personalities';
import { ask, bodyOf, endpoint, packetsOf, send } from './testing/lab';

const personality = (name: string) => personalities.filter((each) => each.name === name);
const chatty = () => endpoint({ deviations: personality('chatty') });
const SET_EID = '0081010020';
const TYPES_REQUEST = '008005';
const UUID_REQUEST = '008103';

describe('chatty', () => {
  it('asks its bus owner for types and UUID after Set Endpoint ID, as a tag owner from its new EID', () => {
    const device = chatty();
    expect(device.next()).toBeUndefined();
    expect(bodyOf(send(device, SET_EID, {}, 1000))).toBe('00010100002000');
    expect(device.next()).toBe(1000 + 5 * MILLISECOND);
    const first = packetsOf(device.advance(1000 + 5 * MILLISECOND));
    expect(first).toMatchObject([{ sourceEid: 0x20, destinationEid: 8, tagOwner: 1, messageTag: 0 }]);
    expect(toHex(first[0]?.payload ?? new Uint8Array(0))).toBe(TYPES_REQUEST);
    expect(device.advance(1000 + 10 * MILLISECOND)).toEqual([]);
    expect(send(device, '000005000100', { tagOwner: 0, destinationEid: 0x20 }, 2000 + 10 * MILLISECOND)).toEqual([]);
    const second = packetsOf(device.advance(device.next() ?? 0));
    expect(second).toMatchObject([{ tagOwner: 1, messageTag: 1, payload: fromHex(UUID_REQUEST) }]);
  });

  it('asks three times, 300 ms apart, and gives up', () => {
    const device = chatty();
    send(device, SET_EID);
    const times: number[] = [];
    for (let at = device.next(); at !== undefined && times.length < 20; at = device.next()) {
      for (const packet of packetsOf(device.advance(at))) {
        if (toHex(packet.payload) === TYPES_REQUEST) times.push(at / MILLISECOND);
      }
    }
    expect(times).toEqual([5, 305, 605]);
    expect(device.state.pending).toEqual([]);
  });

  it('stops asking once it is answered, by the tag and instance id that it asked with', () => {
    const device = chatty();
    send(device, SET_EID);
    device.advance(10 * MILLISECOND);
    const reply = { tagOwner: 0, destinationEid: 0x20 };
    expect(send(device, '0001050000', { ...reply, messageTag: 0 })).toEqual([]);
    expect(send(device, '000005000100', { ...reply, messageTag: 1 })).toEqual([]);
    expect(device.state.pending).toHaveLength(2);
    expect(send(device, '000005000100', { ...reply, messageTag: 0 })).toEqual([]);
    expect(device.state.pending.map(({ body }) => toHex(body))).toEqual([UUID_REQUEST]);
    device.advance(device.next() ?? 0);
    expect(send(device, `00010300${'00'.repeat(16)}`, { ...reply, messageTag: 1 })).toEqual([]);
    expect(device.next()).toBeUndefined();
  });

  it('does not take a request on its own tag for the answer', () => {
    const device = chatty();
    send(device, SET_EID);
    expect(ask(device, TYPES_REQUEST, { messageTag: 0 })).toBe('000005000401027e7f');
    expect(device.state.pending).toHaveLength(2);
  });
});

describe('the other personalities', () => {
  it('slow is within MT1', () => {
    const [action] = send(endpoint({ deviations: personality('slow') }), '008102');
    expect(action?.delayNs).toBe(91 * MILLISECOND);
  });

  it('running-sequence numbers on from message to message', () => {
    const device = endpoint({ deviations: personality('running-sequence') });
    const sequences = ['008102', '018104020000000001', '008102'].flatMap((body) =>
      packetsOf(send(device, body)).map(({ packetSequence }) => packetSequence),
    );
    expect(sequences.length).toBeGreaterThan(7);
    expect(sequences).toEqual(sequences.map((_, index) => (index + 1) % 4));
  });

  it('answers-from-new-eid does so for a request to the old one', () => {
    const device = endpoint({ eid: 0x31, deviations: personality('answers-from-new-eid') });
    const [packet] = packetsOf(send(device, SET_EID, { destinationEid: 0x31 }));
    expect(packet?.sourceEid).toBe(0x20);
  });
});
