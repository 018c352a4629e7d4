import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Signing } from '../../reports/statement/given';
import { parseDuration } from '../clock';
import { CertifyError } from '../errors';
import type { CapabilityLevel, Effect, HookName, Tier } from '../names';
import { capabilityLevels, lastingEffects, tiers } from '../names';
import { planProgram } from '../plan';
import { exitCodeOf } from '../record/exit-code';
import type { RunOptions } from '../record/lines';
import { createDefaultOutputDirectory, createOutputDirectory, openRecord } from '../record/writer';
import { execute } from '../run/execute';
import { readResumption } from '../run/resume';
import type { Permissions } from '../run/session';
import { scopeOf } from '../run/session';
import type { Requirements } from '../suite/compiled';
import type { Lock } from '../transport/lock';
import type { Hooks, Transport } from '../transport/transport';
import { quietProgress, showProgress, standardError } from './progress';
import type { Target, TargetOptions } from './select-profile';
import { selectTarget } from './select-profile';
import type { SigningFlags } from './signing';
import { addSigningOptions, readSigning } from './signing';

/** What `run` and `plan` are asked: what is tested, how far, against what. */
export interface TargetFlags {
  readonly device?: string;
  readonly config?: string;
  readonly select: readonly string[];
  readonly level?: CapabilityLevel;
  readonly tier?: Tier;
  readonly overlay?: readonly string[];
  readonly inBand?: string;
  readonly exclusive: boolean;
  readonly allow: readonly Effect[];
}

interface RunFlags extends TargetFlags, SigningFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly strict: boolean;
  readonly thorough: boolean;
  readonly repeat?: number;
  readonly pace?: number;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly waivers: readonly string[];
}

/** Options that `run` and `plan` share: what is tested, and how far the run may go. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('--device <uri>', 'the device, as sim:nic, serial:/dev/ttyUSB0, bridge:smbus:COMMAND, replay:RECORD')
    .option('--config <file>', 'a device file: claims, parameters and URI')
    .option('--select <id>', 'only these suites or cases (may be repeated)', collect, [])
    .addOption(new Option('--level <level>', 'the level that the device has to reach').choices(capabilityLevels))
    .addOption(new Option('--tier <tier>', 'how much runs: minutes, a release gate, everything').choices(tiers))
    .option('--in-band <file>', 'what the host reads of the device, to compare: YAML or JSON')
    .option('--overlay <name>', "a buyer's programme, or a file of one (may be repeated)", collect, [])
    .option('--strict', 'a recommendation that is not followed fails', false)
    .option('--exclusive', 'nothing else uses this device or its bus: EIDs may be moved', false)
    .option('--allow <effect>', `allows an effect that lasts: ${lastingEffects.join(', ')}`, collectEffect, []);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function collectEffect(value: string, before: readonly Effect[]): readonly Effect[] {
  // What --exclusive allows may need a word of its own, where it could cut us off.
  const effect = [...lastingEffects, 'nc-si-initial-state' as const].find((known) => known === value);
  if (effect === undefined) throw new InvalidArgumentError(`it is one of ${lastingEffects.join(', ')}.`);
  return [...before, effect];
}

/** The user's own commands, where the device file has any. */
function hooksOf({ device }: Target): Hooks | undefined {
  if (device === undefined || Object.keys(device.hooks).length === 0) return undefined;
  const { commandHooks } = require('../transport/hooks') as typeof import('../transport/hooks');
  return commandHooks(device.hooks);
}

/** A profile that reads only moves nothing, whatever is allowed. */
export function permissions({ profile, device }: Target, { exclusive, allow }: TargetFlags): Permissions {
  const own = Object.keys(device?.hooks ?? {}) as HookName[];
  const hooks = own.length === 0 ? {} : { hooks: own };
  return profile.readOnly === true ? { exclusive: false, allow: [], readOnly: true } : { exclusive, allow, ...hooks };
}

/** What the flags say of the target. */
export function targetOptions({ device, config, overlay, inBand }: TargetFlags): Omit<TargetOptions, 'profile'> {
  return {
    device,
    overlays: overlay ?? [],
    ...(inBand === undefined ? {} : { inBand }),
    ...(config === undefined ? {} : { config }),
  };
}

/** The device to test: named, from the device file, or the emulated one of the profile's class. */
export function deviceUri(target: Target, named: string | undefined): string {
  return named ?? target.device?.uri ?? `sim:${target.profile.class}`;
}

