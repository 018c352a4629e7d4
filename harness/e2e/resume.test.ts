import { copyFileSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { readResult } from '../../reports/render';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import { cli, PATIENCE_MS, scratch } from './testing/cli';

jest.setTimeout(2 * PATIENCE_MS);

const folder = scratch();
const args = ['run', 'endpoint', '--select', 'DSP0236/set-endpoint-id', '--select', 'DSP0236/packet-header', '--quiet'];
let runs = 0;

/** A folder with the first octets of a record, as SIGKILL or a power cut leaves it. */
function cut(record: string, length: number): string {
  runs += 1;
  const out = join(folder, `cut-${runs}`);
  mkdirSync(out);
  copyFileSync(join(record, 'record.ndjson'), join(out, 'record.ndjson'));
  truncateSync(join(out, 'record.ndjson'), length);
  return out;
}

/** An octet of a record, by its share of what follows the plan. */
function placeIn(text: string, share: number): number {
  const from = text.indexOf('\n', text.indexOf('\n{"type":"plan"') + 1) + 1;
  return from + Math.round(share * (text.length - from));
}

test('a run that was cut off anywhere after its plan is continued to the same end', async () => {
  const whole = join(folder, 'whole');
  await cli([...args, '--out', whole]);
  const expected = readResult(join(whole, 'result.json'));
  const text = readFileSync(join(whole, 'record.ndjson'), 'utf8');
  const places = [0, 0.45, 0.97].map((share) => placeIn(text, share));
  for (const length of places) {
    const out = cut(whole, length);
    const ended = await cli([...args, '--resume', out]);
    expect([length, ended.code, ended.stderr]).toEqual([length, 0, expect.any(String)]);
    const result = readResult(join(out, 'result.json'));
    expect(result.cases.map(({ id, verdict }) => [id, verdict])).toEqual(
      expected.cases.map(({ id, verdict }) => [id, verdict]),
    );
    expect(result).toMatchObject({ verdict: 'partial', segments: 2, counts: expected.counts });
    const { lines, complete } = readRecord(out);
    expect(complete).toBe(true);
    expect(buildResult(lines)).toEqual(result);
    const started = lines.flatMap((line) => (line.type === 'case.end' ? [line.case] : []));
    expect(new Set(started).size).toBe(started.length);
  }
});

test('what cannot be continued is refused, and nothing is written', async () => {
  const out = join(folder, 'other');
  await cli([...args, '--out', out]);
  const before = readFileSync(join(out, 'record.ndjson'), 'utf8');
  const wrong = async (...more: readonly string[]): Promise<string> => {
    const ended = await cli([...args, ...more]);
    expect(ended.code).toBe(2);
    return ended.stderr;
  };
  expect(await wrong('--resume', out)).toContain('is whole: nothing is left to run');
  const half = cut(out, placeIn(before, 0.5));
  const halfBefore = readFileSync(join(half, 'record.ndjson'), 'utf8');
  expect(await wrong('--resume', half, '--strict')).toContain('cannot resume: the options differs');
  expect(await wrong('--resume', half, '--device', 'sim:endpoint?binding=serial')).toContain(
    'cannot resume: the device differs',
  );
  expect(await wrong('--resume', half, '--out', join(folder, 'no'))).toContain('leave --out away');
  const early = cut(out, 300);
  expect(await wrong('--resume', early)).toMatch(/cut off before its plan|not a line of JSON/);
  expect(await wrong('--resume', join(folder, 'missing'))).toContain('missing');
  expect(readFileSync(join(half, 'record.ndjson'), 'utf8')).toBe(halfBefore);
  expect(readFileSync(join(out, 'record.ndjson'), 'utf8')).toBe(before);
});

test('two runs do not write into one folder', async () => {
  const out = join(folder, 'shared');
  const [first, second] = await Promise.all([cli([...args, '--out', out]), cli([...args, '--out', out])]);
  expect([first.code, second.code].sort()).toEqual([0, 2]);
  const loser = first.code === 2 ? first : second;
  expect(loser.stderr).toContain('exists: name a new one, or continue its run with --resume');
  expect(readRecord(out).complete).toBe(true);

  const half = cut(out, placeIn(readFileSync(join(out, 'record.ndjson'), 'utf8'), 0.5));
  const both = await Promise.all([cli([...args, '--resume', half]), cli([...args, '--resume', half])]);
  expect(both.map(({ code, stderr }) => [code, stderr]).sort()).toEqual([
    [0, expect.any(String)],
    [2, expect.stringMatching(/is being written by process|is whole/)],
  ]);
  const { lines } = readRecord(half);
  const ends = lines.flatMap((line) => (line.type === 'case.end' ? [line.case] : []));
  expect(new Set(ends).size).toBe(ends.length);
});
