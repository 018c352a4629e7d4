import type { Campaign } from '../profile/campaign';
import { campaignResultSchema } from '../record/campaign-result';
import { caseIds, outcome } from '../record/testing/campaign-fixture';
import { campaignResult } from './acceptance';
import type { CampaignState, JobState, Outcome } from './model';

const options = { select: [], overlays: [], strict: false, thorough: false };
const run = { targets: [{ kind: 'device', name: 'card' }], profiles: ['nic'], repeats: 1, options } as const;
const campaign: Campaign = {
  id: 'rack',
  title: 'Rack',
  runs: [run, { ...run, options: { ...options, tier: 'smoke' } }],
  priority: 100,
  exclusive: true,
  allow: [],
  waivers: [],
  accept: { flakes: 0 },
  store: { kind: 's3', bucket: 'lab', prefix: '' },
};
const state: CampaignState = {
  campaign,
  submittedAt: '2026-02-01T09:00:00.000Z',
  jobs: 2,
  counts: { waiting: 0, running: 0, passed: 2, failed: 0, error: 0, refused: 0, cancelled: 0 },
};

const { plan: _plan, verdicts, ...rest } = outcome('pppp', { verdict: 'partial', reason: 'only the tier smoke' });
const files = { 'record.ndjson': { sha256: '1'.repeat(64), size: 1 } };
const ran: Outcome = {
  ...rest,
  cases: { ids: caseIds, verdicts },
  evidence: { store: campaign.store, path: 'rack/card/0', files },
};

async function* jobs(...repeats: readonly number[]): AsyncIterable<JobState> {
  for (const repeat of repeats)
    yield {
      key: { campaign: 'rack', device: 'card', profileHash: 'a'.repeat(64), repeat },
      profile: 'nic',
      status: 'passed',
      attempts: 1,
      outcome: { ...ran, cases: { ids: [...caseIds], verdicts } },
    };
}

test('a campaign is read back as its schema says, each plan once, the part that was asked for in the words of a run', async () => {
  const result = await campaignResult(state, jobs(1, 2), { name: 'mctp-certify', version: '1' });
  expect(campaignResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  expect(result.plans).toEqual([caseIds]);
  expect(result.jobs.map((job) => job.outcome?.plan)).toEqual([0, 0]);
  expect(result).toMatchObject({ verdict: 'accepted', campaign: { parts: ['only the tier smoke'] } });
  expect(result.devices[0]?.reasons).toEqual([
    { code: 'part-asked-for', text: 'nic ran in part, as asked for: only the tier smoke' },
  ]);
});
