import { MILLISECOND } from '../harness/clock';
import type { RecordLine } from '../harness/record/lines';
import { buildResult } from '../harness/record/result';
import { check, compiledCase, hostile, RecordBuilder, sampleRecord } from '../harness/record/testing/record-fixture';
import { embeddedJson, renderHtml, renderSideBySide } from './html';
import { caseDetails } from './html/client';
import { collect } from './html/collect';
import { brokenPec, unanswered } from './testing/failing-record';
import { golden } from './testing/golden';

const render = (lines: readonly RecordLine[]): string => renderHtml(buildResult(lines), lines);

/** The report without what is the same in every one. */
const body = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '<style></style>')
    .replace(/<script>[\s\S]*?<\/script>/, '<script></script>')
    .replace(/sha256-[\w+/=]+/g, 'sha256-');

/** The details of one case, as the browser makes them. */
function details(lines: readonly RecordLine[], id: string): string {
  const result = buildResult(lines);
  const collected = collect(result, lines);
  const entry = result.cases.find((candidate) => candidate.id === id);
  if (entry === undefined) throw new Error(`no case ${id}`);
  const data: unknown = JSON.parse(embeddedJson(collected.data(entry)));
  return caseDetails(data as ReturnType<typeof collected.data>, collected.shared);
}

const text = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

test('a sample is as it was agreed', () => {
  const html = body(render(sampleRecord().lines));
  expect(html).toBe(golden('report.html', html));
});

test('runs side by side are as it was agreed', () => {
  const columns = [sampleRecord().lines, brokenPec().lines].map((lines, index) => ({
    name: `run-${index + 1}`,
    result: buildResult(lines),
  }));
  const html = body(renderSideBySide(columns));
  expect(html).toBe(golden('side-by-side.html', html));
});

