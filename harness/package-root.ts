import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

let known: string | undefined;

/**
 * The directory of this package's `package.json`: templates, suites and profiles are read from there, whether this file
 * runs from `dist/` or from the source tree.
 */
export function packageRoot(): string {
  if (known !== undefined) return known;
  let directory = __dirname;
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory)
    directory = dirname(directory);
  known = directory;
  return directory;
}
