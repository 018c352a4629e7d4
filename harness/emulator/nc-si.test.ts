import { MILLISECOND } from '../clock';
import { encodeRequest, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { toHex } from '../codec/octets';
import { deviations } from './deviations';
import { ask, bodyOf, commands, endpoint, send } from './testing/lab';

type Nic = ReturnType<typeof endpoint>;

/** The octets of a command to channel 0 unless the fields say otherwise. */
function request(name: string, fields: FieldValues = {}, header: FieldValues = {}): string {
  const command = findCommand(commands, `nc-si/${name}`);
  const set = commands['nc-si'];
  if (command === undefined || set === undefined) throw new Error(name);
  return toHex(encodeRequest(set, command, fields, { instanceId: 1, ...header }));
}

const tell = (device: Nic, name: string, fields?: FieldValues, header?: FieldValues): string =>
  ask(device, request(name, fields, header));

/** Response and reason code of an answer; empty where there is none. */
const codes = (answer: string): string => answer.slice(34, 42);

function ready(): Nic {
  const device = endpoint({ eid: 9 });
  for (const channel of [0, 1]) tell(device, 'clearInitialState', { channel });
  return device;
}

const INIT_REQUIRED = '00010001';
const INVALID_PARAMETER = '00010002';
const INVALID_LENGTH = '00010005';
const NOT_AVAILABLE = '00010006';
const UNKNOWN = '00037fff';
const COMPLETED = '00000000';

describe('the NC-SI package of the card', () => {
  it('answers Clear Initial State with the published octets', () => {
    expect(ask(endpoint(), '0200010001000000000000000000000000fffffffe')).toBe(
      '02000100018000000400000000000000000000000' + '0ffff7ffa',
    );
  });

  it('refuses commands for a channel until it has left its initial state, one channel apart from the other', () => {
    const device = endpoint();
    for (const name of ['getVersionId', 'getCapabilities', 'getLinkStatus', 'getTransceiverTemperature'])
      expect([name, codes(tell(device, name))]).toEqual([name, INIT_REQUIRED]);
    expect(codes(tell(device, 'selectPackage'))).toBe(COMPLETED);
    expect(codes(tell(device, 'clearInitialState'))).toBe(COMPLETED);
    expect(codes(tell(device, 'getVersionId'))).toBe(COMPLETED);
    expect(codes(tell(device, 'getVersionId', { channel: 1 }))).toBe(INIT_REQUIRED);
    expect(codes(tell(device, 'resetChannel'))).toBe(COMPLETED);
    expect(codes(tell(device, 'getVersionId'))).toBe(INIT_REQUIRED);
  });

  it.each([
    ['a wrong checksum', { checksum: 1 }],
    ['another package', { package: 1 }],
    ['another header revision', { headerRevision: 2 }],
    ['another MC ID', { mcId: 1 }],
    ['the type of a response', { commandCode: 0x95 }],
  ])('does not answer commands with %s', (_, header) => {
    expect(tell(ready(), 'getVersionId', {}, header)).toBe('');
  });

  it('takes a checksum of zero for none', () => {
    expect(codes(tell(ready(), 'getVersionId', {}, { checksum: 0 }))).toBe(COMPLETED);
  });

  it.each([
    ['a command that is none', 'getVersionId', {}, { commandCode: 0x72 }, UNKNOWN],
    ['a command of InfiniBand', 'getInfiniBandLinkStatus', {}, {}, UNKNOWN],
    ['an OEM command of somebody else', 'oem', { manufacturerId: 32473 }, {}, UNKNOWN],
    ['a channel that it does not have', 'getVersionId', { channel: 5 }, {}, INVALID_PARAMETER],
    ['the temperature of an empty cage', 'getTransceiverTemperature', { channel: 1 }, {}, NOT_AVAILABLE],
    ['the data of an empty cage', 'getModuleManagementData', { channel: 1 }, {}, NOT_AVAILABLE],
    [
      'a page that the module does not have',
      'getModuleManagementData',
      { page: 3, upperHalf: 1 },
      {},
      INVALID_PARAMETER,
    ],
    ['a MAC address of zeros', 'setMacAddress', { macAddress: '000000000000', enable: 1 }, {}, '00010e08'],
    ['a flow control beyond the table', 'setNcSiFlowControl', { mode: 4 }, {}, '00011409'],
    ['VLAN 0', 'setVlanFilter', { enable: 1 }, {}, '00010b07'],
  ])('refuses %s', (_, name, fields, header, expected) => {
    expect(codes(tell(ready(), name, fields, header))).toBe(expected);
  });

  it('refuses commands that are too long', () => {
    // Get Version ID with four octets of payload.
    expect(codes(ask(ready(), '0200010004150000040000000000000000' + '00000000' + '00000000'))).toBe(INVALID_LENGTH);
  });

  it('counts what it takes and what it drops', () => {
    const device = ready();
    tell(device, 'getVersionId', {}, { checksum: 1 });
    tell(device, 'getVersionId', {}, { commandCode: 0x72 });
    // Commands: two Clear Initial State, the unknown one, this one. Dropped, type errors, checksum errors: one each.
    const statistics = tell(device, 'getNcSiStatistics').slice(42, 42 + 32);
    expect(statistics).toBe('00000004' + '00000001' + '00000001' + '00000001');
  });

  it('never counts backwards, and counts nothing on a port without link', () => {
    const device = ready();
    const read = (channel: number, now: number): bigint => {
      const body = bodyOf(send(device, request('getControllerPacketStatistics', { channel }), {}, now));
      return BigInt(`0x${body.slice(58, 74)}`);
    };
    const times = [0, 1, 10, 1000].map((ms) => ms * MILLISECOND);
    const counts = times.map((now) => read(0, now));
    expect(counts).toEqual([...counts].sort((a, b) => Number(a - b)));
    expect(new Set(counts).size).toBe(times.length);
    expect(read(1, 2000 * MILLISECOND)).toBe(0n);
  });

  it('trains its link anew after Set Link, and tells whoever wants to know', () => {
    const device = ready();
    const linkUp = (now: number): number =>
      Number.parseInt(bodyOf(send(device, request('getLinkStatus'), {}, now)).slice(48, 50), 16) & 1;
    expect(linkUp(0)).toBe(1);
    send(device, request('setLink', { autoNegotiation: 1 }), {}, MILLISECOND);
    expect(device.next()).toBeUndefined();
    expect(linkUp(2 * MILLISECOND)).toBe(0);
    expect(linkUp(200 * MILLISECOND)).toBe(1);
    send(device, request('aenEnable', { linkStatusAen: 1 }), {}, 300 * MILLISECOND);
    send(device, request('setLink', { autoNegotiation: 1 }), {}, 300 * MILLISECOND);
    const events: string[] = [];
    for (let next = device.next(); next !== undefined; next = device.next()) events.push(bodyOf(device.advance(next)));
    expect(events.map((event) => [event.slice(0, 18), event.slice(40, 50)])).toEqual([
      ['0200010000ff00000c', '0000000020'],
      ['0200010000ff00000c', '0000030075'],
    ]);
  });

  it('has forgotten everything after a reset', () => {
    const device = ready();
    device.state.bootsUntil = 1;
    expect(codes(bodyOf(send(device, request('getVersionId'), {}, 2)))).toBe(INIT_REQUIRED);
  });
});

it('answers on with a fault in its counters, however often they are read', () => {
  const device = endpoint({ eid: 9, deviations: deviations.filter(({ name }) => name === 'nc-si-statistics-fall') });
  tell(device, 'clearInitialState');
  for (let read = 0; read < 7; read += 1) expect(codes(tell(device, 'getControllerPacketStatistics'))).toBe(COMPLETED);
});
