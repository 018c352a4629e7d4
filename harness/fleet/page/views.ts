import type { CampaignJob, CampaignResult, DeviceAcceptance } from '../../record/campaign-result';
import type { CampaignState, HistoryEntry, StationState } from '../model';

/** What the page is told: small, and without anything that it does not show. */

export function fleetView(
  campaigns: readonly CampaignState[],
  stations: readonly StationState[],
  devices: readonly string[],
): object {
  return { campaigns: campaignsView(campaigns), stations, devices };
}

export function campaignsView(campaigns: readonly CampaignState[]): object {
  return campaigns.map(({ campaign, submittedAt, deadlineAt, cancelledAt, jobs, counts }) => ({
    id: campaign.id,
    title: campaign.title,
    submittedAt,
    deadlineAt,
    cancelledAt,
    jobs,
    counts,
  }));
}

/** Which devices of a campaign are asked for. */
export interface DeviceQuery {
  /** Empty: whatever they came to. */
  readonly verdict: string;
  /** Words that all have to be there. */
  readonly text: string;
  readonly limit: number;
}

/** Runs of a device that are listed. */
const LISTED_RUNS = 5;

/** What a device is listed by: what speaks against it first, then what is still to come. */
const gravity = { 'not-accepted': 0, incomplete: 1, accepted: 2 } as const;

/** Of a campaign everything that does not grow with it, and as many of its devices as are asked for, deviant ones first. */
export function campaignView(
  { counts }: CampaignState,
  result: CampaignResult,
  { verdict: asked, text, limit }: DeviceQuery,
): object {
  const { campaign, verdict, reasons, attested, jobs } = result;
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const matching = result.devices
    .filter((device) => asked === '' || device.verdict === asked)
    .filter((device) => words.length === 0 || hasWords(device, jobs, words))
    .sort((a, b) => gravity[a.verdict] - gravity[b.verdict]);
  return {
    campaign,
    counts,
    verdict,
    reasons,
    attested,
    verdicts: result.counts.devices,
    matching: matching.length,
    devices: matching.slice(0, limit).map((device) => deviceView(device, jobs)),
  };
}

function hasWords(device: DeviceAcceptance, jobs: readonly CampaignJob[], words: readonly string[]): boolean {
  const runs = device.jobs.flatMap((index) => jobs[index] ?? []);
  const units = runs.map(({ outcome }) => outcome?.unit);
  const said = JSON.stringify([device.name, device.verdict, device.reasons, units, runs.map(jobView)]).toLowerCase();
  return words.every((word) => said.includes(word));
}

function deviceView(device: DeviceAcceptance, jobs: readonly CampaignJob[]): object {
  const own = device.jobs.flatMap((index) => jobs[index] ?? []);
  return {
    name: device.name,
    verdict: device.verdict,
    level: device.level,
    reasons: device.reasons.map(({ text }) => text),
    runs: own.length,
    jobs: listed(own).map(jobView),
  };
}

/** Those that somebody looks for: red and running ones, then the latest; in the order of the campaign. */
function listed(jobs: readonly CampaignJob[]): readonly CampaignJob[] {
  if (jobs.length <= LISTED_RUNS) return jobs;
  const rank = ({ status }: CampaignJob): number => (status === 'passed' ? 1 : status === 'waiting' ? 2 : 0);
  const latest = (a: CampaignJob, b: CampaignJob): number => ((a.endedAt ?? '') < (b.endedAt ?? '') ? 1 : -1);
  const chosen = new Set([...jobs].sort((a, b) => rank(a) - rank(b) || latest(a, b)).slice(0, LISTED_RUNS));
  return jobs.filter((job) => chosen.has(job));
}

function jobView({ key, profile, status, reason, station, outcome }: CampaignJob): object {
  const result =
    outcome === undefined
      ? {}
      : {
          verdict: outcome.verdict,
          failed: outcome.counts.fail + outcome.counts.blocked,
          path: outcome.evidence?.path,
        };
  return { profile, repeat: key.repeat, status, reason, station, ...result };
}

/** Oldest first, as a trend is read. */
export function historyView(device: string, entries: readonly HistoryEntry[]): object {
  return {
    device,
    runs: [...entries].reverse().map(({ at, key, profile, firmware, verdict, counts, failed, timing, evidence }) => ({
      at,
      campaign: key.campaign,
      repeat: key.repeat,
      profile,
      firmware,
      verdict,
      failed: counts.fail + counts.blocked,
      executed: counts.pass + counts.warn + counts.fail + counts.waived,
      cases: failed,
      timing,
      path: evidence?.path,
    })),
  };
}
