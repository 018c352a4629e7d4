import { parentPort, workerData } from 'node:worker_threads';
import { rememberDecoded } from '../codec/command';
import { classDefinitions, classParameters } from '../emulator/classes';
import { deviations } from '../emulator/deviations';
import { noting } from '../emulator/deviations/reach';
import { personalities } from '../emulator/personalities';
import type { Binding } from '../names';
import { planRun } from '../plan';
import type { PlannedCase } from '../record/lines';
import type { Parameters } from '../suite/compiled';
import { openLibrary } from '../suite/library';
import type { SimOptions } from '../transport/sim';
import { emulate, openSim } from '../transport/sim';
import type { Transport } from '../transport/transport';
import type { Row } from './selftest';
import { CLEAN, PARROT, runApart, runRow, SILENT } from './selftest';
import type { Baseline, CellInput } from './selftest-cells';
import { baselineOf, runCells } from './selftest-cells';
import type { Job } from './selftest-jobs';
import { nothingElsewhere, provenBelow } from './selftest-jobs';
import { scopeOf } from './session';

export interface WorkerInput {
  readonly profile: string;
  readonly select: readonly string[];
  /** Every case on every device, one after the other on the same, as `run` does it. */
  readonly every: boolean;
  /** Leaves to included profiles what stands in their matrices. */
  readonly ownOnly?: boolean;
  /** Notes which checks were made and red, of devices that redden many cases too. */
  readonly checks?: boolean;
}

const numeric = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** Does jobs until there are none; used by a worker thread and, for one row, directly. */
export async function rowMaker({
  profile: id,
  select,
  every,
  ownOnly = false,
  checks = false,
}: WorkerInput): Promise<(job: Job) => Promise<Row>> {
  const library = await openLibrary();
  rememberDecoded(library.commands);
  const profile = library.profiles[id];
  if (profile === undefined) throw new Error(`no profile ${id}`);
  const { claims, class: name } = profile;
  const known: { readonly [name: string]: Parameters } = classParameters;
  const parameters = { ...known[name], ...profile.parameters };
  const cases = library.suites.flatMap((suite) => suite.cases);
  const emulator = { commands: library.commands, deviations };
  const elsewhere = ownOnly ? provenBelow(profile, library) : nothingElsewhere;
  // The same for every device on a binding.
  const plans = new Map<Binding, readonly PlannedCase[]>();
  const baselines = new Map<Binding, Promise<Baseline>>();
  const planOn = (binding: Binding, transport: Transport): readonly PlannedCase[] => {
    const made = plans.get(binding);
    if (made !== undefined) return made;
    const scope = scopeOf(transport, parameters, { exclusive: true, allow: [] });
    const planned = planRun({ profile, library, claims, parameters, scope, select });
    plans.set(binding, planned);
    return planned;
  };
  const inputOf = ({ device, binding }: Job): CellInput => {
    const apart = device === SILENT || device === PARROT;
    const sim = {
      uri: `sim:${apart ? device : name}?binding=${binding}`,
      class: apart ? device : name,
      binding,
      deviations: apart || device === CLEAN ? [] : device.split(' '),
    };
    const assigned = classDefinitions[name].staticEid === undefined ? { ...emulator, ...ownerOn(binding) } : emulator;
    const own = deviations.find((deviation) => deviation.name === device);
    const listing = cases.filter((kase) => kase.deviations.includes(device)).map((kase) => kase.id);
    return {
      ...{ device, binding, library, profile, claims, parameters },
      plan: (transport) => planOn(binding, transport),
      open: async (watch) => openSim(sim, { ...emulator, ...(watch === undefined ? {} : { watch }) }),
      eid: classDefinitions[name].staticEid ?? numeric(parameters.assignedEid),
      openAlone: (watch) => openSim(sim, watch === undefined ? assigned : { ...assigned, watch }),
      emulate: () => emulate(sim, assigned),
      openNoting: (reached, watch) => {
        const note = noting(reached);
        return openSim({ ...sim, deviations: [note.name] }, { ...assigned, deviations: [note], watch });
      },
      deviation: own ?? personalities.find(({ name: known }) => known === device),
      elsewhere: elsewhere.of({ device, binding }),
      ...(own?.pervasive === true ? { only: new Set(listing) } : {}),
    };
  };
  /** What discovery would have done to the device. */
  const ownerOn = (binding: Binding): Pick<SimOptions, 'eid' | 'busOwner'> => {
    const { ownEid, ownAddress, assignedEid } = parameters;
    const address = binding === 'smbus' ? numeric(ownAddress) : 0;
    return { eid: numeric(assignedEid), busOwner: { address, eid: numeric(ownEid) } };
  };
  const baselineOn = (binding: Binding): Promise<Baseline> => {
    const made = baselines.get(binding) ?? baselineOf(inputOf({ device: CLEAN, binding }));
    baselines.set(binding, made);
    return made;
  };
  const rowOf = async (input: CellInput, job: Job): Promise<Row> => {
    if (job.device === SILENT || job.device === PARROT) return runApart(input, input.elsewhere);
    const whole = every || (checks && (job.device === CLEAN || input.only !== undefined));
    return whole ? runRow(input) : runCells(input, await baselineOn(job.binding));
  };
  return async (job) => {
    if (!checks) return rowOf(inputOf(job), job);
    const notes = { made: new Set<string>(), red: new Set<string>() };
    const row = await rowOf({ ...inputOf(job), notes }, job);
    return { ...row, checks: { made: [...notes.made], red: [...notes.red] } };
  };
}

async function work(): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const make = await rowMaker(workerData as WorkerInput);
  port.on('message', (job: Job) => {
    make(job).then(
      (row) => port.postMessage(row),
      (thrown: unknown) => {
        throw thrown;
      },
    );
  });
  port.postMessage('ready');
}

void work();
