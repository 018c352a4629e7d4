import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { precompile } from 'handlebars';
import { packageRoot } from '../../harness/package-root';

/** Part of the build: templates become functions, style sheet and script become strings, for `dist/reports/`. */

const SOURCE = join(packageRoot(), 'reports');
const TARGET = join(packageRoot(), 'dist/reports');

const read = (path: string): string => readFileSync(join(SOURCE, path), 'utf8');

/** Those that the script of the page needs too. */
const details = ['case', 'checks', 'clause', 'ladder', 'strip'];
const pages = ['page', 'compare'];

function template(path: string): string {
  return String(precompile(read(`${path}.hbs`), { knownHelpersOnly: true, preventIndent: true }));
}

function templates(names: readonly string[]): string {
  return `{\n${names.map((name) => `  ${JSON.stringify(name)}: ${template(`html/${name}`)},\n`).join('')}}`;
}

/** A module and what it needs as one script, whose exports are `globalName`. */
function bundle(entry: string, globalName?: string): string {
  const built = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    ...(globalName === undefined ? {} : { globalName }),
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
function write(path: string, text: string): void {
  const file = join(TARGET, path);
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `'use strict';\n${text}`);
  renameSync(draft, file);
}

const exported = (parts: { readonly [name: string]: string }): string =>
  Object.entries(parts)
    .map(([name, text]) => `exports.${name} = ${JSON.stringify(text)};\n`)
    .join('');

write('html/templates.js', `exports.details = ${templates(details)};\n`);
const css = read('html/report.css');
/** Bundle and page in one script; what chooses the entries of a list is the same in each. */
const scripts = (client: string, globalName: string, page: string): string =>
  bundle(join(TARGET, client), globalName) + bundle(join(SOURCE, 'html/filtering.mjs'), 'lists') + read(page);
const report = { css, script: scripts('html/client.js', 'report', 'html/report.js') };
write('html/assets.js', `exports.pages = ${templates(pages)};\n${exported(report)}`);

write('campaign/templates.js', `exports.matrix = ${template('campaign/matrix')};\n`);
const campaign = {
  css: css + read('campaign/campaign.css'),
  script: scripts('campaign/client.js', 'campaign', 'campaign/campaign.js'),
};
write('campaign/assets.js', `exports.page = ${template('campaign/campaign')};\n${exported(campaign)}`);

const page = {
  html: read('page/page.html'),
  icon: read('page/icon.svg'),
  css: campaign.css + read('page/page.css'),
  script: bundle(join(SOURCE, 'page/main.mjs')),
};
write('page/assets.js', exported(page));
