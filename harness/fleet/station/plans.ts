import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Campaign } from '../../profile/campaign';
import { builtInHash } from '../../suite/library';
import { toolVersion } from '../../version';
import type { CampaignPlan } from '../plan';
import { isContained } from '../plan';
import { readPlan } from '../submit';
import type { Journal } from './journal';

/** A campaign as a station runs it: its files are on the disk here. */
export interface LocalPlan {
  readonly campaign: Campaign;
  readonly plan: CampaignPlan;
  readonly folder: string;
  /** Why it cannot be run here. */
  readonly obstacle?: string;
}

/** Campaigns that are kept at hand. */
const KEPT = 20;

export class Plans {
  private readonly client: Redis;
  private readonly journal: Journal;
  private readonly known = new Map<string, LocalPlan>();
  private library: string | undefined;

  constructor(client: Redis, journal: Journal) {
    this.client = client;
    this.journal = journal;
  }

  async get(id: string): Promise<LocalPlan | undefined> {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const read = await readPlan(this.client, id);
    if (read === undefined) return undefined;
    const local = this.local(read.campaign, read.plan);
    this.known.set(id, local);
    const [oldest] = this.known.keys();
    if (this.known.size > KEPT && oldest !== undefined) this.known.delete(oldest);
    return local;
  }

  private local(campaign: Campaign, plan: CampaignPlan): LocalPlan {
    const hash = createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 24);
    const folder = this.journal.planFolder(hash);
    this.library ??= builtInHash();
    if (plan.library !== this.library) {
      const obstacle = `other suites are installed here (mctp-certify ${toolVersion()}) than where it was submitted (${plan.version})`;
      return { campaign, plan, folder, obstacle };
    }
    if (!plan.sources.every(({ path }) => isContained(path)))
      return { campaign, plan, folder, obstacle: 'its files lead out of their folder' };
    if (!existsSync(folder)) {
      const draft = `${folder}.${process.pid}`;
      for (const { path, text } of plan.sources) {
        mkdirSync(dirname(join(draft, path)), { recursive: true });
        writeFileSync(join(draft, path), text);
      }
      mkdirSync(draft, { recursive: true });
      try {
        renameSync(draft, folder);
      } catch {
        // Another station of this folder was faster.
        rmSync(draft, { recursive: true, force: true });
      }
    }
    return { campaign, plan, folder };
  }
}

/** Arguments of the run of one job; `device` leads to the device. */
export function runArguments(
  { campaign, plan, folder }: LocalPlan,
  index: number,
  device: readonly string[],
  out: string,
): readonly string[] {
  const profile = plan.profiles[index];
  const { argument = '', name = '' } = profile ?? {};
  const { tier, select = [], overlays = [], strict = false, thorough = false } = profile?.options ?? {};
  const isOwn = argument !== name || plan.sources.some(({ path }) => path === argument);
  return [
    'run',
    isOwn ? join(folder, argument) : argument,
    ...device,
    '--out',
    out,
    '--quiet',
    ...(campaign.accept.level === undefined ? [] : ['--level', campaign.accept.level]),
    ...(tier === undefined ? [] : ['--tier', tier]),
    ...select.flatMap((each) => ['--select', each]),
    ...overlays.flatMap((each) => ['--overlay', each]),
    ...(strict ? ['--strict'] : []),
    ...(thorough ? ['--thorough'] : []),
    ...(campaign.exclusive ? ['--exclusive'] : []),
    ...campaign.allow.flatMap((effect) => ['--allow', effect]),
    ...plan.waivers.flatMap((path) => ['--waivers', join(folder, path)]),
  ];
}
