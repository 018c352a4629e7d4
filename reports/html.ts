import { createHash } from 'node:crypto';
import type { RecordLine } from '../harness/record/lines';
import type { CaseResult, Result } from '../harness/record/result-schema';
import { css, pages, script } from './html/assets';
import { caseDetails } from './html/client';
import { collect } from './html/collect';
import type { Column } from './html/compare-view';
import { compareView } from './html/compare-view';
import { pageView } from './html/page-view';
import { fill, trusted } from './html/templating';
import { redVerdicts } from './words';

/** Cases whose details stand in the file as they are, for readers without scripts; the browser makes the others. */
const MADE_BEFOREHAND = 40;

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

let policy: string | undefined;

/** By hash: markup that slipped through every escape could still neither run nor load anything. */
function contentPolicy(): string {
  policy ??= [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(css)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return policy;
}

/** JSON in printable ASCII that a script element holds as data, whatever its strings say. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -%'-;=?-~]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** `report.html`: one file that loads nothing, with the run's head as JSON in `#summary` for machines. */
export function renderHtml(result: Result, lines: readonly RecordLine[]): string {
  const { tool, profile, device, scope, verdict, level, counts, planned, executed } = result;
  const collected = collect(result, lines);
  const { shared } = collected;
  const data = result.cases.map((entry) => collected.data(entry));
  let left = MADE_BEFOREHAND;
  const places = new Map(result.cases.map((entry, index) => [entry, index]));
  const body = (entry: CaseResult): object | undefined => {
    const own = data[places.get(entry) ?? -1];
    if (own === undefined || left === 0 || !redVerdicts.includes(entry.verdict)) return undefined;
    left -= 1;
    return trusted(caseDetails(own, shared));
  };
  const view = pageView(result, lines, collected, body);
  const summary = embeddedJson({ tool, profile, device, scope, verdict, level, planned, executed, counts });
  return fill(pages.page, {
    ...view,
    css: trusted(css),
    script: trusted(script),
    csp: contentPolicy(),
    summary: trusted(summary),
    shared: trusted(embeddedJson(shared)),
    data: trusted(data.map(embeddedJson).join('\n')),
  });
}

/** Several runs in columns, as one file that loads nothing: devices, or versions of a firmware. */
export function renderSideBySide(columns: readonly Column[]): string {
  return fill(pages.compare, {
    ...compareView(columns),
    css: trusted(css),
    script: trusted(script),
    csp: contentPolicy(),
  });
}
