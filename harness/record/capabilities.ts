import type { CapabilityLevel, CapabilityStatus, RunVerdict } from '../names';
import { capabilityLevels, NOTHING_SHOWN } from '../names';
import type { OverlayRule } from '../profile/capability';
import type { PlannedCapability, PlannedWay, Program } from './program';
import type {
  CapabilityResult,
  CaseResult,
  CoverageEntry,
  OverlayResult,
  RuleResult,
  WayResult,
} from './result-schema';

/** What the cases of a run say of capabilities, levels and buyers' programmes. Nothing that was not tested passes. */

type Cases = ReadonlyMap<string, CaseResult>;

/** The highest level that a device can have that needs a vendor's own way. */
const MOST_WITH_OEM: CapabilityLevel = 'L1';

const rankOf = (level: CapabilityLevel): number => capabilityLevels.indexOf(level);

/**
 * Cases that are in a plan only as ways to a capability decide that and nothing else: what fails there is told, and it
 * is the capability that is not met.
 */
export function settleWays(
  cases: readonly CaseResult[],
  serves: ReadonlyMap<string, readonly string[]>,
): readonly CaseResult[] {
  return cases.map((entry) => {
    const served = serves.get(entry.id);
    if (served === undefined) return entry;
    if (entry.verdict !== 'fail') return { ...entry, serves: served };
    const reason = `failed, and decides ${served.join(', ')} alone`;
    return { ...entry, serves: served, verdict: 'warn', reason: joined(reason, entry.reason) };
  });
}

function joined(first: string, second: string | undefined): string {
  return second === undefined ? first : `${first}: ${second}`;
}

function judgeWay(way: PlannedWay, cases: Cases): WayResult {
  const own = way.cases.flatMap((id) => cases.get(id) ?? []);
  const failed = (entry: CaseResult): boolean =>
    entry.verdict === 'fail' || entry.checks.some((check) => check.verdict === 'fail' && entry.verdict !== 'waived');
  const applicable = own.filter((entry) => entry.verdict !== 'not-applicable');
  const base = { rank: way.rank, cases: way.cases, ...(way.note === undefined ? {} : { note: way.note }) };
  const because = (entries: readonly CaseResult[]): string =>
    entries.map((entry) => (entry.reason === undefined ? entry.id : `${entry.id}: ${entry.reason}`)).join('; ');
  const red = applicable.filter(failed);
  if (red.length > 0) return { ...base, status: 'failed', reason: red.map((entry) => entry.id).join(', ') };
  if (own.length < way.cases.length) {
    const missing = way.cases.filter((id) => !cases.has(id));
    return { ...base, status: 'not-tested', reason: `not in this run: ${missing.join(', ')}` };
  }
  if (applicable.length === 0) return { ...base, status: 'not-applicable', reason: because(own) };
  const idle = applicable.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'warn' && verdict !== 'waived');
  if (idle.length > 0) return { ...base, status: 'not-tested', reason: because(idle) };
  // The first of its cases is the capability; the others say that it holds up.
  const [first] = applicable;
  if (first !== undefined && showsNothing(first))
    return { ...base, status: 'not-tested', reason: because(applicable.filter(showsNothing)) };
  const waived = applicable.filter(({ verdict }) => verdict === 'waived');
  const warned = applicable.filter(({ verdict }) => verdict === 'warn');
  if (waived.length > 0) return { ...base, status: 'passed', waived: true, reason: `waived: ${because(waived)}` };
  return { ...base, status: 'passed', ...(warned.length > 0 ? { reason: `warned: ${because(warned)}` } : {}) };
}

/** Nothing was wrong, and nothing was there to look at. */
function showsNothing({ verdict, reason }: CaseResult): boolean {
  return verdict === 'warn' && reason?.includes(NOTHING_SHOWN) === true;
}

