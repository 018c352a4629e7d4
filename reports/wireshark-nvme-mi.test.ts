import { encodeRequest } from '../harness/codec/command';
import type { FieldValues } from '../harness/codec/field-spec';
import { toHex } from '../harness/codec/octets';
import type { Packet } from '../harness/codec/packet';
import { encodePacket, fragment } from '../harness/codec/packet';
import type { Action } from '../harness/emulator/device';
import { commands, endpoint, frameOf, packetOf, packetsOf } from '../harness/emulator/testing/lab';
import { compiledCase, RecordBuilder } from '../harness/record/testing/record-fixture';
import { renderPcapng } from './pcapng';
import type { DissectedFrame } from './testing/wireshark-helper';
import { loadWireshark } from './testing/wireshark-helper';

/** Wireshark's NVMe-MI dissector, which knows nothing of our tables, reads what we and the emulated SSD send. */

const set = commands['nvme-mi'];
if (set === undefined) throw new Error('no NVMe-MI');
const sent = Object.values(set.commands).filter(({ name }) => name !== 'nvme-mi/reset');

/** Of requests that are refused without. */
const wanted: { readonly [name: string]: FieldValues } = {
  'nvme-mi/identify': { controller: 1, cns: 1, dataLength: 4096 },
  'nvme-mi/getLogPage': { logPage: 2, dwordCountLow: 127, dataLength: 512 },
  'nvme-mi/configurationGet': { configuration: 3 },
  'nvme-mi/configurationSet': { configuration: 3, value: 64 },
  'nvme-mi/vpdRead': { dataLength: 256 },
  'nvme-mi/controllerHealthStatusPoll': { reportAll: 1, mostEntries: 3 },
};

let frames: readonly DissectedFrame[] = [];

/** One request of every command, in as many packets as it takes, and the answers. */
function capture(): Uint8Array {
  const device = endpoint({ class: 'ssd', eid: 9 });
  const builder = new RecordBuilder().start().plan(compiledCase('nvme-mi/all/1', []));
  builder.write({ type: 'case.start', case: 'nvme-mi/all/1', attempt: 1 });
  const frame = (direction: 'rx' | 'tx', packets: readonly Packet[]): void => {
    const purpose = direction === 'tx' ? 'stimulus' : 'received';
    for (const octets of packets.map((packet) => toHex(encodePacket(packet)))) {
      builder.write({ type: 'frame', direction, plane: 'packets', octets, packets: [octets], purpose });
    }
  };
  for (const command of sent) {
    const body = encodeRequest(set as NonNullable<typeof set>, command, wanted[command.name] ?? {}, {});
    const header = packetOf('00', { destinationEid: 9, messageTag: 3 });
    const packets = fragment(body, { ...header, som: 0, eom: 0 }, 64);
    frame('tx', packets);
    const answers = packets.reduce<readonly Action[]>((_, packet) => device.receive(frameOf(packet), 0), []);
    frame('rx', packetsOf(answers));
  }
  return renderPcapng(builder.lines);
}

beforeAll(async () => {
  frames = (await loadWireshark()).dissect(capture());
}, 60_000);

const messages = (): readonly DissectedFrame[] => frames.filter(({ protocol }) => protocol === 'NVMe-MI');

test('finds every message, and nothing malformed in any packet', () => {
  // Identify asks for time first, and Replay is followed by nothing: no command was answered before it.
  expect(messages()).toHaveLength(2 * sent.length + 1);
  for (const { info, tree } of frames) expect([info, /malformed/i.test(tree.join('\n'))]).toEqual([info, false]);
});

test('agrees with every integrity check, of requests and answers, short and of 65 packets', () => {
  for (const { tree } of messages()) {
    expect(tree.find((label) => label.startsWith('Message Integrity Check'))).toMatch(/\[correct\]$/);
  }
});

/** It gives control primitives no names, and none to VPD Read and Write. */
const unnamed = /pause|resume|abort|getState|replay|vpd|ses|EndpointBuffer|shutdown/;

test.each(sent.filter(({ name }) => !unnamed.test(name)))('calls $name by its title', ({ title, code }) => {
  const label = `Opcode: ${title} (0x${code.toString(16).padStart(2, '0')})`;
  const kinds = messages().filter(({ tree }) => tree.includes(label));
  expect(kinds.filter(({ info }) => info.endsWith('Request'))).toHaveLength(1);
  expect(kinds.filter(({ info }) => info.endsWith('Response')).length).toBeGreaterThan(0);
});
