import type { CaseVerdict, CheckVerdict } from '../names';
import type { Requirement } from '../suite/compiled';

/** What a requirement that is not met comes to (design §3): level first, then how sure its wording is. */
export function severityOf(
  requirement: Requirement | undefined,
  strict: boolean,
): { verdict: CheckVerdict; note?: string } {
  if (requirement === undefined) return { verdict: 'fail' };
  const unconfirmed = requirement.confidence !== 'high';
  switch (requirement.level) {
    case 'mandatory':
    case 'conditional':
      return unconfirmed
        ? {
            verdict: 'warn',
            note: `unconfirmed: the catalogue's confidence in this clause is ${requirement.confidence}`,
          }
        : { verdict: 'fail' };
    case 'recommended':
      return strict && !unconfirmed
        ? { verdict: 'fail', note: 'recommended, and the run is strict' }
        : { verdict: 'warn', note: 'recommended' };
    case 'optional':
      return { verdict: 'info', note: 'optional' };
  }
}

const order: readonly CheckVerdict[] = ['pass', 'info', 'warn', 'fail'];

/** The milder of two verdicts. */
export function milder(left: CheckVerdict, right: CheckVerdict): CheckVerdict {
  return order.indexOf(left) <= order.indexOf(right) ? left : right;
}

/**
 * A case is as bad as its worst check. Informative checks weigh nothing, but a case in which no check holds has shown
 * nothing that could pass; without a check it is an error.
 */
export function caseVerdict(checks: readonly { readonly verdict: CheckVerdict }[]): CaseVerdict {
  if (checks.some((check) => check.verdict === 'fail')) return 'fail';
  if (checks.some((check) => check.verdict === 'warn')) return 'warn';
  if (checks.length === 0) return 'error';
  return checks.some((check) => check.verdict === 'pass') ? 'pass' : 'warn';
}
