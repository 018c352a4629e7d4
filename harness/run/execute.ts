import { createHash } from 'node:crypto';
import { CertifyError, messageOf } from '../errors';
import { graver } from '../record/fold';
import type { PlannedCase, RecordEntry, RunOptions, Scope } from '../record/lines';
import type { Program } from '../record/program';
import type { RecordWriter } from '../record/writer';
import type {
  Claims,
  CompiledProfile,
  ExpectedFailure,
  Library,
  Parameters,
  Requirements,
  Waiver,
} from '../suite/compiled';
import type { Hooks, Transport } from '../transport/transport';
import { toolVersion } from '../version';
import { claimRows } from './claim-rows';
import { runUnderJest } from './jest';
import { LatchedSink } from './latched-sink';
import type { Resumption } from './resume';
import { checkSame } from './resume';
import type { CaseOutcome, Run } from './runner';
import { openRun } from './session';

/** Told of what happens, for the terminal. */
export interface Progress {
  planned(cases: readonly PlannedCase[], scope: Scope): void;
  began(planned: PlannedCase): void;
  ended(outcome: CaseOutcome): void;
}

export interface ExecuteInput {
  readonly library: Library;
  readonly profile: CompiledProfile;
  /** Id of the device file. */
  readonly device?: string | undefined;
  /** What is accepted beforehand. */
  readonly waivers?: readonly Waiver[];
  readonly expectedFailures?: readonly ExpectedFailure[];
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly scope: Scope;
  readonly planned: readonly PlannedCase[];
  readonly program?: Program;
  readonly transport: Transport;
  readonly writer: RecordWriter;
  readonly options: RunOptions;
  readonly progress: Progress;
  /** Wall time, for the record. */
  readonly wall: () => Date;
  readonly seed: number;
  readonly hooks?: Hooks | undefined;
  /** Where the record that is continued stands. */
  readonly resumed?: Resumption | undefined;
}

/** A run that can be interrupted from outside. */
export interface Execution {
  readonly done: Promise<void>;
  interrupt(): void;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Everything between the open transport and the closed record. What went wrong here ends the record as `error`. */
export function execute(input: ExecuteInput): Execution {
  const { transport, writer, library, parameters, claims, scope, options } = input;
  const { commands, requirements } = library;
  const start = runStart(input);
  if (input.resumed !== undefined) checkSame(input.resumed, start, ids(input.planned));
  writer.write(start);
  const sink = new LatchedSink(writer, () => run.interrupt());
  const { seed } = input;
  const run = openRun({
    transport,
    sink,
    commands,
    requirements,
    parameters,
    claims,
    scope,
    ...options,
    seed,
    hooks: input.hooks,
  });
  return { done: drive(input, run, sink), interrupt: () => run.interrupt() };
}

/** However it ends, the device is given back what was moved, as far as it answers. */
async function drive(input: ExecuteInput, run: Run, sink: LatchedSink): Promise<void> {
  const { wall } = input;
  let problem: { readonly thrown: unknown } | undefined;
  try {
    await runPlan(input, run, sink);
  } catch (thrown) {
    if (!run.interrupted) problem = { thrown };
  }
  await run.leave();
  if (sink.failure !== undefined) throw sink.failure;
  sink.write({
    type: 'run.end',
    wall: wall().toISOString(),
    verdict: problem === undefined ? 'incomplete' : 'error',
    ...(problem === undefined ? {} : { reason: messageOf(problem.thrown) }),
    ...(run.interrupted ? { reason: 'interrupted', interrupted: true } : {}),
  });
  if (problem !== undefined) throw problem.thrown;
  if (sink.failure !== undefined) throw sink.failure;
}

async function runPlan(input: ExecuteInput, run: Run, sink: LatchedSink): Promise<void> {
  const { claims, scope, progress, transport, resumed } = input;
  if (resumed === undefined) writePlan(input, sink);
  // As it was before the run that was cut off: an EID of 0 cannot be given back.
  for (const moved of resumed?.pending ?? []) if (moved.what !== 'eid' || moved.value !== 0) await run.putBack(moved);
  const { uuid } = await run.discover();
  const before = resumed?.identity?.uuid;
  if (before !== undefined && uuid !== before) {
    const message = `cannot resume: UUID ${uuid ?? 'unknown'} answers, and the run began with ${before}`;
    throw new CertifyError('DEVICE_OPEN', message, { before, uuid });
  }
  progress.planned(
    input.planned.filter((entry) => attemptsLeft(entry, input) > 0),
    scope,
  );
  await underJest(input, run);
  if (!run.interrupted) for (const outcome of await run.finish()) progress.ended(outcome);
  if (!run.interrupted && run.answers && !transport.uri.startsWith('replay:'))
    sink.write({ type: 'claims', rows: claimRows(claims, await run.survey()) });
}

const ids = (planned: readonly PlannedCase[]): readonly string[] => planned.map((entry) => entry.case.id);

/** A case runs as often as was asked for; what does not run is said once. */
function attemptsLeft(entry: PlannedCase, { resumed, options }: ExecuteInput): number {
  const times = entry.decision === 'run' ? (options.repeat ?? 1) : 1;
  return times - (resumed?.ended.get(entry.case.id) ?? 0);
}

function writePlan(input: ExecuteInput, sink: LatchedSink): void {
  const { planned, library, parameters, claims } = input;
  const requirements = requirementsIn(input);
  const { commands } = library;
  const program = input.program === undefined ? {} : { program: input.program };
  sink.write({ type: 'plan', cases: planned, requirements, commands, parameters, claims, ...program });
  const { waivers = [], expectedFailures = [] } = input;
  if (waivers.length + expectedFailures.length > 0) sink.write({ type: 'waivers', waivers, expectedFailures });
}

/** What the planned cases name, and what of the same documents no case can exercise, with the reason why not. */
function requirementsIn({ planned, library, scope, profile }: ExecuteInput): Requirements {
  const used = new Set(planned.flatMap((entry) => requirementsOf(entry)));
  const named = Object.values(library.requirements).filter(({ id }) => used.has(id));
  const documents = new Set(named.map(({ document }) => document));
  const roles = ['endpoint', profile.class];
  const excused = Object.values(library.requirements).filter(
    ({ id, excused: reason, document, bindings, role }) =>
      reason !== undefined &&
      !used.has(id) &&
      documents.has(document) &&
      roles.includes(role) &&
      (bindings.includes('any') || bindings.includes(scope.binding)),
  );
  return Object.fromEntries([...named, ...excused].map((entry) => [entry.id, entry]));
}

/** Ids that a case's checks can name: the case's own, and those of its steps and fields. */
function requirementsOf({ case: kase }: PlannedCase): readonly string[] {
  const named = JSON.stringify(kase.steps).match(/"requirement":"[^"]+"/g) ?? [];
  return [...kase.requirements, ...named.map((text) => text.slice('"requirement":"'.length, -1))];
}

/** A case as often as is left, each time at the pace that was asked for. */
async function attempt(entry: PlannedCase, run: Run, input: ExecuteInput): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  const { pace = 0 } = input.options;
  const done = input.resumed?.ended.get(entry.case.id) ?? 0;
  const times = done + attemptsLeft(entry, input);
  for (let number = done + 1; number <= times && !run.interrupted; number += 1) {
    if (entry.decision === 'run') await run.keepPace(pace);
    outcomes.push(await run.settle(entry, number));
  }
  return outcomes;
}

