import { dirname } from 'node:path';
import type { Command } from 'commander';
import { CertifyError } from '../errors';
import type { Restoration } from '../record/journal';
import { pendingRestorations } from '../record/journal';
import type { RecordLine } from '../record/lines';
import { readRecord } from '../record/reader';
import { openRecord } from '../record/writer';
import { openRun } from '../run/session';

type Line<T extends RecordLine['type']> = Extract<RecordLine, { readonly type: T }>;

function lineOf<T extends RecordLine['type']>(lines: readonly RecordLine[], type: T, path: string): Line<T> {
  const found = lines.find((line): line is Line<T> => line.type === type);
  if (found === undefined)
    throw new CertifyError('RECORD_UNREADABLE', `${path} has no ${type} line: nothing had been moved yet`, { path });
  return found;
}

function nameOf({ what, value, port = 0 }: Restoration): string {
  switch (what) {
    case 'eid':
      return `EID ${value}`;
    case 'transmission-unit':
      return `transmission unit ${value} of port ${port}`;
    case 'effecter-state':
      return `state ${value} of effecter ${port}`;
  }
}

/** Gives the device back what a killed run had moved, from the journal in its record. */
export async function runRestore(folder: string, device: string | undefined): Promise<number> {
  const { path, lines } = readRecord(folder);
  const pending = pendingRestorations(lines);
  const start = lineOf(lines, 'run.start', path);
  if (pending.length === 0) {
    process.stdout.write('nothing to restore: the run left the device as it found it\n');
    return 0;
  }
  const plan = lineOf(lines, 'plan', path);
  const uri = device ?? start.uri;
  if (/^(sim|replay):/.test(uri)) {
    process.stdout.write(`nothing to restore: ${uri} ended with its run\n`);
    return 0;
  }
  const { openTransport } = require('../transport/open') as typeof import('../transport/open');
  const transport = await openTransport(uri, { onLog: () => undefined });
  const sink = openRecord(dirname(path), transport.clock, { resume: true });
  try {
    const { commands, requirements, parameters, claims } = plan;
    const run = openRun({
      transport,
      sink,
      commands,
      requirements,
      parameters,
      claims,
      scope: start.scope,
      strict: false,
      thorough: false,
    });
    let failed = 0;
    for (const moved of pending) {
      const { value } = moved;
      const name = nameOf(moved);
      if (moved.what === 'eid' && value === 0) {
        process.stdout.write(
          'the device had no EID: an EID of 0 cannot be given back, so it keeps the one that it has\n',
        );
        sink.write({ type: 'restored', what: 'eid', value: 0, note: 'an EID of 0 cannot be given back' });
        continue;
      }
      const outcome = await run.putBack(moved);
      if (outcome === 'restored') process.stdout.write(`${name} restored\n`);
      else {
        failed += 1;
        const lost = run.lost === undefined ? '' : ` (${run.lost})`;
        const why =
          outcome === 'silent'
            ? `the device does not answer${lost}: restore its ${name} when it is reachable again, or name it with --device`
            : `the device does not take its ${name} back; set it by hand`;
        process.stderr.write(`mctp-certify: ${why}\n`);
      }
    }
    return failed === 0 ? 0 : 3;
  } finally {
    sink.close();
    await transport.close();
  }
}

export function register(program: Command): void {
  program
    .command('restore')
    .description('gives a device back what a killed run had moved')
    .argument('<dir>', "the run's output folder")
    .option('--device <uri>', 'where the device is now, if not where the record says')
    .action(async (dir: string, flags: { readonly device?: string }) => {
      process.exitCode = await runRestore(dir, flags.device);
    });
}
