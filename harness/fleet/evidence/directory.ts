import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CertifyError, messageOf } from '../../errors';
import { outputError } from '../../record/output-error';
import type { EvidenceStore } from '../evidence-store';
import type { Evidence } from '../model';
import {
  arrived,
  digestFile,
  fileOf,
  isSafePath,
  MANIFEST_FILE,
  manifestText,
  measure,
  parseManifest,
  pathOf,
  sameOrRefused,
  verifyFiles,
} from './manifest';

/** What is on its way; a folder gets its place by one rename, when all of it is on the disk. */
const INCOMING = '.incoming';
const STALE_MS = 86_400_000;

/** Refusals that do not pass by themselves. */
const lasting = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG'];

/** Evidence in a directory, which stations on several hosts share by their file systems. */
export function directoryStore(path: string): EvidenceStore {
  const root = resolve(path);
  const place = (evidence: Evidence, name: string): string => {
    if (!isSafePath(evidence.path)) throw new CertifyError('USAGE', `${evidence.path} is no path of evidence`);
    return join(root, evidence.path, name);
  };

  return {
    async put(key, folder) {
      const files = await measure(folder);
      const own = pathOf(key);
      const target = join(root, own);
      const evidence: Evidence = { store: { kind: 'directory', path: root }, path: own, files };
      try {
        const draft = await draftIn(root);
        try {
          const before = await stored(target);
          if (before !== undefined) {
            sameOrRefused(own, files, before);
            return evidence;
          }
          for (const [name, file] of Object.entries(files)) {
            const copy = join(draft, name);
            const isOwn = !(await linked(join(folder, name), copy));
            if (isOwn) await copyFile(join(folder, name), copy);
            await flush(copy);
            // A link is the file that was measured.
            if (isOwn) arrived(name, file, await digestFile(copy), root);
          }
          await writeManifest(join(draft, MANIFEST_FILE), manifestText(own, files));
          await flush(draft);
          await mkdir(dirname(target), { recursive: true });
          if (!(await moved(draft, target))) sameOrRefused(own, files, (await stored(target)) ?? {});
          await flush(dirname(target));
          return evidence;
        } finally {
          await rm(draft, { recursive: true, force: true });
        }
      } catch (thrown) {
        throw storeError(root, thrown);
      }
    },

    verify(evidence) {
      const why = (thrown: unknown): string => (isMissing(thrown) ? ' is missing' : `: ${messageOf(thrown)}`);
      return verifyFiles(evidence, (name) => createReadStream(place(evidence, name)), why);
    },

    async open(evidence, name) {
      fileOf(evidence, name);
      const file = place(evidence, name);
      try {
        const handle = await open(file, 'r');
        return handle.createReadStream();
      } catch (thrown) {
        throw storeError(file, thrown);
      }
    },

    close() {},
  };
}

async function draftIn(root: string): Promise<string> {
  const incoming = join(root, INCOMING);
  await mkdir(incoming, { recursive: true });
  for (const name of await readdir(incoming)) {
    // Of stations that were killed.
    const entry = join(incoming, name);
    const age = await stat(entry).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > STALE_MS) await rm(entry, { recursive: true, force: true });
  }
  const draft = join(incoming, randomUUID());
  await mkdir(draft);
  return draft;
}

/** False on another file system, and on one without links. */
async function linked(file: string, target: string): Promise<boolean> {
  try {
    await link(file, target);
    return true;
  } catch {
    return false;
  }
}

/** The files that the manifest of a folder names; undefined where there is none. */
async function stored(target: string): Promise<Evidence['files'] | undefined> {
  try {
    return parseManifest(await readFile(join(target, MANIFEST_FILE), 'utf8'))?.files ?? {};
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/** False where somebody else was there first. */
async function moved(draft: string, target: string): Promise<boolean> {
  try {
    await rename(draft, target);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw thrown;
  }
}

async function writeManifest(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** To the medium: what was told to be stored survives a power cut. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

function storeError(path: string, thrown: unknown): CertifyError {
  if (thrown instanceof CertifyError) return thrown;
  const { message, facts } = outputError('store evidence in', path, thrown);
  return new CertifyError(lasting.includes(String(facts.code)) ? 'USAGE' : 'OUTPUT', message, facts, thrown);
}
