import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { CertifyError } from '../../errors';
import { outputError } from '../../record/output-error';
import type { Evidence, RunKey, StoredFile } from '../model';

/** Lies beside the files of a run in every store, and is written last: where it is, all of them are. */
export const MANIFEST_FILE = 'evidence.json';

type Files = Evidence['files'];

const manifestSchema = z.strictObject({
  format: z.literal(1),
  path: z.string(),
  files: z.record(
    z.string(),
    z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }),
  ),
});
export type Manifest = z.infer<typeof manifestSchema>;

export function manifestText(path: string, files: Files): string {
  return `${JSON.stringify({ format: 1, path, files } satisfies Manifest, undefined, 2)}\n`;
}

/** Undefined where the text is no manifest. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A name that may be part of a path or of an address; others are not taken, so that none needs an escape. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name);
}

/** One part of a path for any text: what is not plain becomes `=` and hex, a long one ends with a hash of the whole. */
function segment(text: string): string {
  const plain = [...Buffer.from(text, 'utf8')]
    .map((octet, index) => {
      const char = String.fromCharCode(octet);
      const fits = /[A-Za-z0-9_-]/.test(char) || (index > 0 && char === '.');
      return fits ? char : `=${octet.toString(16).padStart(2, '0')}`;
    })
    .join('');
  if (plain.length <= 100 && plain !== '') return plain;
  return `${plain.slice(0, 80)}=${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** `campaign/device/profile hash-repeat.attempt`: one folder of the store for each run. */
export function pathOf({ campaign, device, profileHash, repeat, attempt }: RunKey): string {
  return [campaign, device, `${profileHash.slice(0, 16)}-${repeat}.${attempt}`].map(segment).join('/');
}

/** SHA-256 and size of what a stream holds. */
export async function digest(stream: Readable): Promise<StoredFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of stream) {
    const octets = chunk as Buffer;
    hash.update(octets);
    size += octets.length;
  }
  return { sha256: hash.digest('hex'), size };
}

const BLOCK = 256 * 1024;

/** SHA-256 and size of a file, through one buffer: a stream of small pieces costs more than the hash. */
export async function digestFile(path: string): Promise<StoredFile> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(BLOCK);
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(block, 0, BLOCK, null);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), size };
      hash.update(block.subarray(0, bytesRead));
      size += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Hashes of the plain files in a run's folder. Links, folders and what is not of a plain name are left away. */
export async function measure(folder: string): Promise<Files> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && isPlainName(entry.name)).map(({ name }) => name);
    const files: [string, StoredFile][] = [];
    for (const name of names.filter((own) => own !== MANIFEST_FILE && !own.endsWith('.tmp')).sort())
      files.push([name, await digestFile(join(folder, name))]);
    if (files.length === 0) throw new CertifyError('USAGE', `${folder} holds no files of a run`, { folder });
    return Object.fromEntries(files);
  } catch (thrown) {
    throw outputError('read', folder, thrown);
  }
}

/** What differs between two lists of files; empty: nothing. */
export function fileDifferences(expected: Files, found: Files): readonly string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])].flatMap((name) => {
    const one = expected[name];
    const other = found[name];
    if (other === undefined) return [`${name} is missing`];
    if (one === undefined) return [`${name} was not put`];
    if (one.sha256 === other.sha256 && one.size === other.size) return [];
    return [
      `${name} has ${other.size} octets with hash ${other.sha256.slice(0, 16)}…, not ${one.size} with ${one.sha256.slice(0, 16)}…`,
    ];
  });
}

/** The first run under a key stands: a second one is the same, or is refused. */
export function sameOrRefused(path: string, wanted: Files, stored: Files): void {
  const [first] = fileDifferences(stored, wanted);
  if (first === undefined) return;
  const message = `another run is stored as ${path} already (${first}): results are not replaced`;
  throw new CertifyError('USAGE', message, { path });
}

/** Throws OUTPUT where what arrived is not what was sent. */
export function arrived(name: string, sent: StoredFile, found: StoredFile, place: string): void {
  if (sent.sha256 === found.sha256 && sent.size === found.size) return;
  const what = `${found.size} octets with hash ${found.sha256.slice(0, 16)}…`;
  const message = `${place} holds ${what} of ${name}, not the ${sent.size} with ${sent.sha256.slice(0, 16)}… that were sent`;
  throw new CertifyError('OUTPUT', message, { name });
}

/** The facts of one file of a run. Throws USAGE for a name that is not among them. */
export function fileOf(evidence: Evidence, name: string): StoredFile {
  const file = isPlainName(name) && Object.hasOwn(evidence.files, name) ? evidence.files[name] : undefined;
  if (file === undefined) throw new CertifyError('USAGE', `the run ${evidence.path} has no file ${name}`, { name });
  return file;
}

/** A path as `pathOf` makes them, of a store or of a link: it never leads out. */
export function isSafePath(path: string): boolean {
  return path.split('/').every((part) => /^[A-Za-z0-9_=-][A-Za-z0-9._=-]*$/.test(part));
}

/**
 * What is wrong with the files of a run, each read and hashed: empty where all are as they were. `why` says, behind a name, for
 * what reason the file cannot be read.
 */
export async function verifyFiles(
  evidence: Evidence,
  read: (name: string) => Readable | Promise<Readable>,
  why: (thrown: unknown) => string,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const name of Object.keys(evidence.files)) {
    try {
      const expected = { [name]: fileOf(evidence, name) };
      problems.push(...fileDifferences(expected, { [name]: await digest(await read(name)) }));
    } catch (thrown) {
      problems.push(`${name}${why(thrown)}`);
    }
  }
  return problems;
}
