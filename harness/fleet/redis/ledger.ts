import type { Redis } from 'ioredis';
import type { CampaignState, Evidence, FleetEvent, JobKey, JobStatus, Outcome, RunKey, StationState } from '../model';
import { campaignKeys, jobId, keys } from './keys';
import { Scripts } from './scripts';
import type { StoredHistory, StoredJob } from './stored';
import { readJob, writeJob, writeOutcome } from './stored';

/** Runs of a device that its history keeps. */
export const HISTORY_LIMIT = 200;

/** Runs of a job without lasting effects: one, and one more where a fault of ours ended it. */
export const ATTEMPTS = 2;

/** What came of asking for a job that a queue delivered. */
export type Claim =
  | { readonly kind: 'begun'; readonly attempt: number }
  /** Another delivery was faster, or it was cancelled. */
  | { readonly kind: 'settled'; readonly status: string }
  | { readonly kind: 'gone' }
  /** The lock on the job is no longer ours. */
  | { readonly kind: 'lost' }
  /** It has lasting effects and was begun before. */
  | { readonly kind: 'refused'; readonly mark: string }
  | { readonly kind: 'exhausted'; readonly starts: number }
  | { readonly kind: 'late' };

export interface ClaimRequest {
  readonly key: JobKey;
  readonly job: StoredJob;
  /** Who begins it, when: unlike that of any other delivery. */
  readonly nonce: string;
  /** BullMQ's lock on the job, and what has to be in it. */
  readonly lock: string;
  readonly token: string;
  readonly lasting: boolean;
}

/** `decided` ends the job; `known` and `second` change nothing; `kept` is an outcome after which it is tried again. */
export type Reported = 'decided' | 'known' | 'second' | 'kept' | 'gone';

export interface Report {
  readonly key: RunKey;
  readonly nonce: string;
  readonly outcome: Outcome;
  /** The job after this outcome; `waiting` where it is to be tried again. */
  readonly status: JobStatus;
  readonly job: StoredJob;
  readonly history: StoredHistory;
  readonly device: string;
}

/** The book of all jobs: what changes them, durable and idempotent. Queues only say whose turn it is. */
export class Ledger {
  readonly client: Redis;
  private readonly scripts: Scripts;

  constructor(client: Redis) {
    this.client = client;
    this.scripts = new Scripts(client);
  }

  /** Whether the job is new. */
  async enter(key: JobKey, job: StoredJob): Promise<boolean> {
    const { jobs, counts, order } = campaignKeys(key.campaign);
    return (await this.scripts.run('fleetEnter', [jobs, counts, order], [jobId(key), writeJob('waiting', job)])) === 1;
  }

  async claim({ key, job, nonce, lock, token, lasting }: ClaimRequest): Promise<Claim> {
    const { jobs, counts, starts, mark, limit, head } = campaignKeys(key.campaign);
    const values = [jobId(key), nonce, token, lasting ? 1 : 0, lasting ? 1 : ATTEMPTS, writeJob('running', job)];
    const answer = await this.scripts.run('fleetClaim', [jobs, counts, starts, mark, limit, head, lock], values);
    const [kind, fact] = answer as [Claim['kind'], string];
    if (kind === 'begun') await this.tellJob(key);
    switch (kind) {
      case 'begun':
        return { kind, attempt: Number(fact) };
      case 'settled':
        return { kind, status: fact };
      case 'refused':
        return { kind, mark: fact };
      case 'exhausted':
        return { kind, starts: Number(fact) };
      default:
        return { kind };
    }
  }

  /** How often a run of this job has not reached its device; 0 where somebody else has it by now. */
  async unclaim(key: JobKey, nonce: string, job: StoredJob): Promise<number> {
    const { jobs, counts, starts, mark, unopened } = campaignKeys(key.campaign);
    const values = [jobId(key), nonce, writeJob('waiting', job)];
    const times = Number(await this.scripts.run('fleetUnclaim', [jobs, counts, starts, mark, unopened], values));
    await this.tellJob(key);
    return times;
  }

