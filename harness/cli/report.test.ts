import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleRecord } from '../record/testing/record-fixture';
import { runReport } from './report';

/** A folder with runs in it, each under its name. */
function runs(...names: readonly string[]): { readonly folder: string; readonly paths: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  const text = sampleRecord()
    .lines.map((line) => `${JSON.stringify(line)}\n`)
    .join('');
  const paths = names.map((name) => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'record.ndjson'), text);
    return join(folder, name);
  });
  return { folder, paths };
}

beforeEach(() => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());

const columnsOf = (html: string): readonly string[] =>
  [...html.matchAll(/<p class="column"><b>\w<\/b> ([^<]*)<\/p>/g)].map(([, name]) => name ?? '');

test('several runs become one page, in columns under the names of their folders', () => {
  const { folder, paths } = runs('fw-2.0', 'fw-2.1', 'fw-2.2');
  const out = join(folder, 'side.html');
  runReport(paths, { format: 'html', out });
  expect(columnsOf(readFileSync(out, 'utf8'))).toEqual(['fw-2.0', 'fw-2.1', 'fw-2.2']);
  expect(existsSync(join(paths[0] ?? '', 'report.html'))).toBe(false);
});

test('folders of one name are told apart by their paths', () => {
  const { folder, paths } = runs('a/run', 'b/run');
  const out = join(folder, 'side.html');
  const [first = '', second = ''] = paths;
  runReport([first, join(second, 'record.ndjson')], { format: 'html', out });
  expect(columnsOf(readFileSync(out, 'utf8'))).toEqual([first, join(second, 'record.ndjson')]);
});

test('other formats are written beside each record, and one --out does for one record only', () => {
  const { folder, paths } = runs('a', 'b');
  runReport(paths, { format: 'junit' });
  for (const path of paths) expect(readFileSync(join(path, 'junit.xml'), 'utf8')).toContain('<testsuites');
  expect(() => runReport(paths, { format: 'junit', out: join(folder, 'x.xml') })).toThrow('--out takes one record');
});
