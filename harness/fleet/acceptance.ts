import type { Campaign } from '../profile/campaign';
import { judgeAcceptance } from '../record/acceptance';
import type { CampaignJob, CampaignOutcome, CampaignResult } from '../record/campaign-result';
import type { CampaignState, JobState, Outcome } from './model';

/** What a campaign came to, by what is read back of it: the acceptance of each device and of all, and every run. */
export async function campaignResult(
  state: CampaignState,
  jobs: AsyncIterable<JobState>,
  tool: CampaignResult['tool'],
): Promise<CampaignResult> {
  const { campaign, submittedAt, deadlineAt, cancelledAt } = state;
  const plans: (readonly string[])[] = [];
  const known = new Map<string, number>();
  const found: CampaignJob[] = [];
  for await (const job of jobs) found.push(jobOf(job, (ids) => placeOf(ids, plans, known)));
  const input = {
    campaign: {
      id: campaign.id,
      title: campaign.title,
      accept: campaign.accept,
      parts: partsOf(campaign),
      submittedAt,
      ...(deadlineAt === undefined ? {} : { deadlineAt }),
      ...(cancelledAt === undefined ? {} : { cancelledAt }),
    },
    plans,
    jobs: found,
  };
  return { format: 1, tool, ...input, ...judgeAcceptance(input) };
}

/** As a run's result says why it is partial. */
function partsOf({ runs }: Campaign): readonly string[] {
  const parts = runs.flatMap(({ options: { select, tier } }) => {
    if (select.length > 0) return [`only ${select.join(', ')}`];
    return tier === undefined || tier === 'full' ? [] : [`only the tier ${tier}`];
  });
  return [...new Set(parts)];
}

function placeOf(ids: readonly string[], plans: (readonly string[])[], known: Map<string, number>): number {
  const text = ids.join('\n');
  const place = known.get(text) ?? plans.push(ids) - 1;
  known.set(text, place);
  return place;
}

function jobOf({ key, outcome, ...job }: JobState, placeOf: (ids: readonly string[]) => number): CampaignJob {
  const { device, profileHash, repeat } = key;
  return {
    key: { device, profileHash, repeat },
    ...job,
    ...(outcome === undefined ? {} : { outcome: outcomeOf(outcome, placeOf(outcome.cases.ids)) }),
  };
}

function outcomeOf({ cases, evidence, ...outcome }: Outcome, plan: number): CampaignOutcome {
  return {
    ...outcome,
    plan,
    verdicts: cases.verdicts,
    ...(evidence === undefined ? {} : { evidence: { path: evidence.path, files: evidence.files } }),
  };
}
