import { MILLISECOND } from '../../harness/clock';
import {
  check,
  compiledCase,
  golden,
  RecordBuilder,
  receivedMessage,
  sentMessage,
} from '../../harness/record/testing/record-fixture';
import type { ExchangeStep } from '../../harness/suite/compiled';

const step: ExchangeStep = {
  kind: 'send',
  command: 'getEndpointId',
  fields: {},
  message: {},
  packet: {},
  frame: {},
  expect: { kind: 'silence' },
  save: {},
};

/** A device that answers a frame with a wrong PEC: the stimulus, its healed twin, and both answers. */
export function brokenPec(): RecordBuilder {
  const id = 'DSP0237/receive/1';
  const kase = {
    ...compiledCase(id, ['DSP0237-FRM-PEC-03'], 'drops a frame with a wrong PEC'),
    loops: [{ name: 'pec', values: [{ xor: 1 }] }],
    steps: [{ ...step, frame: { pec: '$pec' } }],
  };
  const broken = `${golden.request.frame.slice(0, -2)}42`;
  const plane = 'frames';
  const { request, response } = golden;
  const tx = { type: 'frame', direction: 'tx', plane, packets: [request.packet], delivery: 'sent' } as const;
  const rx = { type: 'frame', direction: 'rx', plane, packets: [response.packet], octets: response.frame } as const;
  const sent = { ...sentMessage, frames: [broken] };
  const twin = { sent: sentMessage, response: receivedMessage };
  return new RecordBuilder()
    .start()
    .device()
    .plan(kase)
    .write(
      { type: 'case.start', case: id, attempt: 1 },
      { ...tx, octets: broken, purpose: 'stimulus' },
      { ...tx, octets: request.frame, purpose: 'twin' },
      { ...rx, purpose: 'received' },
      { ...rx, purpose: 'received' },
      {
        type: 'observation',
        case: id,
        observation: {
          step: 1,
          loop: { pec: { xor: 1 } },
          eid: 9,
          exchanges: [
            {
              sent,
              attempts: 1,
              response: receivedMessage,
              also: [],
              elapsed: 2 * MILLISECOND,
              silence: { by: 'twin', waited: 100 * MILLISECOND, twin },
            },
          ],
          unsolicited: [],
        },
      },
      {
        type: 'check',
        case: id,
        check: check(`${id}#1.silence[pec={"xor":1}]`, 'fail', {
          requirement: 'DSP0237-FRM-PEC-03',
          expected: 'no answer',
          actual: 'answered: SUCCESS, 7 octets',
          highlight: { offset: 2, length: 1 },
        }),
      },
      { type: 'case.end', case: id, verdict: 'fail' },
    )
    .end({ verdict: 'not-conformant' });
}

/** A device that does not answer: the request twice, and nothing. */
export function unanswered(): RecordBuilder {
  const id = 'DSP0236/set-endpoint-id/4';
  const kase = compiledCase(id, ['DSP0236-CTRL-SEID-03']);
  const tx = {
    type: 'frame',
    direction: 'tx',
    plane: 'frames',
    octets: golden.request.frame,
    packets: [golden.request.packet],
    purpose: 'stimulus',
    delivery: 'sent',
  } as const;
  const missed = { octets: '', expected: 'an answer', actual: 'no answer after 2 attempts' };
  const { octets: _none, highlight: _neither, ...plain } = check(`${id}#1.response`, 'fail', missed);
  return new RecordBuilder()
    .start()
    .plan({ ...kase, steps: [{ ...step, expect: { kind: 'anything' } }] })
    .write({ type: 'case.start', case: id, attempt: 1 }, tx, tx, {
      type: 'observation',
      case: id,
      observation: {
        step: 1,
        loop: {},
        eid: 9,
        exchanges: [{ sent: sentMessage, attempts: 2, also: [] }],
        unsolicited: [],
      },
    })
    .write(
      { type: 'check', case: id, check: { ...plain, requirement: 'DSP0236-CTRL-SEID-03' } },
      { type: 'case.end', case: id, verdict: 'fail' },
    )
    .end({ verdict: 'not-conformant' });
}
