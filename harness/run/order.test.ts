import fc from 'fast-check';
import { classParameters } from '../emulator/classes';
import { planRun } from '../plan';
import type { PlannedCase } from '../record/lines';
import type { Parameters } from '../suite/compiled';
import { openBuiltIn } from '../suite/library';
import { openSim } from '../transport/sim';
import { runRow } from './selftest';
import { scopeOf } from './session';

jest.setTimeout(60_000);

const { library } = openBuiltIn();
const binding = 'smbus';

/** In the first, `hba` has its PLDM records read before and after the terminus was given another TID. */
const seeds = [1, 2, 3];

const shuffled = (planned: readonly PlannedCase[], seed: number): readonly PlannedCase[] =>
  fc.sample(fc.shuffledSubarray([...planned], { minLength: planned.length }), { seed, numRuns: 1 })[0] ?? planned;

/** The gravest verdicts of a whole profile on its emulated device, the cases in another order. */
async function blamed(name: string, seed: number): Promise<readonly string[]> {
  const profile = library.profiles[name];
  if (profile === undefined) throw new Error(`no profile ${name}`);
  const { claims, class: kind } = profile;
  const known: { readonly [name: string]: Parameters } = classParameters;
  const parameters = { ...known[kind], ...profile.parameters };
  const sim = { uri: `sim:${kind}`, class: kind, binding, deviations: [] } as const;
  const { verdicts, failure } = await runRow({
    ...{ device: 'clean', binding, library, profile, claims, parameters },
    open: async () => openSim(sim, { commands: library.commands, deviations: [] }),
    plan: (transport) => {
      const scope = scopeOf(transport, parameters, { exclusive: true, allow: [] });
      return shuffled(planRun({ profile, library, claims, parameters, scope }), seed);
    },
  });
  expect(failure).toBeUndefined();
  expect(Object.values(verdicts).filter((verdict) => verdict === 'pass').length).toBeGreaterThan(150);
  // What the host read holds for the device as it was before its firmware was updated, or it was heated.
  return Object.keys(verdicts).filter(
    (id) => !id.startsWith('in-band/') && ['fail', 'blocked', 'error'].includes(verdicts[id] ?? 'error'),
  );
}

describe.each(['endpoint', 'bridge', 'nic', 'hba', 'ssd'])('cases of %s blame nothing on what others left', (name) => {
  it.each(seeds)('shuffle %d', async (seed) => {
    expect(await blamed(name, seed)).toEqual([]);
  });
});
