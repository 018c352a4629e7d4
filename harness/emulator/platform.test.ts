import { SECOND } from '../clock';
import { crc8 } from '../codec/checksum';
import { decodeBody, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { decode, encode, layout } from '../codec/layout';
import { concat, fromHex, putUint, toHex } from '../codec/octets';
import { hbaCard } from './card-hba';
import { nicCard } from './card-nic';
import type { EmulatedClass } from './classes';
import { stateOf } from './platform';
import { pdrTypes } from './platform-pdr';
import { ask, bodyOf, commands, endpoint, packetsOf, send } from './testing/lab';

const little = (value: number, size: number): string => toHex(putUint(value, size, true));

type Card = ReturnType<typeof endpoint>;
const card = (name: EmulatedClass = 'nic'): Card => endpoint({ class: name, eid: 9 });

/** GetPDR: of the answer its fields, decoded by the table that the suites use. */
function getPdr(device: Card, handle: number, count = 255, transfer = 0): FieldValues {
  const operation = transfer === 0 ? '01' : '00';
  const body = ask(device, `01810251${little(handle, 4)}${little(transfer, 4)}${operation}${little(count, 2)}0000`);
  const set = commands.pldm;
  if (set === undefined) throw new Error('no PLDM');
  const decoded = decodeBody(set, fromHex(body), 'response', findCommand(commands, 'pldm/getPdr'));
  return { completionCode: decoded.completionCode ?? -1, ...decoded.fields };
}

function recordsOf(device: Card): readonly Uint8Array[] {
  const records: Uint8Array[] = [];
  let handle = 0;
  do {
    const answer = getPdr(device, handle);
    records.push(fromHex(String(answer.recordData)));
    handle = Number(answer.nextRecordHandle);
  } while (handle !== 0);
  return records;
}

const pdr = layout(commands.pldm?.structures?.pdr ?? [], 'little');

describe.each(['nic', 'hba'] as const)('the repository of sim:%s', (name) => {
  const records = recordsOf(card(name));

  it('is what the table reads, and writes again octet by octet', () => {
    for (const record of records) {
      const decoded = decode(pdr, record);
      expect(decoded).toMatchObject({ ok: true, size: record.length, value: { dataLength: record.length - 10 } });
      expect(toHex(encode(pdr, decoded.value))).toBe(toHex(record));
    }
  });

  it('has each handle once, and the figures of its information', () => {
    const handles = records.map((record) => toHex(record.subarray(0, 4)));
    expect(new Set(handles).size).toBe(records.length);
    const info = ask(card(name), '01810250');
    const size = records.reduce((sum, { length }) => sum + length, 0);
    const largest = Math.max(...records.map(({ length }) => length));
    const figures = `${little(records.length, 4)}${little(size, 4)}${little(largest, 4)}00`;
    expect(info).toMatch(new RegExp(`^010102500000.{52}${figures}$`));
  });

  it('gives every record in parts of 16 octets with a CRC at the end', () => {
    const device = card(name);
    for (const [index, record] of records.entries()) {
      let octets: Uint8Array = new Uint8Array(0);
      let [transfer, crc] = [0, -1];
      do {
        const answer = getPdr(device, index + 1, 16, transfer);
        octets = concat(octets, fromHex(String(answer.recordData)));
        transfer = Number(answer.nextTransferHandle);
        crc = Number(answer.crc);
      } while (transfer !== 0);
      expect([toHex(octets), crc]).toEqual([toHex(record), crc8(record)]);
    }
  });

  it('refuses handles that it never gave', () => {
    expect(getPdr(card(name), 0x1234)).toEqual({ completionCode: 0x82 });
    expect(getPdr(card(name), 1, 16, 0x1234)).toEqual({ completionCode: 0x80 });
  });
});

describe('the network card', () => {
  it('measures its ASIC in halves of a degree, and moves', () => {
    const device = card();
    expect(ask(device, '018102111100' + '00')).toBe('0101021100' + '030000010101' + '7800');
    const later = bodyOf(send(device, '018102111100' + '00', {}, SECOND));
    expect(later).toBe('0101021100' + '030000010101' + '7a00');
  });

  it('measures a module that is there, and says that the other is unavailable until it is put in', () => {
    const device = card();
    expect(ask(device, '018102112100' + '00')).toBe('0101021100' + '010000010101' + '28');
    const absent = '018102112200' + '00';
    expect(ask(device, absent)).toBe('0101021100' + '010200000000' + '00');
    const port = device.state.card?.ports[1];
    if (port !== undefined) port.module = nicCard.ports[0]?.module;
    expect(ask(device, absent)).toBe('0101021100' + '010000010101' + '28');
  });

  it('tells by state sensors of link and presence', () => {
    const device = card();
    expect(ask(device, '01810221' + '5100' + '0000')).toBe('0101022100' + '01' + '00010101');
    expect(ask(device, '01810221' + '6200' + '0000')).toBe('0101022100' + '01' + '00020202');
    const port = device.state.card?.ports[0];
    if (port !== undefined) port.linkUp = false;
    expect(ask(device, '01810221' + '5100' + '0000')).toBe('0101022100' + '01' + '00020202');
  });

  it.each([
    [60, 1],
    [85, 8],
    [95, 9],
    [105, 10],
    [-1, 5],
    [-6, 6],
    [-40, 7],
  ])('at %d degrees is in state %d', (value, state) => {
    const upper = { upperWarning: 85, upperCritical: 95, upperFatal: 105 };
    expect(stateOf(value, { ...upper, lowerWarning: 0, lowerCritical: -5, lowerFatal: -10 })).toBe(state);
  });

  it('takes an event receiver over MCTP, and no other', () => {
    const device = card();
    expect(ask(device, '01810204' + '010008')).toBe('0101020400');
    expect(ask(device, '01810205')).toBe('0101020500' + '0008');
    expect(ask(device, '01810204' + '017f08')).toBe('0101020480');
    expect(ask(device, '01810204' + '0300080a00')).toBe('0101020481');
    expect(ask(device, '01810205')).toBe('0101020500' + '0008');
  });

  it('keeps an event for a receiver that polls until it is acknowledged', () => {
    const device = endpoint({ eid: 9 });
    ask(device, '01810204' + '020008');
    device.hook('link-down', 1000);
    expect(device.next()).toBeUndefined();
    const poll = (operation: string, id: string) => ask(device, `0181020b01${operation}00000000${id}`);
    // Its TID, the event's number, one whole part of class 0: sensor 0x51, state sensor, disconnected, connected before.
    const event = '0101020b00' + '00' + '0100' + '00000000' + '05' + '00' + '06000000' + '510001000201';
    expect(poll('01', '0000')).toBe(event);
    expect(poll('01', '0000')).toBe(event);
    expect(poll('02', '0100')).toBe('0101020b00' + '00' + '0000');
    expect(poll('01', '0000')).toBe('0101020b00' + '00' + '0000');
  });

  it('sends an event to a receiver that wants it pushed', () => {
    const device = endpoint({ eid: 9 });
    ask(device, '01810204' + '010008');
    device.hook('hot-plug', 1000);
    const [packet] = packetsOf(device.advance(device.next() ?? 0));
    expect(packet).toMatchObject({ destinationEid: 8, tagOwner: 1 });
    expect(toHex(packet?.payload ?? new Uint8Array(0))).toMatch(/^01[89ab].020a010000620001000102$/);
  });
});

describe('the storage controller', () => {
  it('has eight disks in bays, each with a temperature and FRU data', () => {
    const values = recordsOf(card('hba')).map((record) => decode(pdr, record).value);
    const of = (type: number, entityType: number) =>
      values.filter((one) => one.pdrType === type && one.entityType === entityType);
    expect(of(pdrTypes.numericSensor, 107)).toHaveLength(hbaCard.disks.length);
    expect(of(pdrTypes.fruRecordSet, 107)).toHaveLength(hbaCard.disks.length);
    const bays = of(pdrTypes.entityAssociation, 47);
    expect(bays).toHaveLength(hbaCard.disks.length);
    for (const bay of bays) expect(bay.contained).toMatchObject([{ entityType: 107, containerId: bay.association }]);
  });
});
