import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertifyError } from '../harness/errors';
import { sampleRecord } from '../harness/record/testing/record-fixture';
import { readResult, renderReports } from './render';

function recorded(): string {
  const directory = mkdtempSync(join(tmpdir(), 'render-'));
  const text = sampleRecord()
    .lines.map((line) => `${JSON.stringify(line)}\n`)
    .join('');
  writeFileSync(join(directory, 'record.ndjson'), text);
  return directory;
}

test('writes every report beside its record, and gives the result as it lies on the disk', () => {
  const directory = recorded();
  const { result, files } = renderReports(directory, ['html', 'junit', 'json', 'pcapng', 'text']);
  expect(files.map((file) => file.slice(directory.length + 1))).toEqual([
    'result.json',
    'report.html',
    'junit.xml',
    'traffic.pcapng',
    'report.txt',
  ]);
  expect(result).toEqual(JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')));
  expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a place that cannot be written is one clear error, and leaves no half file', () => {
  const directory = recorded();
  mkdirSync(join(directory, 'result.json'));
  expect(() => renderReports(directory, ['json'])).toThrow(/cannot write .*result\.json: it is a folder \(EISDIR\)/);
  expect(existsSync(join(directory, 'result.json'))).toBe(true);
  expect(readdirSync(directory)).toHaveLength(2);
});

test('a result that was changed by hand is refused', () => {
  const directory = recorded();
  renderReports(directory, ['json']);
  const path = join(directory, 'result.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"not-conformant"', '"green"'));
  expect(() => readResult(path)).toThrow(CertifyError);
  writeFileSync(path, '{');
  expect(() => readResult(path)).toThrow(`${path}:1: `);
});
