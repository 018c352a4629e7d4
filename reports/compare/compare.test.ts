import fc from 'fast-check';
import type { CaseVerdict } from '../../harness/names';
import { buildResult } from '../../harness/record/result';
import { check, compiledCase, hostile, RecordBuilder } from '../../harness/record/testing/record-fixture';
import type { Side } from './compare';
import { compareRuns, wilson } from './compare';
import { rankTest } from './rank-test';
import { renderMarkdown, renderText } from './render';

const MS = 1_000_000;
const times = (...values: readonly number[]): ReadonlyMap<string, readonly number[]> =>
  new Map([['getEndpointId', values.map((value) => value * MS)]]);

/** A run whose cases ended so; several verdicts for one case are its attempts. */
function side(
  name: string,
  cases: { readonly [id: string]: CaseVerdict | readonly CaseVerdict[] },
  more: Partial<Side> = {},
): Side {
  const builder = new RecordBuilder().start().plan(
    ...Object.entries(cases).map(([id, verdict]) => {
      const kase = compiledCase(`T/topic/${id}`, ['DSP0236-CTRL-GEID-01']);
      return verdict === 'unreachable'
        ? { decision: 'unreachable' as const, case: kase, reason: 'needs frames' }
        : kase;
    }),
  );
  builder.device();
  for (const [id, verdicts] of Object.entries(cases)) {
    if (verdicts === 'unreachable') continue;
    for (const verdict of typeof verdicts === 'string' ? [verdicts] : verdicts) {
      const own = verdict === 'pass' || verdict === 'warn' || verdict === 'fail' ? verdict : undefined;
      const checks = own === undefined ? [] : [check(`T/topic/${id}#1.eid`, own)];
      builder.run(`T/topic/${id}`, verdict, checks, own === undefined ? 'stuck' : undefined);
    }
  }
  return { name, result: buildResult(builder.end().lines), times: new Map(), ...more };
}

test('each kind of change is told, what got worse first', () => {
  const before = side('old', { a: 'pass', b: 'pass', c: 'pass', d: 'fail', e: 'unreachable', f: 'pass', g: 'pass' });
  const after = side('new', { a: 'fail', b: 'unreachable', d: 'pass', e: 'pass', f: 'warn', g: 'pass', h: 'pass' });
  const comparison = compareRuns(before, after);
  expect(comparison.changes.map(({ case: id, kind }) => [id, kind])).toEqual([
    ['T/topic/a', 'new-failure'],
    ['T/topic/b', 'newly-not-run'],
    ['T/topic/c', 'removed'],
    ['T/topic/d', 'fixed'],
    ['T/topic/e', 'newly-run'],
    ['T/topic/h', 'added'],
    ['T/topic/f', 'other'],
  ]);
  expect(comparison.regressions).toEqual(['T/topic/a: new-failure', 'T/topic/b: newly-not-run', 'T/topic/c: removed']);
  expect(comparison.changes[0]?.why).toBe('T/topic/a#1.eid: expected SUCCESS, got ERROR');
});

test('a run against itself has no change, whatever it is', () => {
  const same = side('run', { a: ['pass', 'fail'], b: 'fail', c: 'unreachable' });
  const comparison = compareRuns(same, same);
  expect(comparison).toMatchObject({ changes: [], shifts: [], regressions: [], differsIn: [] });
});

test('a lower level and a run that was cut off are regressions', () => {
  const whole = side('old', { a: 'pass' });
  const lower = { ...whole, result: { ...whole.result, level: 'L1' as const } };
  const higher = { ...whole, result: { ...whole.result, level: 'L2' as const } };
  expect(compareRuns(higher, lower)).toMatchObject({ level: { lower: true }, regressions: ['level L2 → L1'] });
  expect(compareRuns(lower, higher)).toMatchObject({ level: { lower: false }, regressions: [] });
  const cut = { ...whole, result: { ...whole.result, verdict: 'incomplete' as const } };
  expect(compareRuns(whole, cut).regressions).toEqual(['the run is incomplete']);
});

test('what the runs do not share is named', () => {
  const old = side('old', { a: 'pass' });
  const strict = { ...old, result: { ...old.result, scope: { ...old.result.scope, strict: true } } };
  expect(compareRuns(old, strict).differsIn).toEqual(['strictness']);
});

test('attempts that differ are an estimate with its interval', () => {
  const flaky = side('new', { a: ['pass', 'pass', 'fail', 'pass'] });
  const { flakes, changes } = compareRuns(side('old', { a: 'pass' }), flaky);
  expect(flakes).toMatchObject([{ run: 'after', case: 'T/topic/a', attempts: 4, red: 1 }]);
  expect(changes).toMatchObject([{ kind: 'new-failure', flaky: true }]);
  // Textbook values of the Wilson interval for 1 in 4.
  expect(wilson(1, 4).map((share) => share.toFixed(3))).toEqual(['0.046', '0.699']);
});

describe('response times', () => {
  const fast = Array.from({ length: 30 }, (_, index) => 10 + (index % 5) * 0.1);
  const at = (values: readonly number[]): Side => side('run', { a: 'pass' }, { times: times(...values) });

  test('that move by more than chance and more than a little are a shift', () => {
    const slow = fast.map((value) => value * 1.5);
    expect(compareRuns(at(fast), at(slow)).shifts).toMatchObject([
      { command: 'getEndpointId', beforeMs: 10.2, afterMs: 15.3 },
    ]);
    expect(compareRuns(at(fast), at(slow)).regressions).toEqual([]);
  });

  test.each([
    ['too little', fast.map((value) => value + 0.2)],
    ['in too few samples', [20, 20, 20]],
    ['not at all', fast],
  ])('that move %s are none', (_, values) => {
    expect(compareRuns(at(fast), at(values)).shifts).toEqual([]);
  });

  test('the rank test agrees with a computed example and is symmetric', () => {
    // The second is larger in 59 of 64 pairs and equal in one: z = 27 / 9.514.
    const low = [1, 2, 3, 4, 5, 6, 7, 8];
    const high = [5, 7.5, 9, 10, 11, 12, 13, 14];
    const test = rankTest(low, high);
    expect(test?.larger).toBeCloseTo(59.5 / 64, 9);
    expect(test?.p).toBeCloseTo(0.00454, 4);
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 8, maxLength: 40 }),
        fc.array(fc.nat(50), { minLength: 8, maxLength: 40 }),
        (a, b) => {
          const [there, back] = [rankTest(a, b), rankTest(b, a)];
          expect(there?.p).toBeCloseTo(back?.p ?? -1, 9);
          expect((there?.larger ?? 0) + (back?.larger ?? 0)).toBeCloseTo(1, 9);
          expect(there?.p).toBeGreaterThanOrEqual(0);
          expect(there?.p).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

test('text and Markdown tell the same, and words of a device are no markup', () => {
  const before = side(hostile, { a: 'pass', b: 'fail' });
  const after = side('new', { a: ['fail', 'pass'], b: 'pass' });
  const comparison = compareRuns(before, after);
  const [text, markdown] = [renderText(comparison), renderMarkdown(comparison)];
  for (const out of [text, markdown]) {
    expect(out).toContain('not-conformant → not-conformant: 1 got worse, 1 fixed');
    expect(out).toContain('T/topic/a');
    for (const hidden of ['\u001b', '\u202e', '\u2028']) expect(out.includes(hidden)).toBe(false);
  }
  expect(markdown).not.toContain('<img');
  expect(markdown).not.toContain('</script>');
});
