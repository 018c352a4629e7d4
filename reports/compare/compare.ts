import { MILLISECOND } from '../../harness/clock';
import type { CaseVerdict } from '../../harness/names';
import type { CaseResult, Result } from '../../harness/record/result-schema';
import { rankTest } from './rank-test';

/** A run with what only its record tells: every response time, nanoseconds, by command. */
export interface Side {
  readonly name: string;
  readonly result: Result;
  readonly times: ReadonlyMap<string, readonly number[]>;
}

/** What became of a case from one run to the next. The first three are regressions. */
export const changeKinds = ['new-failure', 'newly-not-run', 'removed', 'fixed', 'newly-run', 'added', 'other'] as const;
export type ChangeKind = (typeof changeKinds)[number];

export interface Change {
  readonly case: string;
  readonly title: string;
  readonly kind: ChangeKind;
  readonly before: CaseVerdict | 'absent';
  readonly after: CaseVerdict | 'absent';
  /** Why it is so now: the reason of the verdict, or the first failed check. */
  readonly why?: string;
  /** It was not the same in all attempts of a run. */
  readonly flaky?: true;
}

/** Response times that differ by more than chance. */
export interface Shift {
  readonly command: string;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly p: number;
}

/** A case whose attempts differ within one run: share of the attempts that were red, with its 95 % interval (Wilson). */
export interface Flake {
  readonly run: 'before' | 'after';
  readonly case: string;
  readonly attempts: number;
  readonly red: number;
  readonly share: readonly [low: number, high: number];
}

export interface Comparison {
  readonly before: Summary;
  readonly after: Summary;
  /** Whether the two runs looked at the same: else differences may be theirs. */
  readonly differsIn: readonly string[];
  readonly changes: readonly Change[];
  readonly level?: { readonly before: string; readonly after: string; readonly lower: boolean };
  readonly shifts: readonly Shift[];
  readonly flakes: readonly Flake[];
  /** What got worse; empty: nothing did. */
  readonly regressions: readonly string[];
}

interface Summary {
  readonly name: string;
  readonly verdict: Result['verdict'];
  readonly firmware?: string;
  readonly counts: Result['counts'];
}

const red: readonly string[] = ['fail', 'error', 'blocked'];
const green: readonly string[] = ['pass', 'warn', 'waived'];
const skipped: readonly string[] = ['not-applicable', 'unreachable'];

/** A shift must be this unlikely over all commands together, and large enough to matter. */
const CHANCE = 0.01;
const SMALLEST_SHIFT = 0.1;
const SMALLEST_SHIFT_MS = 0.5;

export function compareRuns(before: Side, after: Side): Comparison {
  const changes = changesOf(before.result, after.result);
  const level = levelChange(before.result, after.result);
  const regressions = changes
    .filter(({ kind }) => kind === 'new-failure' || kind === 'newly-not-run' || kind === 'removed')
    .map(({ case: id, kind }) => `${id}: ${kind}`);
  if (level?.lower === true) regressions.push(`level ${level.before} → ${level.after}`);
  if (isWhole(before.result) && !isWhole(after.result)) regressions.push(`the run is ${after.result.verdict}`);
  return {
    before: summaryOf(before),
    after: summaryOf(after),
    differsIn: differencesIn(before.result, after.result),
    changes,
    ...(level === undefined ? {} : { level }),
    shifts: shiftsOf(before, after),
    flakes: [...flakesOf('before', before.result), ...flakesOf('after', after.result)],
    regressions,
  };
}

const isWhole = ({ verdict }: Result): boolean => verdict === 'conformant' || verdict === 'not-conformant';

function summaryOf({ name, result }: Side): Summary {
  const { firmware } = result.device;
  return { name, verdict: result.verdict, ...(firmware === undefined ? {} : { firmware }), counts: result.counts };
}

