import type { Device } from '../emulator/device';
import type { Deviation } from '../emulator/endpoint-types';
import { messageOf } from '../errors';
import type { Binding, CaseVerdict } from '../names';
import { baseId } from '../profile/ways';
import { graver } from '../record/fold';
import type { PlannedCase, RecordSink } from '../record/lines';
import type { Arrival } from '../requester/gather';
import type { Claims, CompiledProfile, CompiledSuite, Library, Parameters } from '../suite/compiled';
import type { Transport } from '../transport/transport';
import type { CaseOutcome, Run } from './runner';
import { openRun, scopeOf } from './session';
import type { WalkMemory } from './walk-memory';

/** What stands in the matrix beside the deviations. */
export const CLEAN = 'clean';
export const SILENT = 'silent';
export const PARROT = 'parrot';

/** One device against every planned case, by binding. */
export interface Row {
  readonly device: string;
  readonly binding: Binding;
  readonly verdicts: { readonly [caseId: string]: CaseVerdict };
  /** Why the cases could not even begin. */
  readonly failure?: string;
  /** Ids of checks without loop values: those that were made, and the red ones. Only where they were asked for. */
  readonly checks?: { readonly made: readonly string[]; readonly red: readonly string[] };
}

/** Collects the checks of a row. */
export interface CheckNotes {
  readonly made: Set<string>;
  readonly red: Set<string>;
}

export interface RowInput {
  readonly device: string;
  readonly binding: Binding;
  readonly library: Library;
  readonly profile: CompiledProfile;
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly plan: (transport: Transport) => readonly PlannedCase[];
  readonly open: (watch?: (device: Device) => Device) => Promise<Transport>;
  readonly notes?: CheckNotes | undefined;
}

const nowhere: RecordSink = { write: () => undefined };

export function runOn(
  transport: Transport,
  input: RowInput,
  watch?: (arrival: Arrival) => Arrival,
  walks?: WalkMemory,
): Run {
  const { library, claims, parameters } = input;
  const { commands, requirements } = library;
  const scope = scopeOf(transport, parameters, { exclusive: true, allow: [] });
  return openRun({
    transport,
    sink: nowhere,
    commands,
    requirements,
    parameters,
    claims,
    scope,
    strict: false,
    thorough: false,
    watch,
    walks,
  });
}

export function noteChecks(notes: CheckNotes | undefined, { case: kase, judgement }: CaseOutcome): void {
  for (const { id, verdict, level, note } of (notes === undefined ? undefined : judgement?.checks) ?? []) {
    const [place = ''] = id.slice(kase.id.length).split('[');
    notes?.made.add(baseId(kase.id) + place);
    // Of an optional clause it is red as it can be.
    const missed = verdict === 'info' && level === 'optional' && note?.endsWith('optional') === true;
    if (verdict === 'fail' || verdict === 'warn' || missed) notes?.red.add(baseId(kase.id) + place);
  }
}

/**
 * Checks that the clean device passes and no other device reddens. Whether there is an answer at all, whether a walk found
 * as many entries as it needs, and whether one within another came to its end, are the same checks everywhere; the silent device reddens the first of each case.
 */
