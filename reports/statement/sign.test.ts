import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, compiledCase, RecordBuilder } from '../../harness/record/testing/record-fixture';
import { isSignedBy, newKeyPair, openEnvelope, readKey } from './envelope';
import type { Signing } from './given';
import { signRun } from './sign';

const pair = newKeyPair();
const signing: Signing = {
  key: readKey(pair.privateKey, 'private', 'own.key'),
  assessor: { name: 'Test Laboratory', kind: 'independent' },
  signed: new Date('2026-02-01T00:00:00Z'),
};

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The folder of a run with one case. */
function folderOf(change: (builder: RecordBuilder) => RecordBuilder): string {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-sign-'));
  folders.push(folder);
  const lines = change(new RecordBuilder()).lines;
  writeFileSync(join(folder, 'record.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return folder;
}

const id = 'DSP0236/topic/1';
const machine = 'mctp-relay 0.1.0, 6.12.0, armv7l: Linux MCTP interface mctpi2c3';
const real = { uri: 'mctp:mctpi2c3/9', attested: true, machine };
const start = (builder: RecordBuilder, more: object = real): RecordBuilder =>
  builder
    .start(more)
    .plan(compiledCase(id, ['DSP0236-CTRL-GEID-01']))
    .device({ firmware: '2.1' });

test.each([
  ['pass', 'PASSED', 'conformant'],
  ['fail', 'FAILED', 'not-conformant'],
] as const)('a whole run that ends with %s is stated as %s', (verdict, outcome, word) => {
  const folder = folderOf((builder) =>
    start(builder)
      .run(id, verdict, [check(`${id}#1.eid`, verdict)])
      .end(),
  );
  const opened = openEnvelope(readFileSync(signRun(folder, signing), 'utf8'));
  if ('problem' in opened) throw new Error(opened.problem);
  expect(isSignedBy(opened.envelope, readKey(pair.publicKey, 'public', 'own.key.pub'))).toBe(true);
  const { subject, predicate } = JSON.parse(opened.payload) as {
    readonly subject: readonly { readonly name: string; readonly annotations?: { readonly firmware: string } }[];
    readonly predicate: {
      readonly result: string;
      readonly wording: readonly string[];
      readonly conformance: { readonly verdict: string };
    };
  };
  expect(predicate).toMatchObject({ result: outcome, conformance: { verdict: word, machine } });
  expect(subject[0]?.annotations?.firmware).toBe('2.1');
  expect(predicate.wording.join(' ')).toMatch(/no electrical conformance.*no certification by DMTF/);
});

test('a statement leaves out of the unit what it is told to', () => {
  const folder = folderOf((builder) =>
    start(builder)
      .run(id, 'pass', [check(`${id}#1.eid`, 'pass')])
      .end(),
  );
  const opened = openEnvelope(readFileSync(signRun(folder, { ...signing, omits: ['uuid'] }), 'utf8'));
  if ('problem' in opened) throw new Error(opened.problem);
  expect(opened.payload).not.toContain('12345678-9abc-def0-1234-56789abcdef0');
});

test.each([
  ['an emulated device', (builder: RecordBuilder) => start(builder, {}), 'is a demonstration'],
  [
    'a selection',
    (builder: RecordBuilder) => start(builder, { ...real, options: { strict: false, thorough: false, select: [id] } }),
    'the run is partial',
  ],
  ['a run without an end', undefined, 'the run is incomplete'],
])('there is no statement about %s', (_, begin, why) => {
  const folder = folderOf((builder) => {
    const run = (begin ?? start)(builder).run(id, 'pass', [check(`${id}#1.eid`, 'pass')]);
    return begin === undefined ? run : run.end();
  });
  expect(() => signRun(folder, signing)).toThrow(why);
});
