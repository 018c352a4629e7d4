import type { Command } from 'commander';
import { bindings } from '../names';
import { suitesOf } from '../plan';
import type { CompiledCase, CompiledProfile, Requirement } from '../suite/compiled';
import { openLibrary } from '../suite/library';
import { selectTarget } from './select-profile';

interface CoverageFlags {
  readonly json: boolean;
}

/** `instrument`: excused because it shows on an analyser or needs power control only. */
type CoverageStatus = 'covered' | 'instrument' | 'excused' | 'open';

interface CoverageRow {
  readonly requirement: Requirement;
  readonly status: CoverageStatus;
  readonly cases: readonly string[];
}

/** What may be excused of the requirements that need no instrument. */
const MOST_EXCUSED = 0.1;

/** Whether it decides: an endpoint, or a bridge where the profile is one's, can be asked to satisfy it over a binding that is spoken here. */
function isOfClass({ role, bindings: its }: Requirement, profile: CompiledProfile | undefined): boolean {
  const spoken = its.some((name) => name === 'any' || (bindings as readonly string[]).includes(name));
  const bridge = profile?.class === 'bridge';
  const ofBridge = role.startsWith('bridge') || role === 'bus-owner';
  const ofEndpoint = role.startsWith('endpoint') && !(role === 'endpoint-non-bridge' && bridge);
  return spoken && (ofEndpoint || (ofBridge && bridge));
}

/** Requirements that a case's checks can name. */
export function requirementsNamed(entry: CompiledCase): readonly string[] {
  const named = [...JSON.stringify(entry.steps).matchAll(/"requirement":"([^"]+)"/g)].map((match) => match[1] ?? '');
  return [...new Set([...entry.requirements, ...named])];
}

function coverageRows(requirements: readonly Requirement[], cases: readonly CompiledCase[]): readonly CoverageRow[] {
  const byRequirement = new Map<string, string[]>();
  for (const entry of cases) {
    for (const id of requirementsNamed(entry)) byRequirement.set(id, [...(byRequirement.get(id) ?? []), entry.id]);
  }
  return requirements.map((requirement) => {
    const found = byRequirement.get(requirement.id) ?? [];
    return { requirement, status: statusOf(requirement, found), cases: found };
  });
}

function statusOf({ excused }: Requirement, cases: readonly string[]): CoverageStatus {
  if (cases.length > 0) return 'covered';
  if (excused === undefined) return 'open';
  return excused.kind === 'instrument' ? 'instrument' : 'excused';
}

interface Counts {
  readonly requirements: number;
  readonly covered: number;
  readonly instrument: number;
  readonly excused: number;
  readonly open: number;
  /** Excused, of all that need no instrument. */
  readonly excusedShare: number;
}

function countsOf(rows: readonly CoverageRow[]): Counts {
  const count = (status: CoverageStatus): number => rows.filter((row) => row.status === status).length;
  const [instrument, excused] = [count('instrument'), count('excused')];
  const excusedShare = excused / Math.max(1, rows.length - instrument);
  return {
    requirements: rows.length,
    covered: count('covered'),
    instrument,
    excused,
    open: count('open'),
    excusedShare,
  };
}

/** Requirements × cases. Those of endpoints over SMBus and serial decide; those of other roles and bindings stand apart. */
export async function runCoverage(name: string | undefined, flags: CoverageFlags): Promise<number> {
  const target = name === undefined ? undefined : await selectTarget({ profile: name });
  const library = target?.library ?? (await openLibrary());
  const suites = target === undefined ? library.suites : suitesOf(target.profile, library.suites);
  const rows = coverageRows(
    Object.values(library.requirements),
    suites.flatMap(({ cases }) => cases),
  );
  const decides = (row: CoverageRow): boolean => isOfClass(row.requirement, target?.profile);
  const deciding = rows.filter(decides);
  const others = rows.filter((row) => !decides(row));
  const counts = { deciding: countsOf(deciding), others: countsOf(others) };
  if (flags.json) {
    const requirements = [...deciding, ...others].map((row) => ({
      id: row.requirement.id,
      level: row.requirement.level,
      decides: decides(row),
      status: row.status,
      cases: row.cases,
      ...(row.requirement.excused === undefined ? {} : { reason: row.requirement.excused.reason }),
    }));
    process.stdout.write(`${JSON.stringify({ counts, requirements }, undefined, 2)}\n`);
  } else
    process.stdout.write(
      describe(deciding, others, counts, target?.profile.class === 'bridge' ? 'bridges' : 'endpoints'),
    );
  return counts.deciding.open > 0 || counts.deciding.excusedShare >= MOST_EXCUSED ? 1 : 0;
}

function describe(
  deciding: readonly CoverageRow[],
  others: readonly CoverageRow[],
  counts: { readonly deciding: Counts; readonly others: Counts },
  who: string,
): string {
  const { deciding: mine, others: beyond } = counts;
  const share = (mine.excusedShare * 100).toFixed(1);
  const lines = [
    ...deciding.map(describeRow),
    '',
    'Other roles and bindings, which do not decide',
    ...others.map(describeRow),
    '',
    `${who} over SMBus and serial: ${mine.requirements} requirements: ${mine.covered} covered, ${mine.instrument} need an instrument, ${mine.excused} excused (${share} % of those that need none; less than ${MOST_EXCUSED * 100} % may be), ${mine.open} open`,
    `other roles and bindings: ${beyond.requirements} requirements: ${beyond.covered} covered, ${beyond.instrument + beyond.excused} excused, ${beyond.open} open`,
  ];
  return `${lines.join('\n')}\n`;
}

function describeRow({ requirement, status, cases }: CoverageRow): string {
  const why = status === 'covered' ? cases.join(' ') : (requirement.excused?.reason ?? requirement.clause);
  return `${status.padEnd(10)} ${requirement.id.padEnd(24)} ${requirement.level.padEnd(12)} ${why}`;
}

export function register(program: Command): void {
  program
    .command('coverage')
    .description('shows which requirements have cases; ends with 1 where one has neither a case nor an excuse')
    .argument('[profile]', 'by the suites of this profile only')
    .option('--json', 'prints the table as JSON', false)
    .action(async (profile: string | undefined, flags: CoverageFlags) => {
      process.exitCode = await runCoverage(profile, flags);
    });
}