/** The first of its ways that passes meets it; one that was not tested may yet meet it, and never counts. */
export function judgeCapability(planned: PlannedCapability, cases: Cases): CapabilityResult {
  const ways = planned.ways.map((way) => judgeWay(way, cases));
  const { id, title, level, need, condition } = planned;
  const settle = (status: CapabilityStatus, more: Partial<CapabilityResult> = {}): CapabilityResult => {
    const unmet = status === 'not-met' && planned.differs.length > 0;
    return { id, title, level, need, status, ...more, ways, ...(unmet ? { differs: planned.differs } : {}) };
  };
  if (condition?.holds === false) return settle('not-applicable', { reason: condition.text });
  const way = ways.find(({ status }) => status === 'passed');
  if (way !== undefined) {
    const notes = [
      ...(way.rank === 1 ? [] : [way.rank === 'oem' ? "by the vendor's own way" : `by way ${way.rank}`]),
      ...(way.note === undefined ? [] : [way.note]),
      ...(way.reason === undefined ? [] : [way.reason]),
      ...ways.filter(({ status }) => status === 'failed').map(({ rank, reason }) => `way ${rank} failed: ${reason}`),
    ];
    return notes.length === 0
      ? settle('met', { rank: way.rank })
      : settle('met-with-note', { rank: way.rank, note: notes.join('; ') });
  }
  const open = ways.filter(({ status }) => status === 'not-tested');
  if (open.length > 0) return settle('not-tested', { reason: open.map(({ reason }) => reason ?? '').join('; ') });
  if (planned.untested !== undefined) return settle('not-tested', { reason: planned.untested });
  const failed = ways.filter(({ status }) => status === 'failed');
  if (failed.length > 0) return settle('not-met', { reason: failed.map(({ reason }) => reason ?? '').join('; ') });
  if (need === 'optional') return settle('not-applicable', { reason: 'the device claims none of the ways to it' });
  return settle('not-met', { reason: 'D-CAP: the device claims none of the ways to it' });
}

/** Whether the device has to meet it to have its level. */
function counts({ need, status }: CapabilityResult): boolean {
  if (need === 'optional') return false;
  return need === 'mandatory' || status !== 'not-applicable';
}

function isMet({ status }: CapabilityResult): boolean {
  return status === 'met' || status === 'met-with-note';
}

/** The highest level of which every capability that counts is met, as are all below it; null without any. */
export function levelOf(capabilities: readonly CapabilityResult[]): CapabilityLevel | null {
  const counting = capabilities.filter(counts);
  let reached: CapabilityLevel | null = null;
  for (const level of capabilityLevels) {
    const own = counting.filter((entry) => entry.level === level);
    // A level of which nothing is asked is not passed through on the way to a higher one.
    const asked = capabilities.some((entry) => entry.level === level && entry.need !== 'optional');
    if (!asked || own.some((entry) => !isMet(entry))) break;
    if (own.length > 0) reached = level;
  }
  return reached !== null && needsOem(counting) && rankOf(reached) > rankOf(MOST_WITH_OEM) ? MOST_WITH_OEM : reached;
}

function needsOem(capabilities: readonly CapabilityResult[]): boolean {
  return capabilities.some((entry) => counts(entry) && isMet(entry) && entry.rank === 'oem');
}

/** What a demanded level makes of a run in which nothing else is wrong. */
export function judgeDemand(
  program: Program,
  capabilities: readonly CapabilityResult[],
): { readonly verdict: RunVerdict; readonly reason: string } | undefined {
  const { demands } = program;
  if (demands === undefined) return undefined;
  const who = demands.by === 'profile' ? 'the profile demands' : 'demanded is';
  const short = capabilities.filter(
    (entry) => counts(entry) && !isMet(entry) && rankOf(entry.level) <= rankOf(demands.level),
  );
  const list = (status: CapabilityStatus): readonly string[] =>
    short.filter((entry) => entry.status === status).map(({ id }) => id);
  const unmet = list('not-met');
  if (unmet.length > 0)
    return { verdict: 'not-conformant', reason: `${who} ${demands.level}, and not met: ${unmet.join(', ')}` };
  const untested = list('not-tested');
  if (untested.length > 0)
    return { verdict: 'partial', reason: `${who} ${demands.level}, and not tested: ${untested.join(', ')}` };
  const reached = levelOf(capabilities);
  if (reached !== null && rankOf(reached) >= rankOf(demands.level)) return undefined;
  return needsOem(capabilities)
    ? { verdict: 'not-conformant', reason: `${who} ${demands.level}, and a vendor's own way gives no more than L1` }
    : { verdict: 'partial', reason: `${who} ${demands.level}, and the profile has no capability of that level` };
}

