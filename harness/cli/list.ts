import type { Command } from 'commander';
import { suitesOf } from '../plan';
import type { CompiledSuite } from '../suite/compiled';
import { openLibrary } from '../suite/library';
import { selectTarget } from './select-profile';

interface ListFlags {
  readonly json: boolean;
  readonly deviations?: boolean;
}

/** The suites of a profile, or all built-in ones. */
async function suitesFor(profile: string | undefined): Promise<readonly CompiledSuite[]> {
  if (profile === undefined) return (await openLibrary()).suites;
  const target = await selectTarget({ profile });
  return suitesOf(target.profile, target.library.suites);
}

export async function runList(profile: string | undefined, flags: ListFlags): Promise<number> {
  const suites = await suitesFor(profile);
  if (flags.deviations === true) return listDeviations(suites, flags);
  const count = suites.reduce((sum, suite) => sum + suite.cases.length, 0);
  if (flags.json) {
    const cases = suites.flatMap((suite) =>
      suite.cases.map(({ id, title, requirements, needs, bindings, effects, hazard, when, deviations }) => {
        return { id, title, suite: suite.id, requirements, needs, bindings, effects, hazard, when, deviations };
      }),
    );
    process.stdout.write(`${JSON.stringify({ cases }, undefined, 2)}\n`);
    return 0;
  }
  for (const suite of suites) {
    process.stdout.write(`${suite.id}  ${suite.title}\n`);
    for (const { id, title } of suite.cases) process.stdout.write(`  ${id}  ${title}\n`);
  }
  process.stdout.write(`${count} cases in ${suites.length} suites\n`);
  return 0;
}

/** The faults that an emulated device can be given, with the cases that catch each. */
function listDeviations(suites: readonly CompiledSuite[], { json }: ListFlags): number {
  const { deviations } = require('../emulator/deviations') as typeof import('../emulator/deviations');
  const cases = suites.flatMap((suite) => suite.cases);
  const rows = deviations.flatMap(({ name, title, seenIn, classes, bindings }) => {
    const caught = cases.filter((entry) => entry.deviations.includes(name)).map(({ id }) => id);
    return caught.length === 0 ? [] : [{ name, title, seenIn, classes, bindings, cases: caught }];
  });
  if (json) process.stdout.write(`${JSON.stringify({ deviations: rows }, undefined, 2)}\n`);
  else {
    for (const row of rows) process.stdout.write(`${row.name}  ${row.title}\n`);
    process.stdout.write(
      `${rows.length} deviations: sim:CLASS?deviation=NAME has one, explain NAME says which cases catch it\n`,
    );
  }
  return 0;
}

export function register(program: Command): void {
  program
    .command('list')
    .description('lists cases: of a profile, or all')
    .argument('[profile]', 'endpoint, nic, … or the path of a profile of your own')
    .option('--deviations', 'lists the faults of the emulated device that they catch, instead', false)
    .option('--json', 'prints the list as JSON', false)
    .action(async (profile: string | undefined, flags: ListFlags) => {
      process.exitCode = await runList(profile, flags);
    });
}
