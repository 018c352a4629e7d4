import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { precompile } from 'handlebars';
import { packageRoot } from '../../harness/package-root';

/** Part of the build: templates become functions, style sheet and script become strings, for `dist/reports/html/`. */

const SOURCE = join(packageRoot(), 'reports/html');
const TARGET = join(packageRoot(), 'dist/reports/html');

const read = (name: string): string => readFileSync(join(SOURCE, name), 'utf8');

/** Those that the script of the page needs too. */
const details = ['case', 'checks', 'clause', 'ladder', 'strip'];
const pages = ['page', 'compare'];

function templates(names: readonly string[]): string {
  const entries = names.map((name) => {
    const spec = precompile(read(`${name}.hbs`), { knownHelpersOnly: true, preventIndent: true });
    return `  ${JSON.stringify(name)}: ${String(spec)},\n`;
  });
  return `{\n${entries.join('')}}`;
}

function bundle(): string {
  const built = buildSync({
    entryPoints: [join(TARGET, 'client.js')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'report',
    minify: true,
    legalComments: 'none',
    charset: 'ascii',
    target: 'es2022',
  });
  const [output] = built.outputFiles;
  if (output === undefined) throw new Error('esbuild made nothing');
  return output.text;
}

/** Under its name only when it is whole: somebody may be making a report meanwhile. */
function write(name: string, text: string): void {
  const draft = join(TARGET, `${name}.${process.pid}`);
  writeFileSync(draft, `'use strict';\n${text}`);
  renameSync(draft, join(TARGET, name));
}

mkdirSync(TARGET, { recursive: true });
write('templates.js', `exports.details = ${templates(details)};\n`);
const parts = { css: read('report.css'), script: bundle() + read('report.js') };
const strings = Object.entries(parts).map(([name, text]) => `exports.${name} = ${JSON.stringify(text)};\n`);
write('assets.js', `exports.pages = ${templates(pages)};\n${strings.join('')}`);
