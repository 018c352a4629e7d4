import { dirname, resolve } from 'node:path';
import { CertifyError, messageOf } from '../../errors';
import type { Bench, BenchDevice } from '../../profile/bench-schema';
import { readBench } from '../../profile/bench-schema';
import { openLibrary, readSources } from '../../suite/library';
import { problemError } from '../../suite/problem';
import { readSource } from '../../suite/source';
import { lockDevice, lockName } from '../../transport/lock';
import { parseUri } from '../../transport/uri';
import type { DeviceState, JobKey, StationDevice } from '../model';
import { deviceQueue, labelQueue } from '../redis/keys';

/** A device of a station: how it is reached, and what it does. */
export interface Slot {
  readonly name: string;
  readonly labels: readonly string[];
  readonly uri: string;
  /** Arguments that lead a run to it; `write` makes the file that they name. */
  readonly config: SlotConfig;
  /** What two runs must not share. */
  readonly lock: string | undefined;
  state: Exclude<DeviceState, 'draining' | 'lost'>;
  job?: JobKey;
  since?: string;
  note?: string;
}

export type SlotConfig =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'inline'; readonly rest: object };

/** Reads a bench file and the device files that it names. Throws every problem with its place. */
export async function openBench(file: string): Promise<{ readonly bench: Bench; readonly slots: readonly Slot[] }> {
  const [source] = readSources([file]);
  if (source === undefined) throw new CertifyError('USAGE', `${file} is no YAML file`, { file });
  const { documents, problems } = readSource(source);
  const [document, ...more] = documents;
  if (problems.length > 0) throw problemError(problems);
  if (document?.kind !== 'bench' || more.length > 0)
    throw new CertifyError('USAGE', `${file} has to hold one document, whose first key is "bench"`, { file });
  const read = readBench(document);
  if (read.bench === undefined || read.problems.length > 0) throw problemError(read.problems);
  const folder = dirname(resolve(file));
  const slots = await Promise.all(read.bench.devices.map((device) => slotOf(device, folder)));
  return { bench: read.bench, slots };
}

async function slotOf({ name, labels, reach }: BenchDevice, folder: string): Promise<Slot> {
  const path = reach.kind === 'file' ? resolve(folder, reach.path) : undefined;
  const uri = reach.kind === 'inline' ? reach.uri : await uriOf(path ?? '', name);
  let lock: string | undefined;
  try {
    lock = lockName(parseUri(uri));
  } catch (thrown) {
    throw new CertifyError('USAGE', `device ${name} of the bench: ${messageOf(thrown)}`, { device: name }, thrown);
  }
  const config: SlotConfig =
    reach.kind === 'inline' ? { kind: 'inline', rest: reach.rest } : { kind: 'file', path: path ?? '' };
  return { name, labels, uri, config, lock, state: 'idle' };
}

async function uriOf(path: string, name: string): Promise<string> {
  const library = await openLibrary({ userFiles: [path] });
  const [id = ''] = library.own.devices;
  const uri = library.devices[id]?.uri;
  if (uri === undefined) throw new CertifyError('USAGE', `device ${name} of the bench: ${path} names no uri`, { path });
  return uri;
}

/** The queues in which jobs for a device may wait. */
export function queuesOf({ name, labels }: Slot, labelSets: readonly (readonly string[])[]): readonly string[] {
  const fitting = labelSets.filter((set) => set.every((label) => labels.includes(label)));
  return [deviceQueue(name), ...fitting.map(labelQueue)];
}

/** Looks who holds a device that is not running a job of ours; true where that has changed. */
export function lookAtLock(slot: Slot): boolean {
  if (slot.lock === undefined || slot.state === 'running') return false;
  const before = slot.state;
  const holder = holderOf(slot.lock);
  slot.state = holder === undefined ? 'idle' : 'in-use-by-hand';
  if (holder === undefined) delete slot.note;
  else slot.note = holder;
  return before !== slot.state;
}

/** Whether somebody else has the device just now. */
export function isHeld({ lock }: Slot): boolean {
  return lock !== undefined && holderOf(lock) !== undefined;
}

/** Who holds a lock, in words; undefined where nobody does. */
function holderOf(name: string): string | undefined {
  try {
    lockDevice(name).release();
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** What a device file says of a device that has none; undefined where it need not be written. `named`: by its id, as waivers do. */
export function deviceFileText({ name, uri, config }: Slot, profile: string, named: boolean): string | undefined {
  if (config.kind === 'file' || (!named && Object.keys(config.rest).length === 0)) return undefined;
  return JSON.stringify({ device: name, profile, uri, ...config.rest });
}

export function stateOf(slot: Slot, draining: boolean): StationDevice {
  const { name, labels, state, job, since, note } = slot;
  return {
    name,
    labels,
    state: draining && state === 'idle' ? 'draining' : state,
    ...(job === undefined ? {} : { job }),
    ...(since === undefined ? {} : { since }),
    ...(note === undefined ? {} : { note }),
  };
}
