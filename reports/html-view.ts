import type { CommandSets } from '../harness/codec/command';
import type { CaseVerdict, CheckVerdict, RunVerdict } from '../harness/names';
import { messageTypeName } from '../harness/names';
import type { RecordLine } from '../harness/record/lines';
import type { CaseResult, CheckResult, Result } from '../harness/record/result-schema';
import type { Requirements } from '../harness/suite/compiled';
import { MAX_FRAME, packetView } from './html-packets';
import type { Transfer } from './traffic';
import { packetRanges, showRanges, spaced, transfers } from './traffic';
import { clip } from './visible';
import {
  bindingNames,
  caseVerdictNames,
  countsText,
  demonstrationText,
  redVerdicts,
  runVerdictNames,
  scopeText,
  verdictOrder,
} from './words';

type Tone = 'good' | 'bad' | 'warn' | 'idle';

const tones: { readonly [V in CaseVerdict | CheckVerdict]: Tone } = {
  pass: 'good',
  info: 'idle',
  warn: 'warn',
  waived: 'warn',
  fail: 'bad',
  error: 'bad',
  blocked: 'bad',
  'not-applicable': 'idle',
  unreachable: 'idle',
};

const runTones: { readonly [V in RunVerdict]: Tone } = {
  conformant: 'good',
  'not-conformant': 'bad',
  partial: 'warn',
  incomplete: 'bad',
  error: 'bad',
};

/** Bounds of what is shown, so that a talkative device cannot make a report that no browser opens. */
const MAX_STRING = 2_000;
const MAX_PACKETS = 400;

const short = (text: string): string => clip(text, MAX_STRING);

interface Context {
  readonly commands: CommandSets;
  readonly requirements: Requirements;
  readonly traffic: ReadonlyMap<string, readonly Transfer[]>;
  readonly ranges: ReturnType<typeof packetRanges>;
  readonly counters: ReadonlyMap<string, string>;
}

function took(ms: number): string {
  if (ms === 0) return '';
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(2)} ms`;
}

function octetsView({ octets, highlight }: CheckResult) {
  if (octets === undefined || octets === '') return null;
  const from = Math.min((highlight?.offset ?? 0) * 2, octets.length);
  const to = Math.min(from + (highlight?.length ?? 0) * 2, octets.length);
  const before = spaced(octets.slice(0, from));
  const after = spaced(octets.slice(to));
  return {
    before: clip(before, MAX_FRAME) + (before === '' ? '' : ' '),
    deciding: clip(spaced(octets.slice(from, to)), MAX_FRAME),
    after: (after === '' ? '' : ' ') + clip(after, MAX_FRAME),
  };
}

function checkView(check: CheckResult, entry: CaseResult) {
  const octets = octetsView(check);
  const note = check.note ?? '';
  return {
    // The case's own id stands in the line above.
    id: short(check.id.startsWith(`${entry.id}#`) ? check.id.slice(entry.id.length) : check.id),
    name: check.verdict,
    tone: tones[check.verdict],
    requirement: check.requirement,
    level: check.level,
    expected: short(check.expected),
    actual: short(check.actual),
    octets,
    note: short(note),
    detail: octets !== null || note !== '',
  };
}

function requirementView(id: string, requirements: Requirements) {
  const known = Object.hasOwn(requirements, id) ? requirements[id] : undefined;
  return {
    id,
    level: known?.level ?? 'not described in the record',
    unconfirmed: known !== undefined && known.confidence !== 'high',
    clause: known === undefined ? '' : `${known.document} ${known.version}, ${known.clause}`,
    statement: known === undefined ? '' : short(known.statement),
  };
}

function caseView(entry: CaseResult, context: Context) {
  const own = context.traffic.get(entry.id) ?? [];
  const ranges = context.ranges.get(entry.id) ?? [];
  const more = own.length > MAX_PACKETS ? `; the first ${MAX_PACKETS} transfers here` : '';
  return {
    id: entry.id,
    anchor: `case:${entry.id}`,
    title: short(entry.title),
    verdict: entry.verdict,
    name: caseVerdictNames[entry.verdict],
    tone: tones[entry.verdict],
    reason: short(entry.reason ?? ''),
    took: took(entry.durationMs),
    open: redVerdicts.includes(entry.verdict) && entry.checks.length + own.length > 0,
    requirements: entry.requirements.map((id) => requirementView(id, context.requirements)),
    checks: entry.checks.map((check) => checkView(check, entry)),
    counters: short(context.counters.get(entry.id) ?? ''),
    packets: own.slice(0, MAX_PACKETS).map((transfer) => packetView(transfer, context.commands)),
    packetRange: ranges.length === 0 ? '' : `${showRanges(ranges)} of traffic.pcapng${more}`,
  };
}

/** What the interface to the device counted during each case, in words. */
function countersOf(lines: readonly RecordLine[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const line of lines) {
    if (line.type !== 'counters') continue;
    const parts = Object.entries(line.counters).map(([name, by]) => `${name} ${by < 0 ? '' : '+'}${by}`);
    words.set(line.case, parts.join(', '));
  }
  return words;
}

