import { CertifyError } from '../errors';
import type { CaseVerdict, CheckVerdict, Level, RunVerdict } from '../names';
import { caseVerdicts, isExecuted, levels, planes, reaches } from '../names';
import type { Requirements } from '../suite/compiled';
import { judgeCapability, judgeDemand, judgeOverlays, judgeProgrammes, levelOf, settleWays } from './capabilities';
import { coverageOf } from './coverage';
import type { Attempt, Folded, FoldedCase } from './fold';
import { fold, graver } from './fold';
import type { RecordLine } from './lines';
import type { Program } from './program';
import type { CapabilityResult, CaseResult, OverlayResult, Result } from './result-schema';
import { timingOf, toMs } from './timing';
import { applyWaivers, matchExpected } from './waivers';

export type { Result } from './result-schema';

/** What a record says, concluded from its lines alone. Throws RECORD_UNREADABLE where there is no `run.start`. */
export function buildResult(lines: Iterable<RecordLine>): Result {
  const folded = fold(lines);
  const { start, device, plan, accepted, end } = folded;
  if (start === undefined) throw new CertifyError('RECORD_UNREADABLE', 'the record has no run.start');
  const requirements = plan?.requirements ?? {};
  const identity = device?.identity;
  const unit = {
    device: start.device,
    uuid: identity?.uuid,
    firmware: folded.unit.firmware ?? identity?.firmware,
    started: start.wall,
  };
  const judged = folded.cases.map((entry) => judgeCase(entry, requirements));
  const accounted = applyWaivers(judged, accepted?.waivers ?? [], requirements, unit);
  const { waivers } = accounted;
  const serves = new Map((plan?.cases ?? []).flatMap((entry) => (entry.serves ? [[entry.case.id, entry.serves]] : [])));
  const cases = settleWays(accounted.cases, serves);
  const coverage = coverageOf(cases);
  const standing = standingOf(plan?.program, cases, coverage);
  const counts = countVerdicts(cases);
  const executed = cases.filter((entry) => isExecuted(entry.verdict)).length;
  const { scope, options, profile } = start;
  const mt1 = plan?.parameters.responseTime;
  const limit = typeof mt1 === 'number' ? mt1 : undefined;
  return {
    tool: { name: start.tool.name, version: start.tool.version },
    profile: { id: profile.id, title: profile.title, class: profile.class, hash: profile.hash },
    device: {
      uri: start.uri,
      ...(start.device === undefined ? {} : { id: start.device }),
      binding: scope.binding,
      eid: identity?.eid ?? null,
      ...(identity?.uuid === undefined ? {} : { uuid: identity.uuid }),
      types: identity?.types ?? [],
      ...(identity?.firmware === undefined ? {} : { firmware: identity.firmware }),
      ...folded.unit,
    },
    scope: {
      binding: scope.binding,
      planes: planes.filter((plane) => reaches(scope.plane, plane)),
      effects: scope.effects,
      acknowledge: scope.acknowledge,
      exclusive: scope.exclusive,
      hops: scope.hops,
      owner: scope.owner,
      select: options.select,
      strict: options.strict,
      thorough: options.thorough,
      ...(options.repeat === undefined ? {} : { repeat: options.repeat }),
      ...(options.pace === undefined ? {} : { paceMs: toMs(options.pace) }),
      ...(plan?.program?.tier === undefined ? {} : { tier: plan.program.tier }),
    },
    started: start.wall,
    ...(end === undefined ? {} : { ended: end.wall }),
    segments: folded.segments,
    attested: start.attested,
    interrupted: end?.interrupted === true,
    ...judgeRun(folded, counts, executed, standing),
    level: levelOf(standing.capabilities),
    ...(standing.program?.demands === undefined ? {} : { demands: standing.program.demands.level }),
    planned: cases.length,
    executed,
    counts,
    cases,
    waivers,
    expectedFailures: matchExpected(cases, accepted?.expectedFailures ?? []),
    ...(standing.capabilities.length === 0 ? {} : { capabilities: standing.capabilities }),
    ...(standing.overlays.length === 0 ? {} : { overlays: standing.overlays }),
    ...(folded.claims === undefined ? {} : { claims: folded.claims.rows }),
    coverage,
    timing: {
      durationMs: toMs(folded.duration),
      ...(limit === undefined ? {} : { limitMs: toMs(limit) }),
      commands: timingOf(folded.timing, limit),
    },
  };
}

