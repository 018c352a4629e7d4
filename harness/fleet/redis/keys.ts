import { createHash } from 'node:crypto';
import type { JobKey } from '../model';

/** Names in Redis. Everything of ours is below one prefix, BullMQ's below another. */
export const PREFIX = 'mctp-certify';
export const QUEUE_PREFIX = `${PREFIX}:queue`;

export const keys = {
  campaigns: `${PREFIX}:campaigns`,
  deadlines: `${PREFIX}:deadlines`,
  stations: `${PREFIX}:stations`,
  seen: `${PREFIX}:stations:seen`,
  labelSets: `${PREFIX}:label-sets`,
  caseLists: `${PREFIX}:case-lists`,
  devices: `${PREFIX}:devices`,
  events: `${PREFIX}:events`,
  wake: `${PREFIX}:wake`,
  control: `${PREFIX}:control`,
  history: (device: string) => `${PREFIX}:history:${device}`,
} as const;

/** Of one campaign: hashes by job, and the list that keeps their order. */
export interface CampaignKeys {
  readonly head: string;
  readonly order: string;
  readonly jobs: string;
  readonly counts: string;
  readonly starts: string;
  readonly mark: string;
  readonly limit: string;
  readonly unopened: string;
  readonly decided: string;
  readonly results: string;
  readonly evidence: string;
}

export function campaignKeys(campaign: string): CampaignKeys {
  const base = `${PREFIX}:campaign:${campaign}`;
  const part = (name: string): string => `${base}:${name}`;
  return {
    head: base,
    order: part('order'),
    jobs: part('jobs'),
    counts: part('counts'),
    starts: part('starts'),
    mark: part('mark'),
    limit: part('limit'),
    unopened: part('unopened'),
    decided: part('decided'),
    results: part('results'),
    evidence: part('evidence'),
  };
}

/** The same job has the same id wherever it is made. */
export function jobId({ campaign, device, profileHash, repeat }: JobKey): string {
  const text = JSON.stringify([campaign, device, profileHash, repeat]);
  return `j${createHash('sha256').update(text).digest('hex').slice(0, 31)}`;
}

/** A queue of one device, or of a set of labels. */
export function deviceQueue(device: string): string {
  return `device.${device}`;
}

export function labelQueue(labels: readonly string[]): string {
  return `any.${labels.join('+')}`;
}
