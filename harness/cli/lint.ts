import type { Command } from 'commander';
import { lintFiles } from '../suite/library';

/** Exit code 2 where there are findings: they are the user's input. */
export async function runLint(files: readonly string[], flags: { readonly json: boolean }): Promise<number> {
  const { formatProblem } = require('../suite/problem') as typeof import('../suite/problem');
  const problems = await lintFiles(files);
  if (flags.json) {
    const findings = problems.map(({ file, line, column, message }) => ({ file, line, column, message }));
    process.stdout.write(`${JSON.stringify({ findings }, undefined, 2)}\n`);
  } else {
    for (const problem of problems) process.stdout.write(`${formatProblem(problem)}\n`);
    process.stdout.write(problems.length === 0 ? 'no findings\n' : `${problems.length} findings\n`);
  }
  return problems.length === 0 ? 0 : 2;
}

export function register(program: Command): void {
  program
    .command('lint')
    .description('checks suites, profiles, device files, command tables and catalogues')
    .argument('<file...>', 'YAML files, or folders of them')
    .option('--json', 'prints the findings as JSON', false)
    .action(async (files: readonly string[], flags: { readonly json: boolean }) => {
      process.exitCode = await runLint(files, flags);
    });
}
