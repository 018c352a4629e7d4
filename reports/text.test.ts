import { buildResult } from '../harness/record/result';
import { check, hostile, requirement, sampleRecord } from '../harness/record/testing/record-fixture';
import { golden } from './testing/golden';
import { failureLines, renderSummary, renderText } from './text';
import { visible } from './visible';

const { lines } = sampleRecord(hostile);
const result = buildResult(lines);

test('a sample is as it was agreed', () => {
  const plain = sampleRecord().lines;
  const text = renderText(buildResult(plain), plain);
  expect(text).toBe(golden('report.txt', text));
  const brief = renderSummary(buildResult(plain), { directory: '/tmp/out', brief: true });
  expect(brief).toBe(golden('summary.txt', brief));
});

const options = { requirements: { 'DSP0236-CTRL-GEID-01': requirement('DSP0236-CTRL-GEID-01') }, colour: false };

test('carets stand under the octets that decided, also in the midst of many', () => {
  const caretOf = (octets: string, offset: number, length: number, columns = 100): readonly [string, string] => {
    const found = failureLines([check('x#1.a', 'fail', { octets, highlight: { offset, length } })], {
      ...options,
      columns,
    });
    const at = found.findIndex((line) => line.includes('^'));
    return [found[at - 1] ?? '', found[at] ?? ''];
  };
  const under = ([line, caret]: readonly [string, string]): string =>
    line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1);
  const many = Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(2, '0')).join('');
  expect(under(caretOf('0001020304', 3, 1))).toBe('03');
  expect(under(caretOf('0001020304', 0, 5))).toBe('00 01 02 03 04');
  expect(under(caretOf(many, 100, 2))).toBe('64 65');
  expect(under(caretOf(many, 199, 1, 60))).toBe('c7');
  expect(caretOf(many, 100, 2, 60)[0].length).toBeLessThan(80);
  // What lies beyond the octets decides nothing that could be shown.
  expect(caretOf('0001', 2, 0)).toEqual(['', '']);
});

test('a clause is told once, and what differs in loop values only is counted', () => {
  const checks = [1, 2].flatMap((value) => [check(`x#1.a[n=${value}]`, 'fail'), check(`x#2.b[n=${value}]`, 'fail')]);
  const found = failureLines(checks, { ...options, columns: 80 }).join('\n');
  expect(found.match(/DSP0236-CTRL-GEID-01 \(mandatory\): DSP0236 1\.3\.3/g)).toHaveLength(1);
  expect(found.match(/and 1 more of the same/g)).toHaveLength(2);
});

test('no string of a device reaches the terminal as a command', () => {
  // Line feeds are ours; every other control character would be the device's.
  expect(renderText(result, lines).replace(/\n/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
  expect(renderSummary(result, { colour: true })).not.toContain('\u001b[31m\u2028');
});

test('many failures are cut short, and the summary says so and what to do next', () => {
  expect(renderSummary(result, { limit: 1, directory: '/tmp/out' })).toContain('… and 4 more');
  const whole = renderSummary(result, { directory: '/tmp/out' });
  expect(whole).toContain('next      open /tmp/out/report.html');
  expect(whole).toContain('mctp-certify explain DSP0236/packet-header/3');
});

test('cases that one dead device blocks are told as one', () => {
  const blocked = result.cases.filter(({ verdict }) => verdict === 'blocked');
  const alike = [1, 2, 3].flatMap((number) => blocked.map((entry) => ({ ...entry, id: `${entry.id}${number}` })));
  const text = renderSummary({ ...result, cases: [...result.cases, ...alike] });
  expect(text.match(/^BLOCKED/gm)).toHaveLength(1);
  expect(text).toContain('and 3 more for the same reason');
});

test('hidden characters are spelled out', () => {
  expect(visible('a\u202eb\n\ud800\u{1f600}é')).toBe('a\\u{202e}b\\n\\u{d800}\u{1f600}é');
});

test('the level stands with what is missing for more, programmes, and claims that do not hold', () => {
  const capability = { title: 't', need: 'mandatory', ways: [] } as const;
  const told = renderSummary({
    ...result,
    level: 'L1',
    demands: 'L2',
    capabilities: [
      { ...capability, id: 'NIC.FWVER', level: 'L1', status: 'met' },
      { ...capability, id: 'NIC.TEMP.ASIC', level: 'L2', status: 'not-met' },
      { ...capability, id: 'NIC.LINK', level: 'L2', status: 'not-tested' },
      { ...capability, id: 'NIC.PWR', level: 'L2', need: 'optional', status: 'not-tested' },
    ],
    overlays: [{ id: 'ocp-nic-3.0', title: 'OCP', version: '1', status: 'not-tested', rules: [] }],
    claims: [{ what: 'PLDM type', name: '2', finding: 'PLDM type 2: claimed, not advertised' }],
  });
  expect(told).toContain('  level     L1, L2 demanded\n');
  expect(told).toContain('1 of 3 capabilities met, NIC.TEMP.ASIC not met, NIC.LINK not tested\n');
  expect(told).toContain('  overlay   ocp-nic-3.0: not tested\n');
  expect(told).toContain('  claims    PLDM type 2: claimed, not advertised\n');
});
