import { createColors } from 'picocolors';
import type { CaseVerdict } from '../names';
import type { Progress } from '../run/execute';

/** Where progress goes, and whether it may move the cursor and use colour. */
export interface Screen {
  write(text: string): void;
  readonly live: boolean;
  readonly colour: boolean;
  readonly columns: number;
}

export function standardError(): Screen {
  const { stderr, env } = process;
  const live = stderr.isTTY === true && env.CI === undefined && env.TERM !== 'dumb';
  const colour = live && env.NO_COLOR === undefined;
  return { write: (text) => void stderr.write(text), live, colour, columns: stderr.columns ?? 80 };
}

const red: readonly CaseVerdict[] = ['fail', 'error', 'blocked'];

/** A counting line on a terminal; elsewhere a line for each case that is not green. */
export function showProgress(screen: Screen): Progress {
  const colours = createColors(screen.colour);
  const counts = new Map<CaseVerdict, number>();
  let total = 0;
  let done = 0;
  let drawn = 0;
  const clear = (): void => {
    if (screen.live) screen.write('\r\x1b[K');
  };
  const draw = (text: string, force = false): void => {
    const now = Date.now();
    if (!screen.live || (!force && now - drawn < 50)) return;
    drawn = now;
    screen.write(`\r\x1b[K${text.slice(0, Math.max(10, screen.columns - 1))}`);
  };
  const status = (): string => {
    const parts = [...counts].map(([verdict, count]) => `${count} ${verdict}`);
    return `${done}/${total}  ${parts.join(', ')}`;
  };
  return {
    planned(cases, scope) {
      total = cases.length;
      const runnable = cases.filter((entry) => entry.decision === 'run').length;
      const others = total - runnable;
      const rest = others === 0 ? '' : `, ${others} not (not applicable, or out of reach)`;
      screen.write(
        `${runnable} cases to run${rest} · ${scope.binding}, ${scope.plane}${scope.exclusive ? ', exclusive' : ''}\n`,
      );
    },
    began(planned) {
      draw(`${status()}  ${planned.case.id}`);
    },
    ended({ case: kase, verdict, reason, judgement }) {
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      done += 1;
      if (verdict === 'warn' || red.includes(verdict)) {
        clear();
        const paint = verdict === 'warn' ? colours.yellow : colours.red;
        screen.write(`${paint(verdict.padEnd(7))} ${kase.id}  ${kase.title}\n`);
        const missed =
          judgement?.checks.find((check) => check.verdict === 'fail') ??
          judgement?.checks.find((check) => check.verdict === 'warn');
        const why =
          missed === undefined ? reason : `${missed.requirement}: expected ${missed.expected}, got ${missed.actual}`;
        if (why !== undefined) screen.write(`        ${colours.dim(printable(why))}\n`);
      }
      if (done >= total) clear();
    },
  };
}

/** What a device said may hold control characters: a terminal must not obey them. */
function printable(text: string): string {
  return [...text].map((char) => (char < ' ' || (char >= '\x7f' && char <= '\x9f') ? '\ufffd' : char)).join('');
}

export const quietProgress: Progress = { planned: () => undefined, began: () => undefined, ended: () => undefined };
