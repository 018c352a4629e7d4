import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { CertifyError, messageOf } from '../errors';
import { packageRoot } from '../package-root';
import type { Library } from './compiled';
import type { Checked, Loaded } from './load';
import type { Problem } from './problem';
import type { SourceFile } from './source';

/** What the build wrote: the built-in library, and the names that its sources were checked against. */
export interface BuiltLibrary {
  readonly format: 1;
  readonly hash: string;
  readonly deviations: readonly string[];
  readonly library: Library;
}

export interface OpenOptions {
  /** YAML files, or folders of them, on top of what is built in. */
  readonly userFiles?: readonly string[];
  /** For tests: the built-in library, and where the cache is. */
  readonly builtIn?: string;
  readonly cache?: string;
}

/** A library with the ids of what the user's own files added. */
export interface OpenedLibrary extends Loaded {
  readonly deviations: readonly string[];
  readonly own: {
    readonly profiles: readonly string[];
    readonly suites: readonly string[];
    readonly devices: readonly string[];
    readonly overlays: readonly string[];
  };
}

const MAX_FILES = 1000;

/** The built-in library as the build left it: no YAML and no schema on this path. */
export function openBuiltIn(file: string = join(packageRoot(), 'dist/library.json')): BuiltLibrary {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new CertifyError('INTERNAL', `the built-in suites are not built: ${file} (npm run build)`, { file }, thrown);
  }
  return JSON.parse(text) as BuiltLibrary;
}

