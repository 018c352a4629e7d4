import { fromHex, toHex } from '../codec/octets';
import { ask, endpoint, frameOf, OWN_EID, packetOf, packetsOf, send } from './testing/lab';

/** Vectors of reference/layouts.md 2.1, requester at 0x10 with EID 8. */
const GET_EID = '3a0f0821010008c800810243';
const GET_EID_ANSWER = '200f0c3b010800c0000102000000002b';
const SET_EID = '3a0f0a21010008c8008201' + '00203d';

describe('control over SMBus, by published vectors', () => {
  it('answers Get Endpoint ID with exactly the octets of the vector', () => {
    const actions = endpoint().receive(fromHex(GET_EID), 0);
    expect(actions.map(({ octets }) => toHex(octets))).toEqual([GET_EID_ANSWER]);
  });

  it('adopts the EID of the Set Endpoint ID vector and notes its bus owner', () => {
    const device = endpoint();
    const actions = device.receive(fromHex(SET_EID), 0);
    expect(packetsOf(actions).map(({ payload }) => toHex(payload))).toEqual(['00020100002000']);
    expect(device.state.eid).toBe(0x20);
    expect(device.state.busOwner).toEqual({ address: 0x10, eid: OWN_EID });
    expect(ask(device, '008102')).toBe('00010200200000');
  });

  it('keeps the requests of the vectors and of this helper the same', () => {
    expect(toHex(frameOf(packetOf('008102')))).toBe(GET_EID);
  });
});

describe('Set Endpoint ID', () => {
  it.each([
    ['set, EID 0', '00810100' + '00', '02'],
    ['set, EID FF', '00810100' + 'ff', '02'],
    ['set, reserved EID 1', '00810100' + '01', '02'],
    ['set, reserved EID 7', '00810100' + '07', '02'],
    ['force, EID 0', '00810101' + '00', '02'],
    ['reset without a static EID', '00810102' + '20', '02'],
    ['set Discovered flag', '00810103' + '20', '02'],
  ])('refuses %s with four octets and keeps its EID', (_title, request, code) => {
    const device = endpoint({ eid: 0x31 });
    expect(ask(device, request)).toBe(`000101${code}`);
    expect(device.state.eid).toBe(0x31);
  });

  it.each([
    ['first assignable', '0008'],
    ['last assignable', '00fe'],
    ['force', '0109'],
    ['reserved bits of the operation set', 'fc09'],
  ])('accepts %s', (_title, data) => {
    const device = endpoint();
    const eid = data.slice(2);
    expect(ask(device, `008101${data}`)).toBe(`0001010000${eid}00`);
    expect(device.state.eid).toBe(Number.parseInt(eid, 16));
  });

  it('answers from the EID that was addressed, and from the new one where that was null', () => {
    const device = endpoint({ eid: 0x31 });
    const sources = ['0081010040', '0081010041'].map((body, index) => {
      const destinationEid = index === 0 ? 0x31 : 0;
      return packetsOf(send(device, body, { destinationEid }))[0]?.sourceEid;
    });
    expect(sources).toEqual([0x31, 0x41]);
  });
});

describe('the other control commands', () => {
  it.each([
    ['Get Endpoint UUID', '008103', '000103001c7f3a5206d44e8b9a615b0e2d9c4417'],
    ['base versions', '008104ff', '0001040004f1f0ff00f1f1ff00f1f2ff00f1f3f100'],
    ['control versions', '00810400', '0001040004f1f0ff00f1f1ff00f1f2ff00f1f3f100'],
    ['PLDM version', '00810401', '0001040001f1f0ff00'],
    ['version of vendor messages', '0081047e', '0001040001f1f0ff00'],
    ['version of a type that it lacks', '00810405', '00010480'],
    ['message types besides control', '008105', '000105000401027e7f'],
    ['first vendor', '00810600', '0001060001001ab40001'],
    ['last vendor', '00810601', '00010600ff010000019c0001'],
    ['a selector that it did not give out', '00810602', '00010602'],
    ['selector FF', '008106ff', '00010602'],
  ])('answers %s', (_title, request, response) => {
    expect(ask(endpoint(), request)).toBe(response);
  });

  it('lists for an endpoint what it has: vendor-defined messages', () => {
    const device = endpoint({ class: 'endpoint' });
    expect([ask(device, '008105'), ask(device, '00810401')]).toEqual(['00010500027e7f', '00010480']);
  });

  it.each([
    '07',
    '08',
    '09',
    '0a',
    '0b',
    '0c',
    '0d',
    '0e',
    '0f',
    '10',
    '11',
    '12',
    '13',
    '14',
    '15',
    '80',
    'f0',
    'ff',
    '00',
  ])('refuses command %s as not supported, whatever its length', (code) => {
    const device = endpoint();
    expect([ask(device, `009f${code}`), ask(device, `009f${code}0102030405`)]).toEqual([
      `001f${code}05`,
      `001f${code}05`,
    ]);
  });

  it.each(['01', '02', '03', '04', '05', '06'])('refuses a wrong length of command %s and does nothing', (code) => {
    const device = endpoint({ eid: 0x31 });
    const long = ask(device, `0085${code}0020000000`);
    const short = ['01', '04', '06'].includes(code) ? ask(device, `0085${code}`) : undefined;
    expect([long, short ?? long]).toEqual([`0005${code}03`, `0005${code}03`]);
    expect(device.state.eid).toBe(0x31);
  });

  it('echoes instance id and tag, clears Rq and TO, and ignores reserved bits', () => {
    const actions = send(endpoint({ eid: 9 }), '00bf02', { messageTag: 5, destinationEid: 9, reserved: 0xf });
    expect(packetsOf(actions)).toMatchObject([
      { reserved: 0, headerVersion: 1, destinationEid: 8, sourceEid: 9, som: 1, eom: 1, tagOwner: 0, messageTag: 5 },
    ]);
    expect(toHex(packetsOf(actions)[0]?.payload ?? new Uint8Array(0))).toBe('001f0200090000');
  });
});

describe('Table 11', () => {
  it.each([
    ['response', '000102', { tagOwner: 1 }],
    ['response with TO clear', '000102', { tagOwner: 0 }],
    ['request with TO clear', '008102', { tagOwner: 0 }],
    ['datagram', '00c102', {}],
    ['message with IC', '808102', {}],
    ['command of one octet', '00', {}],
    ['command of two octets', '0081', {}],
    ['message type that it lacks', '058102', {}],
    ['message type 10', '108102', {}],
    ['message in the first of two packets', '008102', { eom: 0 }],
    ['packet for another EID', '008102', { destinationEid: 0x32 }],
    ['packet of header version 0', '008102', { headerVersion: 0 }],
    ['packet of header version 15', '008102', { headerVersion: 15 }],
  ])('does not answer a %s', (_title, body, header) => {
    const device = endpoint({ eid: 0x31 });
    expect(send(device, body, header)).toEqual([]);
    expect(ask(device, '008102')).toBe('00010200310000');
  });

  it('does not answer control in two packets, even when complete', () => {
    const device = endpoint();
    const first = send(device, '0081', { eom: 0 });
    const last = send(device, '02', { som: 0, packetSequence: 1 });
    expect([first, last]).toEqual([[], []]);
    expect(ask(device, '008102')).toBe('00010200000000');
  });

  it.each([0x00, 0x31, 0xff])('takes packets to EID %p and answers null sources', (destinationEid) => {
    const [packet] = packetsOf(send(endpoint({ eid: 0x31 }), '008102', { destinationEid, sourceEid: 0 }));
    expect(packet).toMatchObject({ destinationEid: 0, sourceEid: 0x31 });
  });
});