export async function openDevice(target: Target, uri: string, onLog: (line: string) => void): Promise<Transport> {
  const { openTransport } = require('../transport/open') as typeof import('../transport/open');
  if (!uri.startsWith('sim:')) return openTransport(uri, { onLog });
  // A device without a fault needs none of them.
  const { deviations } = uri.includes('deviation')
    ? (require('../emulator/deviations') as typeof import('../emulator/deviations'))
    : { deviations: [] };
  const { commands } = target.library;
  const { address } = target.parameters;
  return openTransport(uri, {
    onLog,
    emulator: { commands, deviations, ...(typeof address === 'number' ? { address } : {}) },
  });
}

/**
 * What is young in a run dies young: more room than loading has made for it costs memory and saves no time. And what was
 * kept for the cases is collected before the reports are made, not in the middle of that.
 */
const KEEP_SMALL = ['--semi-space-growth-factor=1', '--heap-growing-percent=150'];

export async function runRun(profile: string, flags: RunFlags): Promise<number> {
  const interruption = new Interruption();
  try {
    return await runProfile(profile, flags, interruption);
  } finally {
    interruption.end();
  }
}

async function runProfile(profile: string, flags: RunFlags, interruption: Interruption): Promise<number> {
  const target = await selectTarget({ profile, ...targetOptions(flags), waivers: flags.waivers });
  const { library, claims } = target;
  const uri = deviceUri(target, flags.device);
  const signing = readSigning(flags, uri, new Date());
  let said: string | undefined;
  const transport = await openDevice(target, uri, (line) => {
    said = line;
  });
  let directory: string | undefined;
  let lock: Lock | undefined;
  // What the way to the device fixes wins over what the profile assumes.
  const { eid: _named, ...addressing } = transport.addressing ?? {};
  const parameters = { ...target.parameters, ...addressing };
  try {
    const scope = scopeOf(transport, parameters, permissions(target, flags));
    const { select, level, tier } = flags;
    const { overlays } = target;
    const plan = { profile: target.profile, library, claims, parameters, scope, select, level, tier, overlays };
    const { planned, program } = planProgram(plan);
    const wall = new Date();
    directory = folderOf(flags, wall, target.profile.id);
    lock = lockFolder(directory);
    const resumed = flags.resume === undefined ? undefined : readResumption(directory);
    const writer = openRecord(directory, transport.clock, { resume: resumed !== undefined });
    for (const flag of KEEP_SMALL) setFlagsFromString(flag);
    try {
      const execution = execute({
        library,
        profile: target.profile,
        device: target.device?.id,
        waivers: target.waivers,
        expectedFailures: target.expectedFailures,
        claims,
        parameters,
        scope,
        planned,
        program,
        hooks: hooksOf(target),
        transport,
        writer,
        options: optionsOf(flags),
        progress: flags.quiet || flags.json ? quietProgress : showProgress(standardError(), library.requirements),
        wall: () => new Date(),
        // On an emulated device the same run gives the same verdicts, as selftest has them.
        seed: resumed?.start.seed ?? (transport.disposable ? 1 : wall.getTime() % 2 ** 32),
        resumed,
      });
      interruption.reaches(execution);
      await execution.done;
    } finally {
      writer.close();
    }
  } catch (thrown) {
    throw explained(thrown, said, directory);
  } finally {
    lock?.release();
    await transport.close();
  }
  interruption.end();
  return conclude(directory, flags, signing, library.requirements);
}

/** The folder of a new run, or of the one that is continued. */
function folderOf({ out, resume }: RunFlags, wall: Date, profile: string): string {
  if (resume === undefined)
    return out === undefined ? createDefaultOutputDirectory(process.cwd(), wall, profile) : createOutputDirectory(out);
  if (out !== undefined) throw new CertifyError('USAGE', '--resume names the folder already: leave --out away');
  return resolve(resume);
}

/** Two processes would write two stories into one record. */
function lockFolder(directory: string): Lock {
  const { lockDevice } = require('../transport/lock') as typeof import('../transport/lock');
  try {
    return lockDevice(`folder:${existsSync(directory) ? realpathSync(directory) : directory}`);
  } catch (thrown) {
    if (!(thrown instanceof CertifyError) || thrown.code !== 'DEVICE_BUSY') throw thrown;
    const message = `${directory} is being written by process ${String(thrown.facts.pid)}: wait for it to end`;
    throw new CertifyError('USAGE', message, thrown.facts, thrown);
  }
}

function optionsOf({ strict, thorough, select, repeat, pace }: RunFlags): RunOptions {
  const times = repeat === undefined ? {} : { repeat };
  return { strict, thorough, select, ...times, ...(pace === undefined ? {} : { pace }) };
}

function parseCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('it is a number from 1 on.');
  return count;
}

