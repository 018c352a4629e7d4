import { judgeCapability, judgeDemand, judgeOverlays, judgeProgrammes, levelOf, settleWays } from './capabilities';
import type { PlannedCapability, Program } from './program';
import type { CapabilityResult, CaseResult } from './result-schema';

const kase = (id: string, verdict: CaseResult['verdict'], more: Partial<CaseResult> = {}): CaseResult => ({
  id,
  title: id,
  suite: 'T',
  verdict,
  requirements: [],
  level: 'mandatory',
  checks: [],
  durationMs: 1,
  attempts: 1,
  ...more,
});

const planned = (more: Partial<PlannedCapability> = {}): PlannedCapability => ({
  id: 'NIC.TEMP.ASIC',
  title: 'ASIC temperature',
  level: 'L2',
  need: 'mandatory',
  ways: [
    { rank: 1, cases: ['T/pldm/1'] },
    { rank: 2, cases: ['T/nc-si/1', 'T/nc-si/2'] },
  ],
  differs: [{ code: 'D-ABS', seen: '0 degrees' }],
  ...more,
});

function judge(cases: readonly CaseResult[], more: Partial<PlannedCapability> = {}): CapabilityResult {
  return judgeCapability(planned(more), new Map(cases.map((entry) => [entry.id, entry])));
}

const second = [kase('T/nc-si/1', 'pass'), kase('T/nc-si/2', 'warn')];

describe('a capability', () => {
  test('is met by the best way, whatever becomes of the others', () => {
    const red = [kase('T/pldm/1', 'pass'), kase('T/nc-si/1', 'fail'), kase('T/nc-si/2', 'pass')];
    expect(judge(red)).toMatchObject({ status: 'met-with-note', rank: 1, note: 'way 2 failed: T/nc-si/1' });
    expect(judge([kase('T/pldm/1', 'pass'), ...second])).toMatchObject({ status: 'met', rank: 1 });
  });

  test('is met with a note by the second way, which says what became of the first', () => {
    expect(judge([kase('T/pldm/1', 'fail'), ...second])).toMatchObject({
      status: 'met-with-note',
      rank: 2,
      note: 'by way 2; warned: T/nc-si/2; way 1 failed: T/pldm/1',
    });
    const none = kase('T/pldm/1', 'not-applicable', { reason: '2 in pldm.types' });
    expect(judge([none, ...second])).toMatchObject({
      status: 'met-with-note',
      rank: 2,
      note: 'by way 2; warned: T/nc-si/2',
    });
  });

  test('is not met where every way that the device claims fails, and names how others miss it', () => {
    const none = [kase('T/nc-si/1', 'not-applicable'), kase('T/nc-si/2', 'not-applicable')];
    const found = judge([kase('T/pldm/1', 'fail'), ...none]);
    expect(found).toMatchObject({ status: 'not-met', reason: 'T/pldm/1', differs: [{ code: 'D-ABS' }] });
  });

  test('is missing where the device claims no way to it, which is nothing where it is optional', () => {
    const none = ['T/pldm/1', 'T/nc-si/1', 'T/nc-si/2'].map((id) => kase(id, 'not-applicable', { reason: 'no claim' }));
    expect(judge(none)).toMatchObject({ status: 'not-met', reason: expect.stringContaining('D-CAP') });
    expect(judge(none, { need: 'optional' })).toMatchObject({ status: 'not-applicable' });
  });

  test.each(['unreachable', 'blocked', 'error'] as const)('that was not tested never passes: %s', (verdict) => {
    const cases = [kase('T/pldm/1', 'fail'), kase('T/nc-si/1', verdict, { reason: 'why' }), kase('T/nc-si/2', 'pass')];
    expect(judge(cases)).toMatchObject({ status: 'not-tested', reason: 'T/nc-si/1: why' });
  });

  test('is not tested where the first case of a way met nothing to look at; what another met not is a note', () => {
    const idle = (id: string) => kase(id, 'warn', { reason: 'nothing was shown: there is none now' });
    const none = kase('T/nc-si/1', 'not-applicable');
    expect(judge([idle('T/pldm/1'), none, kase('T/nc-si/2', 'not-applicable')])).toMatchObject({
      status: 'not-tested',
      reason: 'T/pldm/1: nothing was shown: there is none now',
    });
    expect(judge([idle('T/pldm/1'), ...second])).toMatchObject({ status: 'met-with-note', rank: 2 });
    const later = [kase('T/pldm/1', 'fail'), kase('T/nc-si/1', 'pass'), idle('T/nc-si/2')];
    expect(judge(later)).toMatchObject({ status: 'met-with-note', rank: 2 });
    const warned = kase('T/pldm/1', 'warn', { reason: 'slow' });
    expect(judge([warned, none, kase('T/nc-si/2', 'not-applicable')])).toMatchObject({ status: 'met-with-note' });
  });

  test('is not tested where a case of its way is not in the run', () => {
    expect(judge([kase('T/nc-si/1', 'pass')])).toMatchObject({ status: 'not-tested' });
    expect(judge([], { ways: [], untested: 'no table yet' })).toMatchObject({
      status: 'not-tested',
      reason: 'no table yet',
    });
  });

  test('is met with a note under a waiver', () => {
    const waived = kase('T/pldm/1', 'waived', { reason: 'waived: fixed in 2.2' });
    expect(judge([waived, ...second])).toMatchObject({
      status: 'met-with-note',
      rank: 1,
      note: 'waived: T/pldm/1: waived: fixed in 2.2',
    });
  });

  test('does not apply where its condition does not hold', () => {
    const condition = { text: 'holds when pldm in mctp.messageTypes', holds: false };
    expect(judge([kase('T/pldm/1', 'fail')], { need: 'conditional', condition })).toMatchObject({
      status: 'not-applicable',
    });
  });
});

