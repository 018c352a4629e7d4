import type { Clock, Timer } from '../clock';

/** A clock that costs no waiting: it jumps to the next thing that happens, and only while somebody waits for a timer. */
export interface VirtualClock extends Clock {
  /**
   * Something that happens by itself at the time `at`: an answer of the emulated device, a recorded frame. It does not
   * make time move. Cancelling it twice, or after it has happened, does nothing.
   */
  schedule(at: number, action: () => void): { cancel(): void };
  /** Time stands still until the returned function is called, for work that the clock cannot see. */
  hold(): () => void;
}

interface Entry {
  readonly at: number;
  /** Happenings come before timers of the same time: an answer at the deadline is in time. */
  readonly rank: 0 | 1;
  readonly order: number;
  readonly run: () => void;
}

/** Steps of time until signals, timers and files of the real world get their turn. */
const STEPS_A_TURN = 32;

/** Calls back when everybody who can run has run, promises included; a turn of the event loop would cost more than the step. */
function afterAll(action: () => void): void {
  // A tick that is asked for by a microtask comes when no microtask is left.
  void settled.then(() => process.nextTick(action));
}

const settled = Promise.resolve();

/** Whoever was woken by one step of time has run before time moves again; of streams, and other work that it cannot see, see `hold`. */
export function virtualClock(): VirtualClock {
  const entries = new Set<Entry>();
  let time = 0;
  let order = 0;
  let waiting = 0;
  let holds = 0;
  let steps = 0;
  let armed = false;

  const first = (): Entry | undefined => {
    let best: Entry | undefined;
    for (const entry of entries) if (best === undefined || before(entry, best)) best = entry;
    return best;
  };
  const arm = (): void => {
    if (armed || waiting === 0 || holds > 0) return;
    armed = true;
    steps += 1;
    if (steps % STEPS_A_TURN === 0) setImmediate(step);
    else afterAll(step);
  };
  const step = (): void => {
    armed = false;
    if (waiting === 0 || holds > 0) return;
    const entry = first();
    if (entry !== undefined) {
      entries.delete(entry);
      time = Math.max(time, entry.at);
      try {
        entry.run();
      } finally {
        arm();
      }
    }
  };
  const add = (at: number, rank: 0 | 1, run: () => void): Entry => {
    order += 1;
    const entry = { at, rank, order, run };
    entries.add(entry);
    return entry;
  };

  return {
    now: () => time,
    timer(at): Timer {
      let settle: (value: boolean) => void = () => undefined;
      const done = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      waiting += 1;
      const entry = add(at, 1, () => {
        waiting -= 1;
        settle(true);
      });
      arm();
      return {
        done,
        cancel() {
          if (!entries.delete(entry)) return;
          waiting -= 1;
          settle(false);
        },
      };
    },
    schedule(at, action) {
      const entry = add(at, 0, action);
      return {
        cancel() {
          entries.delete(entry);
        },
      };
    },
    hold() {
      holds += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds -= 1;
        arm();
      };
    },
  };
}

function before(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}
