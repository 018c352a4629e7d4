import { CertifyError } from '../errors';

/** Where something is in a file, from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters that the caret marks; at least 1. */
  readonly length: number;
}

/** One thing that is wrong with a file. */
export interface Problem extends Place {
  readonly message: string;
  /** The text of the line, without its end. */
  readonly text: string;
}

const MAX_TEXT = 160;

/** `file:line:column: message` and the line with a caret below. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message } = problem;
  const start = Math.max(0, column - 1 - MAX_TEXT / 2);
  const text = problem.text.slice(start, start + MAX_TEXT);
  const gutter = String(line);
  const caret = '^'.repeat(Math.max(1, Math.min(problem.length, text.length - (column - 1 - start))));
  const blank = ' '.repeat(column - 1 - start);
  return `${file}:${line}:${column}: ${message}\n  ${gutter} | ${text}\n  ${' '.repeat(gutter.length)} | ${blank}${caret}`;
}

/** Problems in the order of their files, lines and columns, each once. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const key = (problem: Problem): string => `${problem.file}:${problem.line}:${problem.column}:${problem.message}`;
  const once = new Map(problems.map((problem) => [key(problem), problem]));
  return [...once.values()].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.message < b.message ? -1 : 1),
  );
}

/** All problems as the one error that ends a command. */
export function problemError(problems: readonly Problem[]): CertifyError {
  const sorted = sortProblems(problems);
  const count = `${sorted.length} problem${sorted.length === 1 ? '' : 's'}`;
  return new CertifyError('YAML', `${sorted.map(formatProblem).join('\n')}\n${count}`, { problems: sorted });
}

/** Edits between two words, a swap of neighbours counting as one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      row.push(best);
    }
  }
  return at(a.length, b.length);
}

/** The known names that `name` most likely meant, best first. */
export function nearest(name: string, known: Iterable<string>, count = 3): readonly string[] {
  const wanted = name.slice(0, 80).toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return [...known]
    .filter(
      (candidate) => Math.abs(candidate.length - wanted.length) <= limit || candidate.toLowerCase().startsWith(wanted),
    )
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const edits = distance(wanted, lower.slice(0, 80));
      const close = wanted.length > 2 && lower.startsWith(wanted) ? Math.min(edits, 1.5) : edits;
      // Of two that are as near, the one with the same first letter is the likelier.
      return { candidate, edits: close, rank: close + (lower[0] === wanted[0] ? 0 : 0.4) };
    })
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.rank - b.rank || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

const MAX_LISTED = 12;

/** `; did you mean "x"?`, or the known names where none is near and they are few. */
export function suggestion(name: string, known: Iterable<string>): string {
  const all = [...known];
  const [best] = nearest(name, all, 1);
  if (best !== undefined) return `; did you mean ${JSON.stringify(best)}?`;
  return all.length > 0 && all.length <= MAX_LISTED ? `; known: ${all.join(', ')}` : '';
}

/** A word of a file as it stands in a message: quoted and bounded. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
