import type { Command } from 'commander';
import { bindings } from '../names';
import { suitesOf } from '../plan';
import type { CompiledCase, CompiledProfile, Requirement } from '../suite/compiled';
import { openLibrary } from '../suite/library';
import { selectTarget } from './select-profile';

interface CoverageFlags {
  readonly json: boolean;
  readonly require: boolean;
}

export type CoverageStatus = 'covered' | 'excused' | 'open';

export interface CoverageRow {
  readonly requirement: Requirement;
  readonly status: CoverageStatus;
  readonly cases: readonly string[];
}

/** Whether a device of this class can be asked to satisfy it, over a binding that is spoken here. */
function concerns(requirement: Requirement, profile: CompiledProfile | undefined): boolean {
  const spoken = requirement.bindings.some((name) => name === 'any' || (bindings as readonly string[]).includes(name));
  const { role } = requirement;
  const ofBridge = role.startsWith('bridge') || role === 'bus-owner';
  const ofEndpoint = role.startsWith('endpoint') && !(role === 'endpoint-non-bridge' && profile?.class === 'bridge');
  const ofClass = profile === undefined || ofEndpoint || (ofBridge && profile.class === 'bridge');
  return spoken && ofClass;
}

/** Requirements that a case's checks can name. */
export function requirementsNamed(entry: CompiledCase): readonly string[] {
  const named = [...JSON.stringify(entry.steps).matchAll(/"requirement":"([^"]+)"/g)].map((match) => match[1] ?? '');
  return [...new Set([...entry.requirements, ...named])];
}

export function coverageRows(
  requirements: readonly Requirement[],
  cases: readonly CompiledCase[],
): readonly CoverageRow[] {
  const byRequirement = new Map<string, string[]>();
  for (const entry of cases) {
    for (const id of requirementsNamed(entry)) byRequirement.set(id, [...(byRequirement.get(id) ?? []), entry.id]);
  }
  return requirements.map((requirement) => {
    const found = byRequirement.get(requirement.id) ?? [];
    const status = found.length > 0 ? 'covered' : requirement.excused === undefined ? 'open' : 'excused';
    return { requirement, status, cases: found };
  });
}

export async function runCoverage(name: string | undefined, flags: CoverageFlags): Promise<number> {
  const target = name === undefined ? undefined : await selectTarget({ profile: name });
  const library = target?.library ?? (await openLibrary());
  const suites = target === undefined ? library.suites : suitesOf(target.profile, library.suites);
  const inScope = Object.values(library.requirements).filter((entry) => concerns(entry, target?.profile));
  const rows = coverageRows(
    inScope,
    suites.flatMap(({ cases }) => cases),
  );
  const beyond = Object.keys(library.requirements).length - inScope.length;
  const count = (status: CoverageStatus): number => rows.filter((row) => row.status === status).length;
  const counts = { covered: count('covered'), excused: count('excused'), open: count('open'), beyond };
  if (flags.json) {
    const requirements = rows.map(({ requirement, status, cases }) => ({
      id: requirement.id,
      level: requirement.level,
      status,
      cases,
      ...(requirement.excused === undefined ? {} : { excused: requirement.excused }),
    }));
    process.stdout.write(`${JSON.stringify({ counts, requirements }, undefined, 2)}\n`);
  } else process.stdout.write(describeRows(rows, counts));
  return flags.require && counts.open > 0 ? 1 : 0;
}

function describeRows(rows: readonly CoverageRow[], counts: { readonly [status: string]: number }): string {
  const lines = rows.map(({ requirement, status, cases }) => {
    const why = status === 'covered' ? cases.join(' ') : (requirement.excused?.reason ?? requirement.clause);
    return `${status.padEnd(8)} ${requirement.id.padEnd(24)} ${requirement.level.padEnd(12)} ${why}`;
  });
  const { covered, excused, open, beyond } = counts;
  const summary = `${rows.length} requirements: ${covered} covered, ${excused} excused, ${open} open; ${beyond} more are for other roles or bindings`;
  return `${[...lines, '', summary].join('\n')}\n`;
}

export function register(program: Command): void {
  program
    .command('coverage')
    .description('shows which requirements have cases')
    .argument('[profile]', 'only what concerns this profile')
    .option('--json', 'prints the table as JSON', false)
    .option('--require', 'ends with 1 where a requirement has neither a case nor an excuse', false)
    .action(async (profile: string | undefined, flags: CoverageFlags) => {
      process.exitCode = await runCoverage(profile, flags);
    });
}
