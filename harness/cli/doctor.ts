import type { Command } from 'commander';
import type { Examination } from '../transport/doctor/examine';
import type { Finding, Level } from '../transport/doctor/findings';

interface DoctorFlags {
  readonly device?: string;
  readonly json: boolean;
}

const marks: { readonly [level in Level]: string } = { ok: 'ok', note: 'note', missing: 'MISSING' };

/** Is this machine ready? 0 where the named device can be opened or none is named, 3 where not. */
export async function runDoctor(flags: DoctorFlags, write: (text: string) => void): Promise<number> {
  const { parseUri } = require('../transport/uri') as typeof import('../transport/uri');
  const { examine } = require('../transport/doctor/examine') as typeof import('../transport/doctor/examine');
  const device = flags.device === undefined ? undefined : parseUri(flags.device);
  const examination = await examine(device);
  write(
    flags.json ? `${JSON.stringify({ device: flags.device, ...examination }, undefined, 2)}\n` : describe(examination),
  );
  return examination.ready === false ? 3 : 0;
}

/** One line for each finding, and one for what to type. */
export function describe({ findings, ready }: Examination): string {
  const lines = findings.flatMap((finding, index) => linesOf(finding, findings[index - 1]?.topic));
  if (ready === undefined) return `${lines.join('\n')}\n`;
  return `${[...lines, '', ready ? 'ready' : 'not ready'].join('\n')}\n`;
}

function linesOf({ topic, level, text, type }: Finding, before: string | undefined): readonly string[] {
  const head = `${(topic === before ? '' : topic).padEnd(12)} ${marks[level].padEnd(8)}`;
  return [`${head}${text}`, ...(type === undefined ? [] : [`${' '.repeat(21)}→ ${type}`])];
}

export function register(program: Command): void {
  program
    .command('doctor')
    .description('is this machine ready, and what to type where it is not')
    .option('--device <uri>', 'opens the way to this device too; nothing is sent to it')
    .option('--json', 'prints the findings as JSON', false)
    .action(async (flags: DoctorFlags) => {
      process.exitCode = await runDoctor(flags, (text) => process.stdout.write(text));
    });
}
