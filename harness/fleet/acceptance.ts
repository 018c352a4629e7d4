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
  const read = new JobReader();
  const found: CampaignJob[] = [];
  for await (const job of jobs) found.push(read.job(job));
  const input = { campaign: headOf(state), plans: read.plans, jobs: found };
  return { format: 1, tool, ...input, ...judgeAcceptance(input) };
}

/** What a result says of the campaign itself. */
export function headOf({ campaign, submittedAt, deadlineAt, cancelledAt }: CampaignState): CampaignResult['campaign'] {
  return {
    id: campaign.id,
    title: campaign.title,
    accept: campaign.accept,
    parts: partsOf(campaign),
    submittedAt,
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    ...(cancelledAt === undefined ? {} : { cancelledAt }),
  };
}

/** Jobs as a result has them: each list of cases once, whatever runs share it. */
export class JobReader {
  readonly plans: (readonly string[])[] = [];
  private readonly known = new Map<readonly string[] | string, number>();

  job({ key, outcome, ...job }: JobState): CampaignJob {
    const { device, profileHash, repeat } = key;
    return {
      key: { device, profileHash, repeat },
      ...job,
      ...(outcome === undefined ? {} : { outcome: outcomeOf(outcome, this.placeOf(outcome.cases.ids)) }),
    };
  }

  private placeOf(ids: readonly string[]): number {
    const same = this.known.get(ids);
    if (same !== undefined) return same;
    const text = ids.join('\n');
    const place = this.known.get(text) ?? this.plans.push(ids) - 1;
    this.known.set(ids, place);
    this.known.set(text, place);
    return place;
  }
}

/** As a run's result says why it is partial. */
function partsOf({ runs }: Campaign): readonly string[] {
  const parts = runs.flatMap(({ options: { select, tier } }) => {
    if (select.length > 0) return [`only ${select.join(', ')}`];
    return tier === undefined || tier === 'full' ? [] : [`only the tier ${tier}`];
  });
  return [...new Set(parts)];
}

function outcomeOf({ cases, evidence, ...outcome }: Outcome, plan: number): CampaignOutcome {
  return {
    ...outcome,
    plan,
    verdicts: cases.verdicts,
    ...(evidence === undefined ? {} : { evidence: { path: evidence.path, files: evidence.files } }),
  };
}
