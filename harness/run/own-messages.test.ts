import { MILLISECOND } from '../clock';
import type { Deviation } from '../emulator/endpoint-types';
import { bench, verdicts } from './testing/bench';

/** What the device sends of its own as a command of an upper layer: seen by `listen`, and answered where it wants that. */

const suite = (expect: string): string => `
suite: T/topic
title: Topic
cases:
  - id: T/topic/1
    title: does
    requirements: [DSP0236-PKT-VER-02]
    needs: messages
    steps:
      - request: pldm/getTid
        expect: { completionCode: SUCCESS }
      - listen: 1s
        of: pldm/platformEventMessage
        expect: ${expect}
`;

/** Asks its event receiver to take an event, after it was asked for its TID. */
const sendsEvent: Deviation['change'] = () => ({
  ownRequests: ({ command, packet, sourceAddress }) =>
    command.name === 'pldm/getTid'
      ? [
          {
            command: 'pldm/platformEventMessage',
            fields: { formatVersion: 1, tid: 5, eventClass: 0 },
            destinationEid: packet.sourceEid,
            address: sourceAddress,
            delayNs: 20 * MILLISECOND,
          },
        ]
      : [],
});

it('shows an event with its fields, once: it was answered', async () => {
  const expect1 =
    '{ count: 1, messages: { each: { tid: 5, message: { request: 1, pldmType: 2 }, packet: { tagOwner: 1 } } } }';
  const { whole, sent } = bench(suite(expect1), { deviations: [sendsEvent] });
  expect(verdicts(await whole())).toEqual(['pass']);
  expect(sent().filter((entry) => entry.startsWith('answer'))).toEqual([expect.stringMatching(/^answer /)]);
});

it('tells an event from silence, and silence from an event', async () => {
  expect(verdicts(await bench(suite('silence'), { deviations: [sendsEvent] }).whole())).toEqual(['fail']);
  expect(verdicts(await bench(suite('silence')).whole())).toEqual(['pass']);
  expect(verdicts(await bench(suite('{ count: { min: 1 } }')).whole())).toEqual(['fail']);
});