function changesOf(before: Result, after: Result): readonly Change[] {
  const then = new Map(before.cases.map((entry) => [entry.id, entry]));
  const now = new Map(after.cases.map((entry) => [entry.id, entry]));
  const found: Change[] = [];
  for (const id of new Set([...then.keys(), ...now.keys()])) {
    const [old, fresh] = [then.get(id), now.get(id)];
    const known = fresh ?? old;
    if (known === undefined || old?.verdict === fresh?.verdict) continue;
    const why = fresh === undefined ? undefined : whyOf(fresh);
    found.push({
      case: id,
      title: known.title,
      kind: kindOf(old?.verdict, fresh?.verdict),
      before: old?.verdict ?? 'absent',
      after: fresh?.verdict ?? 'absent',
      ...(why === undefined ? {} : { why }),
      ...(isFlaky(old) || isFlaky(fresh) ? { flaky: true as const } : {}),
    });
  }
  return found.sort((a, b) => changeKinds.indexOf(a.kind) - changeKinds.indexOf(b.kind) || (a.case < b.case ? -1 : 1));
}

function kindOf(before: CaseVerdict | undefined, after: CaseVerdict | undefined): ChangeKind {
  if (after === undefined) return before !== undefined && skipped.includes(before) ? 'other' : 'removed';
  if (before === undefined) return red.includes(after) ? 'new-failure' : 'added';
  if (after === 'fail') return 'new-failure';
  if (!skipped.includes(before) && (skipped.includes(after) || red.includes(after))) return 'newly-not-run';
  if (red.includes(before) && green.includes(after)) return 'fixed';
  return skipped.includes(before) && green.includes(after) ? 'newly-run' : 'other';
}

function whyOf({ verdict, reason, checks }: CaseResult): string | undefined {
  const failed = verdict === 'fail' ? checks.find((check) => check.verdict === 'fail') : undefined;
  return failed === undefined ? reason : `${failed.id}: expected ${failed.expected}, got ${failed.actual}`;
}

const isFlaky = (entry: CaseResult | undefined): boolean => Object.keys(entry?.outcomes ?? {}).length > 1;

function levelChange(before: Result, after: Result): Comparison['level'] {
  if (before.level === after.level) return undefined;
  const rank = (level: Result['level']): number => (level === null ? -1 : Number(level.slice(1)));
  const word = (level: Result['level']): string => level ?? 'none';
  return { before: word(before.level), after: word(after.level), lower: rank(after.level) < rank(before.level) };
}

function differencesIn(before: Result, after: Result): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['profile', before.profile.id, after.profile.id],
    ['profile text', before.profile.hash, after.profile.hash],
    ['tool version', before.tool.version, after.tool.version],
    ['unit', before.device.uuid, after.device.uuid],
    ['binding', before.scope.binding, after.scope.binding],
    ['planes', before.scope.planes, after.scope.planes],
    ['allowed effects', before.scope.effects, after.scope.effects],
    ['selection', before.scope.select, after.scope.select],
    ['strictness', before.scope.strict, after.scope.strict],
  ];
  return pairs.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b)).map(([name]) => name);
}

function shiftsOf(before: Side, after: Side): readonly Shift[] {
  const shared = [...before.times.keys()].filter((command) => after.times.has(command));
  return shared.flatMap((command): readonly Shift[] => {
    const [old, fresh] = [before.times.get(command) ?? [], after.times.get(command) ?? []];
    const test = rankTest(old, fresh);
    const [beforeMs, afterMs] = [medianMs(old), medianMs(fresh)];
    const moved = Math.abs(afterMs - beforeMs);
    if (test === undefined || test.p >= CHANCE / shared.length) return [];
    if (moved < SMALLEST_SHIFT_MS || moved < SMALLEST_SHIFT * beforeMs) return [];
    return [{ command, beforeMs, afterMs, p: test.p }];
  });
}

function medianMs(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? low;
  return Math.round((low + high) / 2 / (MILLISECOND / 1000)) / 1000;
}

function flakesOf(run: Flake['run'], result: Result): readonly Flake[] {
  return result.cases.filter(isFlaky).map(({ id, outcomes = {} }) => {
    const entries = Object.entries(outcomes);
    const attempts = entries.reduce((sum, [, count]) => sum + count, 0);
    const bad = entries.reduce((sum, [verdict, count]) => sum + (red.includes(verdict) ? count : 0), 0);
    return { run, case: id, attempts, red: bad, share: wilson(bad, attempts) };
  });
}

/** 95 % interval of a share (Wilson score). */
export function wilson(hits: number, of: number): readonly [number, number] {
  const z = 1.959964;
  const share = hits / of;
  const middle = share + (z * z) / (2 * of);
  const spread = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}
