import { z } from 'zod';
import { SECOND } from '../clock';
import { capabilityLevels, lastingEffects, tiers } from '../names';
import type { Problem } from '../suite/problem';
import { quote, suggestion } from '../suite/problem';
import type { SourceDocument } from '../suite/source';
import { checkShape } from '../suite/validate';
import type { Campaign, CampaignRun, Deadline, StoreLocation, Target } from './campaign';

export const fleetName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected lower-case letters, digits and -')
  .describe('lower-case letters, digits and -');
const text = z.string().min(1).max(500);
const labels = z.array(fleetName).min(1).max(10);
const path = z.string().min(1).max(1000);

const span = z.string().regex(/^\d{1,5}\s*(m|h|d)$/, 'expected a time as 90m, 8h or 3d');
const moment = z.iso.datetime({ offset: true, error: 'expected a moment with its zone, as 2027-03-01T18:00:00Z' });

const runSchema = z.strictObject({
  devices: z.array(fleetName).min(1).optional().describe('by the names that benches give them'),
  all: labels.optional().describe('every device that bears all of these labels when the campaign is submitted'),
  any: labels.optional().describe('whichever device that bears all of these labels is free'),
  count: z.int().min(1).max(10_000).optional().describe('with any: how many runs of each profile'),
  profiles: z.array(path).min(1).describe('ids, or paths of profiles of your own relative to this file'),
  repeats: z.int().min(1).max(1000).optional().describe('runs of each profile on each device (1)'),
  tier: z.enum(tiers).optional(),
  select: z.array(text).min(1).optional().describe('only these suites or cases'),
  overlays: z.array(path).min(1).optional().describe("buyers' programmes, by id"),
  strict: z.boolean().optional().describe('a recommendation that is not followed fails'),
  thorough: z.boolean().optional().describe('waits every silence to its end'),
});

const storeSchema = z.union([
  path.describe('a folder, relative to this file, that every station reaches by this path'),
  z.strictObject({ directory: path }),
  z.strictObject({
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket'),
    prefix: z.string().max(500).optional(),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('where it is not the one of the region'),
    region: text.optional(),
  }),
]);

/** `campaign: ID`: which devices are tested how, and what is accepted. */
export const campaignSchema = z.strictObject({
  campaign: fleetName,
  title: text.optional(),
  runs: z.array(runSchema).min(1).max(1000),
  priority: z.int().min(1).max(1000).optional().describe('1 is the first (100)'),
  deadline: z.union([span, moment]).optional().describe('what is not begun by then is cancelled'),
  exclusive: z.boolean().optional().describe('nothing else uses the devices: EIDs may be moved'),
  allow: z
    .array(z.enum([...lastingEffects, 'nc-si-initial-state']))
    .min(1)
    .optional()
    .describe('effects that last; such runs are never repeated'),
  waivers: z.array(path).min(1).optional().describe('files, relative to this one'),
  accept: z
    .strictObject({
      level: z.enum(capabilityLevels).optional().describe('what every device has to reach'),
      flakes: z
        .int()
        .min(0)
        .max(100_000)
        .optional()
        .describe('cases that may differ between repeats of one device, in all (0)'),
    })
    .optional(),
  store: storeSchema.optional().describe('where record and reports go (a folder beside this file)'),
});

const DEFAULT_PRIORITY = 100;
const minutes = { m: 1, h: 60, d: 24 * 60 } as const;

/** What a campaign may name. */
export interface CampaignNames {
  readonly profiles: Iterable<string>;
}

export function readCampaign(
  document: SourceDocument,
  names: CampaignNames,
): { readonly campaign?: Campaign; readonly problems: readonly Problem[] } {
  const shape = checkShape(campaignSchema, document.value, document);
  if (!shape.ok) return { problems: shape.problems };
  const { campaign: id, title, deadline, accept, priority, exclusive, allow, waivers, store } = shape.value;
  const problems = [...shape.problems];
  const known = [...names.profiles];
  shape.value.runs.forEach((run, index) => {
    const given = [run.devices, run.all, run.any].filter((each) => each !== undefined).length;
    if (given === 0)
      problems.push(document.problem(['runs', index], 'which devices: "devices", "all" or "any"', 'value'));
    if (run.count !== undefined && run.any === undefined)
      problems.push(
        document.problem(['runs', index, 'count'], '"count" goes with "any"; of others there are "repeats"', 'key'),
      );
    run.profiles.forEach((profile, place) => {
      if (isPath(profile) || known.includes(profile)) return;
      const near = suggestion(profile, known);
      problems.push(document.problem(['runs', index, 'profiles', place], `unknown profile ${quote(profile)}${near}`));
    });
  });
  const runs = shape.value.runs.map((run): CampaignRun => {
    const { tier, select = [], overlays = [], strict = false, thorough = false } = run;
    return {
      targets: targetsOf(run),
      profiles: run.profiles,
      repeats: run.repeats ?? 1,
      options: { ...(tier === undefined ? {} : { tier }), select, overlays, strict, thorough },
    };
  });
  const campaign: Campaign = {
    id,
    title: title ?? id,
    runs,
    priority: priority ?? DEFAULT_PRIORITY,
    ...(deadline === undefined ? {} : { deadline: deadlineOf(deadline) }),
    exclusive: exclusive === true,
    allow: allow ?? [],
    waivers: waivers ?? [],
    accept: { ...(accept?.level === undefined ? {} : { level: accept.level }), flakes: accept?.flakes ?? 0 },
    store: storeOf(store, id),
  };
  return { campaign, problems };
}

/** Whether a profile is named by its file. */
export function isPath(name: string): boolean {
  return name.includes('/') || /\.ya?ml$/.test(name);
}

function targetsOf({ devices = [], all, any, count }: z.output<typeof runSchema>): readonly Target[] {
  return [
    ...[...new Set(devices)].map((name): Target => ({ kind: 'device', name })),
    ...(all === undefined ? [] : [{ kind: 'all', labels: sorted(all) } as const]),
    ...(any === undefined ? [] : [{ kind: 'any', labels: sorted(any), count: count ?? 1 } as const]),
  ];
}

/** Label sets are sets: one queue, however they are written. */
function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

function deadlineOf(text: string): Deadline {
  const match = /^(\d+)\s*(m|h|d)$/.exec(text);
  if (match === null) return { kind: 'at', time: new Date(text).toISOString() };
  return { kind: 'after', duration: Number(match[1]) * minutes[match[2] as keyof typeof minutes] * 60 * SECOND };
}

function storeOf(store: z.output<typeof storeSchema> | undefined, id: string): StoreLocation {
  if (store === undefined) return { kind: 'directory', path: `./${id}` };
  if (typeof store === 'string') return { kind: 'directory', path: store };
  if ('directory' in store) return { kind: 'directory', path: store.directory };
  const { bucket, prefix = '', endpoint, region } = store;
  return {
    kind: 's3',
    bucket,
    prefix,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
  };
}