function suitesOf(result: Result, context: Context) {
  const suites = new Map<string, CaseResult[]>();
  for (const entry of result.cases) {
    const own = suites.get(entry.suite);
    if (own === undefined) suites.set(entry.suite, [entry]);
    else own.push(entry);
  }
  return [...suites].map(([id, cases]) => ({
    id,
    summary: verdictOrder
      .map((verdict) => ({ verdict, count: cases.filter((entry) => entry.verdict === verdict).length }))
      .filter(({ count }) => count > 0)
      .map(({ verdict, count }) => `${count} ${caseVerdictNames[verdict]}`)
      .join(', '),
    cases: cases.map((entry) => caseView(entry, context)),
  }));
}

function factsOf(result: Result) {
  const { device, profile } = result;
  const fact = (name: string, value: string, code = false) => ({ name, value: short(value), code });
  const all = [
    fact('Device', device.uri, true),
    fact('EID', device.eid === null ? 'not known' : `${device.eid} (0x${device.eid.toString(16).padStart(2, '0')})`),
    fact('UUID', device.uuid ?? '', true),
    fact('Firmware', device.firmware ?? ''),
    fact('Message types', device.types.map(messageTypeName).join(', ')),
    fact('Level', result.level ?? ''),
    fact('Binding', bindingNames[result.scope.binding]),
    fact('Allowed effects', result.scope.effects.length === 0 ? 'none' : result.scope.effects.join(', ')),
    fact('Profile', `${profile.id} (class ${profile.class})`),
    fact('Profile hash', profile.hash, true),
    fact('Started', result.started),
    fact('Ended', result.ended ?? 'no end recorded'),
    fact('Duration on the device', took(result.timing.durationMs)),
    fact('Segments', result.segments > 1 ? String(result.segments) : ''),
  ];
  return all.filter(({ value }) => value !== '');
}

function totalsOf(result: Result) {
  const counts = verdictOrder
    .filter((verdict) => result.counts[verdict] > 0)
    .map((verdict) => ({
      verdict,
      name: caseVerdictNames[verdict],
      tone: tones[verdict],
      count: result.counts[verdict],
    }));
  let x = 0;
  const bar = counts.map(({ tone, count }) => {
    const width = (1000 * count) / Math.max(1, result.planned);
    const piece = { tone, x: x.toFixed(2), width: width.toFixed(2) };
    x += width;
    return piece;
  });
  return { planned: String(result.planned), executed: String(result.executed), text: countsText(result), counts, bar };
}

function coverageOf(result: Result, requirements: Requirements) {
  const { tested, untested } = result.coverage;
  return {
    summary: `${tested.length} tested${untested.length === 0 ? '' : `, ${untested.length} only in cases that did not run`}`,
    rows: tested.map((row) => ({
      name: row.verdict,
      tone: tones[row.verdict],
      requirement: row.requirement,
      level: row.level,
      clause: requirementView(row.requirement, requirements).clause,
      cases: clip(row.cases.join(' '), MAX_STRING),
    })),
  };
}

/**
 * All that the report shows, from the result and the lines it was made of: strings as they came (`html.ts` makes them
 * harmless), every field present.
 */
export function viewOf(result: Result, lines: readonly RecordLine[]) {
  const plan = lines.findLast((line) => line.type === 'plan');
  const requirements = plan?.requirements ?? {};
  const traffic = new Map<string, Transfer[]>();
  const between: Transfer[] = [];
  const all = [...transfers(lines)];
  for (const transfer of all) {
    if (transfer.case === undefined) between.push(transfer);
    else if (traffic.has(transfer.case)) traffic.get(transfer.case)?.push(transfer);
    else traffic.set(transfer.case, [transfer]);
  }
  const commands = plan?.commands ?? {};
  const totals = totalsOf(result);
  return {
    tool: `${result.tool.name} ${result.tool.version}`,
    profile: { title: short(result.profile.title) },
    verdict: {
      name: runVerdictNames[result.verdict],
      tone: runTones[result.verdict],
      scope: short(scopeText(result)),
      reason: short(result.reason ?? ''),
      demonstration: demonstrationText(result) ?? '',
    },
    facts: factsOf(result),
    totals,
    filters: totals.counts,
    suites: suitesOf(result, {
      commands,
      requirements,
      traffic,
      ranges: packetRanges(all),
      counters: countersOf(lines),
    }),
    between: between.slice(0, MAX_PACKETS).map((transfer) => packetView(transfer, commands)),
    betweenLeft: between.length > MAX_PACKETS ? String(between.length - MAX_PACKETS) : '',
    coverage: coverageOf(result, requirements),
    timing: result.timing.commands.map((row) => ({
      command: row.command,
      count: String(row.count),
      p50Ms: row.p50Ms.toFixed(3),
      p99Ms: row.p99Ms.toFixed(3),
      maxMs: row.maxMs.toFixed(3),
    })),
  };
}
