import { createColors } from 'picocolors';
import { MILLISECOND, SECOND } from '../clock';
import type { CaseVerdict } from '../names';
import type { Progress } from '../run/execute';
import type { Requirements } from '../suite/compiled';

/** Where progress goes, and whether it may move the cursor and use colour. */
export interface Screen {
  write(text: string): void;
  readonly live: boolean;
  readonly colour: boolean;
  readonly columns: number;
  /** Nanoseconds since anything. */
  now(): number;
}

export function standardError(): Screen {
  const { stderr, env } = process;
  const live = stderr.isTTY === true && env.CI === undefined && env.TERM !== 'dumb';
  const colour = live && env.NO_COLOR === undefined;
  const now = (): number => Number(process.hrtime.bigint());
  return { write: (text) => void stderr.write(text), live, colour, columns: stderr.columns || 100, now };
}

const red: readonly CaseVerdict[] = ['fail', 'error', 'blocked'];
/** Gravest first, as the bar has them. */
const counted: readonly CaseVerdict[] = [...red, 'warn', 'waived', 'pass'];

const BAR = 24;
const REDRAW = 50 * MILLISECOND;
const LINE_EVERY = 10 * SECOND;
/** Before that the pace of a run says nothing about the rest. */
const PACE_AFTER = 2 * SECOND;

/** A bar on a terminal; elsewhere a line now and then. On both, what each case that is not green is about. */
export function showProgress(screen: Screen, requirements: Requirements): Progress {
  const colours = createColors(screen.colour);
  const counts = new Map<CaseVerdict, number>();
  let total = 0;
  let toRun = 0;
  let ran = 0;
  let ended = 0;
  let began = 0;
  let drawn = Number.NEGATIVE_INFINITY;
  let told = 0;
  let blocked: string | undefined;
  const clear = (): void => {
    if (screen.live) screen.write('\r\x1b[K');
  };
  const count = (verdict: CaseVerdict): number => counts.get(verdict) ?? 0;
  const paint = (verdict: CaseVerdict, text: string): string => {
    if (red.includes(verdict)) return colours.red(text);
    if (verdict === 'warn' || verdict === 'waived') return colours.yellow(text);
    return verdict === 'pass' ? colours.green(text) : text;
  };
  const tally = (): string =>
    counted
      .filter((verdict) => count(verdict) > 0)
      .map((verdict) => paint(verdict, `${count(verdict)} ${verdict}`))
      .join(', ');
  const left = (): string => {
    const spent = screen.now() - began;
    if (ran < 5 || spent < PACE_AFTER || ran >= toRun) return '';
    return `${Math.max(1, Math.round(((spent / ran) * (toRun - ran)) / SECOND))} s left`;
  };
  const bar = (size: number): string => {
    const filled = toRun === 0 ? size : Math.round((ran / toRun) * size);
    // A single failure among many is seen.
    const share = red.reduce((sum, verdict) => sum + count(verdict), 0) / Math.max(1, toRun);
    const bad = Math.min(filled, Math.ceil(share * size));
    const [done, rest] = ['█'.repeat(filled - bad), '░'.repeat(size - filled)];
    return `${colours.red('█'.repeat(bad))}${colours.green(done)}${colours.dim(rest)}`;
  };
  const draw = (current: string): void => {
    const now = screen.now();
    if (!screen.live || now - drawn < REDRAW) return;
    drawn = now;
    const plain = [`${ran}/${toRun}`, tally(), left()].filter((part) => part !== '').join('  ');
    const size = Math.max(0, Math.min(BAR, screen.columns - 2 - visibleLength(plain)));
    const room = screen.columns - size - 3 - visibleLength(plain);
    const name = room > 12 ? `  ${colours.dim(current.slice(0, room - 2))}` : '';
    screen.write(`\r\x1b[K${bar(size)} ${plain}${name}`);
  };
  /** Where nothing moves, a line now and then shows that it goes on. */
  const milestone = (): void => {
    const now = screen.now();
    if (screen.live || now - told < LINE_EVERY || ran >= toRun) return;
    told = now;
    screen.write(`${[`${ran}/${toRun}`, tally(), left()].filter((part) => part !== '').join('  ')}\n`);
  };
  return {
    planned(cases, scope) {
      total = cases.length;
      toRun = cases.filter((entry) => entry.decision === 'run').length;
      began = screen.now();
      told = began;
      const others = total - toRun;
      const rest = others === 0 ? '' : `, ${others} not (not applicable, or out of reach)`;
      const exclusive = scope.exclusive ? ', exclusive' : '';
      screen.write(
        `${toRun} case${toRun === 1 ? '' : 's'} to run${rest} · ${scope.binding}, ${scope.plane}${exclusive}\n`,
      );
    },
    began(planned) {
      draw(planned.case.id);
    },
    ended({ case: kase, verdict, reason, judgement }) {
      ended += 1;
      if (verdict !== 'not-applicable' && verdict !== 'unreachable') {
        ran += 1;
        counts.set(verdict, count(verdict) + 1);
      }
      // Of all that a dead device blocks the first is told; the others are counted.
      const again = verdict === 'blocked' && reason !== undefined && reason === blocked;
      if (verdict === 'blocked') blocked = reason;
      if ((verdict === 'warn' || red.includes(verdict)) && !again) {
        clear();
        const { failureLines } = require('../../reports/text') as typeof import('../../reports/text');
        const heading = `${paint(verdict, colours.bold(verdict.toUpperCase()))}  ${kase.id}  ${kase.title}`;
        const about = failureLines(judgement?.checks ?? [], {
          requirements,
          colour: screen.colour,
          columns: screen.columns,
          ...(reason === undefined ? {} : { reason }),
        });
        screen.write(`${[heading, ...about].join('\n')}\n\n`);
        drawn = Number.NEGATIVE_INFINITY;
      }
      milestone();
      if (ended >= total) clear();
    },
  };
}

function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are such characters.
  return text.replace(/\x1b\[[0-9;]*m/g, '').length;
}

export const quietProgress: Progress = { planned: () => undefined, began: () => undefined, ended: () => undefined };
