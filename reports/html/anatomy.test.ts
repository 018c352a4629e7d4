import fc from 'fast-check';
import { encodeSerial } from '../../harness/binding/serial-frame';
import { encodeSmbus } from '../../harness/binding/smbus';
import { fromHex, toHex } from '../../harness/codec/octets';
import { golden, RecordBuilder } from '../../harness/record/testing/record-fixture';
import type { Box } from './anatomy';
import { anatomyOf } from './anatomy';
import type { TransferData } from './data';
import { stripView } from './strip';

const plan = new RecordBuilder().plan().lines.find((line) => line.type === 'plan');
const commands = plan?.commands ?? {};

const transfer = (octets: string, packets: TransferData['packets'], plane: TransferData['plane']): TransferData => ({
  at: 0,
  direction: 'rx',
  purpose: 'received',
  plane,
  octets,
  packets,
});

const named = (boxes: readonly Box[]): readonly string[] =>
  boxes.map(
    ({ octets, fields }) => `${octets} ${fields.map(({ name, value }) => `${name} ${value}`.trim()).join(', ')}`,
  );

test('a frame comes apart by the layout tables, its checksum judged', () => {
  const { boxes } = anatomyOf(transfer(golden.response.frame, [[4, 11]], 'frames'), 'smbus', commands);
  expect(named(boxes)).toEqual([
    '20 destinationAddress 0x10, readWrite 0',
    '0f smbusCommandCode 0xf',
    '0c byteCount 0xc',
    '3b sourceAddress 0x1d, sourceFlag 1',
    '01 reserved 0, headerVersion 1',
    '08 destinationEid 8',
    '00 sourceEid 0',
    'c0 som 1, eom 1, packetSequence 0, tagOwner 0, messageTag 0',
    '00 integrityCheck 0, messageType control',
    '01 request 0, datagram 0, reserved 0, instanceId 1',
    '02 commandCode getEndpointId',
    '00 completionCode SUCCESS',
    '00 eid 0',
    '00 endpointType 0',
    '00 mediumSpecific 0',
    '2b pec right',
  ]);
  const wrong = toHex(
    encodeSmbus(fromHex(golden.request.packet), { destinationAddress: 1, sourceAddress: 2 }, { pec: 0 }),
  );
  const pec = anatomyOf(transfer(wrong, [[4, 7]], 'frames'), 'smbus', commands).boxes.at(-1);
  expect(pec?.fields[0]?.value).toMatch(/^wrong, [0-9a-f]{2} is right$/);
});

test('a serial frame with escapes shows them, and its packet without', () => {
  const packet = '0108097e00007d';
  const frame = toHex(encodeSerial(fromHex(packet)));
  const { boxes, unescaped } = anatomyOf(transfer(frame, [packet], 'frames'), 'serial', commands);
  expect(boxes.map(({ fields }) => fields[0]?.name)).toEqual([
    'openingFlag',
    'revision',
    'byteCount',
    'packet, escaped',
    'fcs',
    'closingFlag',
  ]);
  expect(boxes.find(({ fields }) => fields[0]?.name === 'fcs')?.fields[0]?.value).toBe('right');
  expect((unescaped ?? []).map(({ octets }) => octets).join('')).toBe(packet);
});

test('whatever came, the boxes are its octets without gap or overlap', () => {
  const octets = fc.uint8Array({ maxLength: 90 }).map(toHex);
  const place = fc.tuple(fc.nat(90), fc.nat(90));
  const planes = fc.constantFrom('messages' as const, 'packets' as const, 'frames' as const);
  fc.assert(
    fc.property(octets, octets, place, planes, fc.constantFrom('smbus' as const, 'serial' as const), (...drawn) => {
      const [hex, other, [offset, length], plane, binding] = drawn;
      const size = hex.length / 2;
      const inside = [Math.min(offset, size), Math.min(length, size - Math.min(offset, size))] as const;
      for (const packets of [[], [other], [inside]]) {
        const own = transfer(hex, packets, plane);
        const { boxes } = anatomyOf(own, binding, commands);
        expect(boxes.map((box) => box.octets).join('')).toBe(hex);
        let at = 0;
        for (const box of boxes) {
          expect(box.offset).toBe(at);
          at += box.octets.length / 2;
        }
        const marks = { from: offset, to: offset + length };
        const { boxes: shown } = stripView(own, binding, commands, marks);
        expect(shown.some(({ tone }) => tone === 'deciding')).toBe(length > 0 && offset < size);
      }
    }),
    { numRuns: 500 },
  );
});
