/** Nanoseconds: every time in this project is an integer of these, unless its name says otherwise. */
export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;

export interface Timer {
  /** Settles once: true when the time has come, false when cancelled before. */
  readonly done: Promise<boolean>;
  cancel(): void;
}

/** The clock of a transport. Real clocks are monotonic; a simulated one moves only while somebody waits for a timer. */
export interface Clock {
  /** Time since the clock was made. */
  now(): number;
  /** A timer for the time `at` on this clock; a time that has passed comes at once. */
  timer(at: number): Timer;
}

/** The machine's monotonic clock. Timers do not fire early. */
export function realClock(): Clock {
  const origin = process.hrtime.bigint();
  const now = (): number => Number(process.hrtime.bigint() - origin);
  return {
    now,
    timer(at) {
      let settle: (value: boolean) => void = () => undefined;
      const done = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      let handle: NodeJS.Timeout;
      const arm = (): void => {
        const left = at - now();
        if (left <= 0) settle(true);
        else handle = setTimeout(arm, Math.max(1, Math.ceil(left / MILLISECOND)));
      };
      handle = setTimeout(arm, Math.max(0, Math.ceil((at - now()) / MILLISECOND)));
      return {
        done,
        cancel() {
          clearTimeout(handle);
          settle(false);
        },
      };
    },
  };
}

/** `100ms`, `2s`, `250us`, `1m` as nanoseconds; undefined where it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m)$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = { us: MICROSECOND, ms: MILLISECOND, s: SECOND, m: 60 * SECOND }[match[2] as 'us' | 'ms' | 's' | 'm'];
  return Math.round(Number(match[1]) * unit);
}

/** Nanoseconds for people: `1.25 ms`, `300 ms`, `2.5 s`. */
export function formatDuration(ns: number): string {
  const short = (value: number): string => String(Math.round(value * 100) / 100);
  if (ns >= SECOND) return `${short(ns / SECOND)} s`;
  if (ns >= MILLISECOND) return `${short(ns / MILLISECOND)} ms`;
  return `${short(ns / MICROSECOND)} us`;
}