function parsePace(text: string): number {
  const pace = parseDuration(text);
  if (pace === undefined) throw new InvalidArgumentError('it is a duration such as 1s or 250ms.');
  return pace;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C ends the case under way, restores the device and writes the reports; a second one ends at once. */
class Interruption {
  private execution: { interrupt(): void } | undefined;
  private asked = false;
  private readonly onSignal = (): void => {
    // Before the run has begun there is nothing to restore.
    if (this.asked || this.execution === undefined) process.exit(130);
    this.asked = true;
    process.stderr.write('\ninterrupted: restoring the device and writing the reports (again to leave at once)\n');
    this.execution.interrupt();
  };

  constructor() {
    for (const signal of signals) process.on(signal, this.onSignal);
  }

  reaches(execution: { interrupt(): void }): void {
    this.execution = execution;
  }

  end(): void {
    for (const signal of signals) process.off(signal, this.onSignal);
  }
}

/** A run that failed leaves what it saw: the error says where, and a device's own last words stand in it. */
function explained(thrown: unknown, said: string | undefined, directory: string | undefined): unknown {
  if (!(thrown instanceof CertifyError)) return thrown;
  const { code, message, facts } = thrown;
  const ofDevice = code === 'DEVICE_OPEN' || code === 'DEVICE_LOST' || code === 'DEVICE_SILENT';
  const words = ofDevice && said !== undefined && !message.includes(said) ? ` (its last words: ${said})` : '';
  const where =
    directory === undefined || code === 'USAGE' ? '' : `; what was seen is in ${directory}${seenSoFar(directory)}`;
  return new CertifyError(code, `${message}${words}${where}`, facts, thrown);
}

/** The reports are worth having; the run's own error is what counts. */
function seenSoFar(directory: string): string {
  try {
    render(directory, false);
    return '';
  } catch {
    return ', in the record alone';
  }
}

function render(directory: string, own: boolean): ReturnType<typeof import('../../reports/render').renderReports> {
  const { renderReports } = require('../../reports/render') as typeof import('../../reports/render');
  return renderReports(directory, ['json', 'junit', 'html', 'pcapng'], own);
}

/** The exit code comes from the result as read back from the disk (design law 1). */
function conclude(
  directory: string,
  flags: RunFlags,
  signing: Signing | undefined,
  requirements: Requirements,
): number {
  const { result } = rendered(directory, flags.resume === undefined);
  const statement = signing === undefined ? undefined : signed(directory, signing);
  if (flags.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    const { renderSummary } = require('../../reports/text') as typeof import('../../reports/text');
    const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
    // What failed was told while the run went on, unless it was to be quiet.
    process.stdout.write(renderSummary(result, { directory, colour, requirements, brief: !flags.quiet }));
  }
  if (statement !== undefined) process.stderr.write(`${statement}\n`);
  return exitCodeOf(result);
}

/** Where the statement is, or why there is none: the run itself stands either way. */
function signed(directory: string, signing: Signing): string {
  const { signRun } = require('../../reports/statement/sign') as typeof import('../../reports/statement/sign');
  try {
    return `statement ${signRun(directory, { ...signing, signed: new Date() })}`;
  } catch (thrown) {
    if (thrown instanceof CertifyError && thrown.code === 'USAGE') return thrown.message;
    throw thrown;
  }
}

function rendered(directory: string, own: boolean): ReturnType<typeof render> {
  try {
    return render(directory, own);
  } catch (thrown) {
    if (!(thrown instanceof CertifyError) || thrown.code !== 'OUTPUT') throw thrown;
    const advice = `the record is whole: make room, then "mctp-certify report ${directory} --format text"`;
    throw new CertifyError('OUTPUT', `${thrown.message}; ${advice}`, thrown.facts, thrown);
  }
}

export function register(program: Command): void {
  const command = program
    .command('run')
    .description('runs a profile against a device; without --device against the emulated one')
    .argument('<profile>', 'endpoint, nic, … or the path of a profile of your own');
  addSigningOptions(addTargetOptions(command))
    .option('--out <dir>', 'where the record and the reports go (default: reports/out/TIME-PROFILE)')
    .option('--resume <dir>', 'continues a run that was cut off, with the same arguments')
    .option('--thorough', 'waits every silence to its end', false)
    .option('--repeat <count>', 'attempts at each case, for a soak or to find what fails now and then', parseCount)
    .option('--pace <duration>', 'from one attempt to the next at least, as 1s', parsePace)
    .option('--waivers <file>', 'waivers, or expected failures of a CI gate (may be repeated)', collect, [])
    .option('--json', 'prints the result as JSON', false)
    .option('--quiet', 'prints the summary only', false)
    .action(async (profile: string, flags: RunFlags) => {
      process.exitCode = await runRun(profile, flags);
    });
}
