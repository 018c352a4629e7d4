import type { Command } from 'commander';
import { Option } from 'commander';
import type { Side } from '../../reports/compare/compare';
import { compareRuns } from '../../reports/compare/compare';
import { renderMarkdown, renderText } from '../../reports/compare/render';
import { fold } from '../record/fold';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';

type Format = 'text' | 'json' | 'md';

/** What got worse from A to B. Exit code 1 on regressions only. */
export function runCompare(before: string, after: string, flags: { readonly format: Format }): number {
  const comparison = compareRuns(sideOf(before), sideOf(after));
  if (flags.format === 'json') process.stdout.write(`${JSON.stringify(comparison, undefined, 2)}\n`);
  else process.stdout.write(flags.format === 'md' ? renderMarkdown(comparison) : renderText(comparison));
  return comparison.regressions.length === 0 ? 0 : 1;
}

function sideOf(name: string): Side {
  const { lines } = readRecord(name);
  const times = new Map([...fold(lines).timing].map(([command, answered]) => [command, answered.times]));
  return { name, result: buildResult(lines), times };
}

export function register(program: Command): void {
  program
    .command('compare')
    .description('tells what changed from one run to another; exit code 1 where something got worse')
    .argument('<before>', 'the output folder of a run, or its record.ndjson')
    .argument('<after>', 'the one to hold against it')
    .addOption(new Option('--format <format>', 'what to print').choices(['text', 'json', 'md']).default('text'))
    .action((before: string, after: string, flags: { readonly format: Format }) => {
      process.exitCode = runCompare(before, after, flags);
    });
}
