import { messageTypeName } from '../../harness/names';
import type { RecordLine } from '../../harness/record/lines';
import type { CaseResult, Result } from '../../harness/record/result-schema';
import type { Requirements } from '../../harness/suite/compiled';
import { clip } from '../visible';
import {
  bindingNames,
  caseVerdictNames,
  countsText,
  demonstrationText,
  redVerdicts,
  runVerdictNames,
  scopeText,
  verdictOrder,
} from '../words';
import { capabilitiesView, waiversView } from './accepted-view';
import { transferRow } from './case-view';
import type { Collected } from './collect';
import { transferData } from './collect';
import { coverageView, environmentView, notRunView } from './coverage-view';
import { timingView } from './timing-view';
import { runTones, tones } from './tones';

const MAX_STRING = 2_000;
const MAX_BETWEEN = 200;
const MAX_LINKS = 12;

const short = (text: string): string => clip(text, MAX_STRING);

export function took(ms: number): string {
  if (ms === 0) return '';
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(2)} ms`;
}

function factsOf(result: Result) {
  const { device, profile } = result;
  const fact = (name: string, value: string, code = false) => ({
    name,
    value: short(value),
    code,
    wide: value.length > 60,
  });
  const all = [
    fact('Device', device.uri, true),
    fact('EID', device.eid === null ? 'not known' : `${device.eid} (0x${device.eid.toString(16).padStart(2, '0')})`),
    fact('UUID', device.uuid ?? '', true),
    fact('Firmware', device.firmware ?? ''),
    fact('Message types', device.types.map(messageTypeName).join(', ')),
    fact('Binding', bindingNames[result.scope.binding]),
    fact('Profile', `${profile.id} (class ${profile.class})`),
    fact('Started', result.started),
    fact('Ended', result.ended ?? 'no end recorded'),
    fact('Time on the device', took(result.timing.durationMs)),
    fact('Segments', result.segments > 1 ? String(result.segments) : ''),
    fact('Allowed effects', result.scope.effects.length === 0 ? 'none' : result.scope.effects.join(', ')),
  ];
  return all.filter(({ value }) => value !== '');
}

export function totalsOf(result: Result) {
  const counts = verdictOrder
    .filter((verdict) => result.counts[verdict] > 0)
    .map((verdict) => ({
      verdict,
      name: caseVerdictNames[verdict],
      tone: tones[verdict],
      count: String(result.counts[verdict]),
    }));
  let x = 0;
  const bar = counts.map(({ tone, count }) => {
    const width = (1000 * Number(count)) / Math.max(1, result.planned);
    const piece = { tone, x: x.toFixed(2), width: width.toFixed(2) };
    x += width;
    return piece;
  });
  return { planned: String(result.planned), executed: String(result.executed), text: countsText(result), counts, bar };
}

/** What failed, clause by clause: a fault of the device often reddens several cases. */
function failedOf(result: Result, requirements: Requirements) {
  const found = new Map<string, { readonly cases: CaseResult[]; readonly bad: boolean }>();
  const add = (id: string, entry: CaseResult, bad: boolean): void => {
    const own = found.get(id);
    if (own === undefined) found.set(id, { cases: [entry], bad });
    else if (!own.cases.includes(entry)) own.cases.push(entry);
  };
  for (const entry of result.cases) {
    if (!redVerdicts.includes(entry.verdict)) continue;
    const failed = new Set(entry.checks.filter(({ verdict }) => verdict === 'fail').map((check) => check.requirement));
    for (const id of failed) add(id, entry, true);
    if (failed.size === 0) add(caseVerdictNames[entry.verdict], entry, true);
  }
  return [...found].map(([id, { cases }]) => {
    const known = Object.hasOwn(requirements, id) ? requirements[id] : undefined;
    return {
      id,
      name: known === undefined ? id : 'fail',
      tone: 'bad',
      document: known === undefined ? '' : `${known.document} ${known.version}`,
      clause: known?.clause ?? '',
      statement: short(known?.statement ?? ''),
      cases: cases.slice(0, MAX_LINKS).map((entry) => ({ id: entry.id, title: short(entry.title) })),
    };
  });
}

function suitesOf(result: Result, body: (entry: CaseResult) => object | undefined) {
  const suites = new Map<string, { entry: CaseResult; number: number }[]>();
  result.cases.forEach((entry, number) => {
    const own = suites.get(entry.suite);
    if (own === undefined) suites.set(entry.suite, [{ entry, number }]);
    else own.push({ entry, number });
  });
  return [...suites].map(([id, cases]) => ({
    id,
    summary: verdictOrder
      .map((verdict) => ({ verdict, count: cases.filter(({ entry }) => entry.verdict === verdict).length }))
      .filter(({ count }) => count > 0)
      .map(({ verdict, count }) => `${count} ${caseVerdictNames[verdict]}`)
      .join(', '),
    cases: cases.map(({ entry, number }) => ({
      number: String(number),
      id: entry.id,
      title: short(entry.title),
      verdict: entry.verdict,
      name: caseVerdictNames[entry.verdict],
      tone: tones[entry.verdict],
      level: entry.level,
      reason: short(entry.reason ?? ''),
      took: took(entry.durationMs),
      body: body(entry),
    })),
  }));
}

/** All that the page shows but the cases' details: strings as they came, every field present. */
export function pageView(
  result: Result,
  lines: readonly RecordLine[],
  { between, shared }: Collected,
  body: (entry: CaseResult) => object | undefined,
) {
  const plan = lines.findLast((line) => line.type === 'plan');
  const start = lines.find((line) => line.type === 'run.start');
  const requirements = plan?.requirements ?? {};
  const totals = totalsOf(result);
  const failed = failedOf(result, requirements);
  const { capabilities, overlays, capabilitySummary } = capabilitiesView(result);
  const waivers = waiversView(result);
  const notRun = notRunView(result);
  const timing = timingView(result, lines);
  const section = (id: string, name: string, there: boolean) => (there ? [{ id, name }] : []);
  return {
    tool: `${result.tool.name} ${result.tool.version}`,
    profile: { title: short(result.profile.title) },
    verdict: {
      name: runVerdictNames[result.verdict],
      tone: runTones[result.verdict],
      level: result.level ?? '',
      scope: short(scopeText(result)),
      reason: short(result.reason ?? ''),
      demonstration: demonstrationText(result) ?? '',
    },
    facts: factsOf(result),
    totals,
    contents: [
      ...section('failed', 'What is wrong', failed.length > 0),
      ...section('capabilities', 'Capabilities', capabilities.length > 0),
      ...section('programmes', 'Programmes', overlays.length > 0),
      ...section('waivers', 'Waivers', waivers.length > 0),
      ...section('cases', 'Cases', true),
      ...section('not-run', 'Not tested', notRun.length > 0),
      ...section('requirements', 'Requirements', true),
      ...section('timing', 'Response times', timing.rows.length > 0),
      ...section('environment', 'Environment', true),
    ],
    failed,
    capabilities,
    capabilitySummary,
    overlays,
    waivers,
    filters: totals.counts,
    levels: [...new Set(result.cases.map(({ level }) => level))],
    suites: suitesOf(result, body),
    notRun,
    coverage: coverageView(result, requirements),
    timing,
    between: between.slice(0, MAX_BETWEEN).map((transfer) => transferRow(transferData(transfer), shared)),
    betweenCount: String(between.length),
    betweenLeft: between.length > MAX_BETWEEN ? String(between.length - MAX_BETWEEN) : '',
    environment: environmentView(start, plan, lines),
  };
}
