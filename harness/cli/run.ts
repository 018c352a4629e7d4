import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { CertifyError } from '../errors';
import type { Effect } from '../names';
import { lastingEffects } from '../names';
import { planRun } from '../plan';
import { exitCodeOf } from '../record/exit-code';
import { createDefaultOutputDirectory, createOutputDirectory, openRecord } from '../record/writer';
import { execute } from '../run/execute';
import { scopeOf } from '../run/session';
import type { Transport } from '../transport/transport';
import { quietProgress, showProgress, standardError } from './progress';
import type { Target } from './select-profile';
import { selectTarget } from './select-profile';

interface RunFlags {
  readonly device?: string;
  readonly config?: string;
  readonly out?: string;
  readonly select: readonly string[];
  readonly strict: boolean;
  readonly thorough: boolean;
  readonly exclusive: boolean;
  readonly allow: readonly Effect[];
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Options that `run` and `plan` share: what is tested, and how far the run may go. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('--device <uri>', 'the device, as sim:nic, serial:/dev/ttyUSB0, bridge:smbus:COMMAND, replay:RECORD')
    .option('--config <file>', 'a device file: claims, parameters and URI')
    .option('--select <id>', 'only these suites or cases (may be repeated)', collect, [])
    .option('--strict', 'a recommendation that is not followed fails', false)
    .option('--exclusive', 'nothing else uses this device or its bus: EIDs may be moved', false)
    .option('--allow <effect>', `allows an effect that lasts: ${lastingEffects.join(', ')}`, collectEffect, []);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function collectEffect(value: string, before: readonly Effect[]): readonly Effect[] {
  const effect = lastingEffects.find((known) => known === value);
  if (effect === undefined) throw new InvalidArgumentError(`it is one of ${lastingEffects.join(', ')}.`);
  return [...before, effect];
}

/** The device to test: named, from the device file, or the emulated one of the profile's class. */
export function deviceUri(target: Target, named: string | undefined): string {
  return named ?? target.device?.uri ?? `sim:${target.profile.class}`;
}

export async function openDevice(target: Target, uri: string, onLog: (line: string) => void): Promise<Transport> {
  const { openTransport } = require('../transport/open') as typeof import('../transport/open');
  if (!uri.startsWith('sim:')) return openTransport(uri, { onLog });
  const { deviations } = require('../emulator/deviations') as typeof import('../emulator/deviations');
  const { commands } = target.library;
  const { address } = target.parameters;
  return openTransport(uri, {
    onLog,
    emulator: { commands, deviations, ...(typeof address === 'number' ? { address } : {}) },
  });
}

export async function runRun(profile: string, flags: RunFlags): Promise<number> {
  const target = await selectTarget({ profile, ...(flags.config === undefined ? {} : { config: flags.config }) });
  const { library, claims, parameters } = target;
  const logs: string[] = [];
  const transport = await openDevice(target, deviceUri(target, flags.device), (line) => logs.push(line));
  let directory: string | undefined;
  try {
    const scope = scopeOf(transport, parameters, flags);
    const planned = planRun({ profile: target.profile, library, claims, parameters, scope, select: flags.select });
    const wall = new Date();
    directory =
      flags.out === undefined
        ? createDefaultOutputDirectory(process.cwd(), wall, target.profile.id)
        : createOutputDirectory(flags.out);
    const writer = openRecord(directory, transport.clock);
    try {
      const execution = execute({
        library,
        profile: target.profile,
        claims,
        parameters,
        scope,
        planned,
        transport,
        writer,
        options: { strict: flags.strict, thorough: flags.thorough, select: flags.select },
        progress: flags.quiet || flags.json ? quietProgress : showProgress(standardError()),
        wall: () => new Date(),
        seed: wall.getTime() % 2 ** 32,
      });
      await interruptible(execution);
    } finally {
      writer.close();
    }
  } catch (thrown) {
    if (directory !== undefined) await tryReports(directory);
    throw explained(thrown, logs);
  } finally {
    await transport.close();
  }
  return conclude(directory, flags);
}

/** Ctrl-C ends the case under way, restores the device and writes the reports; a second one ends at once. */
async function interruptible(execution: { readonly done: Promise<void>; interrupt(): void }): Promise<void> {
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count > 1) process.exit(130);
    process.stderr.write('\ninterrupted: restoring the device and writing the reports (again to leave at once)\n');
    execution.interrupt();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    await execution.done;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** A run that failed in the harness leaves what it saw; the reports are worth having, its error is what counts. */
async function tryReports(directory: string): Promise<void> {
  try {
    render(directory);
    process.stderr.write(`what was seen so far: ${directory}\n`);
  } catch {
    process.stderr.write(`the record is in ${directory}\n`);
  }
}

function explained(thrown: unknown, logs: readonly string[]): unknown {
  const said = logs.at(-1);
  if (!(thrown instanceof CertifyError) || said === undefined || thrown.message.includes(said)) return thrown;
  return new CertifyError(thrown.code, `${thrown.message} (its last words: ${said})`, thrown.facts, thrown);
}

function render(directory: string): ReturnType<typeof import('../../reports/render').renderReports> {
  const { renderReports } = require('../../reports/render') as typeof import('../../reports/render');
  return renderReports(directory, ['json', 'junit', 'html', 'pcapng']);
}

/** The exit code comes from the result as read back from the disk (design law 1). */
function conclude(directory: string, flags: RunFlags): number {
  const { result } = render(directory);
  if (flags.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    const { renderSummary } = require('../../reports/text') as typeof import('../../reports/text');
    const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
    process.stdout.write(renderSummary(result, { directory, colour }));
  }
  return exitCodeOf(result);
}

export function register(program: Command): void {
  const command = program
    .command('run')
    .description('runs a profile against a device; without --device against the emulated one')
    .argument('<profile>', 'endpoint, nic, … or the path of a profile of your own');
  addTargetOptions(command)
    .option('--out <dir>', 'where the record and the reports go (default: reports/out/TIME-PROFILE)')
    .option('--thorough', 'waits every silence to its end', false)
    .option('--json', 'prints the result as JSON', false)
    .option('--quiet', 'prints the summary only', false)
    .action(async (profile: string, flags: RunFlags) => {
      process.exitCode = await runRun(profile, flags);
    });
}
