import { join } from 'node:path';
import { createColors } from 'picocolors';
import { messageTypeName } from '../harness/names';
import type { RecordLine } from '../harness/record/lines';
import type { CaseResult, CheckResult, Result } from '../harness/record/result-schema';
import type { Requirements } from '../harness/suite/compiled';
import { spaced } from './traffic';
import { clip, visible } from './visible';
import { caseVerdictNames, countsText, demonstrationText, redVerdicts, runVerdictNames, scopeText } from './words';

export interface TextOptions {
  /** Where the reports lie; named at the end with what to do next. */
  readonly directory?: string;
  readonly colour?: boolean;
  /** Adds clause and statement to each failure. */
  readonly requirements?: Requirements;
  /** Of the cases that are not green only so many are shown. */
  readonly limit?: number;
  /** Failures as one line each: what they are about was told while the run went on. */
  readonly brief?: boolean;
}

const MOST_FINDINGS = 5;
const MAX_STRING = 1_000;
/** Octets in a line; those around the deciding ones. */
const MOST_OCTETS = 32;
const LABEL = 12;

/** What a device said, on one line that no terminal takes for a command. */
const safe = (text: string): string => clip(visible(text), MAX_STRING);

type Colours = ReturnType<typeof createColors>;

/** Octets, and beneath them carets under those that decided. */
function octetLines(check: Check, colours: Colours, columns: number): readonly string[] {
  const { octets = '', highlight } = check;
  const size = octets.length / 2;
  if (size === 0) return [];
  const room = Math.max(8, Math.min(MOST_OCTETS, Math.floor((columns - LABEL - 16) / 3)));
  const start = highlight?.offset ?? 0;
  const from = size <= room ? 0 : Math.max(0, Math.min(start - 4, size - room));
  const to = Math.min(size, from + room);
  const before = from === 0 ? '' : '… ';
  const after = to === size ? '' : ` … (${size} octets)`;
  const line = `${before}${spaced(octets.slice(from * 2, to * 2))}${after}`;
  const carets = Math.min((highlight?.length ?? 0) + start, to) - Math.max(start, from);
  if (carets <= 0) return [line];
  const indent = before.length + (Math.max(start, from) - from) * 3;
  return [line, `${' '.repeat(indent)}${colours.yellow('^'.repeat(carets * 3 - 1))}`];
}

