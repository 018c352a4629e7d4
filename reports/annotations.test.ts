import { buildResult } from '../harness/record/result';
import { hostile, sampleRecord } from '../harness/record/testing/record-fixture';
import { renderGithub, renderGitlab } from './annotations';

const { lines } = sampleRecord(`${hostile}\n::error ::pwned, 100 %`);
const result = buildResult(lines);

test('GitHub gets one command a line, at the line of the case', () => {
  const out = renderGithub(result, lines).trimEnd().split('\n');
  expect(out).toHaveLength(5);
  expect(out[0]).toMatch(
    /^::error file=suites\/fixture\.yaml,line=1,title=DSP0236\/packet-header\/3 answers Get Endpoint ID::DSP0236-CTRL-GEID-01: /,
  );
  expect(out[1]).toMatch(/^::warning file=.*::DSP0236-CTRL-GEID-01: .*expected within 100 ms/);
  expect(out.every((line) => /^::(?:error|warning) file=[^:,]+,line=\d+,title=[^:,]+::/.test(line))).toBe(true);
});

test('GitLab gets a list with fingerprints that stay', () => {
  const issues = JSON.parse(renderGitlab(result, lines)) as readonly { fingerprint: string; severity: string }[];
  expect(issues.map(({ severity }) => severity)).toEqual(['critical', 'minor', 'critical', 'minor', 'critical']);
  expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(5);
  const later = sampleRecord('another uuid').lines;
  const again = JSON.parse(renderGitlab(buildResult(later), later)) as readonly { fingerprint: string }[];
  expect(again.map(({ fingerprint }) => fingerprint)).toEqual(issues.map(({ fingerprint }) => fingerprint));
});
