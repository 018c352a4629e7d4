import { deviations } from '../emulator/deviations';
import type { CaseVerdict } from '../names';
import { openBuiltIn } from '../suite/library';
import type { Matrix, Row } from './selftest';
import { byCase, CLEAN, judgeMatrix, noteChecks, PARROT, SILENT, unreddened } from './selftest';
import { rowMaker } from './selftest-worker';

const { library } = openBuiltIn();

const TAGS = 'DSP0236/tags/1';
const UUID = 'DSP0236/tags/2';
const fault = (name: string, pervasive = false) => ({
  name,
  title: '',
  change: () => ({}),
  ...(pervasive && { pervasive }),
});

/** Two cases of one suite; the first lists `one`, the second `two`, both list `wide`. */
const two = {
  ...library,
  suites: library.suites
    .filter(({ id }) => id === 'DSP0236/tags')
    .map((suite) => ({
      ...suite,
      cases: suite.cases.map((kase) => ({ ...kase, deviations: kase.id === TAGS ? ['one', 'wide'] : ['two', 'wide'] })),
    })),
};

const row = (device: string, first: CaseVerdict, second: CaseVerdict): Row => ({
  device,
  binding: 'smbus',
  verdicts: { [TAGS]: first, [UUID]: second },
});

const lawful: readonly Row[] = [
  row(CLEAN, 'pass', 'pass'),
  row(SILENT, 'blocked', 'fail'),
  row(PARROT, 'pass', 'fail'),
  row('polite', 'pass', 'warn'),
  row('one', 'fail', 'pass'),
  row('two', 'pass', 'warn'),
  row('wide', 'fail', 'fail'),
];

/** The findings where these rows stand for those of the same device. */
function problems(...changed: readonly Row[]): readonly string[] {
  return problemsOf({ isWhole: () => true }, ...changed);
}

function problemsOf({ isWhole }: Pick<Matrix, 'isWhole'>, ...changed: readonly Row[]): readonly string[] {
  const rows = lawful.map((own) => changed.find(({ device }) => device === own.device) ?? own);
  const known = [fault('one'), fault('two'), fault('wide', true)];
  return judgeMatrix({
    rows,
    library: two,
    planned: [TAGS, UUID],
    deviations: known,
    personalities: ['polite'],
    isWhole,
  }).map(({ device, problem, cases }) => `${device}: ${problem}: ${cases.join(' ')}`);
}

describe('the matrix of cases and devices', () => {
  it('has no finding where exactly the cases that list a fault turn red', () => {
    expect(problems()).toEqual([]);
  });

  it.each([
    [`clean: red on the clean device: ${TAGS}`, row(CLEAN, 'warn', 'pass')],
    [`silent: passes on a device that does nothing: ${UUID}`, row(SILENT, 'fail', 'pass')],
    ['parrot: suites that a device which answers anything passes: DSP0236/tags', row(PARROT, 'pass', 'pass')],
    [`polite: fails a device that does what it may: ${UUID}`, row('polite', 'pass', 'fail')],
    [`one: turns red and does not list the deviation: ${UUID}`, row('one', 'fail', 'blocked')],
    [`wide: lists the deviation and does not turn red: ${UUID}`, row('wide', 'fail', 'pass')],
  ])('finds %s', (problem, changed) => {
    expect(problems(changed)).toEqual([problem]);
  });

  it('does not ask of a suite of which only some cases were chosen that it finds the parrot out', () => {
    expect(problemsOf({ isWhole: () => false }, row(PARROT, 'pass', 'pass'))).toEqual([]);
  });

  it('finds a case that no fault turns red, and a fault that turns no case red', () => {
    expect(problems(row('two', 'pass', 'pass'), row('wide', 'fail', 'pass'))).toEqual([
      `two: lists the deviation and does not turn red: ${UUID}`,
      `wide: lists the deviation and does not turn red: ${UUID}`,
      `-: no deviation turns the case red: ${UUID}`,
    ]);
  });

  it('takes a case for red where one of its instances is', () => {
    const instances = (device: string, ...verdicts: readonly CaseVerdict[]): Row => ({
      device,
      binding: 'smbus',
      verdicts: Object.fromEntries([...verdicts.entries()].map(([index, verdict]) => [`${TAGS}@${index}`, verdict])),
    });
    expect(problems(instances('one', 'pass', 'fail'))).toEqual([]);
    expect(problems(instances('one', 'pass', 'pass'))).toContain(
      `one: lists the deviation and does not turn red: ${TAGS}`,
    );
    expect(problems(instances(SILENT, 'fail', 'pass'))).toEqual([
      `silent: passes on a device that does nothing: ${TAGS}@1`,
    ]);
    expect(byCase(instances('one', 'pass', 'fail', 'warn')).verdicts).toEqual({ [TAGS]: 'fail' });
  });

  it('finds a run that failed', () => {
    expect(problems({ ...row('one', 'fail', 'pass'), failure: 'broken' })).toEqual(['one: the run failed: broken: -']);
  });
});

