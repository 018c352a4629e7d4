import type { Deviation } from '../emulator/endpoint-types';
import type { CaseVerdict } from '../names';
import type { Finding, Row } from '../run/selftest';
import type { CompiledCase } from '../suite/compiled';

/** What one profile's selftest found. */
export interface Matrix {
  readonly profile: string;
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
}

const letters: { readonly [V in CaseVerdict]: string } = {
  pass: '·',
  warn: 'w',
  fail: 'F',
  error: 'E',
  blocked: 'b',
  waived: 'v',
  'not-applicable': '',
  unreachable: '',
};

const STYLE = `
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #1b1f24; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; margin-top: 2.5rem }
.grid { overflow: auto; max-height: 85vh; border: 1px solid #d0d7de }
table { border-collapse: collapse; font: 11px/1.3 ui-monospace, monospace }
thead th { position: sticky; top: 0; background: #fff; height: 17rem; vertical-align: bottom; z-index: 1 }
thead th span { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: normal }
tbody th { position: sticky; left: 0; background: #fff; text-align: left; font-weight: normal; white-space: nowrap; padding-right: .7rem }
td { width: 1.1em; min-width: 1.1em; text-align: center; color: #8b949e }
td.l { outline: 1px solid #9a6700; outline-offset: -1px }
td.F, td.E, td.b { background: #ffd8d3; color: #82071e } td.w { background: #fff1c2; color: #6b4a00 }
tr:hover td, tr:hover th { background-color: #eef4ff } .ok { color: #116329 } .bad { color: #82071e }
`;

/** Cases × devices as one file without network; a cell in a frame is a case that lists the device's deviation. */
export function matrixHtml(
  matrices: readonly Matrix[],
  cases: readonly CompiledCase[],
  deviations: readonly Deviation[],
): string {
  const body = matrices.map((matrix) => profileHtml(matrix, cases, deviations)).join('\n');
  const legend =
    '· pass, w warn, F fail, E error, b blocked, empty: not applicable or out of reach; framed: the case lists the deviation';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mctp-certify selftest</title><style>${STYLE}</style></head>
<body><h1>Every case against every deviant device</h1><p>${legend}</p>
${body}
</body></html>
`;
}

function profileHtml(matrix: Matrix, cases: readonly CompiledCase[], deviations: readonly Deviation[]): string {
  const { profile, rows, findings } = matrix;
  const bindings = [...new Set(rows.map((row) => row.binding))].sort();
  const found = findings.map(
    ({ device, binding, problem, cases: ids }) =>
      `<li class="bad">${text(device)} on ${binding}: ${text(problem)}: ${ids.map(text).join(', ')}</li>`,
  );
  const verdict = found.length === 0 ? '<p class="ok">every case is proven</p>' : `<ul>${found.join('')}</ul>`;
  const tables = bindings.map((binding) => {
    const mine = rows.filter((row) => row.binding === binding);
    const ran = cases.filter(({ id }) => mine.some((row) => letters[row.verdicts[id] ?? 'unreachable'] !== ''));
    const head = ran.map(({ id, title }) => `<th title="${text(title)}"><span>${text(id)}</span></th>`).join('');
    const lines = [...mine]
      .sort((left, right) => (left.device < right.device ? -1 : 1))
      .map((row) => rowHtml(row, ran, deviations));
    return `<h2>${text(profile)} on ${binding}: ${ran.length} cases, ${mine.length} devices</h2>
<div class="grid"><table><thead><tr><th></th>${head}</tr></thead><tbody>
${lines.join('\n')}
</tbody></table></div>`;
  });
  return `<section><h2>${text(profile)}</h2>${verdict}${tables.join('\n')}</section>`;
}

function rowHtml(row: Row, ran: readonly CompiledCase[], deviations: readonly Deviation[]): string {
  const about = deviations.find(({ name }) => name === row.device);
  const cells = ran.map((kase) => {
    const letter = letters[row.verdicts[kase.id] ?? 'unreachable'];
    const names = [/[a-zA-Z]/.test(letter) ? letter : '', kase.deviations.includes(row.device) ? 'l' : ''];
    const classes = names.filter((name) => name !== '').join(' ');
    return `<td${classes === '' ? '' : ` class="${classes}"`}>${letter}</td>`;
  });
  const failure = row.failure === undefined ? '' : ` (${row.failure})`;
  return `<tr><th title="${text(about?.title ?? '')}">${text(row.device + failure)}</th>${cells.join('')}</tr>`;
}

function text(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
