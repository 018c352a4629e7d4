import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CertifyError } from '../errors';
import { readRecord } from './reader';
import { buildResult } from './result';
import { hostile, sampleRecord } from './testing/record-fixture';

const directory = mkdtempSync(join(tmpdir(), 'reader-'));
const path = join(directory, 'record.ndjson');
const text = sampleRecord(hostile)
  .lines.map((line) => `${JSON.stringify(line)}\n`)
  .join('');

function errorOf(content: string): string {
  writeFileSync(path, content);
  try {
    readRecord(path);
  } catch (thrown) {
    if (thrown instanceof CertifyError && thrown.code === 'RECORD_UNREADABLE') return thrown.message;
    throw thrown;
  }
  return '';
}

test('reads what was written, by folder or file', () => {
  writeFileSync(path, text);
  const record = readRecord(directory);
  expect(record.lines).toEqual(JSON.parse(JSON.stringify(sampleRecord(hostile).lines)));
  expect(record).toMatchObject({ path, complete: true, unknown: 0 });
  expect(readRecord(path).lines).toHaveLength(record.lines.length);
});

test('a killed run is readable up to its half line and incomplete', () => {
  const octets = Buffer.from(text, 'utf8');
  for (let size = text.indexOf('\n') + 1; size < octets.length - 1; size += 97) {
    writeFileSync(path, octets.subarray(0, size));
    const record = readRecord(path);
    expect(record.complete).toBe(false);
    expect(buildResult(record.lines).verdict).not.toBe('conformant');
    expect(['incomplete', 'error']).toContain(buildResult(record.lines).verdict);
  }
});

test('says file and line of what it cannot read', () => {
  const [first = '', second = ''] = text.split('\n');
  expect(errorOf('')).toBe(`${path}:1: the record is empty`);
  expect(errorOf('not json')).toBe(`${path}:1: not a line of JSON`);
  expect(errorOf(`${first}\n{"type":\n${second}\n`)).toBe(`${path}:2: not a line of JSON`);
  expect(errorOf(`${second}\n`)).toBe(`${path}:1: a record begins with run.start, not device`);
  expect(errorOf(`${first}\n[]\n`)).toBe(`${path}:2: not a JSON object`);
  expect(errorOf(`${first}\n{"type":"case.end","at":1,"case":"a","verdict":"green"}\n`)).toContain(
    `${path}:2: case.end: verdict: `,
  );
  expect(errorOf(`${first.replace('"format":1', '"format":2')}\n`)).toContain('this version reads format 1');
  expect(errorOf(`${first}\n{"type":"note","at":1,"text":"a","__proto__":{"x":1}}\n`)).toContain('__proto__');
  expect(errorOf(`${first}\n{"type":"note","at":1,"x":${'['.repeat(9000)}${']'.repeat(9000)}}\n`)).toContain('nested');
  expect(() => readRecord(join(directory, 'none'))).toThrow(CertifyError);
});

test('lines of a later version are left out', () => {
  const [first = ''] = text.split('\n');
  writeFileSync(path, `${first}\n{"type":"constructor","at":1}\n`);
  expect(readRecord(path)).toMatchObject({ unknown: 1, complete: false });
});

test('hostile input is read or refused, never more', () => {
  const lines = text.split('\n').filter((line) => line !== '');
  const broken = fc.record({
    line: fc.nat(lines.length - 1),
    at: fc.nat(4000),
    cut: fc.nat(12),
    put: fc.oneof(fc.string(), fc.constantFrom('null', '{}', '[]', '1e999', '-1', '"x"', 'true')),
  });
  fc.assert(
    fc.property(broken, ({ line, at, cut, put }) => {
      const target = lines[line] ?? '';
      const spot = at % target.length;
      const changed = target.slice(0, spot) + put + target.slice(spot + cut);
      writeFileSync(path, `${[...lines.slice(0, line), changed, ...lines.slice(line + 1)].join('\n')}\n`);
      try {
        buildResult(readRecord(path).lines);
      } catch (thrown) {
        if (!(thrown instanceof CertifyError)) throw thrown;
        expect(thrown.code).toBe('RECORD_UNREADABLE');
      }
    }),
    { numRuns: 300 },
  );
});
