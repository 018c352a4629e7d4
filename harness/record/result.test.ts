import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseVerdict } from '../names';
import { caseVerdicts } from '../names';
import { packageRoot } from '../package-root';
import { exitCodeOf } from './exit-code';
import type { RecordLine } from './lines';
import { buildResult } from './result';
import { resultJsonSchema, resultSchema } from './result-schema';
import { check, compiledCase, hostile, RecordBuilder, sampleRecord } from './testing/record-fixture';

const geid = 'DSP0236-CTRL-GEID-01';
const a = compiledCase('S/t/1', [geid]);
const b = compiledCase('S/t/2', [geid, 'DSP0236-PKT-VER-01']);
const pass = check('S/t/1#1.eid', 'pass');

const begin = (more: Parameters<RecordBuilder['start']>[0] = {}): RecordBuilder =>
  new RecordBuilder().start(more).device().plan(a);

function resultOf(builder: RecordBuilder) {
  const result = buildResult(builder.lines);
  resultSchema.parse(JSON.parse(JSON.stringify(result)));
  const sum = caseVerdicts.reduce((total, verdict) => total + result.counts[verdict], 0);
  expect(sum).toBe(result.planned);
  expect(result.cases).toHaveLength(result.planned);
  return result;
}

describe('run verdict and exit code', () => {
  const table: readonly [string, RecordBuilder, string, number][] = [
    ['all pass', begin().run(a.id, 'pass', [pass]).end(), 'conformant', 0],
    [
      'a failure',
      begin()
        .run(a.id, 'fail', [check('x', 'fail')])
        .end(),
      'not-conformant',
      1,
    ],
    [
      'the runner says better',
      begin()
        .run(a.id, 'fail', [check('x', 'fail')])
        .end({ verdict: 'conformant' }),
      'not-conformant',
      1,
    ],
    [
      'the device died',
      begin().plan(a, b).run(a.id, 'pass', [pass]).run(b.id, 'blocked', [], 'by S/t/1').end(),
      'not-conformant',
      1,
    ],
    ['only blocked', begin().run(a.id, 'blocked', [], 'by S/t/0').end(), 'error', 3],
    ['an error', begin().run(a.id, 'error', [], 'stuck').end(), 'error', 3],
    ['no end line', begin().run(a.id, 'pass', [pass]), 'incomplete', 3],
    ['a case without end', begin().write({ type: 'case.start', case: a.id, attempt: 1 }).end(), 'incomplete', 3],
    ['a case that never began', begin().end(), 'incomplete', 3],
    ['interrupted', begin().run(a.id, 'pass', [pass]).end({ interrupted: true }), 'incomplete', 130],
    [
      'interrupted with a failure',
      begin()
        .run(a.id, 'fail', [check('x', 'fail')])
        .end({ interrupted: true }),
      'incomplete',
      130,
    ],
    ['nothing planned', new RecordBuilder().start().plan().end(), 'error', 3],
    ['no plan', new RecordBuilder().start().end(), 'error', 3],
    [
      'nothing applicable',
      new RecordBuilder().start().plan({ decision: 'not-applicable', case: a, reason: 'no' }).end(),
      'error',
      3,
    ],
    [
      'selected',
      begin({ options: { strict: false, thorough: false, select: ['S'] } })
        .run(a.id, 'pass', [pass])
        .end(),
      'partial',
      0,
    ],
    [
      'selected and red',
      begin({ options: { strict: false, thorough: false, select: ['S'] } })
        .run(a.id, 'fail', [check('x', 'fail')])
        .end(),
      'not-conformant',
      1,
    ],
    ['discovery failed', begin().end({ verdict: 'error', reason: 'no answer to discovery' }), 'error', 3],
    ['a case beside the plan', begin().run(a.id, 'pass', [pass]).run('S/t/9', 'pass', [pass]).end(), 'error', 3],
    ['pass without a check', begin().run(a.id, 'pass', []).end(), 'error', 3],
    [
      'pass with a failed check',
      begin()
        .run(a.id, 'pass', [check('x', 'fail')])
        .end(),
      'error',
      3,
    ],
  ];
  test.each(table)('%s', (_name, builder, verdict, exit) => {
    const result = resultOf(builder);
    expect(result.verdict).toBe(verdict);
    expect(exitCodeOf(result)).toBe(exit);
  });

  test('a profile that demands more than the scope reaches is partial', () => {
    const start = begin().lines[0] as Extract<RecordLine, { type: 'run.start' }>;
    const profile = { ...start.profile, demands: 'frames' as const };
    const scope = { ...start.scope, plane: 'messages' as const };
    const result = resultOf(begin({ profile, scope }).run(a.id, 'pass', [pass]).end());
    expect(result).toMatchObject({ verdict: 'partial', scope: { planes: ['messages'] } });
    expect(result.reason).toContain('demands frames');
  });
});

