import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CertifyError } from '../errors';
import { lastingEffects } from '../names';
import type { Campaign, RunOptions, StoreLocation, Target } from '../profile/campaign';
import { isPath, readCampaign } from '../profile/campaign-schema';
import { openBuiltIn, readSources, sourcesOf } from '../suite/library';
import { problemError } from '../suite/problem';
import { readSource } from '../suite/source';
import { toolVersion } from '../version';
import type { JobKey, StationDevice } from './model';
import { deviceQueue, labelQueue } from './redis/keys';

/**
 * What a campaign runs, whole: profiles of one's own and waivers travel with it, so that every station runs the same.
 * Files of devices and what they may do to a host stay on the stations' benches.
 */
export interface CampaignPlan {
  readonly version: string;
  /** Hash of the built-in suites that it was made with. */
  readonly library: string;
  readonly profiles: readonly PlannedProfile[];
  readonly sources: readonly Source[];
  /** Paths in `sources`. */
  readonly waivers: readonly string[];
}

export interface Source {
  /** Relative, with `/`, without `..`. */
  readonly path: string;
  readonly text: string;
}

export interface PlannedProfile {
  /** As the campaign names it. */
  readonly name: string;
  /** An id, or a path in `sources`. */
  readonly argument: string;
  readonly hash: string;
  readonly options: RunOptions;
}

export interface PlannedJob {
  readonly key: JobKey;
  readonly queue: string;
  /** Index in the plan. */
  readonly profile: number;
}

export interface LoadedCampaign {
  readonly campaign: Campaign;
  readonly plan: CampaignPlan;
  /** For each entry of `runs`, for each of its profiles, the index in the plan. */
  readonly indices: readonly (readonly number[])[];
}

/** Reads a campaign file and all that it names. Throws every problem at once, with its place. */
export function loadCampaign(file: string): LoadedCampaign {
  const built = openBuiltIn();
  const [source] = readSources([file]);
  if (source === undefined) throw new CertifyError('USAGE', `${file} is no YAML file`, { file });
  const { documents, problems } = readSource(source);
  const own = documents.filter(({ kind }) => kind === 'campaign');
  const reads = own.map((document) => readCampaign(document, { profiles: Object.keys(built.library.profiles) }));
  const all = [...problems, ...reads.flatMap((read) => read.problems)];
  if (all.length > 0) throw problemError(all);
  const [read, ...more] = reads;
  if (read?.campaign === undefined || more.length > 0 || documents.length > own.length)
    throw new CertifyError('USAGE', `${file} has to hold one document, whose first key is "campaign"`, { file });
  const folder = dirname(resolve(file));
  return planned(located(read.campaign, folder), folder, built.hash);
}

/** Paths of the file's folder become absolute. */
function located(campaign: Campaign, folder: string): Campaign {
  const store: StoreLocation =
    campaign.store.kind === 'directory'
      ? { kind: 'directory', path: resolve(folder, campaign.store.path) }
      : campaign.store;
  return { ...campaign, store };
}

function planned(campaign: Campaign, folder: string, library: string): LoadedCampaign {
  const paths = campaign.runs.flatMap(({ profiles }) => profiles.filter(isPath)).map((name) => resolve(folder, name));
  const waiverPaths = campaign.waivers.map((name) => resolve(folder, name));
  const files = sourcesOf([...new Set([...paths, ...waiverPaths])]);
  const absolute = files.map(({ file, text }) => ({ path: resolve(file), text }));
  const root = commonFolder(absolute.map(({ path }) => dirname(path)));
  const inPlan = (path: string): string => relative(root, path).split(sep).join('/');
  const textOf = new Map(absolute.map(({ path, text }) => [path, text]));
  const waivers = waiverPaths.map(inPlan);
  const profiles: PlannedProfile[] = [];
  const indices = campaign.runs.map(({ profiles: names, options }) =>
    names.map((name) => {
      const path = isPath(name) ? resolve(folder, name) : undefined;
      const texts = path === undefined ? [] : sourcesOf([path]).map((each) => each.text);
      const { level } = campaign.accept;
      const { exclusive, allow } = campaign;
      const said = waiverPaths.map((each) => textOf.get(each));
      const decides = [1, library, path === undefined ? name : texts, options, { level, exclusive, allow }, said];
      const hash = createHash('sha256').update(JSON.stringify(decides)).digest('hex').slice(0, 16);
      const known = profiles.findIndex((each) => each.hash === hash && each.name === name);
      if (known >= 0) return known;
      profiles.push({ name, argument: path === undefined ? name : inPlan(path), hash, options });
      return profiles.length - 1;
    }),
  );
  const sources = absolute.map(({ path, text }) => ({ path: inPlan(path), text }));
  return { campaign, plan: { version: toolVersion(), library, profiles, sources, waivers }, indices };
}

function commonFolder(folders: readonly string[]): string {
  const [first = '/', ...rest] = folders;
  let root = first;
  for (const folder of rest) while (root !== '/' && !`${folder}/`.startsWith(`${root}/`)) root = dirname(root);
  return root;
}

/** Whether a path of a plan stays below the folder that it is written to. */
export function isContained(path: string): boolean {
  const inside = join('/root', path);
  return !isAbsolute(path) && inside.startsWith('/root/') && !path.split('/').includes('..');
}

/** Whether what a campaign may do to a device outlasts its runs, so that none may be done twice. */
export function isLasting({ allow }: Pick<Campaign, 'allow'>): boolean {
  return allow.some((effect) => (lastingEffects as readonly string[]).includes(effect));
}

/** The jobs of a campaign, in the order of its file; `offered` are the devices that stations have now. */
export function jobsOf(
  { campaign, plan, indices }: LoadedCampaign,
  offered: readonly Pick<StationDevice, 'name' | 'labels'>[],
): readonly PlannedJob[] {
  const jobs = new Map<string, PlannedJob>();
  campaign.runs.forEach((run, place) => {
    for (const { device, queue } of run.targets.flatMap((target) => placesOf(target, offered))) {
      for (const index of indices[place] ?? []) {
        const profileHash = plan.profiles[index]?.hash ?? '';
        for (let repeat = 1; repeat <= run.repeats; repeat += 1) {
          const key: JobKey = { campaign: campaign.id, device, profileHash, repeat };
          // What two entries ask for alike is one job.
          jobs.set(JSON.stringify(key), { key, queue, profile: index });
        }
      }
    }
  });
  return [...jobs.values()];
}

function placesOf(
  target: Target,
  offered: readonly Pick<StationDevice, 'name' | 'labels'>[],
): readonly { readonly device: string; readonly queue: string }[] {
  switch (target.kind) {
    case 'device':
      return [{ device: target.name, queue: deviceQueue(target.name) }];
    case 'all': {
      const bearing = offered.filter(({ labels }) => target.labels.every((label) => labels.includes(label)));
      if (bearing.length === 0) {
        const message = `no station offers a device with ${target.labels.join(' and ')}: start the stations first`;
        throw new CertifyError('EMPTY_SELECTION', message, { labels: target.labels });
      }
      const names = [...new Set(bearing.map(({ name }) => name))].sort();
      return names.map((name) => ({ device: name, queue: deviceQueue(name) }));
    }
    case 'any':
      return Array.from({ length: target.count }, (_, index) => ({
        device: `${labelQueue(target.labels)}.${index + 1}`,
        queue: labelQueue(target.labels),
      }));
  }
}
