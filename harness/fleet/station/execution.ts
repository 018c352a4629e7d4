import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors';
import { isPath } from '../../profile/campaign-schema';
import { processStart } from '../../transport/process-start';
import type { JobStatus } from '../model';
import { isLasting } from '../plan';
import { jobId } from '../redis/keys';
import type { Ledger, Report } from '../redis/ledger';
import { ATTEMPTS } from '../redis/ledger';
import type { FleetJob } from '../redis/queues';
import { LOCK_DURATION, LOCK_RENEWAL, lockKey } from '../redis/queues';
import type { StoredJob } from '../redis/stored';
import type { Child, ChildEnd } from './child';
import { startChild } from './child';
import type { Delivery } from './delivery';
import type { Slot } from './devices';
import { deviceFileText, isHeld } from './devices';
import type { Concluded, Journal, RunEntry } from './journal';
import { historyOf, outcomeOf, readResult } from './outcome';
import type { LocalPlan, Plans } from './plans';
import { runArguments } from './plans';

/** Times that a run may fail to reach its device before the job is given up. */
const UNOPENED = 2;

export interface ExecutionOptions {
  readonly station: string;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly plans: Plans;
  readonly delivery: Delivery;
  /** The longest that one run may take. Milliseconds. */
  readonly limit: number;
  readonly program?: readonly string[];
  readonly wall: () => Date;
  readonly log: (line: string) => void;
}

/** What a queue delivered. */
export interface Delivered {
  readonly job: FleetJob;
  readonly queue: string;
  readonly token: string;
  readonly slot: Slot;
}

/** Who ended a run from here, and why. */
export type Stop = { readonly kind: 'cancel'; readonly reason: string } | { readonly kind: 'drain' };

export interface Running {
  readonly id: string;
  stop(stop: Stop): void;
}

/** Runs what queues deliver: asks the ledger, runs a child, concludes from what it left on the disk. */
export class Execution {
  private readonly options: ExecutionOptions;
  readonly running = new Map<string, Running>();

  constructor(options: ExecutionOptions) {
    this.options = options;
  }

  /** Settles when the device is free again; the delivery of the outcome may go on. */
  async run(delivered: Delivered): Promise<void> {
    const { plans, ledger, log } = this.options;
    const { job, token, queue } = delivered;
    const { key, profile } = job.data;
    const renewal = renew(job, token);
    const dismiss = async (): Promise<void> => {
      renewal.end();
      await job.moveToCompleted(undefined, token, false).catch(() => undefined);
    };
    const settle = async (status: JobStatus, reason: string): Promise<void> => {
      log(`${key.device}: ${status}: ${reason}`);
      const at = this.options.wall().toISOString();
      const state = { ...this.state(delivered, local), reason, endedAt: at };
      await ledger.move(key, ['waiting', 'running'], status, state);
      await dismiss();
    };
    const local = await plans.get(key.campaign);
    if (local === undefined) return dismiss();
    if (local.obstacle !== undefined)
      return settle(
        'error',
        `station ${this.options.station}: ${local.obstacle}; install the same on every host, then "campaign resume"`,
      );
    const lasting = isLasting(local.campaign);
    const startedAt = this.options.wall().toISOString();
    const nonce = `station ${this.options.station} at ${startedAt}|${randomUUID()}`;
    if (lasting && this.options.journal.wasBegun(key))
      return settle('refused', 'this station has begun it before: it has lasting effects and is not run again');
    const state: StoredJob = { ...this.state(delivered, local), startedAt };
    const claim = await ledger.claim({ key, job: state, nonce, lock: lockKey(queue, key), token, lasting });
    switch (claim.kind) {
      case 'gone':
      case 'settled':
        return dismiss();
      case 'lost':
        renewal.end();
        return;
      case 'late':
        return settle('cancelled', 'not begun by the deadline');
      case 'exhausted':
        return settle('error', `begun ${claim.starts} times, and no run came to its end`);
      case 'refused':
        return settle(
          'refused',
          `${claim.mark.split('|')[0] ?? 'a station'} has begun it: it has lasting effects and is not run again`,
        );
      case 'begun': {
        const { uri } = delivered.slot;
        const base = {
          format: 1,
          key: { ...key, attempt: claim.attempt },
          nonce,
          device: delivered.slot.name,
        } as const;
        const { store } = local.campaign;
        const how = { uri, profile: state.profile, queue, token, lasting, store, startedAt };
        return this.begin(delivered, local, profile, { ...base, ...how }, renewal);
      }
    }
  }

