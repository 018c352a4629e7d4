import type { Result } from './result-schema';

/** What a run's exit code may be; 2 is raised as CertifyError before there is a result. */
export type RunExitCode = 0 | 1 | 3 | 130;

/** The exit code of a run, from its result as read back from disk: 130 before 3 before 1 before 0. */
export function exitCodeOf(result: Result): RunExitCode {
  const { counts, verdict } = result;
  if (result.interrupted) return 130;
  if (verdict === 'error' || verdict === 'incomplete' || counts.error > 0 || result.executed === 0) return 3;
  if (verdict === 'not-conformant' || counts.fail > 0 || counts.blocked > 0) return 1;
  return 0;
}
