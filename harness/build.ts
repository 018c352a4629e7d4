import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deviations } from './emulator/deviations';
import { packageRoot } from './package-root';
import { campaignResultJsonSchema } from './record/campaign-result';
import { resultJsonSchema } from './record/result-schema';
import type { BuiltLibrary } from './suite/library';
import { builtInSources } from './suite/library';
import { checkFiles } from './suite/load';
import type { Problem } from './suite/problem';
import { problemError } from './suite/problem';
import { schemaFiles } from './suite/schemas';

/** Compiles the built-in YAML into `dist/library.json` and writes the JSON Schemas of `profiles/schema/`. */

const ROOT = packageRoot();

/** The built-in library, and what is wrong with its sources; cases with problems are not in it. */
export function buildLibrary(): { readonly built: BuiltLibrary; readonly problems: readonly Problem[] } {
  const sources = builtInSources();
  const names = deviations.map(({ name }) => name);
  const { library: whole, problems } = checkFiles(sources, { deviations: names, requireDeviations: true });
  const { devices: _devices, inBand: _inBand, waivers: _waivers, expectedFailures: _expected, ...library } = whole;
  const hash = createHash('sha256')
    .update(JSON.stringify([sources, names]))
    .digest('hex');
  return { built: { format: 1, hash, deviations: names, library }, problems };
}

function write(file: string, text: string): void {
  mkdirSync(resolve(file, '..'), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

function main(): void {
  const results = { 'result.json': resultJsonSchema(), 'campaign-result.json': campaignResultJsonSchema() };
  const texts = Object.entries(results).map(([name, schema]) => [name, `${JSON.stringify(schema, undefined, 2)}\n`]);
  const schemas: { readonly [name: string]: string } = { ...schemaFiles(), ...Object.fromEntries(texts) };
  for (const [name, text] of Object.entries(schemas)) {
    const file = join(ROOT, 'profiles/schema', name);
    let before = '';
    try {
      before = readFileSync(file, 'utf8');
    } catch {
      // Not written yet.
    }
    if (before !== text) write(file, text);
  }
  const { built, problems } = buildLibrary();
  if (problems.length > 0) {
    process.stderr.write(`${problemError(problems).message}\n`);
    process.exitCode = 2;
    // While suites are being written the rest may be used; a release is never built this way.
    if (!process.argv.includes('--keep-going')) return;
  }
  write(join(ROOT, 'dist/library.json'), JSON.stringify(built));
  const { suites, requirements, profiles } = built.library;
  const cases = suites.reduce((sum, suite) => sum + suite.cases.length, 0);
  const counts = [
    `${cases} cases in ${suites.length} suites`,
    `${Object.keys(requirements).length} requirements`,
    `${Object.keys(profiles).length} profiles`,
  ];
  process.stdout.write(`library: ${counts.join(', ')}\n`);
}

if (require.main === module) main();
