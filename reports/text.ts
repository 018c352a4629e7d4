import { createColors } from 'picocolors';
import { messageTypeName } from '../harness/names';
import type { RecordLine } from '../harness/record/lines';
import type { CaseResult, CheckResult, Result } from '../harness/record/result-schema';
import type { Requirements } from '../harness/suite/compiled';
import { spaced } from './traffic';
import { clip, visible } from './visible';
import { caseVerdictNames, countsText, demonstrationText, redVerdicts, runVerdictNames, scopeText } from './words';

export interface TextOptions {
  /** Where the reports lie; named in the last line. */
  readonly directory?: string;
  readonly colour?: boolean;
  /** Adds clause and statement to each failure. */
  readonly requirements?: Requirements;
  /** Of the cases that are not green only so many are shown in full. */
  readonly limit?: number;
}

const MAX_STRING = 1_000;
const MAX_OCTETS = 128;

/** What a device said, on one line that no terminal takes for a command. */
const safe = (text: string): string => clip(visible(text), MAX_STRING);

type Colours = ReturnType<typeof createColors>;

function marked(check: CheckResult, colours: Colours): string {
  const { octets = '', highlight } = check;
  const show = (hex: string): string => clip(spaced(hex), MAX_OCTETS * 3);
  if (highlight === undefined || highlight.length === 0) return show(octets);
  const from = highlight.offset * 2;
  const to = from + highlight.length * 2;
  const parts = [
    show(octets.slice(0, from)),
    `[${colours.bold(show(octets.slice(from, to)))}]`,
    show(octets.slice(to)),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function checkLines(check: CheckResult, colours: Colours, requirements: Requirements): readonly string[] {
  const known = Object.hasOwn(requirements, check.requirement) ? requirements[check.requirement] : undefined;
  const clause = known === undefined ? '' : `, ${safe(`${known.document} ${known.version} ${known.clause}`)}`;
  const octets = check.octets === undefined ? [] : [`      octets    ${marked(check, colours)}`];
  const note = check.note === undefined ? [] : [`      note      ${safe(check.note)}`];
  return [
    `    ${colours.bold(safe(check.requirement))} (${check.level}${clause})`,
    ...(known === undefined ? [] : [`      ${safe(known.statement)}`]),
    `      check     ${safe(check.id)}`,
    `      expected  ${safe(check.expected)}`,
    `      actual    ${safe(check.actual)}`,
    ...octets,
    ...note,
  ];
}

function caseLines(entry: CaseResult, colours: Colours, requirements: Requirements): readonly string[] {
  const paint = redVerdicts.includes(entry.verdict) ? colours.red : colours.yellow;
  const reason = entry.reason === undefined ? [] : [`    ${safe(entry.reason)}`];
  const checks = entry.checks.filter((check) => check.verdict === 'fail' || check.verdict === 'warn');
  return [
    `  ${paint(caseVerdictNames[entry.verdict].toUpperCase())} ${safe(entry.id)}  ${safe(entry.title)}`,
    ...reason,
    ...checks.flatMap((check) => checkLines(check, colours, requirements)),
  ];
}

function headLines(result: Result, colours: Colours): readonly string[] {
  const { device, profile } = result;
  const good = result.verdict === 'conformant' || result.verdict === 'partial';
  const verdict = (good ? colours.green : colours.red)(colours.bold(runVerdictNames[result.verdict].toUpperCase()));
  const identity = [
    device.eid === null ? 'EID unknown' : `EID ${device.eid}`,
    ...(device.uuid === undefined ? [] : [`UUID ${safe(device.uuid)}`]),
    ...(device.firmware === undefined ? [] : [`firmware ${safe(device.firmware)}`]),
    ...(device.types.length === 0 ? [] : [`types ${device.types.map(messageTypeName).join(' ')}`]),
  ];
  const demonstration = demonstrationText(result);
  return [
    `${verdict}  ${safe(profile.title)}`,
    ...(result.reason === undefined ? [] : [`  ${safe(result.reason)}`]),
    `  scope     ${safe(scopeText(result))}`,
    `  device    ${safe(device.uri)}`,
    `            ${identity.join(', ')}`,
    ...(result.level === null ? [] : [`  level     ${safe(result.level)}`]),
    `  cases     ${countsText(result)}`,
    ...(demonstration === undefined ? [] : [`  ${colours.dim(demonstration)}`]),
  ];
}

/** The end of a run on a terminal: verdict, scope, counts, and each case that is not green with what decided. */
export function renderSummary(result: Result, options: TextOptions = {}): string {
  const colours = createColors(options.colour === true);
  const limit = options.limit ?? 25;
  const notable = [
    ...result.cases.filter((entry) => redVerdicts.includes(entry.verdict)),
    ...result.cases.filter((entry) => entry.verdict === 'warn' || entry.verdict === 'waived'),
  ];
  const left = notable.length - limit;
  return [
    ...notable.slice(0, limit).flatMap((entry) => [...caseLines(entry, colours, options.requirements ?? {}), '']),
    ...(left > 0 ? [`  … and ${left} more: see the report`, ''] : []),
    ...headLines(result, colours),
    ...(options.directory === undefined ? [] : [`  reports   ${safe(options.directory)}`]),
    '',
  ].join('\n');
}

/** The whole of it as plain text, with the clauses that the record holds. */
export function renderText(result: Result, lines: readonly RecordLine[]): string {
  const plan = lines.findLast((line) => line.type === 'plan');
  const requirements = plan?.requirements ?? {};
  const idle = result.cases.filter((entry) => entry.verdict === 'not-applicable' || entry.verdict === 'unreachable');
  const notRun = idle.map(
    (entry) => `  ${caseVerdictNames[entry.verdict]}  ${safe(entry.id)}: ${safe(entry.reason ?? '')}`,
  );
  const summary = renderSummary(result, { requirements, limit: Number.POSITIVE_INFINITY });
  return notRun.length === 0 ? summary : `${['Not run:', ...notRun].join('\n')}\n\n${summary}`;
}
