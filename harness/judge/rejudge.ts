import { messageOf } from '../errors';
import type { CaseVerdict } from '../names';
import type { Check, PlannedCase, RecordLine } from '../record/lines';
import type { CompiledCase, Requirements } from '../suite/compiled';
import type { Evidence } from './evidence';
import { evidenceOf, gravest, recordedContext } from './evidence';
import type { JudgeContext, Judgement } from './judge';
import { judgeCase } from './judge';

/** What the octets of a record say against what the record says of them. Empty: the record follows from its octets. */
export interface Discrepancy {
  readonly case: string;
  /** The check, where one differs. */
  readonly check?: string;
  readonly recorded: string;
  readonly judged: string;
}

/** Judgements that rest on octets; `error` and `blocked` are the harness's own words. */
function isJudged(verdict: CaseVerdict): boolean {
  return verdict === 'pass' || verdict === 'warn' || verdict === 'fail';
}

/** Judges every attempt again as it was judged then: same cases, same catalogue. */
export function discrepancies(lines: readonly RecordLine[]): readonly Discrepancy[] {
  const context = recordedContext(lines);
  if (context === undefined) return [];
  const cases = new Map(plannedIn(lines).map((entry) => [entry.case.id, entry]));
  return evidenceOf(lines).flatMap((evidence) => {
    const planned = cases.get(evidence.case);
    if (planned?.decision !== 'run' || !isJudged(evidence.recorded.verdict)) return [];
    return differ(evidence, judged(planned.case, evidence, context));
  });
}

function plannedIn(lines: readonly RecordLine[]): readonly PlannedCase[] {
  return lines.findLast((line) => line.type === 'plan')?.cases ?? [];
}

/** A record that is no record of ours may make the judge stumble: that too is an answer. */
function judged(kase: CompiledCase, evidence: Evidence, context: JudgeContext): Judgement {
  try {
    return judgeCase(kase, evidence.seen, context);
  } catch (thrown) {
    return { checks: [], verdict: 'error', reason: messageOf(thrown) };
  }
}

function differ({ case: id, recorded }: Evidence, judgement: Judgement): readonly Discrepancy[] {
  const { checks, verdict, reason, unit } = judgement;
  const found: Discrepancy[] = [];
  const [told, read] = [recorded.unit, unit].map((facts) => JSON.stringify(facts ?? {}));
  if (told !== read) found.push({ case: id, check: `${id}#unit`, recorded: told ?? '', judged: read ?? '' });
  if (verdict !== recorded.verdict) found.push({ case: id, recorded: recorded.verdict, judged: reason ?? verdict });
  const before = new Map(recorded.checks.map((check) => [check.id, check]));
  for (const check of checks) {
    const known = before.get(check.id);
    before.delete(check.id);
    if (known === undefined || JSON.stringify(known) !== JSON.stringify(check))
      found.push({
        case: id,
        check: check.id,
        recorded: known === undefined ? 'nothing' : say(known),
        judged: say(check),
      });
  }
  for (const check of before.values())
    found.push({ case: id, check: check.id, recorded: say(check), judged: 'nothing' });
  return found;
}

const say = (check: Check): string => `${check.verdict}: ${check.actual}`;

/** Today's suites, as far as judging needs them. */
export interface Today {
  /** The plan that today's library makes of the record's profile, claims, parameters and scope. */
  readonly planned: readonly PlannedCase[];
  readonly requirements: Requirements;
  readonly commands: JudgeContext['commands'];
}

export type Rejudged = {
  readonly case: string;
  readonly before: CaseVerdict | 'not planned';
  readonly after: CaseVerdict | 'not judged' | 'not planned';
  readonly reason: string;
  /** Checks whose verdicts differ. */
  readonly checks: readonly { readonly id: string; readonly before: string; readonly after: string }[];
};

