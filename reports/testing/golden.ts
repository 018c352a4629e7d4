import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../harness/package-root';

/** What a report has to be, from `reports/testing/golden/`; `UPDATE_GOLDEN=1` writes it anew, to be read in the diff. */
export function golden(name: string, actual: string): string {
  const folder = join(packageRoot(), 'reports', 'testing', 'golden');
  const path = join(folder, `${name}.golden`);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, actual);
  }
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
