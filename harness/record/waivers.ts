import { isExecuted } from '../names';
import { baseId } from '../profile/ways';
import type { ExpectedFailure, Requirements, Waiver } from '../suite/compiled';
import type { CaseResult, Result } from './result-schema';

/** A waiver longer than this is a decision, not an exception. */
const LONGEST_DAYS = 730;
const DAY_MS = 86_400_000;

/** Who was tested, as far as waivers ask. */
export interface Unit {
  /** Id of the device file. */
  readonly device: string | undefined;
  readonly uuid: string | undefined;
  readonly firmware: string | undefined;
  /** Wall time at which the run began, ISO 8601. */
  readonly started: string;
}

export type WaiverResult = Result['waivers'][number];
type Status = WaiverResult['status'];

interface Judged {
  readonly status: Status;
  readonly note?: string;
}

/** Whether a waiver's state asks somebody to act (issue: expired, unmatched and over-broad ones are red). */
export function isRed(status: Status): boolean {
  return status === 'expired' || status === 'unmatched' || status === 'over-broad';
}

/**
 * Failed cases of which a valid waiver covers every failed check become `waived`; the checks keep their verdicts. Each
 * waiver's own state is told beside it.
 */
export function applyWaivers(
  cases: readonly CaseResult[],
  waivers: readonly Waiver[],
  requirements: Requirements,
  unit: Unit,
): { readonly cases: readonly CaseResult[]; readonly waivers: readonly WaiverResult[] } {
  const valid = waivers.map((waiver) => validity(waiver, unit));
  const used = waivers.map((): string[] => []);
  const forbidden = waivers.map((): string[] => []);
  const settled = cases.map((entry) => {
    if (entry.verdict !== 'fail') return entry;
    const failed = entry.checks.filter((check) => check.verdict === 'fail');
    const covering = failed.map((check) =>
      waivers.findIndex((waiver, index) => {
        if (valid[index]?.status !== 'applied' || !names(waiver, entry.id, check.requirement)) return false;
        const why = check.id.endsWith('#life') ? 'the device died of it' : requirements[check.requirement]?.unwaivable;
        if (why !== undefined) forbidden[index]?.push(`${check.id}: ${why}`);
        return why === undefined;
      }),
    );
    if (failed.length === 0 || covering.includes(-1)) return entry;
    const indices = [...new Set(covering)];
    for (const index of indices) used[index]?.push(entry.id);
    const words = indices.flatMap((index) => {
      const waiver = waivers[index];
      return waiver === undefined ? [] : [`${waiver.reason} (${waiver.owner}, until ${waiver.expires})`];
    });
    const reason = [entry.reason, `waived: ${words.join('; ')}`].filter((part) => part !== undefined).join('; ');
    return { ...entry, verdict: 'waived' as const, reason };
  });
  const told = waivers.map((waiver, index): WaiverResult => {
    const { source: _source, ...rest } = waiver;
    const own = used[index] ?? [];
    const broad = forbidden[index]?.[0];
    const judged = valid[index] ?? { status: 'other-device' as const };
    const state =
      judged.status !== 'applied' || own.length > 0
        ? judged
        : broad === undefined
          ? unused(waiver, settled)
          : { status: 'over-broad' as const, note: `what it would cover cannot be waived: ${broad}` };
    return { ...rest, ...state, cases: own };
  });
  return { cases: settled, waivers: told };
}

function names(waiver: Waiver, kase: string, requirement: string): boolean {
  return isAbout(waiver, kase) || waiver.requirement === requirement;
}

/** A case of a suite, with all its instances. */
function isAbout(waiver: Waiver, kase: string): boolean {
  return waiver.case === kase || waiver.case === baseId(kase);
}

/** `applied` where nothing stands against it, whether or not it is needed. */
function validity(waiver: Waiver, unit: Unit): Judged {
  if (waiver.device !== unit.device && waiver.device.toLowerCase() !== unit.uuid)
    return { status: 'other-device', note: `for ${waiver.device}` };
  if (waiver.firmware !== undefined) {
    if (unit.firmware === undefined)
      return { status: 'other-device', note: `for firmware ${waiver.firmware}, and the device did not tell its own` };
    if (!inRange(unit.firmware, waiver.firmware))
      return { status: 'other-device', note: `for firmware ${waiver.firmware}, and this is ${unit.firmware}` };
  }
  const days = (Date.parse(`${waiver.expires}T23:59:59Z`) - Date.parse(unit.started)) / DAY_MS;
  if (!(days >= 0)) return { status: 'expired', note: `expired on ${waiver.expires}` };
  if (days > LONGEST_DAYS)
    return {
      status: 'over-broad',
      note: `it would hold for more than ${LONGEST_DAYS / 365} years: set an earlier day`,
    };
  return { status: 'applied' };
}

/** A waiver that nothing needed: superfluous where its case ran, without meaning where it did not. */
function unused(waiver: Waiver, cases: readonly CaseResult[]): Judged {
  const about = cases.filter((entry) => isAbout(waiver, entry.id) || naming(entry, waiver.requirement));
  const ran = about.filter(({ verdict }) => isExecuted(verdict));
  if (ran.length === 0) return { status: 'not-exercised', note: 'what it names did not run' };
  if (ran.some(({ verdict }) => verdict === 'fail'))
    return { status: 'unmatched', note: 'what failed is not, or not alone, what it names' };
  return { status: 'unmatched', note: 'what it names passes: remove it' };
}

function naming(entry: CaseResult, requirement: string | undefined): boolean {
  if (requirement === undefined) return false;
  return entry.requirements.includes(requirement) || entry.checks.some((check) => check.requirement === requirement);
}

/** Which of the known failures are there, which have gone, and which were not looked at. */
export function matchExpected(
  cases: readonly CaseResult[],
  expected: readonly ExpectedFailure[],
): Result['expectedFailures'] {
  const byId = new Map(cases.map((entry) => [entry.id, entry]));
  return expected.map(({ check: id, reason }) => {
    const entry = byId.get(id.split('#')[0] ?? '');
    const ran = entry !== undefined && isExecuted(entry.verdict);
    if (!ran) return { check: id, reason, status: 'not-exercised' as const };
    const met = entry.checks.some((check) => check.id === id && check.verdict === 'fail');
    return { check: id, reason, status: met ? ('met' as const) : ('stale' as const) };
  });
}

/** Whether a version satisfies every comparison of a range; parts that are numbers compare as numbers. */
export function inRange(version: string, range: string): boolean {
  return range.split(/\s+/).every((part) => {
    const [, operator = '=', wanted = ''] = /^(<=|>=|<|>|=)?(.+)$/.exec(part) ?? [];
    const order = compareVersions(version, wanted);
    if (operator === '<') return order < 0;
    if (operator === '<=') return order <= 0;
    if (operator === '>') return order > 0;
    return operator === '>=' ? order >= 0 : order === 0;
  });
}

function compareVersions(left: string, right: string): number {
  const parts = (text: string): readonly string[] => text.toLowerCase().match(/\d+|[a-z]+/g) ?? [];
  const [a, b] = [parts(left), parts(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = comparePart(a[index], b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A missing part is 0 against a number, and later than a word: 2.2 follows 2.2rc1. */
function comparePart(a: string | undefined, b: string | undefined): number {
  const isWord = (part: string | undefined): boolean => part !== undefined && /^[a-z]/.test(part);
  if (isWord(a) !== isWord(b)) return isWord(a) ? -1 : 1;
  if (isWord(a)) return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1;
  return Math.sign(Number(a ?? 0) - Number(b ?? 0));
}