test('loads nothing and allows nothing to be loaded', () => {
  const html = render(sampleRecord().lines);
  expect(html).toContain('default-src &#x27;none&#x27;; script-src &#x27;sha256-');
  expect(html).not.toMatch(/\b(?:src|action)=|\bhref="(?!#)|url\(|@import/);
  expect(html.replace(/<script>[\s\S]*?<\/script>/, '')).not.toMatch(/https?:/);
});

test('hostile strings are text everywhere', () => {
  const html = render(sampleRecord(hostile).lines);
  expect(html).not.toContain('<img');
  expect(html.match(/<\/script>/g)).toHaveLength(4);
  expect(body(html)).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
  const data = /id="summary">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  expect(JSON.parse(data)).toMatchObject({ device: { uuid: hostile }, verdict: 'not-conformant' });
  expect(embeddedJson('</script>\u2028&')).toBe('"\\u003c/script\\u003e\\u2028\\u0026"');
  const beside = renderSideBySide([{ name: hostile, result: buildResult(sampleRecord(hostile).lines) }]);
  expect(beside).not.toContain('<img');
});

test('every case is there once as a line of JSON, with its octets', () => {
  const { lines } = sampleRecord();
  const html = render(lines);
  const data = /id="data">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const ids = data.split('\n').map((line) => (JSON.parse(line) as { id: string }).id);
  expect(ids).toEqual(buildResult(lines).cases.map(({ id }) => id));
  expect(data).toContain('"octets":"200f0c3b010800c0000102000000002b"');
});

test('of a failure: clause, what was sent and set, what came, and the octet that decided', () => {
  const html = details(brokenPec().lines, 'DSP0237/receive/1');
  const words = text(html);
  expect(words).toContain('DSP0237-FRM-PEC-03 DSP0237 1.3.3, 8.2 MCTP packet fields, Table 1 mandatory');
  expect(words).toContain('What DSP0237-FRM-PEC-03 demands of the device, in one sentence.');
  expect(words).toContain('Expected no answer Actual answered: SUCCESS, 7 octets');
  expect(words).toContain('Set in the stimulus: frame pec xor 1');
  // The checksum as sent is the octet that the step made wrong; the one that would be right stands beside it.
  expect(words).toContain('pec wrong, 43 is right');
  expect(html).toMatch(/<li class="box frame changed"><span class="octets">42<\/span>/);
  expect(html).toMatch(/<li class="box message deciding"><span class="octets"> <mark>02<\/mark> <\/span>/);
  expect(html).toContain('healed twin');
  expect(html.match(/<svg class="ladder"/g)).toHaveLength(1);
});

test('an answer that is missing is drawn where it should have been', () => {
  const words = text(details(unanswered().lines, 'DSP0236/set-endpoint-id/4'));
  expect(words).toContain('Actual no answer after 2 attempts');
  expect(words).toContain('no answer (2 attempts)');
  expect(words).toContain('What came Nothing.');
});

test('failures that differ in loop values only are told once, with the others beneath', () => {
  const id = 'DSP0236/control-message/6';
  const builder = new RecordBuilder().start().plan(compiledCase(id, ['DSP0236-CTRL-IID-01']));
  const checks = [1, 2, 3].map((value) => check(`${id}#1.message.instanceId[instanceId=${value}]`, 'fail'));
  const html = details(builder.run(id, 'fail', checks).end().lines, id);
  expect(html.match(/class="finding bad"/g)).toHaveLength(1);
  expect(html).toContain('2 more of the same');
});

test('a repeated case shows the attempt whose checks count', () => {
  const id = 'DSP0236/packet-header/1';
  const { lines } = new RecordBuilder()
    .start()
    .plan(compiledCase(id, ['DSP0236-PKT-VER-01']))
    .run(id, 'fail', [check(`${id}#1.eid`, 'fail')])
    .run(id, 'pass', [check(`${id}#1.eid`, 'pass')])
    .frames('probe')
    .end();
  const result = buildResult(lines);
  const [entry] = result.cases;
  expect(entry?.verdict).toBe('fail');
  const data = entry === undefined ? undefined : collect(result, lines).data(entry);
  expect(data?.groups).toHaveLength(1);
  expect(data?.checks[0]?.place).toEqual({ transfer: 1, offset: 8, length: 7 });
});

test('what was not tested stands with its reason, and each limit with its command', () => {
  const words = text(body(render(sampleRecord().lines)));
  expect(words).toContain('needs frames, the scope reaches messages');
  expect(words).toContain('claim mctp.messageTypes has no pldm');
  expect(words).toMatch(/getEndpointId 7 2\.000 2\.000 2\.000/);
});

test('an answer beyond its limit is drawn apart', () => {
  const id = 'DSP0237/timing/1';
  const matcher = { kind: 'within', limit: '$parameters.responseTime' } as const;
  const expectation = { kind: 'fields', checks: [{ path: 'elapsed', matcher }] } as const;
  const step = { kind: 'request', command: 'getEndpointId', fields: {}, message: {}, packet: {}, frame: {} } as const;
  const timed = { ...compiledCase(id, ['DSP0237-TIM-1']), steps: [{ ...step, expect: expectation, save: {} }] };
  const builder = new RecordBuilder()
    .start()
    .plan(timed)
    .run(id, 'pass', [check(`${id}#1.elapsed`, 'pass')])
    .end();
  const withLimit = (ns: number): string =>
    render(builder.lines.map((line) => (line.type === 'plan' ? { ...line, parameters: { responseTime: ns } } : line)));
  expect(withLimit(100 * MILLISECOND)).toMatch(/<path class="dots over" d=""><\/path>/);
  expect(withLimit(MILLISECOND)).toMatch(/<path class="dots over" d="M[^"]+h0"><\/path>/);
  expect(withLimit(MILLISECOND)).toContain('<td>1 ms</td>');
});

test('side by side, what differs comes first and what fails in another way is told', () => {
  const id = 'DSP0236/packet-header/1';
  const run = (actual: string): RecordBuilder =>
    new RecordBuilder()
      .start()
      .plan(compiledCase(id, ['DSP0236-PKT-VER-01']))
      .run(id, 'fail', [check(`${id}#1.eid`, 'fail', { actual })])
      .end({ verdict: 'not-conformant' });
  const beside = (...runs: readonly RecordBuilder[]): string =>
    renderSideBySide(runs.map(({ lines }, index) => ({ name: `r${index}`, result: buildResult(lines) })));
  expect(beside(run('8'), run('8'))).toContain('data-verdict="same"');
  expect(beside(run('8'), run('9'))).toContain('data-verdict="fails otherwise"');
  expect(beside(run('8'), new RecordBuilder().start().plan().end())).toContain('data-verdict="differs"');
  const html = beside(sampleRecord(), sampleRecord(), brokenPec());
  expect(html).toContain('data-verdict="differs"');
  const more = (verdict: 'pass' | 'fail'): RecordBuilder =>
    new RecordBuilder()
      .start()
      .plan(compiledCase(id, ['DSP0236-PKT-VER-01']), compiledCase('DSP0237/receive/1', ['DSP0237-FRM-PEC-03']))
      .run(id, 'pass', [check(`${id}#1.eid`, 'pass')])
      .run('DSP0237/receive/1', verdict, [check('DSP0237/receive/1#1.eid', verdict)])
      .end();
  const order = [...beside(more('pass'), more('fail')).matchAll(/data-verdict="(differs|same)"/g)].map(
    ([, found]) => found,
  );
  expect(order).toEqual(['differs', 'same', 'differs', 'same']);
});

const accepted = {
  level: 'L1',
  capabilities: [
    {
      id: 'CB.EID',
      title: 'EID assignment',
      level: 'L0',
      need: 'mandatory',
      status: 'met-with-note',
      rank: 2,
      note: 'by way 2',
      ways: [
        { rank: 1, status: 'failed', cases: ['DSP0236/packet-header/3'], reason: 'DSP0236/packet-header/3' },
        { rank: 2, status: 'passed', cases: ['DSP0236/packet-header/1'] },
      ],
    },
    {
      id: 'NIC.TEMP',
      title: 'Temperature',
      level: 'L2',
      need: 'mandatory',
      status: 'not-met',
      reason: 'it was not found',
      differs: [{ code: 'D1', seen: 'sensor by number only' }],
      ways: [{ rank: 1, status: 'not-tested', cases: ['pldm/not-in-this-run/1'], reason: 'not in this run' }],
    },
  ],
  overlays: [
    {
      id: 'buyer',
      title: 'A buyer',
      version: '1',
      status: 'not-met',
      rules: [
        {
          id: 'r1',
          title: 'reports its temperature',
          need: 'required',
          confirmed: false,
          source: 'public text',
          by: ['NIC.TEMP'],
          status: 'not-met',
        },
      ],
    },
  ],
  waivers: [
    {
      case: 'DSP0236/packet-header/6',
      device: 'acme-x100',
      firmware: '<2.2',
      reason: 'fixed in 2.2',
      owner: 'jdoe',
      expires: '2027-03-01',
      status: 'applied',
      cases: ['DSP0236/packet-header/6'],
    },
  ],
  expectedFailures: [{ check: 'DSP0236/packet-header/4#1.within', reason: 'known', status: 'stale' }],
} as const;

test('levels, capabilities, programmes, waivers and expected failures stand with what decided them', () => {
  const { lines } = sampleRecord();
  const words = text(renderHtml({ ...buildResult(lines), ...accepted }, lines));
  expect(words).toContain('L1 level');
  expect(words).toContain('Capabilities level L1, 1 of 2 met');
  expect(words).toContain('L2 1 not met not met: Temperature');
  expect(words).toContain('it was not found; D1: sensor by number only way 1, not tested: pldm/not-in-this-run/1');
  expect(words).toContain('not met reports its temperature public text required, wording not confirmed NIC.TEMP');
  expect(words).toContain(
    'applied DSP0236/packet-header/6 acme-x100, firmware &lt;2.2 fixed in 2.2 jdoe, until 2027-03-01',
  );
  expect(words).toContain('stale DSP0236/packet-header/4#1.within expected failure known');
});

test('no link leads nowhere', () => {
  const { lines } = sampleRecord();
  const html = renderHtml({ ...buildResult(lines), ...accepted }, lines);
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const links = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBe([...html.matchAll(/ id="/g)].length);
});

test('a record of a killed run, and one of nothing at all, have a report', () => {
  expect(render(sampleRecord().lines.slice(0, 12))).toContain('its record has no end');
  expect(render(sampleRecord().lines.slice(0, 1))).toContain('<b>0</b> of 0 executed');
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
  expect(html.length).toBeLessThan(12_000_000);
}, 30_000);
