import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder in which nothing has room until it is made: a small file system where that is allowed, or else a pretence. */
export interface FullStore {
  readonly kind: 'file system' | 'pretence';
  /** Where only pretended: the store is full while this file is there. */
  readonly mark?: string;
  makeRoom(): void;
  close(): void;
}

export function fullStore(folder: string): FullStore {
  mkdirSync(folder);
  const mount = ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder];
  if (process.getuid?.() !== 0 || spawnSync('mount', mount).status !== 0) {
    const mark = `${folder}.full`;
    writeFileSync(mark, '');
    return { kind: 'pretence', mark, makeRoom: () => rmSync(mark), close: () => rmSync(mark, { force: true }) };
  }
  const filler = join(folder, 'filler');
  const page = Buffer.alloc(4096);
  try {
    for (;;) appendFileSync(filler, page);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
  }
  return {
    kind: 'file system',
    makeRoom: () => rmSync(filler),
    close: () => void spawnSync('umount', ['-l', folder]),
  };
}
