import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CertifyError, messageOf } from '../harness/errors';
import type { RecordLine } from '../harness/record/lines';
import { outputError } from '../harness/record/output-error';
import { readRecord, recordPath } from '../harness/record/reader';
import { buildResult } from '../harness/record/result';
import type { Result } from '../harness/record/result-schema';

/** What can be made of a record, and the file that it becomes in the run's folder. */
export const reportFiles = {
  json: 'result.json',
  junit: 'junit.xml',
  html: 'report.html',
  pcapng: 'traffic.pcapng',
  text: 'report.txt',
  ocp: 'ocp.jsonl',
  github: 'github.txt',
  gitlab: 'gl-code-quality-report.json',
} as const;
export type ReportFormat = keyof typeof reportFiles;

/** Writes whole or not at all: a reader never meets half a report. */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(temporary, 'w');
    try {
      const octets = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
      for (let done = 0; done < octets.length; ) done += writeSync(descriptor, octets, done);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw outputError('write', path, thrown);
  }
}

/** `result.json` as it lies on the disk. `own`: this process has just written it, so that its shape needs no check. */
export function readResult(path: string, own = false): Result {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw new CertifyError('RECORD_UNREADABLE', `${path}:1: ${messageOf(thrown)}`, { path }, thrown);
  }
  if (own) return value as Result;
  const { resultSchema } =
    require('../harness/record/result-schema') as typeof import('../harness/record/result-schema');
  const checked = resultSchema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  throw new CertifyError('RECORD_UNREADABLE', `${path}:1: ${issue?.path.join('.')}: ${issue?.message}`, { path });
}

/** One format as text or octets. Each is loaded when it is asked for; `require`, since jest's modules know no `import()`. */
export function renderFormat(format: ReportFormat, result: Result, lines: readonly RecordLine[]): string | Uint8Array {
  switch (format) {
    case 'json':
      return `${JSON.stringify(result, undefined, 2)}\n`;
    case 'junit':
      return (require('./junit') as typeof import('./junit')).renderJunit(result, lines);
    case 'html':
      return (require('./html') as typeof import('./html')).renderHtml(result, lines);
    case 'pcapng':
      return (require('./pcapng') as typeof import('./pcapng')).renderPcapng(lines);
    case 'ocp':
      return (require('./ocp') as typeof import('./ocp')).renderOcp(result, lines);
    case 'github':
      return (require('./annotations') as typeof import('./annotations')).renderGithub(result, lines);
    case 'gitlab':
      return (require('./annotations') as typeof import('./annotations')).renderGitlab(result, lines);
    case 'text':
      return (require('./text') as typeof import('./text')).renderText(result, lines);
  }
}

export interface Rendered {
  /** As read back from `result.json` where that was written. */
  readonly result: Result;
  readonly files: readonly string[];
}

/** Reads a run's record from the disk and writes reports beside it, `result.json` first. `own`: as for readRecord. */
export function renderReports(fileOrFolder: string, formats: readonly ReportFormat[], own = false): Rendered {
  const { path, lines } = readRecord(fileOrFolder, own);
  const directory = dirname(recordPath(path));
  const files: string[] = [];
  let result = buildResult(lines);
  const ordered = formats.includes('json') ? ['json' as const, ...formats.filter((name) => name !== 'json')] : formats;
  for (const format of new Set(ordered)) {
    const file = join(directory, reportFiles[format]);
    writeAtomically(file, renderFormat(format, result, lines));
    files.push(file);
    if (format === 'json') result = readResult(file, own);
  }
  return { result, files };
}
