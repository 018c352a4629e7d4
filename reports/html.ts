import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'handlebars';
import { packageRoot } from '../harness/package-root';
import type { RecordLine } from '../harness/record/lines';
import type { Result } from '../harness/record/result-schema';
import { viewOf } from './html-view';
import { visible } from './visible';

interface Page {
  readonly render: (view: object) => string;
  readonly css: string;
  readonly script: string;
  readonly csp: string;
}

let page: Page | undefined;

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

/** Compiles the template when the first report is made. */
function loadPage(): Page {
  if (page !== undefined) return page;
  const read = (name: string): string => readFileSync(join(packageRoot(), 'reports', 'html', name), 'utf8');
  const handlebars = create();
  handlebars.registerPartial('packets', read('packets.hbs'));
  const css = read('report.css');
  const script = read('report.js');
  // By hash: markup that slipped through every escape could still neither run nor load anything.
  const csp = [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(css)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const render = handlebars.compile<object>(read('report.hbs'), { knownHelpersOnly: true });
  page = { render, css, script, csp };
  return page;
}

/** Every string of a view with its hidden characters spelled out; none can be forgotten. */
function harmless(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(harmless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, harmless(entry)]));
}

/** One UTF-16 unit after the other, as JSON escapes them. */
function escapeUnits(text: string): string {
  return text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** JSON that a script element holds as data, whatever its strings say. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
}

/** `report.html`: one file that loads nothing, with the run's head as JSON in `#summary` for machines. */
export function renderHtml(result: Result, lines: readonly RecordLine[]): string {
  const { render, css, script, csp } = loadPage();
  const { tool, profile, device, scope, verdict, level, counts, planned, executed } = result;
  const summary = embeddedJson({ tool, profile, device, scope, verdict, level, planned, executed, counts });
  return render({ ...(harmless(viewOf(result, lines)) as object), summary, css, script, csp });
}
