import {
  compiledCase,
  hostile,
  golden as octets,
  RecordBuilder,
  sampleRecord,
} from '../harness/record/testing/record-fixture';
import { renderPcapng } from './pcapng';
import type { Wireshark } from './testing/wireshark-helper';
import { loadWireshark } from './testing/wireshark-helper';

let wireshark: Wireshark;

beforeAll(async () => {
  wireshark = await loadWireshark();
}, 60_000);

test('Wireshark sees MCTP in every packet, and the case beside it', () => {
  const frames = wireshark.dissect(renderPcapng(sampleRecord(hostile).lines));
  expect(frames).toHaveLength(16);
  for (const frame of frames) {
    expect(frame.protocol).toBe('MCTP Control');
    expect(frame.tree.join('\n')).not.toMatch(/malformed/i);
  }
  expect(frames[6]?.info).toBe('MCTP Get Endpoint ID Request');
  expect(frames[7]?.info).toBe('MCTP Get Endpoint ID Response');
  const comment = frames[6]?.comments.join('\n');
  expect(comment).toContain('case: DSP0236/packet-header/3');
  expect(comment).toContain('purpose: stimulus');
  expect(comment).toContain('frames tx: 3a 0f 08 21 01 00 08 c8 00 81 02 43');
  expect(frames[6]?.filters).toEqual(
    expect.arrayContaining(['sll.pkttype == 4', 'mctp.src == 8', 'mctpc.command == 2']),
  );
  expect(frames[7]?.filters).toContain('sll.pkttype == 0');
  expect(frames[6]?.tree.join('\n')).toContain('1769860800.0');
});

test('several packets in one transfer, and octets without a packet, all stand there', () => {
  const { packet } = octets.request;
  const builder = new RecordBuilder().start().plan(compiledCase('S/t/1', []));
  builder.write(
    { type: 'case.start', case: 'S/t/1', attempt: 1 },
    {
      type: 'frame',
      direction: 'tx',
      plane: 'frames',
      octets: packet + packet,
      packets: [packet, packet],
      purpose: 'stimulus',
    },
    {
      type: 'frame',
      direction: 'rx',
      plane: 'frames',
      octets: '7e7e',
      packets: [],
      purpose: 'received',
      note: 'line noise',
    },
  );
  const frames = wireshark.dissect(renderPcapng(builder.lines));
  expect(frames).toHaveLength(2);
  expect(frames[1]?.comments.join('\n')).toContain(
    'without a packet, received: frames rx: 7e 7e\nnote: line noise'.split('\n')[0],
  );
});

test('a record without traffic is an empty capture', () => {
  expect(wireshark.dissect(renderPcapng([]))).toEqual([]);
});

test('a long record comes out whole, wherever room had to be made', () => {
  const { packet } = octets.request;
  const long = packet + '00'.repeat(1000);
  const frames = Array.from({ length: 500 }, () => ({
    type: 'frame' as const,
    direction: 'rx' as const,
    plane: 'packets' as const,
    octets: long,
    packets: [long],
    purpose: 'received' as const,
  }));
  const builder = new RecordBuilder().start().plan(compiledCase('S/t/1', []));
  builder.write({ type: 'case.start', case: 'S/t/1', attempt: 1 }, ...frames);
  const capture = Buffer.from(renderPcapng(builder.lines));
  expect(capture.length).toBeGreaterThan(2 ** 20);
  const types: number[] = [];
  for (let at = 0; at < capture.length; at += capture.readUInt32LE(at + 4)) {
    const length = capture.readUInt32LE(at + 4);
    expect(capture.readUInt32LE(at + length - 4)).toBe(length);
    types.push(capture.readUInt32LE(at));
  }
  expect(types).toEqual([0x0a0d0d0a, 1, ...frames.map(() => 6)]);
});
