import { randomBytes } from 'node:crypto';
import { sha256 } from './canonical';

/**
 * The record line by line: a salted hash of each, in a file of its own whose root the statement signs. So a changed line
 * is named, and a line whose content is masked keeps its hash while nobody can guess what stood there.
 */
export const LEAVES_FILE = 'record.leaves';

export interface Leaf {
  /** Lower-case hex; missing where the line was masked. */
  readonly salt: string | undefined;
  readonly hash: string;
}

const leafHash = (salt: string, line: string): string =>
  sha256(Buffer.concat([Buffer.from(salt, 'hex'), Buffer.from(line)]));

/** The lines of a record's text, each with its newline: a cut-off last line is one without. */
export function recordTexts(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

export function leavesOf(lines: readonly string[], salt: () => string = newSalt): readonly Leaf[] {
  return lines.map((line) => {
    const own = salt();
    return { salt: own, hash: leafHash(own, line) };
  });
}

const newSalt = (): string => randomBytes(16).toString('hex');

export function rootOf(leaves: readonly Leaf[]): string {
  return sha256(Buffer.from(leaves.map(({ hash }) => hash).join(''), 'hex'));
}

export function leavesText(leaves: readonly Leaf[]): string {
  return leaves.map(({ salt, hash }) => `${salt ?? '-'} ${hash}\n`).join('');
}

/** Undefined where the text is no such file. */
export function parseLeaves(text: string): readonly Leaf[] | undefined {
  if (!/^(?:(?:-|[0-9a-f]{32}) [0-9a-f]{64}\n)*$/.test(text)) return undefined;
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [salt = '-', hash = ''] = line.split(' ');
      return { salt: salt === '-' ? undefined : salt, hash };
    });
}

/** What became of the lines since they were signed; empty: nothing. `masked` lines are taken by their hash. */
export function compareLines(
  lines: readonly string[],
  leaves: readonly Leaf[],
): { readonly problems: readonly string[]; readonly masked: readonly number[] } {
  const problems: string[] = [];
  const masked: number[] = [];
  leaves.forEach(({ salt, hash }, index) => {
    const line = lines[index];
    if (line === undefined) return;
    if (salt === undefined) masked.push(index);
    else if (leafHash(salt, line) !== hash) problems.push(`line ${index + 1} is not the one that was signed`);
  });
  if (lines.length < leaves.length) problems.push(`lines ${lines.length + 1} to ${leaves.length} are missing`);
  if (lines.length > leaves.length) problems.push(`lines from ${leaves.length + 1} on were not signed`);
  return { problems, masked };
}
