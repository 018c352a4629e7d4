import { verdictLetters } from '../../harness/names';
import type { CampaignResult } from '../../harness/record/campaign-result';
import { acceptanceOrder } from './order';

/** Devices in rows, cases in columns: the data of the table and what is shown of it, for the page and for its script. */

/** Where the case was not in the run's plan. */
const NONE = '.';
/** Gravest first. */
const order = 'febwvpun.';
const quiet = 'pnu.';

export interface MatrixRow {
  readonly name: string;
  readonly profile: string;
  /** One letter for each case, in the order of `suites`. */
  readonly letters: string;
  /** Indices of cases whose verdict differs between repeats. */
  readonly flaky: readonly number[];
  /** Folder of the run that a case's letter comes from, where it is not quiet. */
  readonly links: { readonly [index: string]: string };
}

export interface MatrixData {
  readonly suites: readonly { readonly id: string; readonly cases: readonly string[] }[];
  readonly rows: readonly MatrixRow[];
}

const suiteOf = (id: string): string => id.replace(/\/[^/]*$/, '');

/** `link` is where the folder of a run lies, from the report; undefined where it is not with it. */
export function matrixData(
  { plans, jobs, devices }: Pick<CampaignResult, 'plans' | 'jobs' | 'devices'>,
  link: (path: string) => string | undefined,
): MatrixData {
  const ids = [...new Set(plans.flat())];
  const names = [...new Set(ids.map(suiteOf))];
  const suites = names.map((id) => ({ id, cases: ids.filter((own) => suiteOf(own) === id) }));
  const places = new Map(suites.flatMap(({ cases }) => cases).map((id, index) => [id, index]));
  // Who is not accepted stands on top, as in the list of devices.
  const sorted = acceptanceOrder.flatMap((verdict) => devices.filter((device) => device.verdict === verdict));
  const rows = sorted.flatMap((device) => {
    const own = device.jobs.flatMap((index) => jobs[index] ?? []);
    return [...new Set(own.map(({ profile }) => profile))].map((profile) => {
      const letters = Array.from({ length: places.size }, () => NONE);
      const links: { [index: string]: string } = {};
      const flaky = new Set<number>();
      for (const job of own.filter((entry) => entry.profile === profile)) {
        const { outcome } = job;
        (plans[outcome?.plan ?? -1] ?? []).forEach((id, position) => {
          const place = places.get(id);
          const verdict = outcome?.verdicts[position];
          if (place === undefined || verdict === undefined) return;
          const letter = verdictLetters[verdict];
          const before = letters[place] ?? NONE;
          if (before !== NONE && before !== letter) flaky.add(place);
          if (before !== NONE && order.indexOf(letter) >= order.indexOf(before)) return;
          letters[place] = letter;
          const href = outcome?.evidence === undefined ? undefined : link(outcome.evidence.path);
          if (href !== undefined && !quiet.includes(letter)) links[place] = href;
        });
      }
      return { name: device.name, profile, letters: letters.join(''), flaky: [...flaky], links };
    });
  });
  return { suites, rows };
}

/** What of the table is unfolded: suites whose every case is shown, and the ones that pass alike. */
export interface Unfolded {
  readonly suites: ReadonlySet<string>;
  readonly alike: boolean;
}

interface Cell {
  readonly tone: string;
  readonly text: string;
  readonly name: string;
  readonly href?: string;
}

interface Group {
  readonly id: string;
  readonly title: string;
  readonly span: number;
  /** What pressing its head does; empty: nothing. */
  readonly action: '' | 'open' | 'close';
  readonly columns: readonly { readonly text: string; readonly name: string }[];
  readonly cells: (row: MatrixRow, index: number) => readonly Cell[];
}

const tones: { readonly [letter: string]: string } = { p: 'good', w: 'warn', v: 'warn', f: 'bad', b: 'bad', e: 'bad' };
const letterNames: { readonly [letter: string]: string } = {
  p: 'pass',
  w: 'warn',
  f: 'fail',
  b: 'blocked',
  e: 'error',
  v: 'waived',
  n: 'not applicable',
  u: 'unreachable',
  [NONE]: 'no result',
};
const shown: { readonly [letter: string]: string } = { p: '·', n: '–', u: '–', [NONE]: '' };

/** Whether anybody would look: red, warned, waived or flaky in some row. */
function marked({ rows }: MatrixData, index: number): boolean {
  return rows.some(({ letters, flaky }) => !quiet.includes(letters[index] ?? NONE) || flaky.includes(index));
}

function caseCell(row: MatrixRow, index: number, id: string): Cell {
  const letter = row.letters[index] ?? NONE;
  const flaky = row.flaky.includes(index);
  const link = row.links[index];
  return {
    tone: tones[letter] ?? 'idle',
    text: `${shown[letter] ?? letter.toUpperCase()}${flaky ? '~' : ''}`,
    name: `${letterNames[letter]}${flaky ? ', differs between repeats' : ''}`,
    ...(link === undefined ? {} : { href: `${link}/report.html#case:${encodeURI(id)}` }),
  };
}

