import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodeOf } from '../../record/exit-code';
import type { Result } from '../../record/result-schema';
import type { Outcome, RunKey } from '../model';
import type { StoredHistory } from '../redis/stored';

/** Cases that a history names. */
const FAILED_LISTED = 50;

/** The result of a run that came to its end; undefined where it did not. */
export function readResult(folder: string): Result | undefined {
  try {
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as Result;
    return result.ended === undefined ? undefined : result;
  } catch {
    return undefined;
  }
}

const none: Outcome['counts'] = {
  pass: 0,
  warn: 0,
  fail: 0,
  'not-applicable': 0,
  unreachable: 0,
  blocked: 0,
  error: 0,
  waived: 0,
};

export interface RunFacts {
  readonly attempt: number;
  readonly uri: string;
  readonly durationMs: number;
  /** Why there is no result. */
  readonly reason: string;
  readonly exitCode: number | null;
}

/** Computed from what is on the disk; the process's own exit code only where there is no result. */
export function outcomeOf(
  result: Result | undefined,
  { attempt, uri, durationMs, reason, exitCode }: RunFacts,
): Outcome {
  if (result === undefined)
    return {
      attempt,
      verdict: 'error',
      level: null,
      exitCode: exitCode === 2 ? 2 : 3,
      reason,
      counts: none,
      durationMs,
      unit: { uri },
      attested: false,
      scope: '',
      cases: { ids: [], verdicts: [] },
    };
  const { device, scope } = result;
  const { uuid, manufacturer, model, partNumber, serialNumber, firmware } = device;
  const told = Object.entries({ uuid, manufacturer, model, partNumber, serialNumber, firmware });
  return {
    attempt,
    verdict: result.verdict,
    level: result.level,
    exitCode: exitCodeOf(result),
    ...(result.reason === undefined ? {} : { reason: result.reason }),
    counts: result.counts,
    durationMs,
    unit: { uri: device.uri, ...Object.fromEntries(told.filter(([, value]) => value !== undefined)) },
    attested: result.attested,
    scope: `${scope.binding}, ${scope.planes.join('+')}${scope.exclusive ? ', exclusive' : ''}`,
    cases: { ids: result.cases.map(({ id }) => id), verdicts: result.cases.map(({ verdict }) => verdict) },
  };
}

export function historyOf(
  key: RunKey,
  profile: string,
  at: string,
  outcome: Outcome,
  result: Result | undefined,
): StoredHistory {
  const failed = outcome.cases.ids.filter((_, index) => outcome.cases.verdicts[index] === 'fail');
  return {
    at,
    key,
    profile,
    ...(outcome.unit.firmware === undefined ? {} : { firmware: outcome.unit.firmware }),
    verdict: outcome.verdict,
    counts: outcome.counts,
    failed: failed.slice(0, FAILED_LISTED),
    timing: (result?.timing.commands ?? [])
      .filter(({ count }) => count > 0)
      .map(({ command, count, p50Ms, p99Ms }) => ({ command, count, p50Ms, p99Ms })),
  };
}