  private state({ job, slot }: Delivered, local: LocalPlan | undefined): StoredJob {
    const { key, profile } = job.data;
    const name = local?.plan.profiles[profile]?.name ?? '';
    return { key, profile: name, device: slot.name, station: this.options.station };
  }

  private async begin(
    delivered: Delivered,
    local: LocalPlan,
    profile: number,
    entry: RunEntry,
    renewal: Renewal,
  ): Promise<void> {
    const { journal, limit, program } = this.options;
    const { slot } = delivered;
    const out = journal.outputOf(entry.key);
    let child: Child;
    // A run by hand starts a process, too: that is the run's own time.
    let begun = 0n;
    try {
      journal.write(entry);
      // Redis knows by now; this disk remembers even where Redis loses its memory.
      if (entry.lasting) journal.markBegun(entry.key);
      const argv = runArguments(local, profile, this.deviceArguments(slot, local, profile, entry), out);
      begun = process.hrtime.bigint();
      child = startChild({
        argv,
        cwd: journal.folderOf(entry.key),
        limit,
        ...(program === undefined ? {} : { program }),
      });
    } catch (thrown) {
      return this.putBack(delivered, entry, renewal, `the station cannot begin it: ${messageOf(thrown)}`);
    }
    const started = child.pid === undefined ? {} : { pid: child.pid, pidStarted: processStart(child.pid) };
    const known: RunEntry = { ...entry, ...started };
    let stopped: Stop | undefined;
    const id = jobId(entry.key);
    this.running.set(id, {
      id,
      stop: (stop) => {
        stopped ??= stop;
        child.interrupt();
      },
    });
    try {
      journal.write(known);
    } catch {
      // The disk has filled up since: a restarted station will not find the process, and the lock ends by itself.
    }
    const end = await child.done;
    this.running.delete(id);
    const durationMs = Math.round(Number(process.hrtime.bigint() - begun) / 1e6);
    await this.end(delivered, known, { end, durationMs, stopped }, renewal);
  }

  private async end(
    delivered: Delivered,
    entry: RunEntry,
    {
      end,
      durationMs,
      stopped,
    }: { readonly end: ChildEnd; readonly durationMs: number; readonly stopped: Stop | undefined },
    renewal: Renewal,
  ): Promise<void> {
    const { journal, ledger, wall } = this.options;
    const { key } = entry;
    const out = journal.outputOf(key);
    const result = readResult(out);
    if (result === undefined && existsSync(join(out, 'record.ndjson'))) await this.restore(entry, out);
    // What has no folder has not opened its device: nothing was done to it.
    if (!existsSync(out) && end.code !== 2 && stopped?.kind !== 'cancel')
      return this.putBack(delivered, entry, renewal, end.words === '' ? howEnded(end) : end.words);
    const interrupted = result === undefined || result.interrupted;
    if (stopped?.kind === 'cancel' && interrupted) {
      const state = { ...stateOf(entry, this.options.station), reason: stopped.reason, endedAt: wall().toISOString() };
      await ledger.move(key, ['waiting', 'running'], 'cancelled', state);
      return this.leave(delivered, entry, renewal, false);
    }
    if (stopped?.kind === 'drain' && interrupted && !entry.lasting) {
      await ledger.unclaim(key, entry.nonce, { key, profile: entry.profile, reason: 'its station was stopped' });
      return this.leave(delivered, entry, renewal, true);
    }
    const reason = end.ended === 'too-long' ? 'it took longer than a run may take here' : end.words || howEnded(end);
    const concluded = conclude(entry, result, {
      durationMs,
      reason,
      exitCode: end.code,
      again: end.ended !== 'too-long',
      station: this.options.station,
      at: wall().toISOString(),
    });
    this.deliver(entry, concluded, delivered, renewal);
  }

  /** The device is free; the lock on the job is kept until the ledger has the outcome. */
  private deliver(entry: RunEntry, concluded: Concluded, { job, token }: Delivered, renewal: Renewal): void {
    const { journal, delivery, log } = this.options;
    const whole = { ...entry, concluded };
    try {
      journal.write(whole);
    } catch {
      // Its folder has everything that the conclusion was made from.
    }
    const { status } = concluded.report;
    log(
      `${entry.device}: ${status}${concluded.report.job.reason === undefined ? '' : `: ${concluded.report.job.reason}`}`,
    );
    delivery
      .deliver(whole)
      .then((): Promise<unknown> => {
        return status === 'waiting' ? job.moveToWait(token) : job.moveToCompleted(undefined, token, false);
      })
      // Without the lock the job has gone to somebody else, who will find it settled.
      .catch(() => undefined)
      .finally(() => renewal.end());
  }