/** Which suites are built in, without reading them: the build writes the hash in front. */
export function builtInHash(file: string = join(packageRoot(), 'dist/library.json')): string {
  const start = Buffer.alloc(256);
  try {
    const handle = openSync(file, 'r');
    readSync(handle, start);
    closeSync(handle);
  } catch {
    // Who reads it whole says what is wrong.
  }
  return /^\{"format":1,"hash":"([0-9a-f]+)"/.exec(start.toString('latin1'))?.[1] ?? openBuiltIn(file).hash;
}

/** Built-in and user's own YAML as one library. Throws one error with every problem of the user's files. */
export async function openLibrary(options: OpenOptions = {}): Promise<OpenedLibrary> {
  const built = openBuiltIn(options.builtIn);
  const { deviations } = built;
  if (options.userFiles === undefined || options.userFiles.length === 0) {
    const nothing = { devices: {}, inBand: {}, waivers: [], expectedFailures: [] };
    return { ...built.library, ...nothing, deviations, own: { profiles: [], suites: [], devices: [], overlays: [] } };
  }
  const { library, problems } = await compileUserFiles(options.userFiles, built, options.cache ?? cacheFolder());
  if (problems.length > 0) {
    const { problemError } = require('./problem') as typeof import('./problem');
    throw problemError(problems);
  }
  const has = new Set(built.library.suites.map(({ id }) => id));
  return {
    ...library,
    deviations,
    own: {
      profiles: Object.keys(library.profiles).filter((id) => !Object.hasOwn(built.library.profiles, id)),
      suites: library.suites.flatMap(({ id }) => (has.has(id) ? [] : [id])),
      devices: Object.keys(library.devices),
      overlays: Object.keys(library.overlays).filter((id) => !Object.hasOwn(built.library.overlays, id)),
    },
  };
}

/**
 * What is wrong with these files: for `lint`. Files of the package itself are checked as the build does; all others on
 * top of the built-in library.
 */
export async function lintFiles(paths: readonly string[]): Promise<readonly Problem[]> {
  const named = readSources(paths);
  const root = packageRoot();
  const ours = builtInSources();
  const isOurs = (file: string): boolean => ours.some((source) => resolve(root, source.file) === resolve(file));
  const built = openBuiltIn();
  const { checkFiles } = require('./load') as typeof import('./load');
  const users = withReferences(named.filter(({ file }) => !isOurs(file)));
  const checked = users.length === 0 ? undefined : checkFiles(users, { deviations: known(built) }, built.library);
  const problems = [...(checked?.problems ?? [])];
  const builtIn = new Map(named.filter(({ file }) => isOurs(file)).map(({ file }) => [resolve(file), file]));
  if (builtIn.size > 0) {
    for (const problem of checkFiles(ours, { deviations: known(built), requireDeviations: true }).problems) {
      const file = builtIn.get(resolve(root, problem.file));
      if (file !== undefined) problems.push({ ...problem, file });
    }
  }
  return problems;
}

async function compileUserFiles(
  paths: readonly string[],
  built: BuiltLibrary,
  cache: string | undefined,
): Promise<Checked> {
  const files = sourcesOf(paths);
  const key = cacheKey(files, built);
  const entry = cache === undefined ? undefined : join(cache, `${key}.json`);
  const cached = entry === undefined ? undefined : readCache(entry, built.library);
  if (cached !== undefined) return { library: cached, problems: [] };
  // Parser and schemas take longer to load than a run takes to begin: only who brings YAML waits for them.
  const { checkFiles } = require('./load') as typeof import('./load');
  const checked = checkFiles(files, { deviations: known(built) }, built.library);
  if (entry !== undefined && checked.problems.length === 0) writeCache(entry, checked.library, built.library);
  return checked;
}

/** An emulated device without deviations has no names to check against. */
function known(built: BuiltLibrary): readonly string[] | undefined {
  return built.deviations.length === 0 ? undefined : built.deviations;
}

function cacheKey(files: readonly SourceFile[], built: BuiltLibrary): string {
  const hash = createHash('sha256').update(`2 ${built.hash}`);
  for (const { file, text } of files) hash.update(JSON.stringify([file, text]));
  return hash.digest('hex').slice(0, 40);
}

/** The user's cache folder of this program; undefined for a user without a home. */
export function cacheFolder(): string | undefined {
  const base = process.env.XDG_CACHE_HOME;
  if (base?.startsWith('/') === true) return join(base, 'mctp-certify');
  try {
    return join(homedir(), '.cache', 'mctp-certify');
  } catch {
    return undefined;
  }
}

/** Only what the user's files add is kept: the rest is in the built-in library anyway. */
type CacheEntry = { readonly added: Loaded };

function writeCache(entry: string, library: Loaded, base: Library): void {
  const fresh = <T>(all: { readonly [id: string]: T }, before: { readonly [id: string]: T }): { [id: string]: T } =>
    Object.fromEntries(Object.entries(all).filter(([id]) => !Object.hasOwn(before, id)));
  const added: Loaded = {
    commands: fresh(library.commands, base.commands),
    requirements: fresh(library.requirements, base.requirements),
    suites: library.suites.slice(base.suites.length),
    profiles: fresh(library.profiles, base.profiles),
    capabilities: fresh(library.capabilities, base.capabilities),
    deviationCodes: fresh(library.deviationCodes, base.deviationCodes),
    overlays: fresh(library.overlays, base.overlays),
    devices: library.devices,
    inBand: library.inBand,
    waivers: library.waivers,
    expectedFailures: library.expectedFailures,
  };
  try {
    // One by one: `recursive` never returns where a file system answers ENOENT to everything, as /proc does.
    for (const folder of [dirname(dirname(entry)), dirname(entry)]) {
      if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    }
    const draft = `${entry}.${process.pid}`;
    writeFileSync(draft, JSON.stringify({ added } satisfies CacheEntry), { mode: 0o600 });
    renameSync(draft, entry);
  } catch {
    // A folder that cannot be written costs only time.
  }
}

function readCache(entry: string, base: Library): Loaded | undefined {
  try {
    const { added } = JSON.parse(readFileSync(entry, 'utf8')) as CacheEntry;
    return {
      commands: { ...base.commands, ...added.commands },
      requirements: { ...base.requirements, ...added.requirements },
      suites: [...base.suites, ...added.suites],
      profiles: { ...base.profiles, ...added.profiles },
      capabilities: { ...base.capabilities, ...added.capabilities },
      deviationCodes: { ...base.deviationCodes, ...added.deviationCodes },
      overlays: { ...base.overlays, ...added.overlays },
      devices: added.devices,
      inBand: added.inBand,
      waivers: added.waivers,
      expectedFailures: added.expectedFailures,
    };
  } catch {
    return undefined;
  }
}

/** YAML files at these paths; folders are searched. Names are relative to the working directory where they are below it. */
export function readSources(paths: readonly string[]): readonly SourceFile[] {
  const found = new Map<string, SourceFile>();
  const add = (path: string, named: boolean): void => {
    if (found.size > MAX_FILES) throw new CertifyError('USAGE', `more than ${MAX_FILES} files`, { path });
    const file = displayName(path);
    if (found.has(file)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) {
        const below = join(path, name);
        if (name.startsWith('.') || name === 'node_modules') continue;
        if (/\.ya?ml$/.test(name) || statSync(below).isDirectory()) add(below, false);
      }
    } else if (named || /\.ya?ml$/.test(path)) found.set(file, { file, text: readFileSync(path, 'utf8') });
  };
  for (const path of paths) {
    try {
      add(resolve(path), true);
    } catch (thrown) {
      if (thrown instanceof CertifyError) throw thrown;
      throw new CertifyError('USAGE', `cannot read ${path}: ${messageOf(thrown)}`, { path }, thrown);
    }
  }
  return [...found.values()];
}

