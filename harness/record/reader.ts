import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CertifyError, messageOf } from '../errors';
import type { RecordLine } from './lines';
import { RECORD_FILE } from './writer';

/** A plan with thousands of cases and its command tables stays well below this. */
const MAX_LINE = 64 * 1024 * 1024;
const MAX_DEPTH = 64;
const BLOCK = 256 * 1024;

/** A record as it lies on the disk. */
export interface RecordFile {
  readonly path: string;
  readonly lines: readonly RecordLine[];
  /** The last segment has its `run.end`, and no half line follows. */
  readonly complete: boolean;
  /** Number of the half line that a killed run left. */
  readonly halfLine?: number;
  /** Lines of a type that this version does not know; they are left out. */
  readonly unknown: number;
}

interface RawLine {
  readonly number: number;
  readonly text: string;
  /** It ends with a newline. */
  readonly whole: boolean;
}

function unreadable(path: string, line: number, why: string, cause?: unknown): CertifyError {
  const text = why.length > 300 ? `${why.slice(0, 300)}…` : why;
  return new CertifyError('RECORD_UNREADABLE', `${path}:${line}: ${text}`, { path, line }, cause);
}

/** The record of an output folder, or the file itself. */
export function recordPath(fileOrFolder: string): string {
  try {
    return statSync(fileOrFolder).isDirectory() ? join(fileOrFolder, RECORD_FILE) : fileOrFolder;
  } catch {
    return fileOrFolder;
  }
}

function* rawLines(path: string): Generator<RawLine> {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (thrown) {
    throw unreadable(path, 1, messageOf(thrown), thrown);
  }
  try {
    const block = Buffer.allocUnsafe(BLOCK);
    let parts: Buffer[] = [];
    let held = 0;
    let number = 1;
    for (;;) {
      const size = read(path, descriptor, block, number);
      if (size === 0) break;
      const end = block.lastIndexOf(0x0a, size - 1);
      if (end >= 0) {
        // All lines of the block in one text: an end of a line is never within a character.
        const texts = Buffer.concat([...parts, block.subarray(0, end)])
          .toString('utf8')
          .split('\n');
        parts = [];
        held = 0;
        for (const text of texts) {
          yield { number, text, whole: true };
          number += 1;
        }
      }
      parts.push(Buffer.from(block.subarray(end + 1, size)));
      held += size - end - 1;
      if (held > MAX_LINE) throw unreadable(path, number, 'line too long for a record');
    }
    if (held > 0) yield { number, text: Buffer.concat(parts).toString('utf8'), whole: false };
  } finally {
    closeSync(descriptor);
  }
}

function read(path: string, descriptor: number, block: Buffer, line: number): number {
  try {
    return readSync(descriptor, block, 0, block.length, null);
  } catch (thrown) {
    throw unreadable(path, line, messageOf(thrown), thrown);
  }
}

/** Nothing that is nested beyond reason, and no key that could reach a prototype. */
function problemOfShape(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
  if (Object.hasOwn(value, '__proto__')) return 'has a key __proto__';
  for (const entry of Object.values(value)) {
    const problem = problemOfShape(entry, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whoever reads what this very process wrote waits neither for the schemas nor for their answer. */
function foreign(): (value: unknown) => string | undefined {
  const { lineProblem } = require('./line-schema') as typeof import('./line-schema');
  return (value) => problemOfShape(value) ?? lineProblem(value);
}

/** Parsed and checked lines, one by one; `note` hears of what was left out. */
export function* recordLines(
  fileOrFolder: string,
  note: (what: 'half-line' | 'unknown', line: number) => void = () => undefined,
  own = false,
): Generator<RecordLine> {
  const path = recordPath(fileOrFolder);
  const problemOf = own ? () => undefined : foreign();
  let first = true;
  for (const { number, text, whole } of rawLines(path)) {
    const value = parse(text);
    if (value === undefined && !whole && !first) return note('half-line', number);
    if (value === undefined) throw unreadable(path, number, 'not a line of JSON');
    const problem = problemOf(value);
    if (problem === 'unknown-type' && !first) {
      note('unknown', number);
      continue;
    }
    if (problem !== undefined) throw unreadable(path, number, problem === 'unknown-type' ? 'not a record' : problem);
    const line = value as RecordLine;
    if (first && line.type !== 'run.start')
      throw unreadable(path, number, `a record begins with run.start, not ${line.type}`);
    first = false;
    yield line;
  }
  if (first) throw unreadable(path, 1, 'the record is empty');
}

/**
 * The whole record. Throws CertifyError RECORD_UNREADABLE with file and line where it is none. `own`: this process has
 * just written all of it.
 */
export function readRecord(fileOrFolder: string, own = false): RecordFile {
  const path = recordPath(fileOrFolder);
  let halfLine: number | undefined;
  let unknown = 0;
  const lines = [
    ...recordLines(
      path,
      (what, line) => {
        if (what === 'half-line') halfLine = line;
        else unknown += 1;
      },
      own,
    ),
  ];
  const ended = lines.findLastIndex((line) => line.type === 'run.end');
  const started = lines.findLastIndex((line) => line.type === 'run.start');
  const complete = ended > started && halfLine === undefined;
  return { path, lines, complete, unknown, ...(halfLine === undefined ? {} : { halfLine }) };
}