/** Words at the width of a terminal, each further line indented like the first. */
function wrapped(text: string, indent: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

type Check = Pick<
  CheckResult,
  'id' | 'requirement' | 'level' | 'verdict' | 'expected' | 'actual' | 'octets' | 'highlight' | 'note'
>;

export interface FailureOptions {
  readonly requirements: Requirements;
  readonly colour: boolean;
  readonly columns: number;
  readonly reason?: string;
}

/** What a case that is not green is about: clause, expectation, actuality and octets of each kind of miss. */
export function failureLines(checks: readonly Check[], options: FailureOptions): readonly string[] {
  const { requirements, columns, reason } = options;
  const colours = createColors(options.colour);
  const missed = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  const kinds = new Map<string, Check[]>();
  for (const check of missed) {
    const key = `${check.verdict} ${check.requirement} ${check.id.replace(/\[.*$/, '')}`;
    kinds.set(key, [...(kinds.get(key) ?? []), check]);
  }
  const row = (label: string, lines: readonly string[]): readonly string[] =>
    lines.map((line, index) => `    ${(index === 0 ? label : '').padEnd(LABEL - 2)}${line}`);
  let said = '';
  const clauseLines = (check: Check): readonly string[] => {
    if (check.requirement === said) return [];
    said = check.requirement;
    const known = Object.hasOwn(requirements, check.requirement) ? requirements[check.requirement] : undefined;
    const clause = known === undefined ? '' : safe(`: ${known.document} ${known.version}, ${known.clause}`);
    return [
      `    ${safe(check.requirement)} (${check.level})${clause}`,
      ...(known === undefined ? [] : wrapped(safe(known.statement), '    ', columns).map(colours.dim)),
    ];
  };
  const about = [...kinds.values()].flatMap(([check, ...alike]) => {
    if (check === undefined) return [];
    return [
      ...clauseLines(check),
      ...row('check', [safe(check.id)]),
      ...row('expected', [safe(check.expected)]),
      ...row('actual', [colours.bold(safe(check.actual))]),
      ...row('octets', octetLines(check, colours, columns)),
      ...(check.note === undefined ? [] : row('note', [safe(check.note)])),
      ...(alike.length === 0 ? [] : row('', [`and ${alike.length} more of the same`])),
    ];
  });
  return [...(reason === undefined ? [] : [`    ${safe(reason)}`]), ...about];
}

function caseLines(entry: CaseResult, colours: Colours, options: TextOptions): readonly string[] {
  const paint = redVerdicts.includes(entry.verdict) ? colours.red : colours.yellow;
  const heading = `${paint(caseVerdictNames[entry.verdict].toUpperCase())}  ${safe(entry.id)}  ${safe(entry.title)}`;
  if (options.brief === true) return [heading];
  return [
    heading,
    ...failureLines(entry.checks, {
      requirements: options.requirements ?? {},
      colour: options.colour === true,
      columns: 100,
      ...(entry.reason === undefined ? {} : { reason: entry.reason }),
    }),
    '',
  ];
}

/** More capabilities of one status than these are counted, not named. */
const MOST_NAMED = 6;

function openOnes(
  capabilities: NonNullable<Result['capabilities']>,
  status: 'not-met' | 'not-tested',
  word: string,
): readonly string[] {
  const open = capabilities.filter((each) => each.status === status);
  return open.length > MOST_NAMED ? [`${open.length} ${word}`] : open.map(({ id }) => `${safe(id)} ${word}`);
}

/** Level and capabilities, programmes, and where claims and behaviour disagree. */
function levelLines({ level, demands, capabilities = [], overlays = [], claims = [] }: Result): readonly string[] {
  const asked = demands === undefined ? '' : `, ${demands} demanded`;
  const counting = capabilities.filter(({ need, status }) => need !== 'optional' && status !== 'not-applicable');
  const met = counting.filter(({ status }) => status === 'met' || status === 'met-with-note').length;
  const words = [...openOnes(counting, 'not-met', 'not met'), ...openOnes(counting, 'not-tested', 'not tested')];
  const findings = claims.flatMap(({ finding }) => finding ?? []);
  const left = findings.length - MOST_FINDINGS;
  return [
    ...(level === null && demands === undefined ? [] : [`  level     ${safe(level ?? 'none')}${asked}`]),
    ...(counting.length === 0
      ? []
      : [`            ${[`${met} of ${counting.length} capabilities met`, ...words].join(', ')}`]),
    ...overlays.map(({ id, status, rules }) => {
      const unmet = rules.filter((rule) => rule.status === 'not-met').map((rule) => safe(rule.id));
      return `  overlay   ${safe(id)}: ${[status.replace('-', ' '), ...unmet].join(', ')}`;
    }),
    ...findings
      .slice(0, MOST_FINDINGS)
      .map((finding, at) => `  ${at === 0 ? 'claims    ' : '          '}${safe(finding)}`),
    ...(left > 0 ? [`            and ${left} more`] : []),
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
    ...levelLines(result),
    `  cases     ${countsText(result)}`,
    ...acceptedLines(result),
    ...(demonstration === undefined ? [] : [`  ${colours.dim(demonstration)}`]),
  ];
}

/** Cases that one dead device blocks are told as one. */
function groupBlocked(cases: readonly CaseResult[]): readonly { readonly entry: CaseResult; readonly more: number }[] {
  const groups: { readonly entry: CaseResult; more: number }[] = [];
  const known = new Map<string, (typeof groups)[number]>();
  for (const entry of cases) {
    const own = entry.verdict === 'blocked' ? known.get(entry.reason ?? '') : undefined;
    if (own !== undefined) {
      own.more += 1;
      continue;
    }
    const made = { entry, more: 0 };
    groups.push(made);
    if (entry.verdict === 'blocked') known.set(entry.reason ?? '', made);
  }
  return groups;
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
    ...groupBlocked(notable.slice(0, limit)).flatMap(({ entry, more }) => [
      ...caseLines(entry, colours, options),
      ...(more > 0 ? [`    and ${more} more for the same reason`] : []),
    ]),
    ...(left > 0 ? [`… and ${left} more: see the report`] : []),
    ...(notable.length > 0 && (options.brief === true || left > 0) ? [''] : []),
    ...headLines(result, colours),
    ...nextLines(result, options.directory),
    '',
  ].join('\n');
}

/** What was accepted beforehand, by what became of it. */
function acceptedLines({ waivers, expectedFailures }: Result): readonly string[] {
  const row = (label: string, statuses: readonly string[]): readonly string[] => {
    const counts = [...new Set(statuses)].map((status) => {
      return `${statuses.filter((own) => own === status).length} ${status.replaceAll('-', ' ')}`;
    });
    return counts.length === 0 ? [] : [`  ${label.padEnd(10)}${counts.join(', ')}`];
  };
  return [
    ...row(
      'waivers',
      waivers.map(({ status }) => status),
    ),
    ...row(
      'expected',
      expectedFailures.map(({ status }) => status),
    ),
  ];
}

/** What to do now: the report, and the first failure in words. */
function nextLines(result: Result, directory: string | undefined): readonly string[] {
  if (directory === undefined) return [];
  const first = result.cases.find(({ verdict }) => redVerdicts.includes(verdict));
  const steps = [
    `open ${safe(join(directory, 'report.html'))}`,
    ...(first === undefined ? [] : [`mctp-certify explain ${safe(first.id)}`]),
  ];
  return [
    `  reports   ${safe(directory)}`,
    ...steps.map((step, index) => `  ${(index === 0 ? 'next' : '').padEnd(10)}${step}`),
  ];
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