/** Several cases in one cell: how many, and the gravest of them. */
function foldedCell(row: MatrixRow, indices: readonly number[]): Cell {
  const own = indices.map((index) => row.letters[index] ?? NONE);
  const worst = order.split('').find((letter) => own.includes(letter)) ?? NONE;
  const passes = own.filter((letter) => letter === 'p').length;
  const text = quiet.includes(worst) ? (passes === 0 ? (shown[worst] ?? '') : String(passes)) : worst.toUpperCase();
  const counts = [...new Set(own)].map(
    (letter) => `${own.filter((each) => each === letter).length} ${letterNames[letter]}`,
  );
  return { tone: tones[worst] ?? 'idle', text, name: counts.join(', ') };
}

/** The columns that are shown: what is red or differs case by case, the rest of each suite in one, and what passes in one. */
export function matrixView(data: MatrixData, unfolded: Unfolded) {
  let next = 0;
  const suites = data.suites.map(({ id, cases }) => {
    const all = cases.map((own, index) => ({ id: own, index: next + index }));
    next += cases.length;
    return { id, all, marks: all.filter(({ index }) => marked(data, index)) };
  });
  const alike = suites.filter(({ marks }) => marks.length === 0);
  const groups: Group[] = suites
    .filter((suite) => suite.marks.length > 0)
    .map((suite) => suiteGroup(suite, unfolded.suites.has(suite.id)));
  if (alike.length > 0 && unfolded.alike)
    groups.push(...alike.map((suite) => suiteGroup(suite, unfolded.suites.has(suite.id))));
  if (alike.length > 0) {
    const indices = alike.flatMap(({ all }) => all.map(({ index }) => index));
    groups.push({
      id: '*',
      title: unfolded.alike
        ? 'all of them'
        : alike.length === 1
          ? '1 suite without a mark'
          : `${alike.length} suites without a mark`,
      span: 1,
      action: unfolded.alike ? 'close' : 'open',
      columns: [{ text: String(indices.length), name: `${indices.length} cases` }],
      cells: (row) => [foldedCell(row, indices)],
    });
  }
  const several = new Set(data.rows.map(({ profile }) => profile)).size > 1;
  return {
    groups: groups.map(({ id, title, span, action, columns }) => ({ id, title, span: String(span), action, columns })),
    columns: groups.flatMap(({ columns }) => columns),
    rows: data.rows.map((row, index) => ({
      name: row.name,
      profile: several ? row.profile : '',
      cells: groups.flatMap((group) => group.cells(row, index)),
    })),
    width: groups.reduce((sum, { span }) => sum + span, 0),
  };
}

interface Suite {
  readonly id: string;
  readonly all: readonly { readonly id: string; readonly index: number }[];
  readonly marks: readonly { readonly id: string; readonly index: number }[];
}

function suiteGroup({ id, all, marks }: Suite, whole: boolean): Group {
  const cases = whole ? all : marks;
  const rest = whole ? [] : all.filter((entry) => !marks.includes(entry)).map(({ index }) => index);
  return {
    id,
    title: id,
    span: cases.length + (rest.length > 0 ? 1 : 0),
    action: whole ? 'close' : rest.length > 0 ? 'open' : '',
    columns: [
      ...cases.map((entry) => ({ text: entry.id.slice(id.length + 1), name: entry.id })),
      ...(rest.length > 0 ? [{ text: `+${rest.length}`, name: `${rest.length} other cases of ${id}` }] : []),
    ],
    cells: (row) => [
      ...cases.map((entry) => caseCell(row, entry.index, entry.id)),
      ...(rest.length > 0 ? [foldedCell(row, rest)] : []),
    ],
  };
}

/** Cases that are not quiet in every row, with what became of them: gravest first. */
export function markedCases(data: MatrixData) {
  const ids = data.suites.flatMap(({ cases }) => cases);
  return ids
    .map((id, index) => {
      const by = new Map<string, MatrixRow[]>();
      for (const row of data.rows) {
        const letter = row.letters[index] ?? NONE;
        by.set(letter, [...(by.get(letter) ?? []), row]);
      }
      return { id, index, by, flaky: data.rows.filter((row) => row.flaky.includes(index)) };
    })
    .filter(({ index }) => marked(data, index))
    .map(({ id, index, by, flaky }) => ({
      id,
      worst: order.split('').find((letter) => by.has(letter)) ?? NONE,
      flaky: flaky.length,
      groups: order
        .split('')
        .filter((letter) => by.has(letter))
        .map((letter) => ({
          letter,
          name: letterNames[letter] ?? '',
          tone: tones[letter] ?? 'idle',
          rows: by.get(letter) ?? [],
        }))
        .map(({ rows, ...group }) => ({
          ...group,
          rows: rows.map((row) => {
            const link = row.links[index];
            return {
              name: row.name,
              ...(link === undefined ? {} : { href: `${link}/report.html#case:${encodeURI(id)}` }),
            };
          }),
        })),
    }))
    .sort((a, b) => order.indexOf(a.worst) - order.indexOf(b.worst));
}