// ---- buyers' programmes ----

type Outcome = Pick<RuleResult, 'status' | 'reason'>;

function ofCapability(id: string, capabilities: readonly CapabilityResult[]): Outcome {
  const found = capabilities.find((entry) => entry.id === id);
  if (found === undefined) return { status: 'not-tested', reason: `${id}: the profile does not ask for it` };
  const why = found.reason ?? found.note;
  return { status: found.status, ...(why === undefined ? {} : { reason: `${id}: ${why}` }) };
}

function ofRequirement(id: string, tested: readonly CoverageEntry[]): Outcome {
  const found = tested.find((entry) => entry.requirement === id);
  if (found === undefined) return { status: 'not-tested', reason: `${id}: no case of this run exercised it` };
  const cases = found.cases.join(', ');
  if (found.verdict === 'fail') return { status: 'not-met', reason: `${id}: ${cases}` };
  if (found.verdict === 'warn' || found.verdict === 'waived')
    return { status: 'met-with-note', reason: `${id}: ${found.verdict} in ${cases}` };
  return { status: 'met' };
}

/** From the best to the worst; a rule is as good as the worst that it is mapped to. */
const severity: readonly CapabilityStatus[] = ['not-applicable', 'met', 'met-with-note', 'not-tested', 'not-met'];

function judgeRule(
  rule: OverlayRule,
  capabilities: readonly CapabilityResult[],
  tested: readonly CoverageEntry[],
): RuleResult {
  const { id, title, need, confirmed, source } = rule;
  const base = { id, title, need, confirmed, source, by: [...rule.capabilities, ...rule.requirements] };
  if (rule.outside !== undefined) return { ...base, status: 'not-tested', reason: rule.outside };
  const outcomes = [
    ...rule.capabilities.map((name) => ofCapability(name, capabilities)),
    ...rule.requirements.map((name) => ofRequirement(name, tested)),
  ];
  const status = severity.findLast((each) => outcomes.some((outcome) => outcome.status === each)) ?? 'not-tested';
  const reasons = outcomes.flatMap((outcome) => (outcome.status === status ? (outcome.reason ?? []) : []));
  return { ...base, status, ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }) };
}

export function judgeOverlays(
  program: Program,
  capabilities: readonly CapabilityResult[],
  tested: readonly CoverageEntry[],
): readonly OverlayResult[] {
  return program.overlays.map(({ id, title, version, rules }) => {
    const rows = rules.map((rule) => judgeRule(rule, capabilities, tested));
    const decisive = rows.filter((row) => row.need === 'required' && row.confirmed);
    const status = decisive.some((row) => row.status === 'not-met')
      ? 'not-met'
      : rows.some((row) => row.need === 'required' && row.status === 'not-tested')
        ? 'not-tested'
        : 'met';
    return { id, title, version, status, rules: rows };
  });
}

/** A confirmed, required rule that is not met decides as a failed case does. */
export function judgeProgrammes(
  overlays: readonly OverlayResult[],
): { readonly verdict: RunVerdict; readonly reason: string } | undefined {
  const unmet = overlays.flatMap(({ id, rules }) =>
    rules
      .filter((row) => row.need === 'required' && row.confirmed && row.status === 'not-met')
      .map((row) => `${id} ${row.id}`),
  );
  return unmet.length === 0 ? undefined : { verdict: 'not-conformant', reason: `not met: ${unmet.join(', ')}` };
}
