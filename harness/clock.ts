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
  /** Tells the time, and the same until `thaw`, for all that is dealt with in one piece: asking costs a system call. */
  freeze?(): number;
  thaw?(): void;
}

/** The longest time that setTimeout can sleep; above it fires at once. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/** The machine's monotonic clock. Timers do not fire early. */
export function realClock(): Clock {
  const origin = process.hrtime.bigint();
  let frozen: number | undefined;
  const read = (): number => Number(process.hrtime.bigint() - origin);
  const now = (): number => frozen ?? read();
  return {
    now,
    freeze() {
      frozen = read();
      return frozen;
    },
    thaw() {
      frozen = undefined;
    },
    timer(at) {
      let settle: (value: boolean) => void = () => undefined;
      const done = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      const sleep = (): NodeJS.Timeout => {
        const left = Math.max(0, Math.ceil((at - now()) / MILLISECOND));
        return setTimeout(arm, Math.min(left, LONGEST_SLEEP_MS));
      };
      const arm = (): void => {
        if (now() >= at) settle(true);
        else handle = sleep();
      };
      let handle = sleep();
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

const units = { us: MICROSECOND, ms: MILLISECOND, s: SECOND, m: 60 * SECOND } as const;

/** `100ms`, `2s`, `250us`, `1m` as nanoseconds; undefined where it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m)$/.exec(text.trim());
  return match === null ? undefined : Math.round(Number(match[1]) * units[match[2] as keyof typeof units]);
}

/** Nanoseconds for people: `1.25 ms`, `300 ms`, `2.5 s`. */
export function formatDuration(ns: number): string {
  const short = (value: number): string => String(Math.round(value * 100) / 100);
  if (ns >= SECOND) return `${short(ns / SECOND)} s`;
  if (ns >= MILLISECOND) return `${short(ns / MILLISECOND)} ms`;
  return `${short(ns / MICROSECOND)} us`;
}
