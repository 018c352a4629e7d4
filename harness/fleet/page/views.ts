import type { CampaignJob, CampaignResult } from '../../record/campaign-result';
import type { CampaignState, HistoryEntry, StationState } from '../model';

/** What the page is told: small, and without anything that it does not show. */

export function fleetView(
  campaigns: readonly CampaignState[],
  stations: readonly StationState[],
  devices: readonly string[],
): object {
  return {
    campaigns: campaigns.map(({ campaign, submittedAt, deadlineAt, cancelledAt, jobs, counts }) => ({
      id: campaign.id,
      title: campaign.title,
      submittedAt,
      deadlineAt,
      cancelledAt,
      jobs,
      counts,
    })),
    stations,
    devices,
  };
}

export function campaignView({ counts }: CampaignState, result: CampaignResult): object {
  const { campaign, verdict, reasons, attested, devices, jobs } = result;
  return {
    campaign,
    counts,
    verdict,
    reasons,
    attested,
    devices: devices.map((device) => ({
      name: device.name,
      verdict: device.verdict,
      level: device.level,
      reasons: device.reasons.map(({ text }) => text),
      jobs: device.jobs.flatMap((index) => jobs[index] ?? []).map(jobView),
    })),
  };
}

function jobView({ key, profile, status, reason, station, startedAt, endedAt, outcome }: CampaignJob): object {
  const result =
    outcome === undefined
      ? {}
      : {
          verdict: outcome.verdict,
          failed: outcome.counts.fail + outcome.counts.blocked,
          firmware: outcome.unit.firmware,
          path: outcome.evidence?.path,
        };
  return { profile, repeat: key.repeat, status, reason, station, startedAt, endedAt, ...result };
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
