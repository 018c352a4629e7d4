import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { MILLISECOND } from '../clock';
import { CertifyError } from '../errors';
import type { Campaign } from '../profile/campaign';
import type { JobKey, JobState, JobStatus, StationDevice } from './model';
import type { CampaignPlan, LoadedCampaign, PlannedJob } from './plan';
import { isLasting, jobsOf } from './plan';
import { campaignKeys, deviceQueue, jobId, keys } from './redis/keys';
import type { Ledger, StoredCampaign } from './redis/ledger';
import type { Queues } from './redis/queues';

/** Jobs that go to Redis at once. */
const CHUNK = 500;

export interface Office {
  readonly client: Redis;
  readonly ledger: Ledger;
  readonly queues: Queues;
}

export interface Submitted {
  readonly jobs: number;
  readonly entered: number;
  /** Devices of the campaign that no station offers now. */
  readonly missing: readonly string[];
}

/** Enters a campaign. The same campaign again enters what is missing; another one of its name is refused. */
export async function submit(
  office: Office,
  loaded: LoadedCampaign,
  offered: readonly Pick<StationDevice, 'name' | 'labels'>[],
): Promise<Submitted> {
  const { client, ledger } = office;
  const { campaign, plan } = loaded;
  const { head } = campaignKeys(campaign.id);
  const before = await client.hmget(head, 'campaign', 'plan');
  const said = [JSON.stringify(campaign), JSON.stringify(plan)];
  if (before[0] !== null && (before[0] !== said[0] || before[1] !== said[1])) {
    const message = `there is a campaign ${campaign.id} already, which asks for something else: give this one another name`;
    throw new CertifyError('USAGE', message, { campaign: campaign.id });
  }
  const jobs = jobsOf(loaded, offered);
  const now = await ledger.now();
  const deadline = deadlineOf(campaign, now);
  if (deadline !== undefined && deadline <= now && before[0] === null)
    throw new CertifyError('USAGE', `the deadline of ${campaign.id} has passed: ${new Date(deadline).toISOString()}`);
  const stored: StoredCampaign = {
    campaign,
    submittedAt: new Date(now).toISOString(),
    ...(deadline === undefined ? {} : { deadlineAt: new Date(deadline).toISOString() }),
    nonce: randomBytes(16).toString('hex'),
  };
  // What says that the campaign is there comes first and stays as it was; jobs can be entered again.
  await client.hsetnx(head, 'stored', JSON.stringify(stored));
  await client.hsetnx(head, 'campaign', said[0] ?? '');
  await client.hsetnx(head, 'plan', said[1] ?? '');
  if (deadline !== undefined && (await client.hsetnx(head, 'deadlineMs', deadline)) === 1)
    await client.zadd(keys.deadlines, deadline, campaign.id);
  await client.zadd(keys.campaigns, 'NX', now, campaign.id);
  const sets = campaign.runs.flatMap(({ targets }) =>
    targets.flatMap((each) => (each.kind === 'any' ? [each.labels] : [])),
  );
  if (sets.length > 0) await client.sadd(keys.labelSets, ...sets.map((labels) => JSON.stringify(labels)));
  const entered = await enter(office, campaign, plan, jobs);
  await ledger.tell({ kind: 'campaign', campaign: campaign.id });
  const names = new Set(offered.map(({ name }) => name));
  const wanted = jobs.filter(({ key, queue }) => queue === deviceQueue(key.device)).map(({ key }) => key.device);
  return { jobs: jobs.length, entered, missing: [...new Set(wanted)].filter((name) => !names.has(name)) };
}

function deadlineOf({ deadline }: Campaign, now: number): number | undefined {
  if (deadline === undefined) return undefined;
  return deadline.kind === 'at' ? Date.parse(deadline.time) : now + Math.round(deadline.duration / MILLISECOND);
}

/** Into the ledger first: a job that only a queue knows is dismissed, one that only the ledger knows can be found. */
async function enter(
  { client, ledger, queues }: Office,
  campaign: Campaign,
  plan: CampaignPlan,
  jobs: readonly PlannedJob[],
): Promise<number> {
  let entered = 0;
  for (let from = 0; from < jobs.length; from += CHUNK) {
    const chunk = jobs.slice(from, from + CHUNK);
    const fresh = await Promise.all(
      chunk.map(({ key, profile }) => ledger.enter(key, { key, profile: plan.profiles[profile]?.name ?? '' })),
    );
    entered += fresh.filter(Boolean).length;
    await Promise.all([...grouped(chunk)].map(([queue, group]) => queues.add(queue, group, campaign.priority)));
  }
  await client.publish(keys.wake, campaign.id);
  return entered;
}

