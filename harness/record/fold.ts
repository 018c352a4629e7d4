import type { CaseVerdict, CheckVerdict } from '../names';
import { type caseVerdicts, checkVerdicts } from '../names';
import type { Check, PlannedCase, RecordLine, UnitFacts } from './lines';
import type { Answered } from './timing';
import { note } from './timing';

/** One judging of a case: what the last `check` and `case.end` lines of an attempt say. */
export interface Attempt {
  readonly checks: readonly Check[];
  readonly verdict: CaseVerdict | undefined;
  readonly reason: string | undefined;
  /** From `case.start` to its first `case.end`. */
  readonly duration: number;
}

export interface FoldedCase {
  readonly planned: PlannedCase;
  readonly attempts: readonly Attempt[];
}

/** The lines of a record put together, before anything is concluded from them. */
export interface Folded {
  readonly start: Extract<RecordLine, { type: 'run.start' }> | undefined;
  readonly device: Extract<RecordLine, { type: 'device' }> | undefined;
  readonly plan: Extract<RecordLine, { type: 'plan' }> | undefined;
  readonly claims: Extract<RecordLine, { type: 'claims' }> | undefined;
  /** What cases have read of the unit; the first word on each counts. */
  readonly unit: UnitFacts;
  readonly accepted: Extract<RecordLine, { type: 'waivers' }> | undefined;
  /** Of the last segment; missing where that was killed. */
  readonly end: Extract<RecordLine, { type: 'run.end' }> | undefined;
  readonly segments: number;
  readonly duration: number;
  readonly cases: readonly FoldedCase[];
  /** Where the record contradicts its own plan. */
  readonly contradictions: readonly string[];
  readonly timing: ReadonlyMap<string, Answered>;
}

interface OpenAttempt {
  readonly startedAt: number;
  readonly checks: Map<string, { readonly check: Check; readonly round: number }>;
  /** Counts the judgings: a check replaces one of an earlier judging, and only raises one of its own. */
  round: number;
  verdict: CaseVerdict | undefined;
  reason: string | undefined;
  duration: number;
}

const severity = (verdict: CheckVerdict): number => checkVerdicts.indexOf(verdict);

/** From harmless to grave; of several attempts at one case the gravest counts. */
const gravity: readonly CaseVerdict[] = [
  'pass',
  'not-applicable',
  'unreachable',
  'warn',
  'waived',
  'blocked',
  'fail',
  'error',
] satisfies readonly (typeof caseVerdicts)[number][];

export function graver(a: CaseVerdict, b: CaseVerdict): boolean {
  return gravity.indexOf(a) > gravity.indexOf(b);
}

class CaseFolder {
  readonly attempts: OpenAttempt[] = [];

  start(at: number): void {
    // An attempt that was cut off says nothing: the next one takes its place.
    if (this.attempts.at(-1)?.verdict === undefined) this.attempts.pop();
    this.attempts.push(open(at));
  }

  private current(at: number): OpenAttempt {
    const last = this.attempts.at(-1);
    if (last !== undefined) return last;
    const made = open(at);
    this.attempts.push(made);
    return made;
  }

  check(at: number, check: Check): void {
    const attempt = this.current(at);
    const known = attempt.checks.get(check.id);
    const replaces =
      known === undefined || known.round < attempt.round || severity(check.verdict) > severity(known.check.verdict);
    if (replaces) attempt.checks.set(check.id, { check, round: attempt.round });
  }

  end(at: number, verdict: CaseVerdict, reason: string | undefined): void {
    const attempt = this.current(at);
    if (attempt.verdict === undefined) attempt.duration = Math.max(0, at - attempt.startedAt);
    attempt.verdict = verdict;
    attempt.reason = reason;
    attempt.round += 1;
  }
}

function open(at: number): OpenAttempt {
  return { startedAt: at, checks: new Map(), round: 0, verdict: undefined, reason: undefined, duration: 0 };
}

/** Puts the lines of a record together. Lines about cases may come in any order after the plan. */
export function fold(lines: Iterable<RecordLine>): Folded {
  let start: Folded['start'];
  let device: Folded['device'];
  let plan: Folded['plan'];
  let claims: Folded['claims'];
  let unit: UnitFacts = {};
  let accepted: Folded['accepted'];
  let end: Folded['end'];
  let segments = 0;
  let duration = 0;
  let latest = 0;
  const folders = new Map<string, CaseFolder>();
  const timing = new Map<string, Answered>();
  const folder = (id: string): CaseFolder => {
    const known = folders.get(id);
    if (known !== undefined) return known;
    const made = new CaseFolder();
    folders.set(id, made);
    return made;
  };
  for (const line of lines) {
    if (line.type === 'run.start') {
      start ??= line;
      end = undefined;
      segments += 1;
      duration += latest;
      latest = 0;
    }
    latest = Math.max(latest, line.at);
    if (line.type === 'device') device ??= line;
    else if (line.type === 'plan') plan = line;
    else if (line.type === 'claims') claims = line;
    else if (line.type === 'unit') unit = { ...line.unit, ...unit };
    else if (line.type === 'waivers') accepted = line;
    else if (line.type === 'run.end') end = line;
    else if (line.type === 'case.start') folder(line.case).start(line.at);
    else if (line.type === 'check') folder(line.case).check(line.at, line.check);
    else if (line.type === 'case.end') folder(line.case).end(line.at, line.verdict, line.reason);
    else if (line.type === 'observation') {
      for (const exchange of line.observation.exchanges) note(timing, exchange);
    }
  }
  duration += latest;
  return {
    start,
    device,
    plan,
    claims,
    unit,
    accepted,
    end,
    segments,
    duration,
    timing,
    ...matchPlan(plan?.cases ?? [], folders),
  };
}

function matchPlan(
  planned: readonly PlannedCase[],
  folders: ReadonlyMap<string, CaseFolder>,
): Pick<Folded, 'cases' | 'contradictions'> {
  const contradictions: string[] = [];
  const ids = new Set<string>();
  const cases: FoldedCase[] = [];
  for (const entry of planned) {
    if (ids.has(entry.case.id)) {
      contradictions.push(`the plan lists ${entry.case.id} twice`);
      continue;
    }
    ids.add(entry.case.id);
    const attempts = (folders.get(entry.case.id)?.attempts ?? []).map(closed);
    cases.push({ planned: entry, attempts });
  }
  for (const id of folders.keys()) {
    if (!ids.has(id)) contradictions.push(`${id} ran, but the plan does not have it`);
  }
  return { cases, contradictions };
}

function closed(attempt: OpenAttempt): Attempt {
  const { verdict, reason, duration } = attempt;
  return { checks: [...attempt.checks.values()].map((entry) => entry.check), verdict, reason, duration };
}
