import { deviations as builtIn } from '../emulator/deviations';
import type { Deviation } from '../emulator/endpoint-types';
import { planRun } from '../plan';
import type { PlannedCase, RecordLine } from '../record/lines';
import { memorySink } from '../record/writer';
import { openBuiltIn } from '../suite/library';
import { commands } from '../suite/testing/command-tables';
import { openSim } from '../transport/sim';
import type { Foresight, Transport } from '../transport/transport';
import { courseOf } from './course';
import { openRun, scopeOf } from './session';

const { library } = openBuiltIn();
const profile = library.profiles.nic as (typeof library.profiles)[string];
const { parameters, claims } = profile;

interface Ran {
  readonly lines: readonly RecordLine[];
  /** What was handed over, and how much of it went out by itself. */
  readonly foreseen: number;
  readonly ahead: number;
}

/** The cases that can be looked ahead into, against one device, by a way that can send ahead or by one that cannot. */
async function ranAgainst(deviations: readonly Deviation[], sendsAhead: boolean): Promise<Ran> {
  let foreseen = 0;
  let ahead = 0;
  const sim = openSim(
    { uri: 'sim:nic', class: 'nic', binding: 'smbus', deviations: deviations.map(({ name }) => name) },
    { commands, deviations },
  );
  const foresee = (next: Foresight): ReturnType<NonNullable<Transport['foresee']>> => {
    const taken = sim.foresee?.(next);
    if (taken === undefined) return undefined;
    foreseen += 1;
    const claim = async (): ReturnType<typeof taken.claim> => {
      const sent = await taken.claim();
      if (sent !== undefined) ahead += 1;
      return sent;
    };
    return { ...taken, claim };
  };
  const { foresee: _, ...plain } = sim;
  const transport: Transport = sendsAhead ? { ...sim, foresee } : plain;
  const sink = memorySink(transport.clock);
  const scope = scopeOf(transport, parameters, { exclusive: true, allow: [] });
  const { requirements } = library;
  const run = openRun({
    transport,
    sink,
    commands,
    requirements,
    parameters,
    claims,
    scope,
    strict: false,
    thorough: false,
  });
  try {
    await run.discover();
    for (const entry of planRun({ profile, library, claims, parameters, scope, select: [] })) {
      if (isForeseeable(entry)) await run.settle(entry);
    }
    await run.finish();
  } finally {
    await transport.close();
  }
  return { lines: sink.lines, foreseen, ahead };
}

/** Whether a request of the case follows another that decides nothing about it. */
function isForeseeable({ decision, case: kase }: PlannedCase): boolean {
  if (decision !== 'run') return false;
  const turns = kase.loops.length > 0 ? [{}, {}] : [{}];
  const course = courseOf(kase, turns, commands, (loop) => ({ parameters, claims, saved: {}, loop }));
  if (course === undefined) return false;
  return kase.steps.some((_, index) => course(0, index)(0) !== undefined && course(0, index)(1) !== undefined);
}

const fitting = builtIn.filter(
  ({ classes, bindings }) => (classes?.includes('nic') ?? true) && (bindings?.includes('smbus') ?? true),
);
const share = Number(process.env.LOOK_AHEAD_SHARE ?? 12);
/** With LOOK_AHEAD_SHARE=1 all of them, which takes minutes. */
const some = fitting.filter((_, index) => index % share === 0);

describe('looking ahead', () => {
  it('sends ahead most of what it hands over to a correct device', async () => {
    const { foreseen, ahead } = await ranAgainst([], true);
    expect(foreseen).toBeGreaterThan(50);
    expect(ahead / foreseen).toBeGreaterThan(0.8);
  });

  it('leaves the record of a correct device as it is, octet for octet and nanosecond for nanosecond', async () => {
    expect((await ranAgainst([], true)).lines).toEqual((await ranAgainst([], false)).lines);
  });

  it.each(some.map((deviation) => [deviation.name, deviation] as const))('leaves that of %s', async (_, deviation) => {
    expect((await ranAgainst([deviation], true)).lines).toEqual((await ranAgainst([deviation], false)).lines);
  });
});