describe('one case', () => {
  const verdictOf = (builder: RecordBuilder): CaseVerdict | undefined => resultOf(builder).cases[0]?.verdict;

  test('re-judged after a late frame, the last judging wins', () => {
    const late = begin().run(a.id, 'pass', [check('x', 'pass'), check('y', 'pass')]);
    late.write({ type: 'check', case: a.id, check: check('x', 'fail') });
    late.write({ type: 'case.end', case: a.id, verdict: 'fail' }).end();
    const [entry] = resultOf(late).cases;
    expect(entry).toMatchObject({ verdict: 'fail', attempts: 1 });
    expect(entry?.checks.map((one) => one.verdict)).toEqual(['fail', 'pass']);
  });

  test('within one judging a second check of the same id never hides the first', () => {
    expect(
      verdictOf(
        begin()
          .run(a.id, 'fail', [check('x', 'fail'), check('x', 'pass')])
          .end(),
      ),
    ).toBe('fail');
    expect(
      resultOf(
        begin()
          .run(a.id, 'fail', [check('x', 'fail'), check('x', 'pass')])
          .end(),
      ).cases[0]?.checks[0]?.verdict,
    ).toBe('fail');
  });

  test('of several attempts the worst counts, and says so', () => {
    const builder = begin()
      .run(a.id, 'pass', [pass])
      .run(a.id, 'fail', [check('x', 'fail')])
      .run(a.id, 'pass', [pass])
      .end();
    expect(resultOf(builder).cases[0]).toMatchObject({
      verdict: 'fail',
      reason: 'fail in 1 of 3 attempts',
      attempts: 3,
      outcomes: { pass: 2, fail: 1 },
    });
  });

  test('an attempt that was cut off is repeated in the next segment', () => {
    const builder = begin().write({ type: 'case.start', case: a.id, attempt: 1 });
    builder.write({ type: 'check', case: a.id, check: check('x', 'fail') }).start({ segment: 2 });
    const result = resultOf(builder.run(a.id, 'pass', [pass]).end());
    expect(result).toMatchObject({ verdict: 'conformant', segments: 2 });
    expect(result.cases[0]).toMatchObject({ verdict: 'pass', attempts: 1, checks: [pass] });
  });

  test('what did not run has the verdict and reason of the plan', () => {
    const builder = new RecordBuilder().start().plan(a, { decision: 'unreachable', case: b, reason: 'needs frames' });
    const result = resultOf(builder.run(a.id, 'pass', [pass]).end());
    expect(result.cases[1]).toMatchObject({ verdict: 'unreachable', reason: 'needs frames', attempts: 0, checks: [] });
    expect(result.coverage.untested).toEqual(['DSP0236-PKT-VER-01']);
  });
});

test('coverage has the worst verdict of each requirement', () => {
  const builder = new RecordBuilder().start().plan(a, b).run(a.id, 'pass', [pass]);
  const result = resultOf(
    builder.run(b.id, 'fail', [check('y', 'fail'), check('z', 'pass', { requirement: 'DSP0236-PKT-VER-01' })]).end(),
  );
  expect(result.coverage.tested).toEqual([
    { requirement: geid, level: 'mandatory', verdict: 'fail', cases: [a.id, b.id] },
    { requirement: 'DSP0236-PKT-VER-01', level: 'mandatory', verdict: 'pass', cases: [b.id] },
  ]);
});

test('timing has a row per command', () => {
  const { timing } = resultOf(sampleRecord());
  const counts = { count: 7, late: 0, retried: 0, unanswered: 0 };
  expect(timing.commands).toEqual([{ command: 'getEndpointId', ...counts, p50Ms: 2, p99Ms: 2, maxMs: 2 }]);
  expect(timing.durationMs).toBeGreaterThan(0);
});

test('names of Object.prototype are no requirements', () => {
  const odd = compiledCase('S/t/1', ['constructor', '__proto__', 'toString']);
  const result = resultOf(
    new RecordBuilder()
      .start()
      .plan(odd)
      .run(odd.id, 'pass', [check('x', 'pass')])
      .end(),
  );
  expect(result.cases[0]?.level).toBe('mandatory');
});

test('every sample validates, and the shipped schema is the current one', () => {
  resultOf(sampleRecord());
  resultOf(sampleRecord(hostile));
  const shipped: unknown = JSON.parse(readFileSync(join(packageRoot(), 'profiles/schema/result.json'), 'utf8'));
  expect(shipped).toEqual(JSON.parse(JSON.stringify(resultJsonSchema())));
});