const result = (
  level: CapabilityResult['level'],
  status: CapabilityResult['status'],
  more: Partial<CapabilityResult> = {},
): CapabilityResult => ({ id: `X.${level}`, title: 'x', level, need: 'mandatory', status, ways: [], ...more });

describe('the level', () => {
  test('is the highest of which everything that counts is met, as is all below', () => {
    expect(levelOf([])).toBeNull();
    expect(levelOf([result('L0', 'met'), result('L1', 'met-with-note'), result('L2', 'not-met')])).toBe('L1');
    expect(levelOf([result('L0', 'not-tested'), result('L1', 'met')])).toBeNull();
    expect(levelOf([result('L0', 'met'), result('L1', 'not-met', { need: 'optional' })])).toBe('L0');
    expect(levelOf([result('L0', 'met'), result('L4', 'met')])).toBe('L0');
  });

  test('counts a conditional capability where its condition holds', () => {
    const conditional = { need: 'conditional' } as const;
    expect(levelOf([result('L0', 'met'), result('L1', 'not-applicable', conditional)])).toBe('L0');
    expect(levelOf([result('L0', 'met'), result('L0', 'not-met', conditional)])).toBeNull();
  });

  test("is L1 at most with a vendor's own way", () => {
    expect(levelOf([result('L0', 'met'), result('L1', 'met-with-note', { rank: 'oem' }), result('L2', 'met')])).toBe(
      'L1',
    );
  });
});

const program = (level: 'L1' | 'L2'): Program => ({
  capabilities: [],
  demands: { level, by: 'profile' },
  overlays: [],
});