/** Today's verdicts from old octets: every case whose verdict differs or cannot be had, with the reason. */
export function rejudge(lines: readonly RecordLine[], today: Today): readonly Rejudged[] {
  const context = recordedContext(lines);
  if (context === undefined) return [];
  const then = new Map(plannedIn(lines).map((entry) => [entry.case.id, entry]));
  const now = new Map(today.planned.map((entry) => [entry.case.id, entry]));
  const evidence = gravest(evidenceOf(lines));
  const present: JudgeContext = { ...context, requirements: today.requirements, commands: today.commands };
  const differences: Rejudged[] = [];
  for (const [id, planned] of then) {
    const seen = evidence.get(id);
    const before = seen?.recorded.verdict ?? (planned.decision === 'run' ? 'error' : planned.decision);
    const found = again(planned, now.get(id), seen, context, present);
    if (found !== undefined && (found.after !== before || found.checks.length > 0))
      differences.push({ case: id, before, ...found });
  }
  for (const [id, planned] of now) {
    if (then.has(id)) continue;
    const after = planned.decision === 'run' ? ('not judged' as const) : planned.decision;
    differences.push({ case: id, before: 'not planned', after, reason: 'newer than the record', checks: [] });
  }
  return differences;
}

type Again = Pick<Rejudged, 'after' | 'reason' | 'checks'>;

/** What becomes of one recorded case; undefined where nothing can have changed. */
function again(
  then: PlannedCase,
  now: PlannedCase | undefined,
  seen: Evidence | undefined,
  context: JudgeContext,
  present: JudgeContext,
): Again | undefined {
  if (now === undefined) return { after: 'not planned', reason: 'the profile has no such case any more', checks: [] };
  if (now.decision !== 'run') return { after: now.decision, reason: now.reason, checks: [] };
  if (then.decision !== 'run')
    return { after: 'not judged', reason: 'it would run today, and the record has no octets of it', checks: [] };
  if (seen === undefined || !isJudged(seen.recorded.verdict)) return undefined;
  if (stimuliOf(then.case) !== stimuliOf(now.case))
    return { after: 'not judged', reason: 'its stimuli have changed, so the old octets say nothing', checks: [] };
  const { checks, verdict } = judged(now.case, seen, present);
  const before = new Map(seen.recorded.checks.map((check) => [check.id, check.verdict]));
  const after = new Map(checks.map((check) => [check.id, check.verdict]));
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .map((id) => ({ id, before: before.get(id) ?? 'none', after: after.get(id) ?? 'none' }))
    .filter((entry) => entry.before !== entry.after);
  return { after: verdict, reason: whyChanged(then.case, now.case, context, present), checks: changed };
}

/** A case without what it expects and what people read of it: what the device is shown. */
function stimuliOf(kase: CompiledCase): string {
  const { loops, deviceRequests, answers } = kase;
  return JSON.stringify([loops, deviceRequests, answers, kase.steps], (key, value: unknown) =>
    key === 'expect' || key === 'requirement' ? undefined : value,
  );
}

function whyChanged(then: CompiledCase, now: CompiledCase, context: JudgeContext, present: JudgeContext): string {
  const reasons: string[] = [];
  if (JSON.stringify(then.steps) !== JSON.stringify(now.steps)) reasons.push('what it expects has changed');
  for (const id of new Set([...then.requirements, ...now.requirements])) {
    const [old, fresh] = [context.requirements[id], present.requirements[id]];
    if (old?.level !== fresh?.level)
      reasons.push(`${id} was ${old?.level ?? 'not in the catalogue'} and is ${fresh?.level ?? 'not in it any more'}`);
    if (old !== undefined && fresh !== undefined && old.confidence !== fresh.confidence)
      reasons.push(`the confidence in ${id} was ${old.confidence} and is ${fresh.confidence}`);
  }
  if (JSON.stringify(context.commands) !== JSON.stringify(present.commands))
    reasons.push('a command table has changed');
  return reasons.length === 0 ? 'the rules of judging have changed' : reasons.join('; ');
}
