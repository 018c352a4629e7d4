import { createWriteStream } from 'node:fs';
import { link, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { outputError } from '../../record/output-error';
import type { EvidenceStore } from '../evidence-store';
import type { Evidence } from '../model';
import { arrived, digestFile, isSafePath } from './manifest';

/**
 * Brings the files of a run into `directory/PATH`, each with its hash checked as it lies there; from a directory of the
 * same file system as links, which take no room. Throws OUTPUT where a file is not the one that was stored.
 */
export async function bringHome(store: EvidenceStore, evidence: Evidence, directory: string): Promise<void> {
  if (!isSafePath(evidence.path)) throw outputError('take', evidence.path, new Error('it is no path of evidence'));
  const folder = join(directory, evidence.path);
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, file] of Object.entries(evidence.files)) {
      const target = join(folder, name);
      const draft = `${target}.${process.pid}.tmp`;
      try {
        if (!(await linked(evidence, name, draft)))
          await pipeline(await store.open(evidence, name), createWriteStream(draft));
        arrived(name, file, await digestFile(draft), folder);
        await rename(draft, target);
      } finally {
        await rm(draft, { force: true });
      }
    }
  } catch (thrown) {
    throw outputError('bring evidence to', folder, thrown);
  }
}

async function linked({ store, path }: Evidence, name: string, target: string): Promise<boolean> {
  if (store.kind !== 'directory') return false;
  try {
    await link(join(store.path, path, name), target);
    return true;
  } catch {
    // Another file system, or one without links: the octets are copied.
    return false;
  }
}