describe('a demanded level', () => {
  test('that is missed makes a run not conformant, one that was not tested makes it partial', () => {
    const unmet = [result('L0', 'met'), result('L2', 'not-met')];
    expect(judgeDemand(program('L2'), unmet)).toEqual({
      verdict: 'not-conformant',
      reason: 'the profile demands L2, and not met: X.L2',
    });
    const untested = [result('L0', 'met'), result('L2', 'not-tested')];
    expect(judgeDemand(program('L2'), untested)?.verdict).toBe('partial');
    const whole = [result('L0', 'met'), result('L1', 'met'), result('L2', 'met')];
    expect(judgeDemand(program('L2'), whole)).toBeUndefined();
  });

  test('is not touched by what belongs to a higher one', () => {
    const higher = [result('L0', 'met'), result('L1', 'met'), result('L2', 'not-met')];
    expect(judgeDemand(program('L1'), higher)).toBeUndefined();
  });

  test('of which the profile has no capability is not shown', () => {
    expect(judgeDemand(program('L2'), [result('L1', 'met')])?.verdict).toBe('partial');
  });
});

describe('cases that are ways and nothing else', () => {
  test('tell what failed and do not fail the run', () => {
    const serves = new Map([['T/pldm/1', ['NIC.TEMP.ASIC']]]);
    const [way, own] = settleWays([kase('T/pldm/1', 'fail'), kase('T/own/1', 'fail')], serves);
    expect(way).toMatchObject({ verdict: 'warn', reason: 'failed, and decides NIC.TEMP.ASIC alone' });
    expect(own?.verdict).toBe('fail');
  });

  test('still decide their capability', () => {
    const failed = {
      id: 'c',
      requirement: 'R',
      level: 'mandatory',
      verdict: 'fail',
      expected: '',
      actual: '',
      step: 1,
    };
    const way = kase('T/pldm/1', 'fail', { checks: [failed as CaseResult['checks'][number]] });
    const settled = settleWays([way, kase('T/nc-si/1', 'not-applicable')], new Map([['T/pldm/1', ['X']]]));
    expect(judge(settled, { ways: [{ rank: 1, cases: ['T/pldm/1'] }] }).status).toBe('not-met');
  });
});

describe('a programme', () => {
  const overlay = (confirmed: boolean): Program => ({
    capabilities: [],
    overlays: [
      {
        id: 'ocp',
        title: 'OCP',
        version: '1',
        classes: [],
        rules: [
          {
            id: 'T-1',
            title: 'temperature',
            need: 'required',
            confirmed,
            source: 's',
            capabilities: ['X.L2'],
            requirements: ['R-1'],
          },
          {
            id: 'T-2',
            title: 'EEPROM',
            need: 'required',
            confirmed,
            source: 's',
            capabilities: [],
            requirements: [],
            outside: 'on another bus',
          },
        ],
      },
    ],
  });
  const tested = [{ requirement: 'R-1', level: 'mandatory', verdict: 'pass', cases: ['T/x/1'] }] as const;

  test('has a row for each rule, as good as the worst that it is mapped to', () => {
    const [found] = judgeOverlays(overlay(true), [result('L2', 'not-met', { reason: 'why' })], tested);
    expect(found).toMatchObject({ id: 'ocp', status: 'not-met' });
    expect(found?.rules.map(({ id, status, reason }) => [id, status, reason])).toEqual([
      ['T-1', 'not-met', 'X.L2: why'],
      ['T-2', 'not-tested', 'on another bus'],
    ]);
  });

  test('decides by rules that are confirmed, and by no other', () => {
    const unmet = [result('L2', 'not-met')];
    expect(judgeProgrammes(judgeOverlays(overlay(true), unmet, tested))).toEqual({
      verdict: 'not-conformant',
      reason: 'not met: ocp T-1',
    });
    expect(judgeProgrammes(judgeOverlays(overlay(false), unmet, tested))).toBeUndefined();
  });

  test('does not take for met what no case exercised', () => {
    const [found] = judgeOverlays(overlay(true), [result('L2', 'met')], []);
    expect(found?.rules[0]).toMatchObject({ status: 'not-tested', reason: 'R-1: no case of this run exercised it' });
    expect(found?.status).toBe('not-tested');
  });
});
