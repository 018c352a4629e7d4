import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertifyError, messageOf } from '../errors';
import type { DeviceUri } from './uri';

/** What tells one process from a later one with the same id. */
export interface ProcessFacts {
  readonly pid: number;
  /** The kernel's start time in clock ticks since boot; empty where it cannot be read. */
  readonly started: string;
}

export interface Lock {
  /** May be called more than once. */
  release(): void;
}

/** What the lock asks of the machine; tests put their own in place. */
export interface LockSurroundings {
  readonly folder: string;
  readonly self: () => ProcessFacts;
  /** The facts of a running process, undefined where there is none. */
  readonly look: (pid: number) => ProcessFacts | undefined;
  readonly wall: () => Date;
}

interface Holder extends ProcessFacts {
  readonly since: string;
  readonly device: string;
  /** Tells two locks of one process apart. */
  readonly token: string;
}

/** What two runs must not share, by one name however it is written; undefined where each run has its own. */
export function lockName(device: DeviceUri): string | undefined {
  switch (device.scheme) {
    case 'serial':
      return `serial:${realPath(device.path)}`;
    case 'bridge':
      return `bridge:${device.command.trim()}`;
    case 'relay':
      return `relay:${device.command.trim()}`;
    case 'mctp':
      return `mctp:${device.interface}/${device.eid}`;
    case 'i2c':
      // The bus may be held by one run only: its stimuli and our own target address are on the same wires.
      return `i2c:${device.bus}`;
    default:
      return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Takes the advisory lock on a device, or says who has it. It is taken before anything is sent to the device. */
export function lockDevice(name: string, surroundings: LockSurroundings = machine()): Lock {
  const { folder, self, wall } = surroundings;
  const path = join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.lock`);
  const mine: Holder = { ...self(), since: wall().toISOString(), device: name, token: randomUUID() };
  prepare(folder);
  // A stale lock can be taken over by somebody else between two looks, so a few rounds; a living holder ends them.
  for (let round = 0; round < 10; round += 1) {
    if (create(path, mine)) return { release: () => release(path, mine) };
    const text = read(path);
    if (text === undefined) continue;
    const holder = parse(text);
    if (holder !== undefined && isAlive(holder, surroundings)) throw busy(name, path, holder);
    moveAway(path, text);
  }
  throw new CertifyError('DEVICE_BUSY', `device is being taken by several processes at once; try again (${path})`, {
    device: name,
  });
}

function busy(name: string, path: string, holder: Holder): CertifyError {
  const message = `device is in use by process ${holder.pid} since ${holder.since}; wait for it to end, or end it`;
  return new CertifyError('DEVICE_BUSY', message, { device: name, pid: holder.pid, since: holder.since, lock: path });
}

function prepare(folder: string): void {
  try {
    // Not `recursive`, which never returns where a file system answers ENOENT to everything, as /proc does.
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    const facts = lstatSync(folder);
    const own = process.getuid === undefined || facts.uid === process.getuid();
    if (facts.isDirectory() && own) return;
  } catch (error) {
    throw cannotLock(folder, messageOf(error), error);
  }
  // In a world-writable folder somebody else may have been there first.
  throw cannotLock(folder, 'it is not a folder of this user');
}

function cannotLock(folder: string, reason: string, cause?: unknown): CertifyError {
  const message = `cannot keep device locks in ${folder}: ${reason}; set TMPDIR to a folder that you may write to`;
  return new CertifyError('DEVICE_OPEN', message, { folder }, cause);
}

/** A link appears whole or not at all, so nobody reads half a lock. */
function create(path: string, holder: Holder): boolean {
  const draft = `${path}.${holder.token}`;
  try {
    writeFileSync(draft, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotLock(path, messageOf(error), error);
  } finally {
    remove(draft);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, started, since } = value as Partial<Holder>;
    const complete = typeof pid === 'number' && typeof started === 'string' && typeof since === 'string';
    return complete ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder, surroundings: LockSurroundings): boolean {
  const now = surroundings.look(holder.pid);
  return now !== undefined && (now.started === holder.started || now.started === '' || holder.started === '');
}

/** Renames first and looks afterwards: of two that found the same stale lock, one would else remove the other's new one. */
function moveAway(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== stale) linkSync(aside, path);
  } catch {
    // Somebody else was faster; the next round sees what there is now.
  } finally {
    remove(aside);
  }
}

function release(path: string, mine: Holder): void {
  const text = read(path);
  if (text !== undefined && parse(text)?.token === mine.token) remove(path);
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, which is what was wanted.
  }
}

/** This machine. */
export function machine(): LockSurroundings {
  const user = process.getuid?.() ?? 'user';
  return {
    folder: join(tmpdir(), `mctp-certify-${user}`),
    self: () => lookAt(process.pid) ?? { pid: process.pid, started: '' },
    look: lookAt,
    wall: () => new Date(),
  };
}

function lookAt(pid: number): ProcessFacts | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return { pid, started: '' };
  // The second field is the program's name in parentheses and may hold anything; the 22nd is the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : { pid, started: fields[19] ?? '' };
}
