import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeCampaignReport } from '../../reports/campaign/write';
import { canonical, sha256 } from '../../reports/statement/canonical';
import { envelopeText, newKeyPair, openEnvelope, readKey, seal } from '../../reports/statement/envelope';
import type { CampaignJob, CampaignResult } from '../record/campaign-result';
import { accepting, campaignResult, job } from '../record/testing/campaign-fixture';
import { runRedact } from './redact';
import type { Recorded } from './testing/recorded-run';
import { recordedCases, recordedLines, recordedOutcome, recordText } from './testing/recorded-run';
import { runVerify } from './verify';

const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-campaign-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pair = newKeyPair();
const key = readKey(pair.privateKey, 'private', 'own.key');
const trusted = join(folder, 'own.key.pub');
writeFileSync(trusted, pair.publicKey);
const signing = {
  key,
  assessor: { name: 'Lab', kind: 'independent' },
  signed: new Date('2026-02-01T00:00:00Z'),
} as const;

const plans = [recordedCases.pass, recordedCases.fail];

/** A run in the folder of a report, and what the campaign knows of it. */
function ran(report: string, device: string, verdict: Recorded, attested = true): CampaignJob {
  const lines = recordedLines(`mctp:mctpi2c3/${device.length}`, verdict, attested);
  const text = recordText(lines);
  const path = `rack/${device}/0-1.1`;
  const file = join(report, 'runs', path, 'record.ndjson');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const evidence = { path, files: { 'record.ndjson': { sha256: sha256(text), size: text.length } } };
  return job(device, 1, { outcome: { ...recordedOutcome(lines), plan: verdict === 'pass' ? 0 : 1, evidence } });
}

let count = 0;
function signed(...verdicts: readonly Recorded[]): {
  readonly report: string;
  readonly result: CampaignResult;
} {
  count += 1;
  const report = join(folder, String(count));
  const jobs = verdicts.map((verdict, index) => ran(report, `card-${index}`, verdict));
  const result = campaignResult(jobs, accepting(), plans);
  writeCampaignReport(result, { directory: report, home: new Set(), titles: new Map(), signing });
  return { report, result };
}

/** Exit code, and the findings that are not plainly good. */
function verify(report: string): readonly [code: number, found: readonly string[]] {
  const written: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const code = runVerify(report, { key: trusted, json: true });
    const { findings } = JSON.parse(written.join('')) as {
      findings: readonly { status: string; what: string; text: string }[];
    };
    return [code, findings.filter(({ status }) => status !== 'ok').map(({ what, text }) => `${what}: ${text}`)];
  } finally {
    spy.mockRestore();
  }
}

test.each([
  ['accepted', ['pass', 'pass']],
  ['not-accepted', ['pass', 'fail']],
] as const)('a campaign that is %s is signed, and verified down to the octets of its runs', (verdict, verdicts) => {
  const { report, result } = signed(...verdicts);
  expect(result.verdict).toBe(verdict);
  expect(verify(report)).toEqual([0, []]);
  const opened = openEnvelope(readFileSync(join(report, 'statement.json'), 'utf8'));
  const statement = JSON.parse('payload' in opened ? opened.payload : '') as Record<string, object>;
  expect(statement).toMatchObject({
    subject: result.jobs.map(({ outcome }) => ({
      name: `${outcome?.evidence?.path}/record.ndjson`,
      digest: { sha256: outcome?.evidence?.files['record.ndjson']?.sha256 },
    })),
    predicate: { acceptance: { verdict }, result: verdict === 'accepted' ? 'PASSED' : 'FAILED' },
  });
});

test('a copy without what stays in the house has no file with it, and is verified as far as it goes', () => {
  const report = join(folder, 'whole');
  const jobs = [ran(report, 'card', 'pass'), ran(report, 'other-card', 'pass')];
  const result = campaignResult(jobs, accepting(), plans);
  writeCampaignReport(result, { directory: report, home: new Set(), titles: new Map(), signing });
  const out = join(folder, 'public');
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    runRedact(report, { out, hide: ['mctpi2c3/10'] });
    expect(spy.mock.calls.join('')).toMatch(/^public: \d of 6 files are left out; the rest is as signed/);
  } finally {
    spy.mockRestore();
  }
  const kept = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(kept.map(({ name }) => name)).toEqual(expect.arrayContaining(['statement.json', 'record.ndjson']));
  for (const { parentPath, name } of kept)
    expect(readFileSync(join(parentPath, name), 'utf8')).not.toContain('mctpi2c3/10');
  expect(kept.filter(({ name }) => name === 'record.ndjson').map(({ parentPath }) => parentPath)).toEqual([
    join(out, 'runs/rack/card/0-1.1'),
  ]);
  const [, found] = verify(out);
  expect(found.filter((text) => !/not here/.test(text))).toEqual([]);
  expect(found).toContain('campaign: campaign.json is not here: nothing can be judged again');
});

