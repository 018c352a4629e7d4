import type { Result } from './result-schema';
import { isRed } from './waivers';

/** What a run's exit code may be; 2 is raised as CertifyError before there is a result. */
export type RunExitCode = 0 | 1 | 3 | 130;

/** The exit code of a run, from its result as read back from disk: 130 before 3 before 1 before 0. */
export function exitCodeOf(result: Result): RunExitCode {
  const { counts, verdict } = result;
  if (result.interrupted) return 130;
  if (verdict === 'error' || verdict === 'incomplete' || counts.error > 0 || result.executed === 0) return 3;
  if (result.waivers.some(({ status }) => isRed(status))) return 1;
  if (result.expectedFailures.some(({ status }) => status === 'stale') || counts.blocked > 0) return 1;
  if (verdict !== 'not-conformant' && counts.fail === 0) return 0;
  const known = new Set(result.expectedFailures.map(({ check }) => check));
  const failed = result.cases.filter((entry) => entry.verdict === 'fail');
  const isKnown = failed.every(({ checks }) => {
    const red = checks.filter((check) => check.verdict === 'fail');
    return red.length > 0 && red.every((check) => known.has(check.id));
  });
  return failed.length > 0 && isKnown ? 0 : 1;
}
