import { z } from 'zod';
import type { ExpectedFailure, Requirements, Waiver } from './compiled';
import type { Problem } from './problem';
import { quote, suggestion } from './problem';
import type { SourceDocument } from './source';
import { checkShape } from './validate';

const id = z.string().min(1).max(200);
const reason = z.string().trim().min(1, 'a waiver says why').max(1_000);
const day = z.iso.date('expected a date as 2027-03-01');
/** Comparisons of version numbers, all of which must hold. */
const RANGE = /^(?:(?:<|<=|>|>=|=)?\d[\w.-]*)(?:\s+(?:<|<=|>|>=|=)\d[\w.-]*)*$/;

const waiverSchema = z.strictObject({
  case: id.optional().describe('the case whose failure is accepted'),
  requirement: id.optional().describe('instead of a case: the clause whose failed checks are accepted'),
  device: id.describe('the id of the device file, or the UUID of the unit'),
  firmware: z.string().regex(RANGE, 'expected comparisons of versions, as "<2.2" or ">=2.0 <2.2"').optional(),
  reason,
  owner: id.describe('who answers for it'),
  expires: day,
  evidence: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hex digits')
    .optional()
    .describe('hash of the document that argues for it'),
});

export const waiversSchema = z.strictObject({ waivers: z.array(waiverSchema).min(1) });

/** Failures that a CI gate knows: the verdict stays, the exit code lets them through. */
export const expectedFailuresSchema = z.strictObject({
  'expected-failures': z.array(z.strictObject({ check: id, reason })).min(1),
});

/** What waivers may name. */
export interface WaiverNames {
  readonly cases: ReadonlySet<string>;
  readonly requirements: Requirements;
}

export function compileWaivers(
  document: SourceDocument,
  names: WaiverNames,
): { readonly waivers: readonly Waiver[]; readonly problems: readonly Problem[] } {
  const shape = checkShape(waiversSchema, document.value, document);
  if (!shape.ok) return { waivers: [], problems: shape.problems };
  const problems = [...shape.problems];
  const waivers = shape.value.waivers.flatMap((entry, index): readonly Waiver[] => {
    const found = problemOf(entry, index, document, names);
    problems.push(...found);
    if (found.length > 0) return [];
    const { case: kase, requirement, device, firmware, reason: why, owner, expires, evidence } = entry;
    const source = { file: document.file, line: document.line(['waivers', index]) };
    return [
      {
        ...(kase === undefined ? {} : { case: kase }),
        ...(requirement === undefined ? {} : { requirement }),
        device,
        ...(firmware === undefined ? {} : { firmware }),
        reason: why,
        owner,
        expires,
        ...(evidence === undefined ? {} : { evidence }),
        source,
      },
    ];
  });
  return { waivers, problems };
}

function problemOf(
  entry: z.output<typeof waiverSchema>,
  index: number,
  document: SourceDocument,
  names: WaiverNames,
): readonly Problem[] {
  const at = (key: string, message: string): Problem => document.problem(['waivers', index, key], message);
  const { case: kase, requirement, device } = entry;
  if ((kase === undefined) === (requirement === undefined))
    return [document.problem(['waivers', index], 'a waiver names a case or a requirement, one of the two')];
  if (/[*?]/.test(device)) return [at('device', 'over-broad: a waiver holds for one device')];
  if (kase !== undefined && !names.cases.has(kase)) {
    const broad = [...names.cases].some((known) => known.startsWith(`${kase}/`));
    if (broad) return [at('case', `over-broad: ${quote(kase)} is a suite; name the case`)];
    return [at('case', `unknown case ${quote(kase)}${suggestion(kase, names.cases)}`)];
  }
  if (requirement === undefined) return [];
  const known = Object.hasOwn(names.requirements, requirement) ? names.requirements[requirement] : undefined;
  if (known === undefined) {
    const near = suggestion(requirement, Object.keys(names.requirements));
    return [at('requirement', `unknown requirement ${quote(requirement)}${near}`)];
  }
  return known.unwaivable === undefined
    ? []
    : [at('requirement', `${requirement} cannot be waived: ${known.unwaivable}`)];
}

export function compileExpectedFailures(
  document: SourceDocument,
  names: WaiverNames,
): { readonly expected: readonly ExpectedFailure[]; readonly problems: readonly Problem[] } {
  const shape = checkShape(expectedFailuresSchema, document.value, document);
  if (!shape.ok) return { expected: [], problems: shape.problems };
  const problems = [...shape.problems];
  const expected = shape.value['expected-failures'].flatMap((entry, index): readonly ExpectedFailure[] => {
    const place = ['expected-failures', index, 'check'];
    const kase = entry.check.split('#')[0] ?? '';
    if (!entry.check.includes('#'))
      problems.push(document.problem(place, `name one check, as ${kase}#1.completionCode: a whole case is too broad`));
    else if (!names.cases.has(kase))
      problems.push(document.problem(place, `unknown case ${quote(kase)}${suggestion(kase, names.cases)}`));
    else return [{ ...entry, source: { file: document.file, line: document.line(place) } }];
    return [];
  });
  return { expected, problems };
}
