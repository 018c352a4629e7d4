import { parentPort, workerData } from 'node:worker_threads';
import { classParameters } from '../emulator/classes';
import { deviations } from '../emulator/deviations';
import type { Binding } from '../names';
import { planRun } from '../plan';
import type { PlannedCase } from '../record/lines';
import type { Parameters } from '../suite/compiled';
import { openLibrary } from '../suite/library';
import { openTransport } from '../transport/open';
import type { Row } from './selftest';
import { CLEAN, PARROT, runRow, SILENT } from './selftest';
import { scopeOf } from './session';

/** One cell of work: a device by name, on one binding. */
export interface Job {
  readonly device: string;
  readonly binding: Binding;
}

export interface WorkerInput {
  readonly profile: string;
  readonly select: readonly string[];
}

/** Does jobs until there are none; used by a worker thread and, for one row, directly. */
export async function rowMaker({ profile: id, select }: WorkerInput): Promise<(job: Job) => Promise<Row>> {
  const library = await openLibrary();
  const profile = library.profiles[id];
  if (profile === undefined) throw new Error(`no profile ${id}`);
  const { claims } = profile;
  const known: { readonly [name: string]: Parameters } = classParameters;
  const parameters = { ...known[profile.class], ...profile.parameters };
  // The same for every device on a binding.
  const plans = new Map<Binding, readonly PlannedCase[]>();
  return ({ device, binding }) =>
    runRow({
      device,
      library,
      profile,
      claims,
      parameters,
      plan: (transport) => {
        const made = plans.get(binding);
        if (made !== undefined) return made;
        const scope = scopeOf(transport, parameters, { exclusive: true, allow: [] });
        const planned = planRun({ profile, library, claims, parameters, scope, select });
        plans.set(binding, planned);
        return planned;
      },
      open: () => {
        const named = device === SILENT || device === PARROT ? device : profile.class;
        const query = device === CLEAN || named === device ? '' : `&deviation=${device}`;
        return openTransport(`sim:${named}?binding=${binding}${query}`, {
          emulator: { commands: library.commands, deviations },
        });
      },
    });
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