describe('the quick matrix', () => {
  const select = [
    'DSP0236/tags',
    'DSP0236/get-endpoint-uuid',
    'DSP0236/set-endpoint-id',
    'DSP0237/frame',
    'DSP0236/packet-header',
  ];
  const faults = deviations.filter(
    ({ name, classes, bindings, pervasive }) =>
      classes === undefined &&
      (bindings === undefined || bindings.includes('smbus')) &&
      pervasive !== true &&
      /^(uuid|set-eid|answers|stalls|lacks|header|sequence|smbus-(source|pec|counts))/.test(name),
  );

  it('says what the whole one says', async () => {
    const quick = await rowMaker({ profile: 'endpoint', select, every: false });
    const whole = await rowMaker({ profile: 'endpoint', select, every: true });
    expect(faults.length).toBeGreaterThan(20);
    for (const { name } of faults) {
      const job = { device: name, binding: 'smbus' } as const;
      expect(await quick(job)).toEqual(await whole(job));
    }
  }, 240_000);

  it('names a check that no device reddens', () => {
    const checked = (device: string, made: readonly string[], red: readonly string[]): Row => ({
      ...row(device, 'pass', 'pass'),
      checks: { made, red },
    });
    const ids = [`${TAGS}#2.at-least`, `${TAGS}#1.eid`, `${TAGS}#1.response`, `${UUID}#1.uuid`];
    expect(unreddened([checked(CLEAN, ids, []), checked('one', ids, [`${UUID}#1.uuid`])])).toEqual([`${TAGS}#1.eid`]);
    const walks = [`${TAGS}#1.walk`, `${TAGS}#2.1.walk`];
    expect(unreddened([checked(CLEAN, walks, [])])).toEqual([`${TAGS}#1.walk`]);
  });

  it('counts as red what an optional clause comes to, and nothing else that informs', () => {
    const notes = { made: new Set<string>(), red: new Set<string>() };
    const base = { requirement: '', expected: '', actual: '', step: 1, verdict: 'info' } as const;
    const checks = [
      { ...base, id: `${TAGS}#1.missed[x=1]`, level: 'optional', note: 'optional' } as const,
      { ...base, id: `${TAGS}#1.chosen`, level: 'optional', note: 'as many do' } as const,
      { ...base, id: `${TAGS}#1.told`, level: 'mandatory', note: 'not there' } as const,
    ];
    const [kase] = two.suites.flatMap((suite) => suite.cases).filter(({ id }) => id === TAGS);
    if (kase === undefined) throw new Error('no case');
    const judgement = { checks, verdict: 'warn' } as const;
    noteChecks(notes, { case: kase, verdict: 'warn', durationNs: 0, judgement });
    expect([...notes.red]).toEqual([`${TAGS}#1.missed`]);
    expect(notes.made.size).toBe(3);
  });
});
