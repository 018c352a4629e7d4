import type { RecordLine } from '../harness/record/lines';
import { buildResult } from '../harness/record/result';
import { check, compiledCase, hostile, RecordBuilder, sampleRecord } from '../harness/record/testing/record-fixture';
import { embeddedJson, renderHtml } from './html';
import { golden } from './testing/golden';

const render = (lines: readonly RecordLine[]): string => renderHtml(buildResult(lines), lines);

/** The report without what is the same in every one. */
const body = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '<style></style>')
    .replace(/<script>[\s\S]*?<\/script>/, '<script></script>')
    .replace(/sha256-[\w+/=]+/g, 'sha256-');

test('a sample is as it was agreed', () => {
  const html = body(render(sampleRecord().lines));
  expect(html).toBe(golden('report.html', html));
});

test('loads nothing and allows nothing to be loaded', () => {
  const html = render(sampleRecord().lines);
  expect(html).toContain('default-src &#x27;none&#x27;; script-src &#x27;sha256-');
  expect(html).not.toMatch(/\b(?:src|href|action)=|url\(|@import|https?:/);
});

test('hostile strings are text everywhere', () => {
  const html = render(sampleRecord(hostile).lines);
  expect(html).not.toContain('<img');
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
  const data = /id="summary">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  expect(JSON.parse(data)).toMatchObject({ device: { uuid: hostile }, verdict: 'not-conformant' });
  expect(embeddedJson('</script>\u2028&')).toBe('"\\u003c/script\\u003e\\u2028\\u0026"');
});

test('shows statement, clause, deciding octets, decoded packets and reasons', () => {
  const html = render(sampleRecord().lines);
  expect(html).toContain('What DSP0236-CTRL-GEID-01 demands of the device, in one sentence.');
  expect(html).toContain('DSP0236 1.3.3, 8.2 MCTP packet fields, Table 1');
  expect(html).toContain('00 01 02 <mark>00</mark> 00 00 00');
  expect(html).toContain('getEndpointId response SUCCESS iid 1: eid 0');
  expect(html).toContain('needs frames, the scope reaches messages');
  expect(html).toContain('by twin');
});

test('a record of a killed run, and one of nothing at all, have a report', () => {
  expect(render(sampleRecord().lines.slice(0, 12))).toContain('its record has no end');
  expect(render(sampleRecord().lines.slice(0, 1))).toContain('<b>0</b> planned');
});

test('five thousand cases take seconds at most', () => {
  const cases = Array.from({ length: 5000 }, (_, index) =>
    compiledCase(`S/t${index % 40}/${index}`, ['DSP0236-CTRL-GEID-01']),
  );
  const builder = new RecordBuilder().start().plan(...cases);
  for (const entry of cases) builder.run(entry.id, 'pass', [check('x', 'pass'), check('y', 'pass')]);
  const began = performance.now();
  const html = render(builder.end().lines);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(html.length).toBeLessThan(30_000_000);
}, 30_000);
