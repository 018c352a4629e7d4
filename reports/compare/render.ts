import { visible } from '../visible';
import type { Change, ChangeKind, Comparison, Flake, Shift } from './compare';
import { changeKinds } from './compare';

const titles: { readonly [K in ChangeKind]: string } = {
  'new-failure': 'New failures',
  'newly-not-run': 'Newly not run',
  removed: 'Removed',
  fixed: 'Fixed',
  'newly-run': 'Newly run',
  added: 'Added',
  other: 'Otherwise changed',
};

function headline({ before, after, level, regressions, changes }: Comparison): string {
  const moved = level === undefined ? '' : `, level ${level.before} → ${level.after}`;
  const fixed = changes.filter(({ kind }) => kind === 'fixed').length;
  const worse = regressions.length === 0 ? 'nothing got worse' : `${regressions.length} got worse`;
  return `${before.verdict} → ${after.verdict}${moved}: ${worse}, ${fixed} fixed`;
}

const name = ({ name: own, firmware }: Comparison['before']): string =>
  visible(firmware === undefined ? own : `${own} (firmware ${firmware})`);

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

function shiftWords({ command, beforeMs, afterMs, p }: Shift): string {
  const change =
    beforeMs === 0 ? '' : `, ${afterMs > beforeMs ? '+' : ''}${Math.round((afterMs / beforeMs - 1) * 100)} %`;
  return `${command}: ${beforeMs} ms → ${afterMs} ms (median${change}; p ${p < 1e-6 ? '< 0.000001' : p.toPrecision(2)})`;
}

function flakeWords({ run, case: id, attempts, red, share: [low, high] }: Flake): string {
  return `${id} (${run}): red in ${red} of ${attempts} attempts, ${percent(low)} to ${percent(high)}`;
}

function caution({ differsIn }: Comparison): string | undefined {
  return differsIn.length === 0 ? undefined : `the two runs also differ in: ${differsIn.join(', ')}`;
}

export function renderText(comparison: Comparison): string {
  const { before, after, changes, shifts, flakes } = comparison;
  const lines = [headline(comparison), `  before  ${name(before)}`, `  after   ${name(after)}`];
  const note = caution(comparison);
  if (note !== undefined) lines.push(`  note    ${note}`);
  for (const kind of changeKinds) {
    const own = changes.filter((change) => change.kind === kind);
    if (own.length === 0) continue;
    lines.push('', `${titles[kind]} (${own.length})`);
    for (const change of own) {
      lines.push(`  ${change.case}  ${visible(change.title)}: ${change.before} → ${change.after}${flaky(change)}`);
      if (change.why !== undefined) lines.push(`      ${visible(change.why)}`);
    }
  }
  if (shifts.length > 0) lines.push('', 'Response times', ...shifts.map((shift) => `  ${shiftWords(shift)}`));
  if (flakes.length > 0)
    lines.push('', 'Not the same in all attempts', ...flakes.map((flake) => `  ${flakeWords(flake)}`));
  return `${lines.join('\n')}\n`;
}

const flaky = ({ flaky: is }: Change): string => (is === true ? ' (not the same in all attempts)' : '');

/** For a merge request: what got worse first, the rest folded. */
export function renderMarkdown(comparison: Comparison): string {
  const { before, after, changes, shifts, flakes, regressions } = comparison;
  const lines = [`### ${regressions.length === 0 ? '✅' : '❌'} ${headline(comparison)}`, ''];
  lines.push(`${text(name(before))} → ${text(name(after))}`);
  const note = caution(comparison);
  if (note !== undefined) lines.push('', `_${text(note)}_`);
  for (const kind of changeKinds) {
    const own = changes.filter((change) => change.kind === kind);
    if (own.length === 0) continue;
    const table = ['| case | before | after | why |', '|---|---|---|---|', ...own.map(row)];
    const isWorse = kind === 'new-failure' || kind === 'newly-not-run' || kind === 'removed';
    if (isWorse) lines.push('', `**${titles[kind]}** (${own.length})`, '', ...table);
    else lines.push('', `<details><summary>${titles[kind]} (${own.length})</summary>`, '', ...table, '', '</details>');
  }
  if (shifts.length > 0)
    lines.push('', '**Response times**', '', ...shifts.map((shift) => `- ${text(shiftWords(shift))}`));
  if (flakes.length > 0)
    lines.push('', '**Not the same in all attempts**', '', ...flakes.map((flake) => `- ${text(flakeWords(flake))}`));
  return `${lines.join('\n')}\n`;
}

function row(change: Change): string {
  const { case: id, title, before, after, why = '' } = change;
  return `| \`${id.replace(/`/g, "'")}\` ${text(title)} | ${before} | ${after}${flaky(change)} | ${text(why)} |`;
}

/** Words of a device in Markdown: nothing of them is markup. */
function text(words: string): string {
  return visible(words)
    .replace(/[\\`*_{}[\]()#+!|~<>&@$^-]/g, (letter) =>
      /[<>&]/.test(letter) ? `&#${letter.charCodeAt(0)};` : `\\${letter}`,
    )
    .replace(/\n/g, ' ');
}
