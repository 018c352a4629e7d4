import { standardAssembly } from '../codec/assembly';
import type { Deviation } from '../emulator/endpoint-types';
import { agrees, answersTo } from '../explore/receive-model';
import { judgeTrials } from '../judge/exploration';
import type { Trial } from '../record/observation';
import { Link } from '../requester/link';
import { Requester } from '../requester/requester';
import { commands } from '../suite/testing/command-tables';
import { openSim } from '../transport/sim';
import { explore } from './explore';

const env = { parameters: {}, claims: {}, saved: {}, loop: {} };

/** Trials on the emulated network card with one fault. */
async function tried(change?: Deviation['change'], seed = 7): Promise<readonly Trial[]> {
  const deviations = change === undefined ? [] : [{ name: 'fault', title: '', change }];
  const names = deviations.map(({ name }) => name);
  const transport = openSim(
    { uri: 'sim:', class: 'nic', binding: 'smbus', deviations: names },
    { commands, deviations },
  );
  const link = new Link(transport, { address: 0x1d, ownAddress: 0x10 }, { write: () => undefined });
  const requester = new Requester(link, commands, {
    ownEid: 8,
    unit: 64,
    responseTimeout: 300_000_000,
    silenceWindow: 600_000_000,
    instanceIdExpiry: 6_000_000_000,
    requestRetries: 2,
    answersAsOwner: true,
    thorough: false,
  });
  return explore(requester, 'pldm/getTid', 60, seed, env);
}

const assembly =
  (rules: Partial<typeof standardAssembly>): Deviation['change'] =>
  (correct) => ({ assembly: { ...correct.assembly, ...rules } });

it('finds nothing against the standard receiver, and does find messages that must be answered', async () => {
  const trials = await tried();
  expect(trials).toHaveLength(60);
  expect(trials.filter(({ came }) => came.length > 0).length).toBeGreaterThan(20);
  expect(trials.every(({ arrivals, came }) => agrees(answersTo(arrivals), came))).toBe(true);
  expect(judgeTrials(trials, 7)).toMatchObject({ ok: true });
});

it('makes the same sequences again from the same seed, and others from another', async () => {
  const [first, again, other] = [await tried(undefined, 3), await tried(undefined, 3), await tried(undefined, 4)];
  const arrivals = (trials: readonly Trial[]) => trials.map((trial) => trial.arrivals);
  expect(arrivals(again)).toEqual(arrivals(first));
  expect(arrivals(other)).not.toEqual(arrivals(first));
});

it('names the clause, and reports the shortest sequence', async () => {
  const finding = judgeTrials(await tried(assembly({ sequence: 'ignored' })), 7);
  expect(finding).toMatchObject({ ok: false, requirement: 'DSP0236-ASM-TERM-03' });
  expect(finding.actual).toMatch(/^1 answers where 0 are due, to: SOM seq \d TO,[xy]; EOM seq \d TO,[xy]$/);
});

it('says of a device that puts tags of both owners into one assembly which rule that is', () => {
  const packet = { som: false, eom: false, tag: 0, tagOwner: true, version: 1 };
  const arrivals = [
    { ...packet, som: true, sequence: 0 },
    { ...packet, tagOwner: false, sequence: 1 },
    { ...packet, sequence: 1 },
    { ...packet, eom: true, sequence: 2 },
  ];
  const finding = judgeTrials([{ arrivals, packets: [], came: [], alive: true }], 7);
  expect(finding).toMatchObject({ ok: false, requirement: 'DSP0236-ASM-KEY-01' });
});

it.each([
  ['a second start that drops both', assembly({ newStart: 'drops-both' }), 'DSP0236-ASM-TERM-01'],
  ['an assembly that outlives a gap', assembly({ sequence: 'drops-packet' }), 'DSP0236-ASM-TERM-03'],
])('only warns of %s, as widely used stacks do', async (_what, change, requirement) => {
  expect(judgeTrials(await tried(change), 7)).toMatchObject({ ok: true, verdict: 'warn', requirement });
});

it('says after which sequence a device died', async () => {
  const dies: Deviation['change'] = (correct) => ({
    acceptsPacket: (packet, state) => {
      if (packet.headerVersion !== 1) state.alive = false;
      return state.alive && correct.acceptsPacket(packet, state);
    },
    assembly: { ...standardAssembly, acceptsVersion: () => true },
  });
  const finding = judgeTrials(await tried(dies), 7);
  expect(finding.ok).toBe(false);
  expect(finding.actual).toMatch(/^no answer any more after: .*version 2/);
});

it('never passes without a trial', () => {
  expect(judgeTrials([], 1).ok).toBe(false);
});
