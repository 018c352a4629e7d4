import { encodeRequest } from '../harness/codec/command';
import { toHex } from '../harness/codec/octets';
import { encodePacket } from '../harness/codec/packet';
import { commands, endpoint, packetOf, packetsOf, send } from '../harness/emulator/testing/lab';
import { compiledCase, RecordBuilder } from '../harness/record/testing/record-fixture';
import { renderPcapng } from './pcapng';
import type { DissectedFrame } from './testing/wireshark-helper';
import { loadWireshark } from './testing/wireshark-helper';

/** Wireshark's NC-SI dissector, which knows nothing of our tables, reads what we and the emulated card send. */

const set = commands['nc-si'];
if (set === undefined) throw new Error('no NC-SI');
const sent = Object.values(set.commands).filter(({ from }) => from !== 'device');

/** As DSP0222 1.2 was before it was published: it gives these numbers no name, or that of a draft's command. */
const unnamed = new Set([
  0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x32, 0x33, 0x34, 0x35, 0x36, 0x38, 0x47,
  0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x54, 0x55, 0x56, 0x57, 0x58, 0x60, 0x61, 0x62,
]);

/** It calls this one after what is in it. */
const otherwise: { readonly [name: string]: string } = { 'nc-si/pldmRequest': 'PLDM' };

let frames: readonly DissectedFrame[] = [];

/** One request of every command to a card that has left its initial state, and the answers. */
function capture(): Uint8Array {
  const device = endpoint({ eid: 9 });
  const builder = new RecordBuilder().start().plan(compiledCase('nc-si/all/1', []));
  builder.write({ type: 'case.start', case: 'nc-si/all/1', attempt: 1 });
  const frame = (direction: 'rx' | 'tx', packets: readonly string[]): void =>
    packets.forEach((octets) => {
      const purpose = direction === 'tx' ? 'stimulus' : 'received';
      builder.write({ type: 'frame', direction, plane: 'packets', octets, packets: [octets], purpose });
    });
  const [clear, reset] = ['nc-si/clearInitialState', 'nc-si/resetChannel'];
  const order = [...sent].sort((a, b) => Number(b.name === clear) - Number(a.name === clear));
  for (const command of order.filter(({ name }) => name !== reset)) {
    const body = toHex(encodeRequest(set as NonNullable<typeof set>, command, {}, { instanceId: 1 }));
    const header = { destinationEid: 9, messageTag: 1 };
    frame('tx', [toHex(encodePacket(packetOf(body, header)))]);
    frame(
      'rx',
      packetsOf(send(device, body, header)).map((packet) => toHex(encodePacket(packet))),
    );
  }
  return renderPcapng(builder.lines);
}

beforeAll(async () => {
  frames = (await loadWireshark()).dissect(capture());
}, 60_000);

test('finds nothing malformed, and a right checksum wherever it looks', () => {
  expect(frames.length).toBeGreaterThan(2 * (sent.length - 1));
  for (const { info, tree } of frames) {
    expect([info, /malformed|incorrect|\[bad/i.test(tree.join('\n'))]).toEqual([info, false]);
  }
});

test.each(sent.filter(({ name, code }) => name !== 'nc-si/resetChannel' && !unnamed.has(code)))(
  'calls $name by its title, in the command and in the answer',
  ({ name, title }) => {
    const infos = frames.map(({ info }) => info.replace(/\s+/g, ' ').replace('- ', '-').toLowerCase());
    for (const direction of ['request', 'response']) {
      expect(
        infos.filter((info) => info.startsWith(`${otherwise[name] ?? title} ${direction}`.toLowerCase())),
      ).toHaveLength(1);
    }
  },
);

test('sees through the fragments of an answer of four packets', () => {
  const last = frames.find(({ info }) => info.startsWith('Get Controller Packet Statistics response'));
  expect(last?.tree.join('\n')).toMatch(/4 Message fragments|fragment count: 4/i);
});
