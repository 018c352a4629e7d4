import { type Command, InvalidArgumentError } from 'commander';
import type { CommandSets } from '../codec/command';
import type { DeviceName } from '../emulator/classes';
import type { Device } from '../emulator/device';
import type { Deviation } from '../emulator/endpoint-types';
import type { Binding } from '../names';
import type { FarSide } from '../transport/relay-far-side';
import type { ServeOptions } from './serve-device';

export interface EmulateOptions {
  readonly class: string;
  readonly binding: Binding;
  readonly deviations?: readonly string[];
  /** EID that the device starts with; none: not assigned. */
  readonly eid?: number;
  /** 7-bit SMBus address. */
  readonly address?: number;
}

/** What the emulated device is made of, and where it lives; the command line fills it in. */
export interface EmulateSurroundings extends Pick<ServeOptions, 'input' | 'output' | 'log' | 'clock'> {
  readonly commands: CommandSets;
  readonly deviations: readonly Deviation[];
  /** For people: where it is reached. */
  readonly where?: string;
}

const DEFAULT_ADDRESS = 0x1d;
const OWNER = 0x10;

/** `emulate CLASS`: returns the exit code when the input has ended. */
export async function runEmulate(options: EmulateOptions, surroundings: EmulateSurroundings): Promise<number> {
  const { serveDevice } = require('./serve-device') as typeof import('./serve-device');
  const { binding } = options;
  const { input, output, log, clock, where = 'frames on standard input and output' } = surroundings;
  const device = buildDevice(options, surroundings);
  const deviating = options.deviations?.length ? `, with ${options.deviations.join(' and ')}` : '';
  log(`emulated ${options.class} on ${binding}${deviating}: ${where}`);
  await serveDevice({ device, binding, clock, input, output, log });
  return 0;
}

function buildDevice(options: EmulateOptions, { commands, deviations }: EmulateSurroundings): Device {
  const { deviceNames } = require('../emulator/classes') as typeof import('../emulator/classes');
  const { createDevice } = require('../emulator/device') as typeof import('../emulator/device');
  const { personalities } = require('../emulator/personalities') as typeof import('../emulator/personalities');
  const all = [...deviations, ...personalities];
  return createDevice({
    class: find(deviceNames, options.class, 'device of class', (name) => name) as DeviceName,
    binding: options.binding,
    address: options.address ?? DEFAULT_ADDRESS,
    commands,
    deviations: (options.deviations ?? []).map((name) => find(all, name, 'deviation', (each) => each.name)),
    ...(options.eid === undefined ? {} : { eid: options.eid }),
  });
}

function find<T>(all: readonly T[], name: string, kind: string, nameOf: (each: T) => string): T {
  const found = all.find((each) => nameOf(each) === name);
  if (found !== undefined) return found;
  const { CertifyError } = require('../errors') as typeof import('../errors');
  const { quote, suggestion } = require('../suite/problem') as typeof import('../suite/problem');
  const message = `no emulated ${kind} ${quote(name)}${suggestion(name, all.map(nameOf))}`;
  throw new CertifyError('UNKNOWN_NAME', message, { name });
}

type Parts = Pick<EmulateSurroundings, 'commands' | 'deviations'>;

/** What ships with this package. */
function builtIn(): Parts {
  const { openBuiltIn } = require('../suite/library') as typeof import('../suite/library');
  const { deviations } = require('../emulator/deviations') as typeof import('../emulator/deviations');
  return { commands: openBuiltIn().library.commands, deviations };
}

/** Adds the command to the command line. */
export function register(program: Command, load: () => Parts = builtIn): void {
  program
    .command('emulate')
    .description('put an emulated device behind the bridge protocol, to test other things against it')
    .argument('<class>', 'endpoint, nic, …')
    .option('--stdio <binding>', 'frames on standard input and output: smbus or serial', toBinding)
    .option('--pty [link]', 'a serial device on a pty (Linux), with a symbolic link to it')
    .option('--i2c <bus@address>', 'a target on an I2C bus (Linux with slave-mqueue), such as 3@0x1d', toI2c)
    .option('--owner <n>', 'with --i2c: SMBus address of the controller that it answers', toInteger(0x08, 0x77), OWNER)
    .option('--deviation <name>', 'give the device a fault; may be repeated', append, [])
    .option('--eid <n>', 'EID from the start (default: not assigned)', toInteger(0x08, 0xfe))
    .option('--address <n>', 'SMBus address, 7 bits', toInteger(0x08, 0x77), DEFAULT_ADDRESS)
    .action(async (name: string, options: CommandOptions) => {
      const { realClock } = require('../clock') as typeof import('../clock');
      const side = whereFrom(options);
      const log = (line: string): void => void process.stderr.write(`${line}\n`);
      const { address = DEFAULT_ADDRESS } = side.kind === 'i2c' ? side : options;
      const device = { ...options, class: name, address, deviations: options.deviation };
      const parts = { ...load(), clock: realClock(), log };
      if (side.kind === 'stdio') {
        const { stdin: input, stdout: output } = process;
        process.exitCode = await runEmulate({ ...device, binding: side.binding }, { ...parts, input, output });
        return;
      }
      const { runOnWires } = require('./emulate-way') as typeof import('./emulate-way');
      process.exitCode = await runOnWires(
        side,
        (streams) =>
          runEmulate({ ...device, binding: side.kind === 'i2c' ? 'smbus' : 'serial' }, { ...parts, ...streams }),
        log,
      );
    });
}

type Side = FarSide | { readonly kind: 'stdio'; readonly binding: Binding };

/** Where the device is to live: one of the three ways. */
function whereFrom({ stdio, pty, i2c, owner }: CommandOptions): Side {
  const sides: Side[] = [];
  if (stdio !== undefined) sides.push({ kind: 'stdio', binding: stdio });
  if (pty !== undefined) sides.push({ kind: 'pty', link: pty === true ? '' : pty });
  if (i2c !== undefined) sides.push({ kind: 'i2c', ...i2c, ownerAddress: owner });
  const [side] = sides;
  if (side !== undefined && sides.length === 1) return side;
  const { CertifyError } = require('../errors') as typeof import('../errors');
  throw new CertifyError(
    'USAGE',
    'say where the device is to live: one of --stdio smbus|serial, --pty, --i2c BUS@ADDR',
  );
}

interface CommandOptions {
  readonly stdio?: Binding;
  readonly pty?: string | true;
  readonly i2c?: { readonly bus: number; readonly address: number };
  readonly owner: number;
  readonly deviation: readonly string[];
  readonly eid?: number;
  readonly address: number;
}

function toBinding(text: string): Binding {
  if (text === 'smbus' || text === 'serial') return text;
  throw new InvalidArgumentError('It is smbus or serial.');
}

function toI2c(text: string): { readonly bus: number; readonly address: number } {
  const [, bus = '', address = ''] = /^(?:\/dev\/)?(?:i2c-)?(\d{1,5})@(\w+)$/.exec(text) ?? [];
  if (bus === '') throw new InvalidArgumentError('It is a bus and an address, such as 3@0x1d.');
  return { bus: Number(bus), address: toInteger(0x08, 0x77)(address) };
}

function append(name: string, all: readonly string[]): readonly string[] {
  return [...all, name];
}

function toInteger(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a number from ${least} to ${most}.`);
  };
}
