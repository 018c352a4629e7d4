import { buildResult } from '../harness/record/result';
import { hostile, sampleRecord } from '../harness/record/testing/record-fixture';
import { renderSummary, renderText } from './text';
import { visible } from './visible';

const { lines } = sampleRecord(hostile);
const result = buildResult(lines);

test('names verdict, scope, clause, expectation and octets of each failure', () => {
  const text = renderText(result, lines);
  expect(text).toContain('NOT CONFORMANT  Network interface card');
  expect(text).toContain('SMBus, messages+packets+frames, exclusive');
  expect(text).toContain('DSP0236-CTRL-GEID-01 (mandatory, DSP0236 1.3.3 8.2 MCTP packet fields, Table 1)');
  expect(text).toContain('expected  SUCCESS');
  expect(text).toContain('octets    00 01 02 [00] 00 00 00');
  expect(text).toContain('not applicable  pldm/get-tid/1: claim mctp.messageTypes has no pldm');
  expect(text).toContain(
    '9 planned: 1 fail, 1 error, 1 blocked, 1 warn, 1 waived, 2 pass, 1 not applicable, 1 unreachable',
  );
});

test('no string of a device reaches the terminal as a command', () => {
  // Line feeds are ours; every other control character would be the device's.
  expect(renderText(result, lines).replace(/\n/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
  expect(renderSummary(result, { colour: true })).not.toContain('\u001b[31m\u2028');
});

test('many failures are cut short, and the summary says so', () => {
  expect(renderSummary(result, { limit: 1, directory: '/tmp/out' })).toContain('… and 4 more');
  expect(renderSummary(result, { directory: '/tmp/out' })).toContain('reports   /tmp/out');
});

test('hidden characters are spelled out', () => {
  expect(visible('a\u202eb\n\ud800\u{1f600}é')).toBe('a\\u{202e}b\\n\\u{d800}\u{1f600}é');
});