/** What the run says of capabilities and programmes. */
interface Standing {
  readonly program: Program | undefined;
  readonly capabilities: readonly CapabilityResult[];
  readonly overlays: readonly OverlayResult[];
}

function standingOf(
  program: Program | undefined,
  cases: readonly CaseResult[],
  { tested }: Result['coverage'],
): Standing {
  if (program === undefined) return { program, capabilities: [], overlays: [] };
  const byId = new Map(cases.map((entry) => [entry.id, entry]));
  const capabilities = program.capabilities.map((entry) => judgeCapability(entry, byId));
  return { program, capabilities, overlays: judgeOverlays(program, capabilities, tested) };
}

function countVerdicts(cases: readonly CaseResult[]): Result['counts'] {
  const counts = Object.fromEntries(caseVerdicts.map((verdict) => [verdict, 0])) as { [V in CaseVerdict]: number };
  for (const entry of cases) counts[entry.verdict] += 1;
  return counts;
}

// ---- one case ----

function judgeCase(folded: FoldedCase, requirements: Requirements): CaseResult {
  const { planned, attempts } = folded;
  const entry = planned.case;
  const ended = attempts.filter((attempt) => attempt.verdict !== undefined);
  const worst = ended.reduce<Attempt | undefined>(
    (found, attempt) => (found === undefined || graver(verdictOf(attempt), verdictOf(found)) ? attempt : found),
    undefined,
  );
  const checks = (worst ?? attempts.at(-1))?.checks ?? [];
  const { verdict, reason } = settle(folded, worst, ended);
  return {
    id: entry.id,
    title: entry.title,
    suite: entry.suite,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    requirements: entry.requirements,
    level: strongestLevel(entry.requirements, requirements),
    checks,
    durationMs: toMs(attempts.reduce((sum, attempt) => sum + attempt.duration, 0)),
    attempts: ended.length,
    ...(ended.length > 1 ? { outcomes: outcomesOf(ended) } : {}),
  };
}

function outcomesOf(attempts: readonly Attempt[]): { readonly [V in CaseVerdict]?: number } {
  const outcomes: { [V in CaseVerdict]?: number } = {};
  for (const attempt of attempts) outcomes[verdictOf(attempt)] = (outcomes[verdictOf(attempt)] ?? 0) + 1;
  return outcomes;
}

const verdictOf = (attempt: Attempt): CaseVerdict => attempt.verdict ?? 'error';

interface Settled {
  readonly verdict: CaseVerdict;
  readonly reason?: string | undefined;
}

function settle(folded: FoldedCase, worst: Attempt | undefined, ended: readonly Attempt[]): Settled {
  const { planned } = folded;
  if (worst === undefined) {
    if (planned.decision !== 'run') return { verdict: planned.decision, reason: planned.reason };
    const began = folded.attempts.length > 0;
    return { verdict: 'error', reason: `not finished: the run ended ${began ? 'during' : 'before'} this case` };
  }
  const verdict = verdictOf(worst);
  if (planned.decision !== 'run' && verdict !== planned.decision)
    return {
      verdict: 'error',
      reason: `the record contradicts itself: ${verdict}, but planned as ${planned.decision}`,
    };
  const contradiction = contradictionOf(verdict, worst);
  if (contradiction !== undefined)
    return { verdict: 'error', reason: `the record contradicts itself: ${contradiction}` };
  const same = ended.filter((attempt) => attempt.verdict === verdict).length;
  const times = same === ended.length ? undefined : `${verdict} in ${same} of ${ended.length} attempts`;
  const own = worst.reason ?? (planned.decision === 'run' ? undefined : planned.reason);
  const reason = [times, own].filter((part) => part !== undefined).join(': ');
  if (reason === '' && !isExecuted(verdict)) return { verdict, reason: 'no reason was recorded' };
  return { verdict, reason: reason === '' ? undefined : reason };
}

