import { encodeRequest } from '../harness/codec/command';
import type { FieldValues } from '../harness/codec/field-spec';
import { toHex } from '../harness/codec/octets';
import { encodePacket } from '../harness/codec/packet';
import type { EmulatedClass } from '../harness/emulator/classes';
import { commands, endpoint, packetOf, packetsOf, send } from '../harness/emulator/testing/lab';
import { compiledCase, RecordBuilder } from '../harness/record/testing/record-fixture';
import { renderPcapng } from './pcapng';
import type { DissectedFrame, Wireshark } from './testing/wireshark-helper';
import { loadWireshark } from './testing/wireshark-helper';

/** Wireshark's PLDM dissector, which knows nothing of our tables, reads what we and the emulated cards send. */

const set = commands.pldm;
if (set === undefined) throw new Error('no PLDM');
const sent = Object.values(set.commands).filter(({ from }) => from !== 'device');

/** What a request needs to be about something that the card has. */
const about: { readonly [name: string]: FieldValues } = {
  'pldm/setTid': { tid: 3 },
  'pldm/getPldmCommands': { version: '00f0f1f1' },
  'pldm/setEventReceiver': { enable: 1, receiverAddress: 8 },
  'pldm/getSensorReading': { sensorId: 17 },
  'pldm/getStateSensorReadings': { sensorId: 65 },
  'pldm/getPdr': { recordHandle: 4 },
};

/** The commands that it has names for, by type. */
const known: { readonly [type: number]: readonly number[] } = {
  0: [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09],
  2: [0x04, 0x11, 0x21, 0x31, 0x32, 0x39, 0x51],
  4: [0x01, 0x02, 0x03, 0x04],
};
const isKnown = (name: string): boolean => {
  const command = set.commands[name];
  return (known[Number(command?.header.pldmType)] ?? []).includes(command?.code ?? -1);
};

type Request = readonly [name: string, fields: FieldValues];

/** Requests to a card, and its answers. */
function capture(name: EmulatedClass, requests: readonly Request[]): Uint8Array {
  const device = endpoint({ class: name, eid: 9 });
  const builder = new RecordBuilder().start().plan(compiledCase('pldm/all/1', []));
  builder.write({ type: 'case.start', case: 'pldm/all/1', attempt: 1 });
  const frame = (direction: 'rx' | 'tx', packets: readonly string[]): void =>
    packets.forEach((octets) => {
      const purpose = direction === 'tx' ? 'stimulus' : 'received';
      builder.write({ type: 'frame', direction, plane: 'packets', octets, packets: [octets], purpose });
    });
  for (const [index, [command, fields]] of requests.entries()) {
    const known = set?.commands[command];
    if (set === undefined || known === undefined) throw new Error(command);
    const body = toHex(encodeRequest(set, known, fields, { instanceId: index % 32 }));
    const header = { destinationEid: 9, messageTag: index % 8 };
    frame('tx', [toHex(encodePacket(packetOf(body, header)))]);
    frame(
      'rx',
      packetsOf(send(device, body, header)).map((packet) => toHex(encodePacket(packet))),
    );
  }
  return renderPcapng(builder.lines);
}

/** It takes the checksum behind a FRU table for something that should not be there. */
const isComplaint = ({ info, tree }: DissectedFrame): boolean =>
  /malformed|\[bad|incorrect/i.test(tree.join('\n')) && !info.startsWith('Unexpected bytes at end of FRU table');

let wireshark: Wireshark;
beforeAll(async () => {
  wireshark = await loadWireshark();
}, 60_000);

test('finds nothing malformed in one request of every command, and its answer', () => {
  const frames = wireshark.dissect(
    capture(
      'nic',
      sent.map(({ name }) => [name, about[name] ?? {}]),
    ),
  );
  expect(frames.length).toBeGreaterThanOrEqual(2 * sent.length);
  expect(frames.filter(isComplaint).map(({ tree }) => tree)).toEqual([]);
});

test.each(sent.map(({ name }) => name).filter(isKnown))(
  'calls %s by its title, in the command and in the answer',
  (name) => {
    const frames = wireshark.dissect(capture('nic', [[name, about[name] ?? {}]]));
    const title = set.commands[name]?.title.toLowerCase();
    const named = frames.filter(({ tree }) =>
      tree.some((label) => label.replaceAll(' ', '').toLowerCase().includes(`command:${title}(`)),
    );
    expect(named).toHaveLength(2);
  },
);

test('reads in a sensor what the card says of it', () => {
  const [, answer] = wireshark.dissect(capture('nic', [['pldm/getSensorReading', { sensorId: 17 }]]));
  // 60 degrees, in halves.
  for (const label of ['Completion Code: Success (0)', 'Sensor data size: sint16 (3)', 'Sensor reading: 120']) {
    expect(answer?.tree).toContain(label);
  }
});

test.each(['nic', 'hba'] as const)('finds every record of sim:%s whole, and its FRU data', (name) => {
  const records = Array.from(
    { length: 60 },
    (_, index): Request => ['pldm/getPdr', { recordHandle: index, requestCount: 255 }],
  );
  const frames = wireshark.dissect(capture(name, [...records, ['pldm/getFruRecordTable', {}]]));
  expect(frames.filter(isComplaint).map(({ tree }) => tree)).toEqual([]);
  const model = name === 'nic' ? 'NIC-25G-2P' : 'RAID-12G-8P';
  expect(frames.some(({ tree }) => tree.some((label) => label.includes(model)))).toBe(true);
});
