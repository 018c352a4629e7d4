import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { canonical, sha256 } from '../../reports/statement/canonical';
import { envelopeText, newKeyPair, readKey, seal } from '../../reports/statement/envelope';
import type { Given } from '../../reports/statement/given';
import { leavesOf, leavesText, recordTexts, rootOf } from '../../reports/statement/leaves';
import { redact } from '../../reports/statement/redact';
import { buildStatement } from '../../reports/statement/statement';
import { packageRoot } from '../package-root';
import type { RecordLine } from '../record/lines';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import type { Bundle, Finding } from './verify-statement';
import { isVerified, verifyStatement } from './verify-statement';

const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

// With the one pass taken back that rested on nothing.
const text = readFileSync(join(packageRoot(), 'harness/judge/testing/record-0.1.0.ndjson'), 'utf8').replace(
  /("case":"DSP0236\/set-endpoint-id\/19","verdict":)"pass"/,
  '$1"warn","reason":"nothing was shown: it rejects nothing"',
);
const pair = newKeyPair();
const key = readKey(pair.privateKey, 'private', 'test');
const trusted = readKey(pair.publicKey, 'public', 'test');
const now = new Date('2026-12-01T00:00:00Z');

function read(record: string): readonly RecordLine[] {
  const file = join(folder, 'record.ndjson');
  writeFileSync(file, record);
  return readRecord(file).lines;
}

/** A signed bundle about a record, as `run --sign` leaves it. */
function bundleOf(
  record: string,
  more: Partial<Given> = {},
  change: (statement: object) => object = (same) => same,
): Bundle {
  const lines = read(record);
  const leaves = leavesOf(recordTexts(record));
  const report = Buffer.from('a report');
  const given: Given = {
    assessor: { name: 'Test Laboratory', kind: 'independent' },
    signed: '2026-11-30T00:00:00.000Z',
    toolHash: sha256('tool'),
    evidence: {
      record: { sha256: sha256(record), lines: leaves.length, leaves: rootOf(leaves) },
      files: { 'report.html': sha256(report) },
    },
    ...more,
  };
  const start = lines.find((line) => line.type === 'run.start');
  const plan = lines.findLast((line) => line.type === 'plan');
  if (start === undefined || plan === undefined) throw new Error('no plan');
  const statement = change(buildStatement(buildResult(lines), start, plan, given));
  return {
    statement: envelopeText(seal(canonical(statement), key)),
    record: Buffer.from(record),
    leaves: leavesText(leaves),
    files: new Map([['report.html', report]]),
  };
}

const bundle = bundleOf(text);

function verified(
  changed: Partial<Bundle>,
  trust: Partial<Parameters<typeof verifyStatement>[1]> = {},
): readonly Finding[] {
  return verifyStatement({ ...bundle, ...changed }, { key: trusted, nonce: undefined, now, ...trust }, read);
}

const texts = (findings: readonly Finding[]): readonly string[] =>
  findings
    .filter(({ status }) => status !== 'ok')
    .map((finding) => `${finding.status} ${finding.what}: ${finding.text}`);

test('what was signed verifies: octets, verdicts, statement', () => {
  const findings = verified({});
  expect(texts(findings)).toEqual([]);
  expect(findings.map(({ what }) => what)).toEqual([
    'signature',
    'date',
    'record',
    'report.html',
    'verdicts',
    'statement',
  ]);
  expect(findings.find(({ what }) => what === 'verdicts')?.text).toMatch(/^31 cases judged again/);
});

test('without a key to trust nothing is verified', () => {
  const findings = verified({}, { key: undefined });
  expect(isVerified(findings)).toBe(false);
  expect(texts(findings)).toEqual([expect.stringContaining('open signature')]);
});

