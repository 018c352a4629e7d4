import type { IQueueBackend, Job, QueueOptions, RedisQueueBackend, WorkerOptions } from 'bullmq';
import { createRedisBackend, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobKey } from '../model';
import { jobId, QUEUE_PREFIX } from './keys';
import { Scripts } from './scripts';

/** What BullMQ carries of a job; everything else is in the ledger. */
export interface JobData {
  readonly key: JobKey;
  /** Which of the campaign's plan. */
  readonly profile: number;
}

/** A lock on a job that is not renewed ends after so long, and is looked for so often. Milliseconds. */
export const LOCK_DURATION = 15_000;
export const LOCK_RENEWAL = 5_000;
export const STALLED_INTERVAL = 5_000;

/** The ledger bounds how often a job is begun, so a stalled one is always handed out again. */
const MAX_STALLED = 1_000_000;

const workerOptions: WorkerOptions = {
  connection: {},
  prefix: QUEUE_PREFIX,
  skipVersionCheck: true,
  autorun: false,
  lockDuration: LOCK_DURATION,
  stalledInterval: STALLED_INTERVAL,
  maxStalledCount: MAX_STALLED,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};

export type FleetJob = Job<JobData>;
export type FleetWorker = Worker<JobData>;

/** BullMQ queues over one connection, however many there are. */
export class Queues {
  private readonly client: Redis;
  private readonly scripts: Scripts;
  private readonly root: IQueueBackend;
  private readonly queues = new Map<string, Queue<JobData>>();

  constructor(client: Redis) {
    this.client = client;
    this.scripts = new Scripts(client);
    // What siblings do with jobs they do by the options of their root.
    this.root = createRedisBackend('root', { ...workerOptions, connection: client });
    this.root.on('error', () => undefined);
  }

  // A Redis backend makes siblings of its own kind, which share its connection.
  private readonly backend = (name: string): RedisQueueBackend =>
    this.root.forQueue(name, QUEUE_PREFIX) as RedisQueueBackend;

  private queue(name: string): Queue<JobData> {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const options: QueueOptions = {
      connection: {},
      prefix: QUEUE_PREFIX,
      skipVersionCheck: true,
      // Nobody reads BullMQ's own events; ours are told by the ledger.
      streams: { events: { maxLen: 10 } },
    };
    const queue = new Queue<JobData>(name, options, this.backend);
    queue.on('error', () => undefined);
    this.queues.set(name, queue);
    return queue;
  }

  /** Jobs that are in the queue already stay as they are. */
  async add(name: string, jobs: readonly JobData[], priority: number): Promise<void> {
    await this.queue(name).addBulk(
      jobs.map((data) => ({
        name: data.key.campaign,
        data,
        opts: { jobId: jobId(data.key), priority, removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  /** Takes a waiting job out; one that is being run stays. */
  async remove(name: string, key: JobKey): Promise<void> {
    try {
      await this.queue(name).remove(jobId(key));
    } catch {
      // A station has its lock: it asks the ledger before it begins.
    }
  }

  /** Of a station that is gone: the job goes back into its queue, or out of it. Nothing happens where the lock has ended. */
  async handBack(name: string, id: string, token: string, again: boolean): Promise<void> {
    try {
      const job = await this.queue(name).getJob(id);
      if (job === undefined || job === null) return;
      await (again ? job.moveToWait(token) : job.moveToCompleted(undefined, token, false));
    } catch {
      // Whoever has the job now asks the ledger.
    }
  }

  async extendLock(name: string, id: string, token: string): Promise<void> {
    const job = await this.queue(name).getJob(id);
    await job?.extendLock(token, LOCK_DURATION);
  }

  /** Of each queue how early its first job is to be run, the lower the earlier; one that stalled is 0. Undefined: none waits. */
  async ranks(names: readonly string[]): Promise<readonly (number | undefined)[]> {
    const lists = names.map(waitingKeys).flatMap(({ first, byPriority }) => [first, byPriority]);
    const ranks = (await this.scripts.run('fleetRanks', lists, [])) as readonly number[];
    return ranks.map((rank) => (rank < 0 ? undefined : rank));
  }

  /** Those in which a job is being run, or was when its station ended. */
  async active(names: readonly string[]): Promise<ReadonlySet<string>> {
    const pipeline = this.client.pipeline();
    for (const name of names) pipeline.llen(`${QUEUE_PREFIX}:${name}:active`);
    const lengths = (await pipeline.exec()) ?? [];
    return new Set(names.filter((_, index) => Number(lengths[index]?.[1] ?? 0) > 0));
  }

  /** Fetches jobs by hand: a device that stands in several queues must hold one job at a time. */
  worker(name: string): FleetWorker {
    const worker = new Worker<JobData>(name, null, workerOptions, this.backend);
    worker.on('error', () => undefined);
    return worker;
  }
}

/** Where BullMQ keeps what a lock on this job says. */
export function lockKey(queue: string, key: JobKey): string {
  return `${QUEUE_PREFIX}:${queue}:${jobId(key)}:lock`;
}

/** The lists in which jobs of a queue wait: those that stalled, and by priority. */
export function waitingKeys(queue: string): { readonly first: string; readonly byPriority: string } {
  return { first: `${QUEUE_PREFIX}:${queue}:wait`, byPriority: `${QUEUE_PREFIX}:${queue}:prioritized` };
}
