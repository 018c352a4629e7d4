import type { Command } from 'commander';
import { CertifyError } from '../errors';
import type { Rejudged } from '../judge/rejudge';
import { rejudge } from '../judge/rejudge';
import { planRun } from '../plan';
import { readRecord } from '../record/reader';
import { openLibrary } from '../suite/library';

interface RejudgeFlags {
  readonly profile?: string;
  readonly json: boolean;
}

/** Today's verdicts from the octets of an old record. Exit code 1 where they differ. */
export async function runRejudge(record: string, flags: RejudgeFlags): Promise<number> {
  const { path, lines } = readRecord(record);
  const start = lines.find((line) => line.type === 'run.start');
  const plan = lines.findLast((line) => line.type === 'plan');
  if (start === undefined || plan === undefined)
    throw new CertifyError('RECORD_UNREADABLE', `${path} has no plan: nothing in it was judged`, { path });
  const library = await openLibrary({ userFiles: flags.profile === undefined ? [] : [flags.profile] });
  const profile = library.profiles[start.profile.id];
  if (profile === undefined)
    throw new CertifyError('UNKNOWN_NAME', `no profile "${start.profile.id}": name its file with --profile`, { path });
  const { parameters, claims } = plan;
  const { scope, options } = start;
  const { tier, overlays, demands } = plan.program ?? {};
  // As the run was planned: what the user asked for, with today's suites.
  const planned = planRun({
    profile,
    library,
    claims,
    parameters,
    scope,
    select: options.select,
    ...(tier === undefined ? {} : { tier }),
    ...(overlays === undefined ? {} : { overlays }),
    ...(demands?.by === 'user' ? { level: demands.level } : {}),
  });
  const { requirements, commands } = library;
  const differences = rejudge(lines, { planned, requirements, commands });
  const same = plan.cases.length - differences.filter(({ before }) => before !== 'not planned').length;
  if (flags.json) process.stdout.write(`${JSON.stringify({ record: path, same, differences }, undefined, 2)}\n`);
  else process.stdout.write(text(same, differences));
  return differences.length === 0 ? 0 : 1;
}

function text(same: number, differences: readonly Rejudged[]): string {
  const lines = differences.flatMap(({ case: id, before, after, reason, checks }) => [
    `${id}: ${before} → ${after}: ${reason}`,
    ...checks.map((check) => `  ${check.id}: ${check.before} → ${check.after}`),
  ]);
  const count = differences.length === 0 ? 'none differs' : `${differences.length} differ`;
  return `${[...lines, `${same} cases are judged as before, ${count}`].join('\n')}\n`;
}

export function register(program: Command): void {
  program
    .command('rejudge')
    .description("judges a record again with today's suites, without the device")
    .argument('<record>', 'the output folder of a run, or its record.ndjson')
    .option('--profile <file>', "the profile's file, where it is not built in")
    .option('--json', 'prints the differences as JSON', false)
    .action(async (record: string, flags: RejudgeFlags) => {
      process.exitCode = await runRejudge(record, flags);
    });
}
