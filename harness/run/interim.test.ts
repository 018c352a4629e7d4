import { deviations } from '../emulator/deviations';
import type { Deviation } from '../emulator/endpoint-types';
import type { Check } from '../record/lines';
import { bench } from './testing/bench';

/** Devices that ask for time before they answer, and answer more than once (NVMe-MI, on the emulated SSD). */

const fault = (name: string): Deviation['change'] => {
  const found = deviations.find((deviation) => deviation.name === name);
  if (found === undefined) throw new Error(name);
  return found.change;
};

function suiteOf(steps: string): string {
  return `
    suite: T/topic
    title: Topic
    cases:
      - id: T/topic/1
        title: does
        requirements: [DSP0236-PKT-VER-02]
        needs: messages
        steps:${steps}`.replace(/^ {4}/gm, '');
}

const IDENTIFY = `
          - request: nvme-mi/identify
            fields: { controller: 1, cns: controller, dataLength: 4096 }
            expect: { completionCode: SUCCESS, attempts: 1, answers: 1, interim: { each: { overdue: { within: 0ms } } } }`;

async function run(steps: string, ...faults: readonly string[]) {
  const { whole, lines } = bench(suiteOf(steps), { class: 'ssd', deviations: faults.map(fault) });
  await whole();
  const checks: readonly Check[] = lines('check').map(({ check }) => check);
  const failed = checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id.replace('T/topic/1#', ''));
  return { checks, failed, frames: lines('frame') };
}

describe('a device that asks for time', () => {
  it('is waited for, although its answer is longer than the response time-out, and asked once', async () => {
    const { checks, failed, frames } = await run(IDENTIFY);
    expect(failed).toEqual([]);
    expect(checks.map(({ id }) => id)).toContain('T/topic/1#1.interim');
    expect(frames.filter(({ purpose, direction }) => purpose === 'stimulus' && direction === 'tx')).toHaveLength(2);
  });

  it('is late where the final answer comes after the time that it named', async () => {
    expect((await run(IDENTIFY, 'nvme-late-after-asking')).failed).toEqual(['1.interim']);
  });

  it('is given up where it asks again and again: what it said last is its answer', async () => {
    const { checks, failed } = await run(IDENTIFY, 'nvme-asks-for-time-for-ever');
    expect(failed).toContain('1.completionCode');
    expect(checks.find(({ id }) => id.endsWith('completionCode'))?.actual).toContain('MORE_PROCESSING_REQUIRED');
  });
});

describe('further answers', () => {
  const REPLAY = `
          - send: nvme-mi/readDataStructure
            fields: { structure: subsystem }
            save: { answer: message.body }
            expect: { completionCode: SUCCESS, others: { length: 0 } }
          - send: nvme-mi/replay
            expect: { answers: 2, others: { each: { body: $saved.answer, som: 1 } } }`;

  it('are seen beside the response', async () => {
    expect((await run(REPLAY)).failed).toEqual([]);
  });

  it('are missed where they do not come, and told apart where they are others', async () => {
    expect((await run(REPLAY, 'nvme-replays-never')).failed).toEqual(['2.answers', '2.others']);
    expect((await run(REPLAY, 'nvme-replays-the-primitive')).failed).toEqual(['2.others']);
  });
});
