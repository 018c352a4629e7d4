import { existsSync } from 'node:fs';
import { messageOf } from '../../errors';
import type { StoreLocation } from '../../profile/campaign';
import type { EvidenceStore } from '../evidence-store';
import type { Evidence } from '../model';
import type { Ledger, Report, Reported } from '../redis/ledger';
import type { Concluded, Journal, RunEntry } from './journal';

/** A verdict does not wait longer for its evidence to be stored. Milliseconds. */
const PATIENCE = 10_000;

export interface DeliveryOptions {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly openStore: (location: StoreLocation) => EvidenceStore;
  /** From one attempt to the next. Milliseconds. */
  readonly retry: number;
  readonly onChange: () => void;
}

/**
 * Brings outcomes to the campaign and evidence to its store. What cannot be delivered stays on the disk and is tried
 * again, by the next station of this name, too.
 */
export class Delivery {
  private readonly options: DeliveryOptions;
  private readonly stores = new Map<string, EvidenceStore>();
  private readonly pending = new Map<string, string>();
  private readonly timers = new Set<() => void>();
  private readonly reports = new Set<Promise<unknown>>();
  private readonly whole = new Set<Promise<unknown>>();
  private stopped = false;

  constructor(options: DeliveryOptions) {
    this.options = options;
  }

  /** Runs that are not wholly delivered. */
  get undelivered(): number {
    return this.pending.size;
  }

  /** Why, where it is known. */
  get note(): string | undefined {
    return [...this.pending.values()].find((note) => note !== '');
  }

  /** Settles when the outcome is in the ledger; the evidence may follow. */
  deliver(entry: RunEntry & { readonly concluded: Concluded }): Promise<Reported | undefined> {
    const { journal, ledger, onChange } = this.options;
    const name = journal.folderOf(entry.key);
    this.pending.set(name, '');
    const { report, reported: isTold } = entry.concluded;
    const finish = (): void => {
      journal.remove(entry.key);
      this.pending.delete(name);
      onChange();
    };
    // A run that never reached its device has written nothing.
    const nothing = !existsSync(journal.outputOf(entry.key));
    let isAttached = false;
    const stored = nothing ? Promise.resolve(undefined) : this.put(entry, name);
    const reported = (async (): Promise<Reported | undefined> => {
      const early = nothing ? undefined : await Promise.race([stored, this.wait(PATIENCE)]);
      if (isTold) return undefined;
      const answer = await ledger.report(early === undefined ? report : withEvidence(report, early));
      isAttached = early !== undefined;
      // What comes late may come to the next station of this name. What is told twice changes nothing.
      if (early === undefined && !nothing) this.keep({ ...entry, concluded: { report, reported: true } });
      return answer;
    })();
    track(this.reports, reported);
    const whole = Promise.all([stored, reported])
      .then(async ([evidence]) => {
        if (evidence === undefined && !nothing) return;
        if (evidence !== undefined && !isAttached) await ledger.attach(entry.key, evidence);
        finish();
      })
      .catch(() => undefined);
    track(this.whole, whole);
    return reported;
  }

  private keep(entry: RunEntry): void {
    try {
      this.options.journal.write(entry);
    } catch {
      // A full disk of our own.
    }
  }

  /** Undefined once the station ends before the store takes it. */
  private async put(entry: RunEntry, name: string): Promise<Evidence | undefined> {
    const { journal, openStore, onChange } = this.options;
    while (!this.stopped) {
      try {
        const key = JSON.stringify(entry.store);
        const store = this.stores.get(key) ?? openStore(entry.store);
        this.stores.set(key, store);
        return await store.put(entry.key, journal.outputOf(entry.key));
      } catch (thrown) {
        this.pending.set(name, `evidence is kept here: ${messageOf(thrown)}`);
        onChange();
        await this.wait(this.options.retry);
      }
    }
    return undefined;
  }

  private wait(milliseconds: number): Promise<undefined> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.timers.delete(finish);
        resolve(undefined);
      };
      const timer = setTimeout(finish, milliseconds);
      this.timers.add(finish);
    });
  }

  /** Waits for outcomes on their way, and once more for the store; how many runs stay on the disk. */
  async drain(): Promise<number> {
    await Promise.race([Promise.allSettled([...this.reports]), this.wait(PATIENCE)]);
    await Promise.race([Promise.allSettled([...this.whole]), this.wait(this.pending.size === 0 ? 0 : PATIENCE)]);
    return this.pending.size;
  }

  /** Tries no more; what is left stays on the disk. */
  stop(): void {
    this.stopped = true;
    for (const finish of [...this.timers]) finish();
    for (const store of this.stores.values()) store.close();
  }
}

function withEvidence(report: Report, evidence: Evidence): Report {
  return { ...report, outcome: { ...report.outcome, evidence } };
}

/** Until it settles. */
function track(set: Set<Promise<unknown>>, promise: Promise<unknown>): void {
  set.add(promise);
  promise.then(
    () => set.delete(promise),
    () => set.delete(promise),
  );
}
