import type { CheckVerdict, Level } from '../names';
import { isExecuted } from '../names';
import type { CaseResult, Result } from './result-schema';

type CoverageVerdict = CheckVerdict | 'waived';
const order: readonly CoverageVerdict[] = ['pass', 'info', 'warn', 'waived', 'fail'];

interface Entry {
  level: Level;
  verdict: CoverageVerdict;
  readonly cases: Set<string>;
}

/**
 * Requirements that executed cases touched, with the worst that was found. A requirement is judged by the checks that
 * name it; one that its case names without a check of its own shares the case's verdict.
 */
export function coverageOf(cases: readonly CaseResult[]): Result['coverage'] {
  const tested = new Map<string, Entry>();
  const named = new Set<string>();
  const touch = (requirement: string, level: Level, verdict: CoverageVerdict, id: string): void => {
    const known = tested.get(requirement);
    if (known === undefined) tested.set(requirement, { level, verdict, cases: new Set([id]) });
    else {
      known.cases.add(id);
      if (order.indexOf(verdict) > order.indexOf(known.verdict)) known.verdict = verdict;
    }
  };
  for (const entry of cases) {
    for (const requirement of entry.requirements) named.add(requirement);
    const { verdict } = entry;
    if (!isExecuted(verdict)) continue;
    const judged = new Set<string>();
    for (const check of entry.checks) {
      judged.add(check.requirement);
      const milder = verdict === 'waived' ? 'waived' : entry.serves === undefined ? 'fail' : 'warn';
      const own = check.verdict === 'fail' ? milder : check.verdict;
      touch(check.requirement, check.level, own, entry.id);
    }
    for (const requirement of entry.requirements) {
      if (!judged.has(requirement)) touch(requirement, entry.level, verdict, entry.id);
    }
  }
  return {
    tested: [...tested]
      .map(([requirement, { level, verdict, cases: ids }]) => ({ requirement, level, verdict, cases: [...ids] }))
      .sort((a, b) => (a.requirement < b.requirement ? -1 : 1)),
    untested: [...named].filter((id) => !tested.has(id)).sort(),
  };
}
