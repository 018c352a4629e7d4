import type { CampaignState } from './model';
import { openJobs } from './redis/read-store';
import type { FleetStore } from './store';

/** Looks again, where no event came. Milliseconds. */
const LOOK = 5_000;
/** Events of this time are one. */
const GATHER = 250;
/** Tells how far it is at most so often. */
const TELL = 5_000;

/** Waits until no job of a campaign waits or runs; true where Ctrl-C ended the waiting. */
export async function follow(store: FleetStore, id: string, tell: (state: CampaignState) => void): Promise<boolean> {
  let interrupted = false;
  let wake: () => void = () => undefined;
  let due = false;
  const stop = store.watch(id, () => {
    if (due) return;
    due = true;
    setTimeout(() => wake(), GATHER);
  });
  const onSignal = (): void => {
    interrupted = true;
    wake();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    let toldAt = 0;
    let told = '';
    for (;;) {
      due = false;
      const state = await store.campaign(id);
      if (state === undefined || openJobs(state.counts) === 0 || interrupted) return interrupted;
      const text = JSON.stringify(state.counts);
      if (Date.now() - toldAt >= TELL && text !== told) {
        tell(state);
        [toldAt, told] = [Date.now(), text];
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (interrupted) wake();
      });
    }
  } finally {
    stop();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
