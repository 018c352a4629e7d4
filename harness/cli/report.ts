import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { ReportFormat } from '../../reports/render';
import { CertifyError } from '../errors';

const formats = [
  'html',
  'junit',
  'json',
  'pcapng',
  'ocp',
  'github',
  'gitlab',
  'text',
] as const satisfies readonly ReportFormat[];

interface ReportFlags {
  readonly format: ReportFormat;
  readonly out?: string;
}

/** Renders records that were made before, also by an older version; the device is not needed. */
export function runReport(records: readonly string[], flags: ReportFlags): void {
  if (flags.format === 'html' && records.length > 1) {
    deliver(sideBySide(records), flags.out);
    return;
  }
  const { reportFiles, renderFormat } = require('../../reports/render') as typeof import('../../reports/render');
  const { readRecord } = require('../record/reader') as typeof import('../record/reader');
  const { buildResult } = require('../record/result') as typeof import('../record/result');
  if (flags.out !== undefined && records.length > 1)
    throw new CertifyError('USAGE', '--out takes one record; without it, several are written beside their records');
  const beside = records.length > 1 && flags.format !== 'text';
  for (const record of records) {
    const { path, lines } = readRecord(record);
    const content = renderFormat(flags.format, buildResult(lines), lines);
    deliver(content, flags.out ?? (beside ? join(dirname(path), reportFiles[flags.format]) : undefined));
  }
}

/** One page with the runs in columns: devices, or versions of a firmware. */
function sideBySide(records: readonly string[]): string {
  const { renderSideBySide } = require('../../reports/html') as typeof import('../../reports/html');
  const { readRecord } = require('../record/reader') as typeof import('../record/reader');
  const { buildResult } = require('../record/result') as typeof import('../record/result');
  const names = records.map((record) => basename(resolve(record.replace(/[\\/]record\.ndjson$/, ''))));
  const told = new Set(names).size === names.length;
  return renderSideBySide(
    records.map((record, index) => ({
      name: told ? (names[index] ?? record) : record,
      result: buildResult(readRecord(record).lines),
    })),
  );
}

function deliver(content: string | Uint8Array, file: string | undefined): void {
  if (file === undefined) {
    print(content);
    return;
  }
  const { writeAtomically } = require('../../reports/render') as typeof import('../../reports/render');
  writeAtomically(file, content);
  process.stderr.write(`${file}\n`);
}

function print(content: string | Uint8Array): void {
  if (typeof content !== 'string' && process.stdout.isTTY === true)
    throw new CertifyError('USAGE', 'this format is not for terminals: name a file with --out, or redirect');
  process.stdout.write(content);
}

export function register(program: Command): void {
  program
    .command('report')
    .description('renders recorded runs again, without the device; as html several become one page, side by side')
    .argument('<record...>', 'output folders of runs, or their record.ndjson')
    .addOption(new Option('--format <format>', 'what to make').choices(formats).makeOptionMandatory())
    .option('-o, --out <file>', 'where to (default: standard output; for several records: beside each)')
    .action((records: readonly string[], flags: ReportFlags) => runReport(records, flags));
}
