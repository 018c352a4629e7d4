import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { processStart } from '../../transport/process-start';
import { jobId } from '../redis/keys';
import type { Ledger } from '../redis/ledger';
import type { Queues } from '../redis/queues';
import { LOCK_DURATION } from '../redis/queues';
import type { Delivery } from './delivery';
import type { Slot } from './devices';
import type { Execution } from './execution';
import { conclude } from './execution';
import type { Journal, RunEntry } from './journal';
import { readResult } from './outcome';

export interface RecoveryOptions {
  readonly station: string;
  readonly client: Redis;
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly journal: Journal;
  readonly delivery: Delivery;
  readonly execution: Execution;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly wall: () => Date;
  readonly log: (line: string) => void;
  readonly onChange: () => void;
}

/** How often it is looked whether a run that outlived its station goes on. Milliseconds. */
const LOOK = 250;

/**
 * Takes up what the station of this folder has left: delivers what was concluded, waits for runs that outlived it, restores
 * devices whose runs did not. Settles when every device is free.
 */
export async function recover(options: RecoveryOptions): Promise<void> {
  await Promise.all(options.journal.entries().map((entry) => recoverOne(options, entry)));
}

async function recoverOne(options: RecoveryOptions, entry: RunEntry): Promise<void> {
  const { journal, delivery, execution, slots, station, wall, log, onChange } = options;
  const { concluded } = entry;
  if (concluded !== undefined) {
    log(`${entry.device}: delivers what an earlier station has left`);
    deliver(options, entry, delivery.deliver({ ...entry, concluded }), concluded.report.status === 'waiting');
    return;
  }
  const out = journal.outputOf(entry.key);
  const slot = slots.get(entry.device);
  if (slot !== undefined) {
    slot.state = 'running';
    slot.job = entry.key;
    slot.since = entry.startedAt;
    onChange();
  }
  if (isAlive(entry)) log(`${entry.device}: a run has outlived its station, and is waited for`);
  const began = Date.parse(entry.startedAt);
  await whileAlive(options, entry);
  if (readResult(out) === undefined && existsSync(join(out, 'record.ndjson'))) await execution.restore(entry, out);
  if (existsSync(out)) {
    const reason = `station ${station} was stopped while it ran`;
    const durationMs = Math.max(0, wall().getTime() - began);
    const facts = { durationMs, reason, exitCode: null, again: true, station, at: wall().toISOString() };
    const finished = conclude(entry, readResult(out), facts);
    const whole = { ...entry, concluded: finished };
    journal.write(whole);
    deliver(options, entry, delivery.deliver(whole), finished.report.status === 'waiting');
  } else {
    journal.unmarkBegun(entry.key);
    const { attempt: _attempt, ...key } = entry.key;
    const why = { key, profile: entry.profile, reason: `station ${station} was stopped before it began` };
    await options.ledger.unclaim(entry.key, entry.nonce, why);
    await handBack(options, entry, true);
    journal.remove(entry.key);
  }
  if (slot !== undefined) {
    slot.state = 'idle';
    delete slot.job;
    delete slot.since;
    onChange();
  }
}

function deliver(options: RecoveryOptions, entry: RunEntry, done: Promise<unknown>, again: boolean): void {
  done.then(() => handBack(options, entry, again)).catch(() => undefined);
}

/** The job is in a queue under the lock of the station that is gone: it goes back at once, not when the lock ends. */
async function handBack({ queues }: RecoveryOptions, entry: RunEntry, again: boolean): Promise<void> {
  await queues.handBack(entry.queue, jobId(entry.key), entry.token, again);
}

function isAlive({ pid, pidStarted }: RunEntry): boolean {
  return pid !== undefined && pidStarted !== undefined && pidStarted !== '' && processStart(pid) === pidStarted;
}

async function whileAlive({ queues }: RecoveryOptions, entry: RunEntry): Promise<void> {
  let renewed = 0;
  while (isAlive(entry)) {
    if (Date.now() - renewed > LOCK_DURATION / 3) {
      renewed = Date.now();
      await queues.extendLock(entry.queue, jobId(entry.key), entry.token).catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}