  /** Moves a job that has no outcome, from these statuses alone; false where it is in another. */
  async move(key: JobKey, from: readonly JobStatus[], status: JobStatus, job: StoredJob): Promise<boolean> {
    const { jobs, counts } = campaignKeys(key.campaign);
    const moved = await this.scripts.run('fleetMove', [jobs, counts], [jobId(key), writeJob(status, job), ...from]);
    if (moved === 1) await this.tellJob(key);
    return moved === 1;
  }

  async revive(key: JobKey, from: readonly JobStatus[], job: StoredJob): Promise<boolean> {
    const { jobs, counts, decided, limit, starts, unopened } = campaignKeys(key.campaign);
    const values = [jobId(key), writeJob('waiting', job), ...from];
    const moved = await this.scripts.run('fleetRevive', [jobs, counts, decided, limit, starts, unopened], values);
    if (moved === 1) await this.tellJob(key);
    return moved === 1;
  }

  async report({ key, nonce, outcome, status, job, history, device }: Report): Promise<Reported> {
    const { jobs, counts, results, decided, mark } = campaignKeys(key.campaign);
    const { text, list, ids } = writeOutcome(outcome);
    const written = writeJob(status, job);
    const final = status === 'waiting' ? 0 : 1;
    const values = [jobId(key), key.attempt, text, list, ids, final, written, JSON.stringify(history)];
    // One connection keeps their order; waiting for each would be three ways to the server.
    const [reported] = await Promise.all([
      this.scripts.run(
        'fleetReport',
        [jobs, counts, results, decided, keys.caseLists, keys.history(device), keys.devices, mark],
        [...values, HISTORY_LIMIT, device, written, nonce],
      ),
      outcome.evidence === undefined ? undefined : this.attach(key, outcome.evidence),
      this.tellJob(key),
    ]);
    return reported as Reported;
  }

  /** Where the evidence of a run is; the first word stands. */
  async attach(key: RunKey, evidence: Evidence): Promise<void> {
    const { evidence: hash } = campaignKeys(key.campaign);
    await this.client.hsetnx(hash, `${jobId(key)}/${key.attempt}`, JSON.stringify(evidence));
  }

  async status(key: JobKey): Promise<{ readonly status: JobStatus; readonly job: StoredJob } | undefined> {
    const text = await this.client.hget(campaignKeys(key.campaign).jobs, jobId(key));
    return text === null ? undefined : readJob(text);
  }

  async see(station: StationState): Promise<void> {
    await this.scripts.run('fleetSeen', [keys.stations, keys.seen], [station.name, JSON.stringify(station)]);
    await this.tell({ kind: 'station', station: station.name });
  }

  async forgetStation(name: string): Promise<void> {
    await this.client.multi().hdel(keys.stations, name).hdel(keys.seen, name).exec();
    await this.tell({ kind: 'station', station: name });
  }

  /** By the server's clock, which all hosts share. Milliseconds since 1970. */
  async now(): Promise<number> {
    const [seconds, microseconds] = await this.client.time();
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  private tellJob(key: JobKey): Promise<void> {
    return this.tell({ kind: 'job', campaign: key.campaign, id: jobId(key) });
  }

  async tell(notice: Notice): Promise<void> {
    await this.client.publish(keys.events, JSON.stringify(notice));
  }
}

/** What goes over the wire when something has changed; who listens reads the rest. */
export type Notice =
  | { readonly kind: 'job'; readonly campaign: string; readonly id: string }
  | { readonly kind: 'station'; readonly station: string }
  | Extract<FleetEvent, { readonly kind: 'campaign' }>;

/** Fields of a campaign's hash. */
export type StoredCampaign = Pick<CampaignState, 'campaign' | 'submittedAt' | 'deadlineAt' | 'cancelledAt' | 'nonce'>;