  /** A run that never reached its device was no attempt; after two such the job is given up, but where a hand holds the device. */
  private async putBack(
    { job, slot, token }: Delivered,
    entry: RunEntry,
    renewal: Renewal,
    why: string,
  ): Promise<void> {
    const { ledger, journal, log, wall, station } = this.options;
    const { key } = entry;
    journal.remove(key);
    journal.unmarkBegun(key);
    log(`${slot.name}: not reached: ${why}`);
    const times = await ledger.unclaim(key, entry.nonce, { key, profile: entry.profile, reason: why });
    if (times >= UNOPENED && !isHeld(slot)) {
      const state = { ...stateOf(entry, station), reason: why, endedAt: wall().toISOString() };
      await ledger.move(key, ['waiting'], 'error', state);
      await job.moveToCompleted(undefined, token, false).catch(() => undefined);
    } else await job.moveToWait(token).catch(() => undefined);
    renewal.end();
  }

  private async leave({ job, token }: Delivered, entry: RunEntry, renewal: Renewal, again: boolean): Promise<void> {
    this.options.journal.remove(entry.key);
    await (again ? job.moveToWait(token) : job.moveToCompleted(undefined, token, false)).catch(() => undefined);
    renewal.end();
  }

  /** What a killed run has moved goes back before anything else is done to the device. */
  async restore(entry: RunEntry, out: string): Promise<void> {
    if (entry.uri.startsWith('sim:')) return;
    const { log, program } = this.options;
    const options = { argv: ['restore', out], cwd: this.options.journal.folderOf(entry.key), limit: 120_000 };
    const end = await startChild({ ...options, ...(program === undefined ? {} : { program }) }).done;
    if (end.code !== 0) log(`${entry.device}: not restored: ${end.words || howEnded(end)}`);
  }

  private deviceArguments(slot: Slot, local: LocalPlan, profile: number, entry: RunEntry): readonly string[] {
    if (slot.config.kind === 'file') return ['--config', slot.config.path];
    const argument = local.plan.profiles[profile]?.argument ?? '';
    const text = deviceFileText(slot, isPath(argument) ? 'endpoint' : argument, local.plan.waivers.length > 0);
    if (text === undefined) return ['--device', slot.uri];
    const path = join(this.options.journal.folderOf(entry.key), 'device.yaml');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return ['--config', path];
  }
}

function howEnded({ code, signal }: ChildEnd): string {
  return signal === null ? `the run ended with exit code ${code ?? 'unknown'}` : `the run was ended by ${signal}`;
}

function stateOf(entry: RunEntry, station: string): StoredJob {
  const { attempt: _attempt, ...key } = entry.key;
  return { key, profile: entry.profile, device: entry.device, station, startedAt: entry.startedAt };
}

export interface EndFacts {
  readonly durationMs: number;
  readonly reason: string;
  readonly exitCode: number | null;
  /** Whether another attempt may help. */
  readonly again: boolean;
  readonly station: string;
  readonly at: string;
}

/** What a run came to, from what it left on the disk. */
export function conclude(entry: RunEntry, result: ReturnType<typeof readResult>, facts: EndFacts): Concluded {
  const { key, uri } = entry;
  const { durationMs, reason, exitCode } = facts;
  const outcome = outcomeOf(result, { attempt: key.attempt, uri, durationMs, reason, exitCode });
  const job: StoredJob = { ...stateOf(entry, facts.station), endedAt: facts.at };
  const history = historyOf(key, entry.profile, facts.at, outcome, result);
  const common: Omit<Report, 'status' | 'job'> = { key, nonce: entry.nonce, outcome, history, device: entry.device };
  const report = (status: JobStatus, why?: string): Concluded => ({
    report: { ...common, status, job: why === undefined ? job : { ...job, reason: why } },
    reported: false,
  });
  switch (outcome.exitCode) {
    case 0:
      return report('passed');
    case 1:
      return report('failed');
    default: {
      const why = outcome.reason ?? reason;
      // The user's own mistake comes again, and so may a lasting effect.
      const again = facts.again && outcome.exitCode !== 2 && !entry.lasting && key.attempt % ATTEMPTS !== 0;
      return report(again ? 'waiting' : 'error', why);
    }
  }
}

interface Renewal {
  end(): void;
}

/** Keeps the lock on a job while its run goes on, also where Redis is away for a while. */
function renew(job: FleetJob, token: string): Renewal {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    job
      .extendLock(token, LOCK_DURATION)
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, LOCK_RENEWAL);
  // The run keeps the process; a lock without one need not.
  timer.unref();
  return { end: () => clearInterval(timer) };
}
