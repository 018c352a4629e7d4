import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../transport/testing/far-ends';
import { cli, MAIN, PATIENCE_MS, scratch } from './testing/cli';

jest.setTimeout(2 * PATIENCE_MS);

const folder = scratch();
const at = (name: string): string => join(folder, name);
const device = `bridge:smbus:${shellQuote(process.execPath)} ${shellQuote(MAIN)} emulate endpoint --stdio smbus`;
const assessor = ['--assessor', 'Test Laboratory', '--assessor-kind', 'independent'];
const profile = 'profile: tiny\ntitle: One topic\nclass: endpoint\nsuites: [DSP0236/get-endpoint-uuid]\n';

test('keys, a signed run, its verification, and a masked copy', async () => {
  const made = await cli(['keygen', '--out', at('own.key')]);
  expect(made.code).toBe(0);
  expect(statSync(at('own.key')).mode & 0o777).toBe(0o600);
  const again = await cli(['keygen', '--out', at('own.key')]);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('keys are not overwritten') });

  writeFileSync(at('tiny.yaml'), profile);
  const out = at('signed');
  const run = ['run', at('tiny.yaml'), '--device', device, '--exclusive', '--out', out, '--quiet'];
  const ran = await cli([...run, '--sign', at('own.key'), '--nonce', 'n-42', ...assessor]);
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining(`statement ${join(out, 'statement.json')}`) });

  const trusted = await cli(['verify', out, '--key', at('own.key.pub'), '--nonce', 'n-42']);
  expect(trusted).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nverified\n$/) });
  const untrusted = await cli(['verify', join(out, 'statement.json')]);
  expect(untrusted).toMatchObject({ code: 1, stdout: expect.stringContaining('no key to trust was named') });
  const json = await cli(['verify', out, '--key', at('own.key.pub'), '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ verified: true });

  const copy = at('masked');
  const masked = await cli(['redact', out, '--out', copy, '--hide', 'SUCCESS, 20 octets']);
  expect(masked.code).toBe(0);
  expect(readFileSync(join(copy, 'record.ndjson'), 'utf8').includes('SUCCESS, 20 octets')).toBe(false);
  const hidden = await cli(['verify', copy, '--key', at('own.key.pub')]);
  expect(hidden).toMatchObject({ code: 0, stdout: expect.stringContaining('rest on the signature alone') });
  const uuid = /UUID ([0-9a-f-]+)/.exec(ran.stdout)?.[1] ?? '';
  const inside = await cli(['redact', out, '--out', at('no'), '--hide', uuid]);
  expect(inside).toMatchObject({ code: 2, stderr: expect.stringContaining('stands in the signed statement itself') });

  appendFileSync(join(out, 'report.html'), '<!-- better -->');
  const forged = await cli(['verify', out, '--key', at('own.key.pub')]);
  expect(forged).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('report.html     not the file that was signed'),
  });
});

test.each([
  [['--sign', 'missing.key', ...assessor], 'no statement about sim:endpoint'],
  [['--device', device, '--sign', 'missing.key', ...assessor], 'cannot read the key missing.key'],
  [
    ['--device', device, '--sign', 'missing.key'],
    '--assessor NAME --assessor-kind first-party|second-party|independent',
  ],
  [['--device', device, '--nonce', 'n'], '--nonce is for a statement: name a key with --sign'],
])('%j is refused before anything runs', async (args, message) => {
  const ended = await cli(['run', 'endpoint', ...args], { cwd: folder });
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
});
