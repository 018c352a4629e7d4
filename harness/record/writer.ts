import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../clock';
import { CertifyError } from '../errors';
import type { RecordEntry, RecordLine, RecordSink } from './lines';
import { outputError } from './output-error';

export const RECORD_FILE = 'record.ndjson';

/** A record on disk. Every method throws CertifyError OUTPUT where the file system refuses. */
export interface RecordWriter extends RecordSink {
  readonly path: string;
  /** Flushes to the medium and closes; may be called more than once. */
  close(): void;
}

/** A record in memory, for selftest and tests. */
export interface MemorySink extends RecordSink {
  readonly lines: readonly RecordLine[];
}

type Now = Pick<Clock, 'now'>;

/** Adds the time to entries: nanoseconds since the last `run.start`. */
function stamper(clock: Now): (entry: RecordEntry) => RecordLine {
  let origin = clock.now();
  return (entry) => {
    if (entry.type === 'run.start') origin = clock.now();
    const { type, ...rest } = entry;
    return { type, at: clock.now() - origin, ...rest } as RecordLine;
  };
}

export function memorySink(clock: Now): MemorySink {
  const stamp = stamper(clock);
  const lines: RecordLine[] = [];
  return {
    lines,
    write(entry) {
      lines.push(stamp(entry));
    },
  };
}

/** `reports/out/2026-01-31T12-00-00Z-nic` of a working directory: sorts by time, needs no quoting in a shell. */
export function defaultOutputDirectory(cwd: string, wall: Date, profile: string): string {
  const time = `${wall.toISOString().slice(0, 19).replace(/:/g, '-')}Z`;
  return join(cwd, 'reports', 'out', `${time}-${profile.replace(/[^A-Za-z0-9._-]+/g, '-')}`);
}

/** `recursive: true` of mkdirSync never returns where a file system answers ENOENT to everything, as /proc does. */
function makeParents(path: string): void {
  const parent = dirname(path);
  if (parent === path || existsSync(parent)) return;
  makeParents(parent);
  if (!existsSync(parent)) mkdirSync(parent);
}

function makeDirectory(path: string): 'made' | 'exists' {
  try {
    makeParents(path);
    mkdirSync(path);
    return 'made';
  } catch (thrown) {
    if (existsSync(path)) return 'exists';
    const { code, message, facts } = outputError('create the output folder', path, thrown);
    throw new CertifyError(code, `${message}; name another with --out`, facts, thrown);
  }
}

/** Makes the folder that the user named. One that exists may hold another run's evidence, so it is refused. */
export function createOutputDirectory(directory: string): string {
  const path = resolve(directory);
  if (makeDirectory(path) === 'exists') {
    throw new CertifyError('USAGE', `output folder ${path} exists: name a new one, or continue its run with --resume`, {
      path,
    });
  }
  return path;
}

/** Makes the default folder; runs that start in the same second get `-2`, `-3`, … */
export function createDefaultOutputDirectory(cwd: string, wall: Date, profile: string): string {
  const base = resolve(defaultOutputDirectory(cwd, wall, profile));
  for (let count = 1; ; count += 1) {
    const path = count === 1 ? base : `${base}-${count}`;
    if (makeDirectory(path) === 'made') return path;
    if (count === 100) throw new CertifyError('OUTPUT', `output folder ${path} exists`, { path });
  }
}

/** Length of a file without the half line that a killed run left. */
function completeLength(descriptor: number): number {
  const block = Buffer.alloc(64 * 1024);
  let end = fstatSync(descriptor).size;
  while (end > 0) {
    const from = Math.max(0, end - block.length);
    const size = readSync(descriptor, block, 0, end - from, from);
    const newline = block.subarray(0, size).lastIndexOf(0x0a);
    if (newline >= 0) return from + newline + 1;
    end = from;
  }
  return 0;
}

/** Octets that wait to be written at most. */
const BATCH = 64 * 1024;

/** One write call for all lines of a step: on a slow machine a system call costs more than the line. */
class FileWriter implements RecordWriter {
  readonly path: string;
  private descriptor: number | undefined;
  private length: number;
  private readonly stamp: (entry: RecordEntry) => RecordLine;
  private waiting = '';
  private turn: NodeJS.Immediate | undefined;
  /** What a write at the end of a turn failed with; told to whoever writes next. */
  private failure: unknown;
  private hasTail: boolean;
  private readonly atExit = (): void => this.flushQuietly();

  constructor(path: string, descriptor: number, length: number, clock: Now, hasTail = false) {
    this.path = path;
    this.descriptor = descriptor;
    this.length = length;
    this.hasTail = hasTail;
    this.stamp = stamper(clock);
    process.on('exit', this.atExit);
  }

  write(entry: RecordEntry): void {
    if (this.descriptor === undefined) throw new CertifyError('INTERNAL', `${this.path} is closed`);
    this.waiting += `${JSON.stringify(this.stamp(entry))}\n`;
    this.turn ??= setImmediate(() => this.flushQuietly());
    if (entry.type === 'journal' || this.waiting.length > BATCH || this.failure !== undefined) this.flush();
  }

  flush(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.turn !== undefined) clearImmediate(this.turn);
    this.turn = undefined;
    if (this.waiting === '' || this.descriptor === undefined) return;
    const octets = Buffer.from(this.waiting, 'utf8');
    this.waiting = '';
    let done = 0;
    try {
      // A half line of before goes only when something takes its place: who is refused leaves the file as it is.
      if (this.hasTail) ftruncateSync(this.descriptor, this.length);
      this.hasTail = false;
      while (done < octets.length) {
        done += writeSync(this.descriptor, octets, done, octets.length - done, this.length + done);
      }
      this.length += octets.length;
    } catch (thrown) {
      this.dropHalfLine(this.descriptor, octets.subarray(0, done));
      throw outputError('write', this.path, thrown);
    }
  }

  private flushQuietly(): void {
    try {
      this.flush();
    } catch (thrown) {
      this.failure = thrown;
    }
  }

  /** A disk that fills up takes a part of what was written; what stays must be whole lines. */
  private dropHalfLine(descriptor: number, taken: Buffer): void {
    this.length += taken.lastIndexOf(0x0a) + 1;
    try {
      ftruncateSync(descriptor, this.length);
    } catch {
      // The reader copes with a half line too, and the caller learns of the first failure.
    }
  }

  close(): void {
    const { descriptor } = this;
    if (descriptor === undefined) return;
    process.off('exit', this.atExit);
    try {
      this.flush();
      this.sync(descriptor);
    } finally {
      this.descriptor = undefined;
      closeSync(descriptor);
    }
  }

  private sync(descriptor: number): void {
    try {
      fsyncSync(descriptor);
    } catch (thrown) {
      if (!['EINVAL', 'ENOTSUP', 'EROFS'].includes((thrown as NodeJS.ErrnoException).code ?? ''))
        throw outputError('write', this.path, thrown);
    }
  }
}

/** Opens `record.ndjson` of an output folder: a new file, or with `resume` the end of the one that is there. */
export function openRecord(directory: string, clock: Now, options: { readonly resume?: boolean } = {}): RecordWriter {
  const path = join(directory, RECORD_FILE);
  try {
    if (options.resume !== true) return new FileWriter(path, openSync(path, 'wx'), 0, clock);
    const descriptor = openSync(path, constants.O_RDWR);
    const length = completeLength(descriptor);
    return new FileWriter(path, descriptor, length, clock, length < fstatSync(descriptor).size);
  } catch (thrown) {
    throw outputError(options.resume === true ? 'continue' : 'create', path, thrown);
  }
}
