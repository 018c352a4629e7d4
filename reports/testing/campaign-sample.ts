import type { CampaignJob, CampaignResult } from '../../harness/record/campaign-result';
import { accepting, campaignResult, job, outcome } from '../../harness/record/testing/campaign-fixture';

/** Cases of one profile: what is red, what differs, and many that pass alike. */
export const sampleIds: readonly string[] = [
  ...[1, 2, 3, 4, 5, 6].map((number) => `DSP0236/packet-header/${number}`),
  ...[1, 2, 3].map((number) => `DSP0236/get-endpoint-uuid/${number}`),
  ...[1, 2, 3, 4].map((number) => `pldm/get-tid/${number}`),
  'pldm/numeric-sensor/1@NIC.TEMP.ASIC',
  ...Array.from({ length: 12 }, (_, index) => `nc-si/topic-${index}/1`),
];

/** All pass but what `changes` names by the end of its id. */
function letters(changes: { readonly [ending: string]: string }): string {
  return sampleIds.map((id) => Object.entries(changes).find(([ending]) => id.endsWith(ending))?.[1] ?? 'p').join('');
}

function ran(
  device: string,
  repeat: number,
  changes: { readonly [ending: string]: string },
  more: Parameters<typeof outcome>[1] = {},
): CampaignJob {
  const base = outcome(letters(changes), more);
  const evidence = {
    path: `rack-7/${/^[\w-]+$/.test(device) ? device : 'odd'}/aaaaaaaaaaaaaaaa-${repeat}.1`,
    files: { 'record.ndjson': { sha256: String(repeat).repeat(64), size: 10 } },
  };
  return job(device, repeat, { station: `bench-${device.length % 3}`, outcome: { ...base, evidence } });
}

/** A campaign with a device of each kind; `text` stands wherever somebody else's words do. */
export function campaignSample(text?: string, attested = true): CampaignResult {
  const odd = text ?? 'card-05';
  const unit = {
    uri: text ?? 'mctp:mctpi2c3/9',
    manufacturer: text ?? 'Example Networks',
    model: text ?? 'X100',
    serialNumber: text ?? 'SN0005',
    firmware: text ?? '2.1',
  };
  const all = { attested };
  const jobs = [
    ran('card-01', 1, {}, all),
    ran('card-01', 2, {}, all),
    ran('card-02', 1, { 'packet-header/3': 'f', 'uuid/3': 'f' }, { ...all, level: null }),
    ran('card-02', 2, { 'packet-header/3': 'f', 'uuid/3': 'f' }, { ...all, level: null }),
    ran('card-03', 1, { 'get-tid/2': 'f' }, { ...all, level: 'L0' }),
    ran('card-03', 2, {}, all),
    ran('card-04', 1, { 'get-tid/4': 'v', 'topic-3/1': 'n' }, all),
    ran('card-04', 2, { 'get-tid/4': 'v', 'topic-3/1': 'n' }, all),
    ran(odd, 1, { 'packet-header/6': 'w' }, { ...all, unit }),
    job(odd, 2, { status: 'cancelled', reason: text ?? 'not begun by the deadline' }),
    job('card-06', 1),
    job('card-06', 2, {
      status: 'error',
      attempts: 2,
      station: 'bench-2',
      reason: text ?? 'the station was lost twice',
    }),
  ];
  const campaign = {
    ...accepting('L2', 1),
    title: text ?? 'Rack 7, cards of the first delivery',
    deadlineAt: '2026-02-02T00:00:00.000Z',
  };
  return campaignResult(jobs, campaign, [sampleIds]);
}

/** As a lab has it: so many devices, each with all cases of a large profile, twice. */
export function campaignOf(devices: number): CampaignResult {
  const ids = Array.from({ length: 400 }, (_, index) => `S/topic-${index % 50}/${Math.floor(index / 50)}`);
  const jobs = Array.from({ length: devices * 2 }, (_, index) => {
    const name = `card-${String(index >> 1).padStart(4, '0')}`;
    const own = ids.map((_, place) => (place % 97 === 3 && (index >> 1) % 7 === place % 5 ? 'f' : 'p')).join('');
    return job(name, (index % 2) + 1, { outcome: outcome(own) });
  });
  return campaignResult(jobs, accepting('L2'), [ids]);
}