export function unreddened(rows: readonly Row[]): readonly string[] {
  const red = new Set(rows.flatMap(({ checks }) => checks?.red ?? []));
  const made = rows.flatMap(({ device, checks }) => (device === CLEAN ? (checks?.made ?? []) : []));
  return distinct(made).filter((id) => !red.has(id) && !/[#.](response|at-least)$|\.\d+\.walk$/.test(id));
}

/** Every planned case against one device, one after the other as `run` does it, without jest and without a record on disk. */
export async function runRow(input: RowInput): Promise<Row> {
  const transport = await input.open();
  const { binding } = input;
  const verdicts: { [id: string]: CaseVerdict } = {};
  const run = runOn(transport, input);
  try {
    await run.discover();
    const settle = (outcome: CaseOutcome): void => {
      verdicts[outcome.case.id] = outcome.verdict;
      noteChecks(input.notes, outcome);
    };
    for (const entry of input.plan(transport)) settle(await run.settle(entry));
    for (const outcome of await run.finish()) settle(outcome);
    return { device: input.device, binding, verdicts };
  } catch (thrown) {
    return { device: input.device, binding, verdicts, failure: messageOf(thrown) };
  } finally {
    await transport.close();
  }
}

/** Each case alone and without discovery: a device that is dead or mad must not hide behind the first case. */
export async function runApart(input: RowInput, elsewhere: ReadonlySet<string> = new Set()): Promise<Row> {
  const first = await input.open();
  const { binding } = input;
  const planned = input.plan(first);
  await first.close();
  const verdicts: { [id: string]: CaseVerdict } = {};
  for (const entry of planned) {
    if (elsewhere.has(entry.case.id)) continue;
    const transport = await input.open();
    const outcome = await runOn(transport, input).settle(entry);
    verdicts[entry.case.id] = outcome.verdict;
    noteChecks(input.notes, outcome);
    await transport.close();
  }
  return { device: input.device, binding, verdicts };
}

// ---- what the matrix must show (design law 3) ----

export interface Finding {
  readonly device: string;
  readonly binding: Binding;
  readonly problem: string;
  readonly cases: readonly string[];
}

const settled: readonly CaseVerdict[] = ['not-applicable', 'unreachable'];

function isRed(verdict: CaseVerdict | undefined): boolean {
  return verdict !== undefined && verdict !== 'pass' && !settled.includes(verdict);
}

const distinct = (ids: readonly string[]): readonly string[] => [...new Set(ids)];

/** The row with one verdict for a case of several instances: the gravest. */
export function byCase(row: Row): Row {
  const verdicts: { [id: string]: CaseVerdict } = {};
  for (const [id, verdict] of Object.entries(row.verdicts)) {
    const before = verdicts[baseId(id)];
    if (before === undefined || graver(verdict, before)) verdicts[baseId(id)] = verdict;
  }
  return { ...row, verdicts };
}

export interface Matrix {
  readonly rows: readonly Row[];
  readonly library: Library;
  readonly planned: readonly string[];
  readonly deviations: readonly Deviation[];
  readonly personalities: readonly string[];
  /** Whether all cases of a suite were chosen: only a whole one has to turn red on the parrot. */
  readonly isWhole: (suite: CompiledSuite) => boolean;
}

/** Everything in which the matrix differs from the law; empty when every case is proven. */
export function judgeMatrix(matrix: Matrix): readonly Finding[] {
  const { rows, library, planned, deviations, personalities } = matrix;
  const listing = new Map(library.suites.flatMap((suite) => suite.cases).map((kase) => [kase.id, kase.deviations]));
  const findings: Finding[] = [];
  const killed = new Set<string>();
  for (const row of rows) {
    const executed = Object.keys(row.verdicts).filter((id) => !settled.includes(row.verdicts[id] ?? 'error'));
    const failing = executed.filter((id) => isRed(row.verdicts[id]));
    // A case stands for all its instances: it is red where one of them is.
    const ran = distinct(executed.map(baseId));
    const red = distinct(failing.map(baseId));
    const add = (problem: string, cases: readonly string[]): void => {
      if (cases.length > 0) findings.push({ device: row.device, binding: row.binding, problem, cases });
    };
    if (row.failure !== undefined && row.device !== SILENT) add(`the run failed: ${row.failure}`, ['-']);
    const failed = executed.filter((id) => !['pass', 'warn'].includes(row.verdicts[id] ?? 'error'));
    if (row.device === CLEAN) add('red on the clean device', failing);
    else if (personalities.includes(row.device)) add('fails a device that does what it may', failed);
    else if (row.device === SILENT)
      add(
        'passes on a device that does nothing',
        executed.filter((id) => !isRed(row.verdicts[id])),
      );
    else if (row.device === PARROT)
      add(
        'suites that a device which answers anything passes',
        greenSuites(ran, red, library.suites.filter(matrix.isWhole)),
      );
    else {
      const own = deviations.find((deviation) => deviation.name === row.device);
      const listed = ran.filter((id) => listing.get(id)?.includes(row.device));
      for (const id of red) if (listing.get(id)?.includes(row.device)) killed.add(id);
      add(
        'lists the deviation and does not turn red',
        listed.filter((id) => !red.includes(id)),
      );
      if (own?.pervasive !== true)
        add(
          'turns red and does not list the deviation',
          red.filter((id) => !listing.get(id)?.includes(row.device)),
        );
      const listedAnywhere = [...listing.values()].some((names) => names.includes(row.device));
      if (red.length === 0 && !listedAnywhere && row.failure === undefined) add('no case turns red', ['-']);
    }
  }
  const unproven = distinct(planned.map(baseId)).filter((id) => !killed.has(id));
  if (unproven.length > 0)
    findings.push({ device: '-', binding: 'smbus', problem: 'no deviation turns the case red', cases: unproven });
  return findings;
}

function greenSuites(
  ran: readonly string[],
  red: readonly string[],
  suites: readonly CompiledSuite[],
): readonly string[] {
  return suites
    .filter((suite) => {
      const own = suite.cases.filter((kase) => ran.includes(kase.id));
      return own.length > 0 && own.every((kase) => !red.includes(kase.id));
    })
    .map((suite) => suite.id);
}
