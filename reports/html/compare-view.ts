import type { CaseResult, CheckResult, Result } from '../../harness/record/result-schema';
import { spaced } from '../traffic';
import { clip } from '../visible';
import { bindingNames, caseVerdictNames, countsText, runVerdictNames, scopeText } from '../words';
import { took } from './page-view';
import { runTones, tones } from './tones';

/** One of the runs that stand side by side; the name tells them apart for people. */
export interface Column {
  readonly name: string;
  readonly result: Result;
}

const MAX_TEXT = 600;
const MAX_CHECKS = 6;

const letterOf = (index: number): string => String.fromCharCode(65 + (index % 26));

function headOf({ name, result }: Column, index: number) {
  const { device, profile } = result;
  const fact = (title: string, value: string, code = false) => ({ title, value: clip(value, MAX_TEXT), code });
  return {
    letter: letterOf(index),
    name: clip(name, MAX_TEXT),
    verdict: runVerdictNames[result.verdict],
    tone: runTones[result.verdict],
    level: result.level ?? '',
    facts: [
      fact('Scope', scopeText(result)),
      fact('Device', device.uri, true),
      fact('Firmware', device.firmware ?? ''),
      fact('UUID', device.uuid ?? '', true),
      fact('Binding', bindingNames[result.scope.binding]),
      fact('Profile', `${profile.id}, ${profile.title}`),
      fact('Started', result.started),
      fact('Cases', countsText(result)),
    ].filter(({ value }) => value !== ''),
  };
}

function checkCell(check: CheckResult) {
  const { octets = '', highlight } = check;
  const from = Math.min((highlight?.offset ?? 0) * 2, octets.length);
  const to = Math.min(from + (highlight?.length ?? 0) * 2, octets.length);
  return {
    requirement: check.requirement,
    tone: tones[check.verdict],
    verdict: check.verdict,
    expected: clip(check.expected, MAX_TEXT),
    actual: clip(check.actual, MAX_TEXT),
    before: clip(spaced(octets.slice(0, from)), 150),
    deciding: clip(spaced(octets.slice(from, to)), 150),
    after: clip(spaced(octets.slice(to)), 150),
  };
}

function cellOf(entry: CaseResult | undefined, index: number) {
  const missed = (entry?.checks ?? []).filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  return {
    letter: letterOf(index),
    name: entry === undefined ? 'not there' : caseVerdictNames[entry.verdict],
    tone: entry === undefined ? 'none' : tones[entry.verdict],
    reason: clip(entry?.reason ?? '', MAX_TEXT),
    took: entry === undefined ? '' : took(entry.durationMs),
    checks: missed.slice(0, MAX_CHECKS).map(checkCell),
    left: missed.length > MAX_CHECKS ? String(missed.length - MAX_CHECKS) : '',
  };
}

interface Row {
  readonly id: string;
  readonly entries: readonly (CaseResult | undefined)[];
}

function rowsOf(columns: readonly Column[]): readonly Row[] {
  const byId = columns.map(({ result }) => new Map(result.cases.map((entry) => [entry.id, entry])));
  const ids = new Set(byId.flatMap((cases) => [...cases.keys()]));
  return [...ids].map((id) => ({ id, entries: byId.map((cases) => cases.get(id)) }));
}

function differs({ entries }: Row): boolean {
  return new Set(entries.map((entry) => entry?.verdict)).size > 1;
}

/** Why a case failed may change though its verdict does not. */
function failsOtherwise({ entries }: Row): boolean {
  const words = entries.map((entry) =>
    (entry?.checks ?? [])
      .filter(({ verdict }) => verdict === 'fail')
      .map(({ id, actual }) => `${id} ${actual}`)
      .join('\n'),
  );
  return new Set(words).size > 1;
}

function rowView(row: Row) {
  const known = row.entries.find((entry) => entry !== undefined);
  const different = differs(row);
  const otherwise = !different && failsOtherwise(row);
  return {
    id: row.id,
    title: clip(known?.title ?? '', MAX_TEXT),
    suite: known?.suite ?? '',
    level: known?.level ?? '',
    state: different ? 'differs' : otherwise ? 'fails otherwise' : 'same',
    cells: row.entries.map(cellOf),
  };
}

/** Response times of each command, in columns. */
function timesOf(columns: readonly Column[]) {
  const tables = columns.map(({ result }) => new Map(result.timing.commands.map((row) => [row.command, row])));
  const commands = [...new Set(tables.flatMap((table) => [...table.keys()]))].sort();
  return commands.map((command) => ({
    command,
    cells: tables.map((table) => {
      const row = table.get(command);
      return row === undefined ? '' : `${row.p50Ms.toFixed(2)} / ${row.maxMs.toFixed(2)}`;
    }),
  }));
}

function capabilitiesOf(columns: readonly Column[]) {
  const tables = columns.map(({ result }) => new Map((result.capabilities ?? []).map((row) => [row.id, row])));
  const ids = [...new Set(tables.flatMap((table) => [...table.keys()]))];
  return ids.map((id) => {
    const rows = tables.map((table) => table.get(id));
    return {
      id,
      title: clip(rows.find((row) => row !== undefined)?.title ?? '', MAX_TEXT),
      cells: rows.map((row) => ({
        status: row === undefined ? '' : row.status.replaceAll('-', ' '),
        tone: row?.status === 'not-met' ? 'bad' : row?.status.startsWith('met') === true ? 'good' : 'idle',
      })),
    };
  });
}

/** Several runs in columns, their cases in rows: what differs first. */
export function compareView(columns: readonly Column[]) {
  const rows = rowsOf(columns).map(rowView);
  const states = ['differs', 'fails otherwise', 'same'] as const;
  const profiles = new Set(columns.map(({ result }) => result.profile.hash));
  const scopes = new Set(columns.map(({ result }) => scopeText(result)));
  return {
    tool: `${columns[0]?.result.tool.name ?? ''} ${columns[0]?.result.tool.version ?? ''}`,
    columns: columns.map(headOf),
    warnings: [
      ...(profiles.size > 1 ? ['The runs were made under different profiles, or different states of one.'] : []),
      ...(scopes.size > 1
        ? ['The runs have different scopes: what one could not reach, another may have tested.']
        : []),
    ],
    total: String(rows.length),
    filters: states
      .map((state) => ({ state, count: String(rows.filter((row) => row.state === state).length) }))
      .filter(({ count }) => count !== '0'),
    suiteIds: [...new Set(rows.map(({ suite }) => suite))],
    levels: [...new Set(rows.map(({ level }) => level))],
    groups: states
      .map((state) => ({
        state,
        title: { differs: 'Different', 'fails otherwise': 'Failing otherwise', same: 'The same' }[state],
        suites: bySuite(rows.filter((row) => row.state === state)),
      }))
      .filter(({ suites }) => suites.length > 0),
    capabilities: capabilitiesOf(columns),
    times: timesOf(columns),
  };
}

function bySuite(rows: readonly ReturnType<typeof rowView>[]) {
  const suites = new Map<string, ReturnType<typeof rowView>[]>();
  for (const row of rows) suites.set(row.suite, [...(suites.get(row.suite) ?? []), row]);
  return [...suites].map(([id, cases]) => ({ id, cases }));
}
