import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { StoreLocation } from '../../profile/campaign';
import type { RunKey } from '../model';
import { jobId } from '../redis/keys';
import type { Report } from '../redis/ledger';

/** A run as its folder on the station's disk tells it: what was begun survives the station. */
export interface RunEntry {
  readonly format: 1;
  readonly key: RunKey;
  readonly nonce: string;
  readonly device: string;
  readonly uri: string;
  readonly profile: string;
  readonly queue: string;
  readonly token: string;
  readonly lasting: boolean;
  readonly store: StoreLocation;
  readonly startedAt: string;
  /** The run's process; undefined until it is started. */
  readonly pid?: number;
  /** Kernel's start time of that process, which tells it from a later one of its number. */
  readonly pidStarted?: string;
  readonly concluded?: Concluded;
}

/** What a run came to, until the campaign and its store have it. */
export interface Concluded {
  readonly report: Report;
  readonly reported: boolean;
}

export class Journal {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    for (const name of ['runs', 'begun', 'plans']) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }

  folderOf(key: RunKey): string {
    return join(this.folder, 'runs', `${jobId(key)}.${key.attempt}`);
  }

  /** Where record and reports of a run are written. */
  outputOf(key: RunKey): string {
    return join(this.folderOf(key), 'out');
  }

  /** Survives the station; what has lasting effects survives its host, too. */
  write(entry: RunEntry): void {
    const folder = this.folderOf(entry.key);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWhole(join(folder, 'run.json'), JSON.stringify(entry), entry.lasting);
  }

  remove(key: RunKey): void {
    rmSync(this.folderOf(key), { recursive: true, force: true });
  }

  entries(): readonly RunEntry[] {
    return readdirSync(join(this.folder, 'runs')).flatMap((name): readonly RunEntry[] => {
      try {
        return [JSON.parse(readFileSync(join(this.folder, 'runs', name, 'run.json'), 'utf8')) as RunEntry];
      } catch {
        // It ended before anything was begun.
        rmSync(join(this.folder, 'runs', name), { recursive: true, force: true });
        return [];
      }
    });
  }

  /** Marks what has lasting effects before it is begun. Redis keeps such a mark, too. */
  markBegun(key: RunKey): void {
    writeWhole(join(this.folder, 'begun', jobId(key)), JSON.stringify(key), true);
  }

  /** What never reached its device was not begun. */
  unmarkBegun(key: RunKey): void {
    rmSync(join(this.folder, 'begun', jobId(key)), { force: true });
  }

  wasBegun(key: Omit<RunKey, 'attempt'>): boolean {
    return existsSync(join(this.folder, 'begun', jobId(key)));
  }

  planFolder(name: string): string {
    return join(this.folder, 'plans', name);
  }
}

function writeWhole(path: string, text: string, durably: boolean): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, text);
    if (durably) fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