test("another's key, and a signature that was changed, are told apart", () => {
  const other = readKey(newKeyPair().publicKey, 'public', 'other');
  expect(texts(verified({}, { key: other }))).toEqual([
    expect.stringContaining('by another key than the one that was named'),
  ]);
  const envelope = JSON.parse(bundle.statement) as { signatures: { sig: string }[] };
  const sig = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
  sig[0] = (sig[0] ?? 0) ^ 1;
  const forged = { ...envelope, signatures: [{ ...envelope.signatures[0], sig: sig.toString('base64') }] };
  expect(texts(verified({ statement: `${JSON.stringify(forged, undefined, 2)}\n` }))).toContain(
    'bad signature: does not fit the statement',
  );
});

test('a changed octet of the record is named by its line', () => {
  const lines = recordTexts(text);
  const forged = lines.map((line, index) =>
    index === 40 ? line.replace(/\d/, (digit) => `${(Number(digit) + 1) % 10}`) : line,
  );
  expect(texts(verified({ record: Buffer.from(forged.join('')) }))).toEqual([
    'bad record: not as signed: line 41 is not the one that was signed',
  ]);
});

test('a report that was changed is named', () => {
  expect(texts(verified({ files: new Map([['report.html', Buffer.from('another report')]]) }))).toEqual([
    'bad report.html: not the file that was signed',
  ]);
});

test('whoever holds the key cannot state what the record does not say', () => {
  const lie = (statement: object): object => {
    const copy = JSON.parse(JSON.stringify(statement)) as {
      predicate: { result: string; conformance: { verdict: string } };
    };
    copy.predicate.result = 'PASSED';
    copy.predicate.conformance.verdict = 'conformant';
    return copy;
  };
  expect(texts(verified(bundleOf(text, {}, lie)))).toEqual([
    'bad statement: the record says otherwise at predicate.conformance.verdict; predicate.result',
  ]);
});

test('whoever holds the key cannot sign a record whose verdicts do not follow from its octets', () => {
  const forged = recordTexts(text)
    .map((line) => (line.includes('"type":"case.end"') ? line.replace('"verdict":"fail"', '"verdict":"pass"') : line))
    .map((line) => (line.includes('"type":"check"') ? line.replace('"verdict":"fail"', '"verdict":"pass"') : line))
    .join('');
  expect(forged).not.toBe(text);
  expect(texts(verified(bundleOf(forged)))).toEqual([expect.stringContaining('bad verdicts:')]);
});

test('nonce and dates are looked at', () => {
  const dated = bundleOf(text, { nonce: 'n-1', expires: '2026-12-31' });
  expect(isVerified(verified(dated, { nonce: 'n-1' }))).toBe(true);
  expect(texts(verified(dated, { nonce: 'n-2' }))).toEqual(['bad nonce: not the one that was asked for']);
  expect(texts(verified(bundle, { nonce: 'n-2' }))).toEqual(['bad nonce: the statement has none']);
  expect(texts(verified(dated, { now: new Date('2027-01-01T00:00:01Z') }))).toContain(
    'bad date: it expired on 2026-12-31',
  );
  expect(texts(verified(bundle, { now: new Date('2026-11-01T00:00:00Z') }))).toEqual([
    'bad date: signed on 2026-11-30, which is still to come',
  ]);
});

test.each([
  ['not JSON', 'nonsense'],
  ['no envelope', '{}'],
  ['with another payload type', bundle.statement.replace('application/vnd.in-toto+json', 'text/plain')],
  ['with a second newline', `${bundle.statement}\n`],
])('a statement that is %s is refused', (_, statement) => {
  const findings = verified({ statement });
  expect(findings.map(({ status, what }) => [status, what])).toEqual([['bad', 'envelope']]);
});

