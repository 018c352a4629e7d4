import { concat } from '../codec/octets';
import type { Deviation } from '../emulator/endpoint-types';
import { bench } from './testing/bench';

/** An answer of many packets that begins when its silence was proven, during the proof of life: it belongs to its case. */

const long: Deviation['change'] = (correct) => ({
  message: (message, request, state) =>
    correct.message(
      request?.header.commandCode === 0x7f ? { ...message, body: concat(message.body, new Uint8Array(400)) } : message,
      request,
      state,
    ),
});

const SUITE = `
suite: T/topic
title: Topic
cases:
  - id: T/topic/1
    title: says nothing
    requirements: [DSP0236-PKT-VER-02]
    needs: messages
    hazard: may-hang
    steps:
      - send: pldm/getTid
        message: { commandCode: 0x7f }
        expect: silence
  - id: T/topic/2
    title: answers in many packets
    requirements: [DSP0236-PKT-VER-02]
    needs: packets
    hazard: may-hang
    steps:
      - request: pldm/getFruRecordTable
        expect: { completionCode: SUCCESS, assembly: { sequenceGaps: 0, tagChanges: 0, starts: 1, ends: 1 } }
`;

it('is judged where it belongs, and its rest is no part of the next answer', async () => {
  const { whole, lines } = bench(SUITE, { deviations: [long] });
  const [first, second] = await whole();
  expect([first?.verdict, second?.verdict]).toEqual(['fail', 'pass']);
  expect(lines('late').map(({ case: id, received }) => [id, received.body.length / 2])).toEqual([['T/topic/1', 405]]);
});