/** Suite files in the order of the plan; cases that may hang or reset the device come after the last file's own. */
async function underJest(input: ExecuteInput, run: Run): Promise<void> {
  const { progress } = input;
  const planned = input.planned.filter((entry) => attemptsLeft(entry, input) > 0);
  if (planned.length === 0) return;
  const files = [...new Set(planned.map((entry) => entry.case.source.file))];
  const last = files.at(-1);
  let failure: unknown;
  const settle = async (cases: readonly PlannedCase[]): Promise<CaseOutcome[]> => {
    const outcomes: CaseOutcome[] = [];
    for (const entry of cases) {
      if (run.interrupted) break;
      progress.began(entry);
      const attempts = await attempt(entry, run, input);
      if (run.interrupted) break;
      outcomes.push(...attempts);
      progress.ended(attempts.reduce((worst, each) => (graver(each.verdict, worst.verdict) ? each : worst)));
    }
    return outcomes;
  };
  await runUnderJest(files, {
    async run(file) {
      if (failure !== undefined) return [];
      try {
        const own = planned.filter((entry) => entry.case.source.file === file && entry.case.hazard === undefined);
        const kept = file === last ? planned.filter((entry) => entry.case.hazard !== undefined) : [];
        return await settle([...own, ...kept]);
      } catch (thrown) {
        failure = thrown;
        return [];
      }
    },
  });
  if (failure !== undefined) throw failure;
}

function runStart(input: ExecuteInput): RunStart {
  const { profile, library, claims, parameters, scope, transport, options, wall, seed } = input;
  return {
    type: 'run.start',
    format: 1,
    tool: { name: 'mctp-certify', version: toolVersion(), node: process.version },
    wall: wall().toISOString(),
    segment: input.resumed?.segment ?? 1,
    seed,
    uri: transport.uri,
    ...(transport.machine === undefined ? {} : { machine: transport.machine }),
    ...(input.device === undefined ? {} : { device: input.device }),
    profile: {
      id: profile.id,
      title: profile.title,
      hash: profile.hash,
      class: profile.class,
      ...(profile.demands === undefined ? {} : { demands: profile.demands }),
    },
    hashes: {
      profile: hashOf(profile),
      suites: hashOf(library.suites.map((suite) => suite.hash)),
      catalogue: hashOf(library.requirements),
      commands: hashOf(library.commands),
      claims: hashOf(claims),
      parameters: hashOf(parameters),
      waivers: hashOf([input.waivers ?? [], input.expectedFailures ?? []]),
    },
    scope,
    attested: transport.attested,
    options,
  };
}

type RunStart = Extract<RecordEntry, { readonly type: 'run.start' }>;
