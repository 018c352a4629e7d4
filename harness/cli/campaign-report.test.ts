import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKeyPair } from '../../reports/statement/envelope';
import { directoryStore } from '../fleet/evidence/directory';
import type { CampaignState, JobState } from '../fleet/model';
import { FakeFleet } from '../fleet/page/testing/fake-fleet';
import { campaignResultSchema } from '../record/campaign-result';
import type { CampaignReportFlags } from './campaign-report';
import { reportCampaign } from './campaign-report';
import type { Recorded } from './testing/recorded-run';
import { recordedCases, recordedLines, recordedOutcome, recordText } from './testing/recorded-run';
import { runVerify } from './verify';

const root = mkdtempSync(join(tmpdir(), 'mctp-certify-report-'));
afterAll(() => rmSync(root, { recursive: true }));

const pair = newKeyPair();
const at = (name: string): string => join(root, name);
writeFileSync(at('key'), pair.privateKey);
writeFileSync(at('key.pub'), pair.publicKey);
const evidence = directoryStore(at('store'));
const signing = { sign: at('key'), assessor: 'Lab', assessorKind: 'independent' } as const;

async function ran(device: string, verdict: Recorded, attested: boolean): Promise<JobState> {
  const lines = recordedLines(`mctp:mctpi2c3/${device.length}`, verdict, attested);
  const run = at(`run-${device}`);
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'record.ndjson'), recordText(lines));
  writeFileSync(join(run, 'report.html'), '<!DOCTYPE html>');
  writeFileSync(
    join(run, 'result.json'),
    JSON.stringify({ cases: [{ id: recordedCases.pass[0], title: 'sets the EID' }] }),
  );
  const key = { campaign: 'rack', device, profileHash: 'a'.repeat(64), repeat: 1 };
  const { verdicts, ...outcome } = recordedOutcome(lines);
  return {
    key,
    profile: 'endpoint',
    status: outcome.exitCode === 0 ? 'passed' : 'failed',
    attempts: 1,
    outcome: {
      ...outcome,
      cases: { ids: recordedCases[verdict], verdicts },
      evidence: await evidence.put({ ...key, attempt: 1 }, run),
    },
  };
}

async function fleetOf(
  runs: { readonly [device: string]: Recorded },
  attested = true,
): Promise<[FakeFleet, CampaignState]> {
  const fleet = new FakeFleet();
  const jobs = await Promise.all(Object.entries(runs).map(([device, verdict]) => ran(device, verdict, attested)));
  fleet.all.set('rack', jobs);
  const campaign = {
    id: 'rack',
    title: 'Rack',
    runs: [],
    priority: 100,
    exclusive: true,
    allow: [],
    waivers: [],
    accept: { flakes: 0 },
    store: { kind: 'directory', path: at('store') },
  } as const;
  const counts = { waiting: 0, running: 0, passed: 0, failed: 0, error: 0, refused: 0, cancelled: 0 };
  return [fleet, { campaign, submittedAt: '2026-02-01T09:00:00.000Z', nonce: 'n-7', jobs: jobs.length, counts }];
}

/** The command's exit code, and what it printed. */
async function report(
  [fleet, state]: readonly [FakeFleet, CampaignState],
  flags: Partial<CampaignReportFlags>,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const written = { out: '', err: '' };
  const spies = (
    [
      ['stdout', 'out'],
      ['stderr', 'err'],
    ] as const
  ).map(([stream, name]) =>
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    const code = await reportCampaign(fleet, state, { json: false, ...flags });
    return { code, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

test('the report of a campaign has its evidence with it, is signed with its nonce, and verifies', async () => {
  const out = at('signed');
  const done = await report(await fleetOf({ 'card-1': 'pass', 'card-22': 'pass' }), { out, ...signing });
  expect(done).toMatchObject({ code: 0, err: `statement ${join(out, 'statement.json')}\n` });
  expect(done.out).toMatch(/^ACCEPTED {2}Rack\n[\s\S]* report {4}.*signed\/report\.html\n$/);
  const result = campaignResultSchema.parse(JSON.parse(readFileSync(join(out, 'campaign.json'), 'utf8')));
  const paths = result.jobs.map(({ outcome }) => outcome?.evidence?.path ?? '');
  for (const path of paths) expect(existsSync(join(out, 'runs', path, 'report.html'))).toBe(true);
  const html = readFileSync(join(out, 'report.html'), 'utf8');
  for (const path of paths) expect(html).toContain(`href="runs/${path}/report.html"`);
  const quiet = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  expect(runVerify(out, { key: at('key.pub'), nonce: 'n-7', json: false })).toBe(0);
  expect(runVerify(out, { key: at('key.pub'), nonce: 'n-8', json: false })).toBe(1);
  quiet.mockRestore();
});

test('a red device makes the exit code 1, and its case is told with its title and leads to the report', async () => {
  const out = at('red');
  await report(await fleetOf({ 'card-1': 'pass' }), { out, ...signing });
  const done = await report(await fleetOf({ 'card-1': 'pass', 'card-333': 'fail' }), { out });
  expect(done).toMatchObject({ code: 1, err: '' });
  expect(done.out).toMatch(/^NOT ACCEPTED {2}card-333\n {4}1 case is red: DSP0237\/receive\/1\n/);
  // The statement was about the report that had been there before.
  expect(existsSync(join(out, 'statement.json'))).toBe(false);
});

test('about emulated devices there is a report and no statement; the reason is one line', async () => {
  const done = await report(await fleetOf({ 'card-4444': 'pass' }, false), { out: at('demo'), ...signing });
  expect(done.code).toBe(0);
  expect(done.err).toBe(
    'no statement: mctp:mctpi2c3/9 is an emulated or recorded device: its run is a demonstration\n',
  );
  expect(done.out).toContain('Demonstration: not every run is of a real device');
  expect(existsSync(join(at('demo'), 'statement.json'))).toBe(false);
});

test('facts that only the statement about one run has are refused, not forgotten', async () => {
  const fleet = await fleetOf({ 'card-1': 'pass' });
  await expect(report(fleet, { out: at('never'), ...signing, omit: ['uuid'] })).rejects.toMatchObject({
    code: 'USAGE',
    message: '--omit is for the statement about one run, not about a campaign',
  });
  expect(existsSync(at('never'))).toBe(false);
});

test('what lies in a folder of somebody else stays; evidence that was changed does not come home', async () => {
  mkdirSync(at('theirs'));
  writeFileSync(join(at('theirs'), 'thesis.txt'), 'all of it');
  const fleet = await fleetOf({ 'card-55555': 'pass' });
  await expect(report(fleet, { out: at('theirs') })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('holds something else'),
  });
  const [{ outcome } = { outcome: undefined }] = fleet[0].all.get('rack') ?? [];
  writeFileSync(join(at('store'), outcome?.evidence?.path ?? '', 'record.ndjson'), 'better\n');
  await expect(report(fleet, { out: at('changed') })).rejects.toMatchObject({ code: 'OUTPUT' });
});
