import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CertifyError } from '../harness/errors';
import { readRecord } from '../harness/record/reader';
import { buildResult } from '../harness/record/result';
import { sampleRecord } from '../harness/record/testing/record-fixture';
import { type ReportFormat, readResult, renderFormat, renderReports, reportFiles } from './render';

const formats = Object.keys(reportFiles) as readonly ReportFormat[];

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

test('whatever the reader lets through can be rendered', () => {
  const directory = recorded();
  const path = join(directory, 'record.ndjson');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const change = fc.record({
    line: fc.nat(lines.length - 1),
    at: fc.nat(6000),
    cut: fc.nat(8),
    put: fc.oneof(fc.string(), fc.constantFrom('', '0', '-1', '1e300', '00', 'null', '[]', '{}')),
  });
  fc.assert(
    fc.property(change, ({ line, at, cut, put }) => {
      const target = lines[line] ?? '';
      const spot = at % target.length;
      const changed = target.slice(0, spot) + put + target.slice(spot + cut);
      writeFileSync(path, `${lines.map((text, index) => (index === line ? changed : text)).join('\n')}\n`);
      try {
        const { lines: read } = readRecord(path);
        const result = buildResult(read);
        for (const format of formats) renderFormat(format, result, read);
      } catch (thrown) {
        if (!(thrown instanceof CertifyError)) throw thrown;
      }
    }),
    { numRuns: 400 },
  );
}, 60_000);

test('a time or a date beyond what a format holds is refused or rendered, never an exception', () => {
  const directory = recorded();
  const path = join(directory, 'record.ndjson');
  const whole = readFileSync(path, 'utf8');
  const latest = whole.replace(/"wall":"[^"]*"/g, '"wall":"9999-12-31T23:59:59Z"');
  writeFileSync(path, latest);
  const { lines } = readRecord(path);
  for (const format of formats) expect(() => renderFormat(format, buildResult(lines), lines)).not.toThrow();
  writeFileSync(path, whole.replace(/("type":"frame","at":)\d+/, '$11e300'));
  expect(() => readRecord(path)).toThrow(/frame: at: /);
});