const tampering: readonly (readonly [string, (report: string) => void, RegExp])[] = [
  [
    'a record of a run',
    (report) => edit(join(report, 'runs/rack/card-1/0-1.1/record.ndjson'), '"eid":9', '"eid":8'),
    /^runs: rack\/card-1\/0-1\.1: not the record that was stored/,
  ],
  [
    'the report',
    (report) => edit(join(report, 'report.html'), 'accepted', 'excepted'),
    /^report\.html: not the file that was signed/,
  ],
  [
    'the result',
    (report) => edit(join(report, 'campaign.json'), '"not-accepted"', '"accepted"'),
    /^acceptance: its runs say otherwise at /,
  ],
  [
    'the statement',
    (report) => edit(join(report, 'statement.json'), '"payload": "ey', '"payload": "eY'),
    /signature|envelope/,
  ],
  [
    'the place of a record',
    (report) => edit(join(report, 'campaign.json'), '"rack/card-1', '"../card-1'),
    /^runs: not here/,
  ],
];

test.each(tampering)('%s cannot be changed', (_, change, words) => {
  const { report } = signed('pass', 'fail');
  const copy = `${report}-changed`;
  cpSync(report, copy, { recursive: true });
  change(copy);
  const [code, found] = verify(copy);
  expect(code).toBe(1);
  expect(found).toContainEqual(expect.stringMatching(words));
});

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

test('whoever holds the key cannot state what the runs do not show', () => {
  const { report } = signed('pass', 'fail');
  const file = join(report, 'statement.json');
  const opened = openEnvelope(readFileSync(file, 'utf8'));
  if ('problem' in opened) throw new Error(opened.problem);
  const better = opened.payload.replace('"verdict":"not-accepted"', '"verdict":"accepted"');
  expect(better).not.toBe(opened.payload);
  writeFileSync(file, envelopeText(seal(better, key)));
  expect(verify(report)).toEqual([
    1,
    [expect.stringMatching(/^statement: the campaign says otherwise at predicate\.acceptance/)],
  ]);
});

test('whoever holds the key cannot count a verdict that the octets of a run do not give', () => {
  const { report, result } = signed('pass', 'fail');
  const jobs = result.jobs.map((own) => ({
    ...own,
    status: 'passed' as const,
    ...(own.outcome === undefined
      ? {}
      : { outcome: { ...own.outcome, verdict: 'conformant' as const, verdicts: ['pass' as const, 'pass' as const] } }),
  }));
  const better = campaignResult(jobs, accepting(), plans);
  writeCampaignReport(better, { directory: report, home: new Set(), titles: new Map(), signing });
  const [code, found] = verify(report);
  expect(code).toBe(1);
  expect(found).toEqual([expect.stringMatching(/^runs: rack\/card-1\/0-1\.1: the record says otherwise at verdict/)]);
});

test('a record that is not there leaves the campaign unverified', () => {
  const { report } = signed('pass');
  rmSync(join(report, 'runs'), { recursive: true });
  expect(verify(report)).toEqual([1, ['runs: not here, so not judged again: rack/card-0/0-1.1']]);
});

test('there is no statement about emulated devices, nor about a campaign that is incomplete', () => {
  const report = join(folder, 'none');
  const demonstration = campaignResult([ran(report, 'card', 'pass', false)], accepting(), plans);
  const write = (result: CampaignResult): unknown =>
    writeCampaignReport(result, { directory: report, home: new Set(), titles: new Map(), signing });
  expect(() => write(demonstration)).toThrow('no statement: mctp:mctpi2c3/4 is an emulated or recorded device');
  expect(() => write(campaignResult([ran(report, 'card', 'pass'), job('other', 1)], accepting(), plans))).toThrow(
    'no statement: the campaign is incomplete, and proves neither',
  );
  expect(canonical(demonstration)).toContain('"attested":false');
});
