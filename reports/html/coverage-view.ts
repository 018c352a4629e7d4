import { formatDuration } from '../../harness/clock';
import type { RecordLine } from '../../harness/record/lines';
import type { Result } from '../../harness/record/result-schema';
import type { Requirements } from '../../harness/suite/compiled';
import { clip } from '../visible';
import { caseVerdictNames } from '../words';

type Tone = 'good' | 'bad' | 'warn' | 'idle' | 'none';

const tones: { readonly [verdict: string]: Tone } = {
  pass: 'good',
  info: 'good',
  warn: 'warn',
  waived: 'warn',
  fail: 'bad',
};

interface Row {
  readonly id: string;
  readonly name: string;
  readonly tone: Tone;
  readonly cases: readonly string[];
  readonly why: string;
}

/** Every requirement that the plan names: the worst that was found, or why nothing was. */
export function coverageView(result: Result, requirements: Requirements) {
  const { tested, untested } = result.coverage;
  const touching = new Map<string, typeof result.cases>();
  for (const entry of result.cases) {
    for (const id of entry.requirements) touching.set(id, [...(touching.get(id) ?? []), entry]);
  }
  const idle = untested.map((id): Row => {
    const own = touching.get(id) ?? [];
    const why = [...new Set(own.map(({ verdict, reason }) => `${caseVerdictNames[verdict]}: ${reason ?? ''}`))];
    return { id, name: 'not tested', tone: 'idle', cases: own.map((entry) => entry.id), why: why.join('; ') };
  });
  const known = new Set([...tested.map((row) => row.requirement), ...untested]);
  const excused = Object.values(requirements).filter(({ id }) => !known.has(id));
  const rows: readonly Row[] = [
    ...tested.map((row): Row => {
      const tone = tones[row.verdict] ?? 'idle';
      return { id: row.requirement, name: row.verdict, tone, cases: row.cases, why: '' };
    }),
    ...idle,
    ...excused.map(({ id, excused: because }): Row => {
      const why = because === undefined ? 'no case of the plan names it' : `excused: ${because.reason}`;
      return { id, name: because === undefined ? 'no case' : 'excused', tone: 'none', cases: [], why };
    }),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
  const documents = new Map<string, Row[]>();
  for (const row of rows) {
    const document = requirements[row.id]?.document ?? row.id.split('-')[0] ?? '';
    const own = documents.get(document);
    if (own === undefined) documents.set(document, [row]);
    else own.push(row);
  }
  return {
    tested: String(tested.length),
    total: String(rows.length),
    summary: `${tested.length} of ${rows.length} requirements exercised`,
    documents: [...documents].map(([document, own]) => ({
      document,
      summary: summaryOf(own),
      rows: own.map((row) => rowView(row, requirements)),
    })),
  };
}

function summaryOf(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const { name } of rows) counts.set(name, (counts.get(name) ?? 0) + 1);
  const order = ['fail', 'waived', 'warn', 'pass', 'info', 'not tested', 'excused', 'no case'];
  return order.flatMap((name) => (counts.has(name) ? [`${counts.get(name)} ${name}`] : [])).join(', ');
}

function rowView(row: Row, requirements: Requirements) {
  const known = Object.hasOwn(requirements, row.id) ? requirements[row.id] : undefined;
  return {
    ...row,
    cases: row.cases.slice(0, 40),
    casesLeft: row.cases.length > 40 ? `and ${row.cases.length - 40} more` : '',
    why: clip(row.why, 600),
    level: known?.level ?? '',
    unconfirmed: known !== undefined && known.confidence !== 'high',
    clause: known === undefined ? '' : `${known.version}, ${known.clause}`,
    statement: clip(known?.statement ?? '', 2_000),
  };
}

/** What did not run, by reason: the reader sees at a glance what the verdict does not cover. */
export function notRunView(result: Result) {
  const reasons = new Map<string, { verdict: string; reason: string; cases: string[] }>();
  for (const { id, verdict, reason = '' } of result.cases) {
    if (verdict !== 'not-applicable' && verdict !== 'unreachable' && verdict !== 'blocked') continue;
    const key = `${verdict} ${reason}`;
    const own = reasons.get(key) ?? { verdict: caseVerdictNames[verdict], reason: clip(reason, 1_000), cases: [] };
    own.cases.push(id);
    reasons.set(key, own);
  }
  return [...reasons.values()]
    .sort((a, b) => b.cases.length - a.cases.length)
    .map(({ verdict, reason, cases }) => ({
      verdict,
      reason,
      count: String(cases.length),
      cases: cases.slice(0, 60),
      casesLeft: cases.length > 60 ? `and ${cases.length - 60} more` : '',
    }));
}

type Start = Extract<RecordLine, { type: 'run.start' }>;
type Plan = Extract<RecordLine, { type: 'plan' }>;

/** What the run was made with: enough to make it again. */
export function environmentView(start: Start | undefined, plan: Plan | undefined, lines: readonly RecordLine[]) {
  const flat = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(flat).join(', ');
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const rows = (entries: readonly (readonly [string, unknown])[]) =>
    entries.map(([name, value]) => ({ name, value: clip(flat(value), 1_000) }));
  const options = start?.options;
  const notes = lines.flatMap((line) => (line.type === 'note' ? [clip(line.text, 1_000)] : []));
  return {
    groups: [
      {
        title: 'Tool and run',
        rows: rows([
          ['tool', `${start?.tool.name ?? ''} ${start?.tool.version ?? ''}`],
          ['node', start?.tool.node ?? ''],
          ['seed', start?.seed ?? ''],
          ['strict', options?.strict === true ? 'yes' : 'no'],
          ['thorough', options?.thorough === true ? 'yes' : 'no'],
          ['selected', options === undefined || options.select.length === 0 ? 'all' : options.select.join(', ')],
        ]),
      },
      { title: 'Claims', rows: rows(claimRows(plan)) },
      { title: 'Parameters', rows: rows(Object.entries(plan?.parameters ?? {}).map(readable)) },
      { title: 'Hashes', rows: rows(Object.entries(start?.hashes ?? {})) },
    ].filter((group) => group.rows.length > 0),
    notes: [...new Set(notes)].slice(0, 40),
  };
}

/** Durations are nanoseconds in a record; people think of them otherwise. */
function readable([name, value]: readonly [string, unknown]): readonly [string, unknown] {
  const duration = typeof value === 'number' && /(?:Time|Timeout|Window|Expiry)$/.test(name);
  return [name, duration ? formatDuration(value) : value];
}

function claimRows(plan: Plan | undefined): readonly (readonly [string, unknown])[] {
  return Object.entries(plan?.claims ?? {}).flatMap(([area, value]): readonly (readonly [string, unknown])[] =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([name, own]) => [`${area}.${name}`, own] as const)
      : [[area, value] as const],
  );
}
