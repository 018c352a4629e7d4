import { resolve, sep } from 'node:path';
import type { ProfileSource } from '../profile/compile';
import type { CompiledSuite } from './compiled';
import type { Problem } from './problem';
import { quote, suggestion } from './problem';

/** The suite ids that an entry of `suites:` means: itself, or those in the files at a relative path. */
export function resolveSuites(
  profile: ProfileSource,
  index: number,
  suites: readonly CompiledSuite[],
  problems: Problem[],
): readonly string[] {
  const entry = profile.own.suites[index] ?? '';
  if (isPath(entry)) {
    const target = relativeTo(profile.document.file, entry);
    const absolute = target.startsWith('/');
    const isAt = (file: string): boolean => {
      const place = absolute ? resolve(file).split(sep).join('/') : file;
      return place === target || place.startsWith(`${target}/`);
    };
    const found = suites.filter(({ file }) => isAt(file)).map(({ id }) => id);
    if (found.length === 0) {
      problems.push(profile.document.problem(['suites', index], `no suite was found at ${quote(target)}`));
    }
    return found;
  }
  const ids = suites.map(({ id }) => id);
  if (!ids.some((id) => id === entry || id.startsWith(`${entry}/`))) {
    const all = new Set(ids.flatMap((id) => [id, id.split('/')[0] ?? id]));
    problems.push(
      profile.document.problem(['suites', index], `unknown suite ${quote(entry)}${suggestion(entry, all)}`),
    );
  }
  return [entry];
}

/** `./oem`, `../suites/a.yaml`: a path, not an id. */
function isPath(entry: string): boolean {
  return /^\.{0,2}\//.test(entry) || /\.ya?ml$/.test(entry);
}

/** `entry` as seen from the folder of `file`, with `/` on every system. */
function relativeTo(file: string, entry: string): string {
  if (entry.startsWith('/')) return entry.replace(/\/+$/, '');
  const parts = file.split('/').slice(0, -1);
  for (const part of entry.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