function displayName(path: string): string {
  const short = relative(process.cwd(), path);
  return (short !== '' && !short.startsWith('..') ? short : path).split(sep).join('/');
}

/** Paths in quotes and without them. */
const RELATIVE = /["']((?:\.{1,2}\/)[^"'\n]+)["']|(?<![\w./])(\.{1,2}\/[^\s,\]}#]+)/g;
const ABSOLUTE = /["'](\/[^"'\n]+)["']|(?<![\w./:])(\/[^\s,\]}#]+)/g;

/** What stands under `suites:`: an absolute path elsewhere is a command or a device. */
function suitesOf(text: string): readonly string[] {
  return [...text.matchAll(/^suites:[^\n]*(?:\n[ \t-][^\n]*)*/gm)].map(([block]) => block);
}

/** Files at these paths and those that profiles among them name: all that a library of them is made of. */
export function sourcesOf(paths: readonly string[]): readonly SourceFile[] {
  return withReferences(readSources(paths));
}

/** Adds the files that profiles name by their path. A line that looks like one and is none is reported when compiled. */
function withReferences(files: readonly SourceFile[]): readonly SourceFile[] {
  const all = new Map(files.map((file) => [file.file, file]));
  for (const { file, text } of files) {
    if (!/^profile:/m.test(text)) continue;
    const bare = text.replace(/^\s*#.*$/gm, '');
    const named = [...bare.matchAll(RELATIVE), ...suitesOf(bare).flatMap((block) => [...block.matchAll(ABSOLUTE)])];
    for (const [, quoted, plain] of named) {
      const target = resolve(dirname(resolve(file)), quoted ?? plain ?? '');
      try {
        if (!/\.ya?ml$/.test(target) && !statSync(target).isDirectory()) continue;
        for (const source of readSources([target])) if (!all.has(source.file)) all.set(source.file, source);
      } catch {
        // The compiler says at which line no suite was found.
      }
    }
  }
  return [...all.values()];
}

/** Built-in YAML, by its path in the package. */
export function builtInSources(): readonly SourceFile[] {
  const root = packageRoot();
  const ours = /^(suites\/.*|profiles\/(commands|overlays)\/[^/]+|profiles\/[^/]+)\.yaml$/;
  return readSources([join(root, 'profiles'), join(root, 'suites')])
    .map(({ file, text }) => ({ file: relative(root, resolve(file)).split(sep).join('/'), text }))
    .filter(({ file }) => ours.test(file))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}
