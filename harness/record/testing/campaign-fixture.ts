import type { CapabilityLevel, CaseVerdict, RunVerdict } from '../../names';
import { caseVerdicts } from '../../names';
import type { AcceptanceInput } from '../acceptance';
import { judgeAcceptance } from '../acceptance';
import type { CampaignJob, CampaignOutcome, CampaignResult } from '../campaign-result';

/** Campaigns for tests, as they are read back. */

export const caseIds = ['DSP0236/header/1', 'DSP0236/header/2', 'DSP0236/control/1', 'pldm/get-tid/1'];

export function countsOf(verdicts: readonly CaseVerdict[]): CampaignOutcome['counts'] {
  const counts = Object.fromEntries(caseVerdicts.map((verdict) => [verdict, 0])) as { [V in CaseVerdict]: number };
  for (const verdict of verdicts) counts[verdict] += 1;
  return counts;
}

const hash = (digit: string): string => digit.repeat(64);

/** The outcome of a run whose cases ended as the letters say: p, w, f, b, e, v (waived), n, u. */
export function outcome(letters: string, more: Partial<CampaignOutcome> = {}): CampaignOutcome {
  const verdicts = [...letters].map(
    (letter) =>
      caseVerdicts.find((verdict) => (verdict === 'waived' ? letter === 'v' : verdict.startsWith(letter))) ?? 'error',
  );
  const counts = countsOf(verdicts);
  const verdict: RunVerdict =
    counts.fail + counts.blocked > 0 ? 'not-conformant' : counts.error > 0 ? 'error' : 'conformant';
  return {
    attempt: 1,
    verdict,
    level: 'L2',
    exitCode: verdict === 'conformant' ? 0 : verdict === 'error' ? 3 : 1,
    counts,
    durationMs: 1_500,
    unit: { uri: 'mctp:mctpi2c3/9', uuid: '12345678-9abc-def0-1234-56789abcdef0', firmware: '2.1' },
    attested: true,
    scope: 'SMBus, messages+packets+frames, exclusive',
    plan: 0,
    verdicts,
    evidence: {
      path: 'rack/card/0-1.1/0',
      files: { 'record.ndjson': { sha256: hash('1'), size: 10 }, 'report.html': { sha256: hash('2'), size: 20 } },
    },
    ...more,
  };
}

export function job(device: string, repeat: number, more: Partial<CampaignJob> = {}): CampaignJob {
  const own = more.outcome;
  const status =
    own === undefined ? 'waiting' : own.exitCode === 0 ? 'passed' : own.exitCode === 1 ? 'failed' : 'error';
  return {
    key: { device, profileHash: hash('a'), repeat },
    profile: 'nic',
    status,
    attempts: own === undefined ? 0 : 1,
    ...(own === undefined
      ? {}
      : { station: 'bench-1', startedAt: '2026-02-01T10:00:00.000Z', endedAt: '2026-02-01T10:00:02.000Z' }),
    ...more,
  };
}

export const accepting = (level: CapabilityLevel | undefined = undefined, flakes = 0): AcceptanceInput['campaign'] => ({
  id: 'rack-7',
  title: 'Rack 7, cards of the first delivery',
  accept: { ...(level === undefined ? {} : { level }), flakes },
  parts: [],
  submittedAt: '2026-02-01T09:00:00.000Z',
});

export function campaignResult(
  jobs: readonly CampaignJob[],
  campaign: AcceptanceInput['campaign'] = accepting(),
  plans: AcceptanceInput['plans'] = [caseIds],
): CampaignResult {
  const input = { campaign, plans, jobs };
  return { format: 1, tool: { name: 'mctp-certify', version: '0.1.0' }, ...input, ...judgeAcceptance(input) };
}