/** A verdict may not be better than its checks, and none rests on nothing. */
function contradictionOf(verdict: CaseVerdict, attempt: Attempt): string | undefined {
  const has = (wanted: CheckVerdict): boolean => attempt.checks.some((check) => check.verdict === wanted);
  if ((verdict === 'pass' || verdict === 'warn') && attempt.checks.length === 0) return `${verdict} without a check`;
  if ((verdict === 'pass' || verdict === 'warn') && has('fail')) return `${verdict} with a failed check`;
  if (verdict === 'pass' && has('warn')) return 'pass with a warning';
  if (verdict === 'fail' && !has('fail') && attempt.reason === undefined) return 'fail without a failed check';
  if (verdict === 'waived' && attempt.reason === undefined) return 'waived without a reason';
  return undefined;
}

function strongestLevel(ids: readonly string[], requirements: Requirements): Level {
  const own = ids.flatMap((id) => (Object.hasOwn(requirements, id) ? [requirements[id]?.level] : []));
  // A case whose requirements the record does not describe is not taken more lightly for it.
  return levels.find((level) => own.includes(level)) ?? 'mandatory';
}

// ---- the run ----

function judgeRun(
  folded: Folded,
  counts: Result['counts'],
  executed: number,
  { program, capabilities, overlays }: Standing,
): { readonly verdict: RunVerdict; readonly reason?: string } {
  const { start, plan, end, contradictions } = folded;
  const pending = folded.cases.filter(
    (entry) => entry.planned.decision === 'run' && entry.attempts.every((attempt) => attempt.verdict === undefined),
  ).length;
  const [contradiction] = contradictions;
  if (contradiction !== undefined)
    return { verdict: 'error', reason: `the record contradicts itself: ${contradiction}` };
  if (end?.verdict === 'error') return { verdict: 'error', reason: end.reason ?? 'the run ended with an error' };
  if (end === undefined) return { verdict: 'incomplete', reason: 'the run was cut off: its record has no end' };
  if (end.interrupted === true) return { verdict: 'incomplete', reason: end.reason ?? 'interrupted' };
  if (plan === undefined) return { verdict: 'error', reason: 'the record has no plan' };
  if (pending > 0) return { verdict: 'incomplete', reason: `${pending} planned cases did not run` };
  if (counts.fail > 0) return { verdict: 'not-conformant' };
  if (counts.error > 0) return { verdict: 'error', reason: `${counts.error} cases ended with an error of the harness` };
  if (executed === 0) return { verdict: 'error', reason: 'no case was executed' };
  if (counts.blocked > 0) return { verdict: 'not-conformant', reason: `${counts.blocked} cases are blocked` };
  const demand = program === undefined ? undefined : judgeDemand(program, capabilities);
  const programme = judgeProgrammes(overlays);
  if (demand?.verdict === 'not-conformant') return demand;
  if (programme !== undefined) return programme;
  if (start !== undefined && start.options.select.length > 0)
    return { verdict: 'partial', reason: `only ${start.options.select.join(', ')}` };
  const demands = start?.profile.demands;
  if (start !== undefined && demands !== undefined && !reaches(start.scope.plane, demands))
    return { verdict: 'partial', reason: `the profile demands ${demands}, the scope reaches ${start.scope.plane}` };
  const tier = program?.tier;
  if (tier !== undefined && tier !== 'full') return { verdict: 'partial', reason: `only the tier ${tier}` };
  return demand ?? { verdict: 'conformant' };
}
