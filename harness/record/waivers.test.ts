import fc from 'fast-check';
import type { Waiver } from '../suite/compiled';
import { exitCodeOf } from './exit-code';
import { buildResult } from './result';
import { check, compiledCase, RecordBuilder } from './testing/record-fixture';
import { inRange } from './waivers';

const id = 'DSP0236/topic/1';
const requirement = 'DSP0236-CTRL-GEID-01';
const waiver: Waiver = {
  case: id,
  device: 'acme-x100',
  reason: 'fixed in 2.2',
  owner: 'jdoe',
  expires: '2026-03-01',
  source: { file: 'waivers.yaml', line: 3 },
};

function resultOf(
  waivers: readonly Waiver[],
  options: { readonly failed?: readonly string[]; readonly passed?: boolean; readonly firmware?: string } = {},
  expected: readonly string[] = [],
) {
  const { failed = ['eid'], passed = false, firmware } = options;
  const checks = passed
    ? [check(`${id}#1.eid`, 'pass')]
    : failed.map((path) => check(path === 'life' ? `${id}#life` : `${id}#1.${path}`, 'fail'));
  const source = { file: 'expected.yaml', line: 2 };
  return buildResult(
    new RecordBuilder()
      .start({ device: 'acme-x100' })
      .plan(compiledCase(id, [requirement]), compiledCase('DSP0236/topic/2', ['DSP0236-TIM-01']))
      .write({
        type: 'waivers',
        waivers,
        expectedFailures: expected.map((name) => ({ check: name, reason: 'known', source })),
      })
      .device(firmware === undefined ? {} : { firmware })
      .run(id, passed ? 'pass' : 'fail', checks)
      .run('DSP0236/topic/2', 'pass', [check('DSP0236/topic/2#1.eid', 'pass', { requirement: 'DSP0236-TIM-01' })])
      .end().lines,
  );
}

test('a failed case under a valid waiver is waived: the run is conformant, the check stays a failure', () => {
  const result = resultOf([waiver]);
  expect(result.verdict).toBe('conformant');
  expect(result.counts).toMatchObject({ waived: 1, fail: 0, pass: 1 });
  expect(result.cases[0]).toMatchObject({
    verdict: 'waived',
    reason: 'waived: fixed in 2.2 (jdoe, until 2026-03-01)',
    checks: [{ verdict: 'fail' }],
  });
  expect(result.coverage.tested.find((entry) => entry.requirement === requirement)?.verdict).toBe('waived');
  expect(result.waivers).toMatchObject([{ status: 'applied', cases: [id] }]);
  expect(exitCodeOf(result)).toBe(0);
});

test.each([
  ['of another device', { ...waiver, device: 'acme-x200' }, {}, 'other-device'],
  ['for other firmware', { ...waiver, firmware: '<2.2' }, { firmware: '2.2.0' }, 'other-device'],
  ['for firmware that the device does not tell', { ...waiver, firmware: '<2.2' }, {}, 'other-device'],
  ['that has expired', { ...waiver, expires: '2026-01-30' }, {}, 'expired'],
  ['that never ends', { ...waiver, expires: '2036-01-30' }, {}, 'over-broad'],
  ['of the death of the device', waiver, { failed: ['life'] }, 'over-broad'],
  ['of another clause', { ...waiver, case: undefined, requirement: 'DSP0236-TIM-01' }, {}, 'unmatched'],
])('a waiver %s covers nothing', (_, entry, options, status) => {
  const result = resultOf([entry as Waiver], options);
  expect(result.cases[0]?.verdict).toBe('fail');
  expect(result.waivers[0]).toMatchObject({ status, cases: [] });
  expect(exitCodeOf(result)).toBe(1);
});

test('a waiver by the UUID of the unit, in the firmware range, applies', () => {
  const own = { ...waiver, device: '12345678-9ABC-DEF0-1234-56789ABCDEF0', firmware: '>=2.0 <2.2' };
  expect(resultOf([own], { firmware: '2.1.9' }).waivers[0]).toMatchObject({ status: 'applied' });
});

test('a waiver that nothing needs any more is red, though the device passes', () => {
  const result = resultOf([waiver], { passed: true });
  expect(result.verdict).toBe('conformant');
  expect(result.waivers[0]).toMatchObject({ status: 'unmatched', note: 'what it names passes: remove it' });
  expect(exitCodeOf(result)).toBe(1);
});

test('a waiver of a clause covers its own failed checks, and not the others of the case', () => {
  const { case: _case, ...byClause } = { ...waiver, requirement };
  expect(resultOf([byClause]).cases[0]?.verdict).toBe('waived');
  const other = { ...byClause, requirement: 'DSP0236-TIM-01' };
  expect(resultOf([other]).cases[0]?.verdict).toBe('fail');
});

test('expected failures let a gate through and leave the verdict; one that has gone is red', () => {
  const known = resultOf([], {}, [`${id}#1.eid`]);
  expect(known.verdict).toBe('not-conformant');
  expect(known.expectedFailures).toEqual([{ check: `${id}#1.eid`, reason: 'known', status: 'met' }]);
  expect(exitCodeOf(known)).toBe(0);

  const more = resultOf([], { failed: ['eid', 'completionCode'] }, [`${id}#1.eid`]);
  expect(exitCodeOf(more)).toBe(1);

  const gone = resultOf([], { passed: true }, [`${id}#1.eid`]);
  expect(gone.expectedFailures[0]?.status).toBe('stale');
  expect(exitCodeOf(gone)).toBe(1);
});

test.each([
  ['2.1.9', '<2.2', true],
  ['2.2', '<2.2', false],
  ['2.10', '<2.2', false],
  ['2.2.0', '=2.2', true],
  ['2.2rc1', '<2.2', true],
  ['1.4.2', '>=1.4 <2', true],
  ['20.41.1000', '>=20.40', true],
  ['2.2', '2.2', true],
])('%s in %s: %s', (version, range, expected) => {
  expect(inRange(version, range)).toBe(expected);
});

test('versions are in total order', () => {
  const version = fc.array(fc.oneof(fc.nat(30).map(String), fc.constantFrom('a', 'rc')), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(version, version, (left, right) => {
      const [a, b] = [left.join('.'), right.join('.')];
      const holds = ['<', '=', '>'].filter((operator) => inRange(a, `${operator}${b}`));
      expect(holds).toHaveLength(1);
      expect(inRange(b, `>${a}`)).toBe(inRange(a, `<${b}`));
    }),
  );
});