function grouped(jobs: readonly PlannedJob[]): Map<string, PlannedJob[]> {
  const groups = new Map<string, PlannedJob[]>();
  for (const job of jobs) {
    const group = groups.get(job.queue);
    if (group === undefined) groups.set(job.queue, [job]);
    else group.push(job);
  }
  return groups;
}

/** The campaign as it was submitted. */
export async function readPlan(
  client: Redis,
  campaign: string,
): Promise<{ readonly campaign: Campaign; readonly plan: CampaignPlan } | undefined> {
  const [campaignText, planText] = await client.hmget(campaignKeys(campaign).head, 'campaign', 'plan');
  if (typeof campaignText !== 'string' || typeof planText !== 'string') return undefined;
  return { campaign: JSON.parse(campaignText) as Campaign, plan: JSON.parse(planText) as CampaignPlan };
}

/** The queue in which a job waits, from its key: `any` jobs have the number behind their labels. */
export function queueOf({ device }: JobKey): string {
  return device.startsWith('any.') ? device.slice(0, device.lastIndexOf('.')) : deviceQueue(device);
}

const now = (ms: number): string => new Date(ms).toISOString();

/** Cancels what waits, and on request what runs; how many of each. */
export async function cancel(
  office: Office,
  campaign: string,
  jobs: AsyncIterable<JobState>,
  { running, reason }: { readonly running: boolean; readonly reason: string },
): Promise<{ readonly waiting: number; readonly running: number }> {
  const { client, ledger, queues } = office;
  const at = now(await ledger.now());
  const counts = { waiting: 0, running: 0 };
  for await (const state of jobs) {
    const { status, attempts: _attempts, outcome: _outcome, ...job } = state;
    if (status === 'waiting') {
      if (await ledger.move(job.key, ['waiting'], 'cancelled', { ...job, reason, endedAt: at })) counts.waiting += 1;
      await queues.remove(queueOf(job.key), job.key);
    } else if (status === 'running' && running) {
      await client.publish(keys.control, JSON.stringify({ cancel: jobId(job.key), reason }));
      counts.running += 1;
    }
  }
  await ledger.tell({ kind: 'campaign', campaign });
  return counts;
}

const revived: readonly JobStatus[] = ['error', 'cancelled'];

/**
 * Submits again what has no verdict, but what was refused: it may have been done. With lasting effects what was begun is
 * left as it is, too. `lost` are jobs that waited in no queue.
 */
export async function resume(
  office: Office,
  id: string,
  jobs: AsyncIterable<JobState>,
): Promise<{ readonly again: number; readonly left: number }> {
  const { client, ledger, queues } = office;
  const known = await readPlan(client, id);
  if (known === undefined) throw new CertifyError('UNKNOWN_NAME', `no campaign ${id}`, { campaign: id });
  const { campaign, plan } = known;
  const lasting = isLasting(campaign);
  const counts = { again: 0, left: 0 };
  const { head } = campaignKeys(id);
  const deadline = await client.hget(head, 'deadlineMs');
  if (deadline !== null && Number(deadline) <= (await ledger.now())) await client.hdel(head, 'deadlineMs');
  for await (const { status, attempts, outcome: _outcome, reason: _reason, endedAt: _ended, ...job } of jobs) {
    const profile = plan.profiles.findIndex(({ hash, name }) => hash === job.key.profileHash && name === job.profile);
    if (status === 'refused' || (revived.includes(status) && lasting && attempts > 0)) counts.left += 1;
    else if (status === 'waiting' || (revived.includes(status) && (await ledger.revive(job.key, revived, job)))) {
      await queues.add(queueOf(job.key), [{ key: job.key, profile }], campaign.priority);
      counts.again += status === 'waiting' ? 0 : 1;
    }
  }
  await client.publish(keys.wake, id);
  await ledger.tell({ kind: 'campaign', campaign: id });
  return counts;
}

/** Cancels what was not begun by the deadlines that have passed. */
export async function expireOverdue(
  { client, ledger, queues }: Office,
  jobs: (campaign: string) => AsyncIterable<JobState>,
): Promise<void> {
  const time = await ledger.now();
  for (const id of await client.zrangebyscore(keys.deadlines, 0, time)) {
    const deadline = await client.hget(campaignKeys(id).head, 'deadlineMs');
    if (deadline !== null)
      await cancel({ client, ledger, queues }, id, jobs(id), {
        running: false,
        reason: `not begun by the deadline, ${now(Number(deadline))}`,
      });
    await client.zrem(keys.deadlines, id);
  }
}