test('a masked record keeps its hashes; what is masked rests on the signature', () => {
  const leaves = leavesOf(recordTexts(text));
  const evidence = { record: { sha256: sha256(text), lines: leaves.length, leaves: rootOf(leaves) }, files: {} };
  const signed = bundleOf(text, { evidence });
  const masked = redact(recordTexts(text), leaves, ['answered: SUCCESS']);
  const record = masked.lines.join('');
  expect(record).not.toContain('answered: SUCCESS');
  const copy = { ...signed, record: Buffer.from(record), leaves: leavesText(masked.leaves) };
  const findings = verified(copy);
  expect(texts(findings)).toEqual([]);
  expect(findings.find(({ what }) => what === 'record')?.text).toMatch(/as signed, of which \d+ are masked/);
  expect(findings.find(({ what }) => what === 'verdicts')?.text).toMatch(/; \d rest on the signature alone/);

  const touched = masked.lines.findIndex(
    (line, index) => masked.leaves[index]?.salt !== undefined && line.includes('"frame"'),
  );
  const forged = masked.lines.map((line, index) =>
    index === touched ? line.replace('"rx"', '"tx"').replace('"at":', '"at":1') : line,
  );
  expect(texts(verified({ ...copy, record: Buffer.from(forged.join('')) }))).toEqual([
    `bad record: not as signed: line ${touched + 1} is not the one that was signed`,
  ]);
});

test('who took a walk whose octets are masked rests on the signature too', () => {
  const out = join(folder, 'fru');
  const words = ['run', 'nic', '--select', 'pldm/fru', '--out', out, '--quiet'];
  expect(spawnSync(process.execPath, [join(__dirname, 'main.js'), ...words]).status).toBe(0);
  const whole = readFileSync(join(out, 'record.ndjson'), 'utf8');
  const taken = read(whole).flatMap((line) =>
    line.type === 'observation' && line.observation.taken !== undefined ? [line.case] : [],
  );
  expect(taken.length).toBeGreaterThan(1);
  const leaves = leavesOf(recordTexts(whole));
  const evidence = { record: { sha256: sha256(whole), lines: leaves.length, leaves: rootOf(leaves) }, files: {} };
  const masked = redact(recordTexts(whole), leaves, ['SN0123456789ABCDEF']);
  const record = Buffer.from(masked.lines.join(''));
  expect(record.toString()).not.toContain(Buffer.from('SN0123456789ABCDEF').toString('hex'));
  const findings = verified({
    ...bundleOf(whole, { evidence, omits: ['serialNumber'] }),
    record,
    leaves: leavesText(masked.leaves),
  });
  expect(texts(findings)).toEqual([]);
  const hidden = /; (\d+) rest on the signature alone/.exec(
    findings.find(({ what }) => what === 'verdicts')?.text ?? '',
  );
  expect(Number(hidden?.[1])).toBeGreaterThan(new Set(taken).size);
});

describe('of a record that was tampered with', () => {
  const lines = recordTexts(text);
  const index = fc.nat(lines.length - 1);
  const other = lines.map((line) => line.replace(/"at":\d+/, '"at":1'));
  const tampered = fc.oneof(
    fc
      .tuple(fc.nat(text.length - 1), fc.constantFrom('0', '1', 'f', '"', '\n', ' '))
      .map(([at, letter]) => text.slice(0, at) + letter + text.slice(at + 1)),
    fc.nat(text.length - 1).map((length) => text.slice(0, length)),
    index.map((at) => [...lines.slice(0, at), ...lines.slice(at + 1)].join('')),
    fc.tuple(index, index).map(([a, b]) => {
      const swapped = [...lines];
      [swapped[a], swapped[b]] = [lines[b] ?? '', lines[a] ?? ''];
      return swapped.join('');
    }),
    fc.tuple(index, index).map(([at, from]) => [...lines.slice(0, at), lines[from] ?? '', ...lines.slice(at)].join('')),
    index.map((at) => [...lines.slice(0, at), ...other.slice(at)].join('')),
  );

  test('no copy verifies, with its leaves or without', () => {
    fc.assert(
      fc.property(tampered, fc.boolean(), (record, withLeaves) => {
        fc.pre(record !== text);
        const leaves = withLeaves ? bundle.leaves : undefined;
        expect(isVerified(verified({ record: Buffer.from(record), leaves }))).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test('new hashes of its lines do not help', () => {
    fc.assert(
      fc.property(tampered, (record) => {
        fc.pre(record !== text);
        const leaves = leavesText(leavesOf(recordTexts(record)));
        expect(isVerified(verified({ record: Buffer.from(record), leaves }))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
