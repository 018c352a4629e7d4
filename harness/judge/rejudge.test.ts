import { join } from 'node:path';
import { packageRoot } from '../package-root';
import { planRun } from '../plan';
import type { RecordLine } from '../record/lines';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import { openBuiltIn } from '../suite/library';
import { evidenceOf } from './evidence';
import type { Today } from './rejudge';
import { discrepancies, rejudge } from './rejudge';

/** Records of earlier versions stay readable and judgeable. */
const { lines } = readRecord(join(packageRoot(), 'harness/judge/testing/record-0.1.0.ndjson'));

type Plan = Extract<RecordLine, { type: 'plan' }>;
const plan = lines.find((line): line is Plan => line.type === 'plan') as Plan;
const then: Today = { planned: plan.cases, requirements: plan.requirements, commands: plan.commands };
const failed = evidenceOf(lines).filter(({ recorded }) => recorded.verdict === 'fail');
const [first] = failed;
const id = first?.case ?? '';

/** What version 0.1.0 let pass though it had met nothing to look at. */
const HOLLOW = 'DSP0236/set-endpoint-id/19';
const elsewhere = <T extends { readonly case: string }>(found: readonly T[]): readonly T[] =>
  found.filter((entry) => entry.case !== HOLLOW);

/** The plan with one case changed. */
function withCase(change: (kase: Plan['cases'][number]['case']) => Plan['cases'][number]['case']): Today {
  const planned = then.planned.map((entry) => (entry.case.id === id ? { ...entry, case: change(entry.case) } : entry));
  return { ...then, planned };
}

test('the record of version 0.1.0 has what it takes to be judged again', () => {
  expect(buildResult(lines).verdict).toBe('not-conformant');
  expect(failed.length).toBeGreaterThan(2);
  expect(evidenceOf(lines).some(({ recorded }) => recorded.verdict === 'pass')).toBe(true);
});

test('its verdicts follow from its octets, but for a pass that rested on nothing', () => {
  expect(discrepancies(lines)).toEqual([
    { case: HOLLOW, recorded: 'pass', judged: 'nothing was shown: it rejects nothing' },
  ]);
});

test("today's suites judge it as those of its time did", () => {
  const { library } = openBuiltIn();
  const start = lines[0] as Extract<RecordLine, { type: 'run.start' }>;
  const profile = library.profiles[start.profile.id];
  if (profile === undefined) throw new Error('no profile');
  const { parameters, claims } = plan;
  const planned = planRun({ profile, library, claims, parameters, scope: start.scope, select: start.options.select });
  const differences = rejudge(lines, { planned, requirements: library.requirements, commands: library.commands });
  const again = differences.filter(({ before }) => before !== 'not planned');
  // Cases that send something else today cannot be judged by what was answered then.
  const unjudged = again.filter(({ after }) => after === 'not judged').map(({ case: id }) => id);
  expect(unjudged).toEqual(['DSP0236/set-endpoint-id/7', 'DSP0236/set-endpoint-id/17']);
  // One looks at more, one no more at what no octets could fail; the verdicts are what they were.
  const judged = elsewhere(again.filter(({ after }) => after !== 'not judged'));
  expect(judged).toMatchObject([
    {
      case: 'DSP0236/set-endpoint-id/1',
      before: 'pass',
      after: 'pass',
      checks: [{ id: 'DSP0236/set-endpoint-id/1#1.eid', before: 'none', after: 'pass' }],
    },
    {
      case: 'DSP0237/receive/11',
      before: 'pass',
      after: 'pass',
      checks: [{ id: 'DSP0237/receive/11#2.frames', before: 'pass', after: 'none' }],
    },
  ]);
});

test('an octet of an answer that was changed afterwards is found', () => {
  const forged = lines.map((line) =>
    line.type === 'observation' && line.case === id
      ? {
          ...line,
          observation: {
            ...line.observation,
            exchanges: line.observation.exchanges.map((exchange) =>
              exchange.response === undefined
                ? exchange
                : { ...exchange, response: { ...exchange.response, body: `${exchange.response.body.slice(0, 6)}01` } },
            ),
          },
        }
      : line,
  );
  expect(discrepancies(forged).map((entry) => entry.case)).toContain(id);
});

test('a verdict that was changed afterwards is found', () => {
  const forged = lines.map((line) =>
    line.type === 'case.end' && line.case === id ? { ...line, verdict: 'pass' as const } : line,
  );
  expect(elsewhere(discrepancies(forged))).toEqual([{ case: id, recorded: 'pass', judged: 'fail' }]);
});

test('a check that was taken out is found', () => {
  const forged = lines.filter((line) => line.type !== 'check' || line.case !== id || line.check.verdict !== 'fail');
  expect(elsewhere(discrepancies(forged))[0]).toMatchObject({ case: id, recorded: 'nothing' });
});

test('a milder requirement gives a milder verdict, and says why', () => {
  const requirement = first?.recorded.checks.find((check) => check.verdict === 'fail')?.requirement ?? '';
  const known = plan.requirements[requirement];
  if (known === undefined) throw new Error('no requirement');
  const requirements = { ...plan.requirements, [requirement]: { ...known, level: 'recommended' as const } };
  expect(rejudge(lines, { ...then, requirements }).find((entry) => entry.case === id)).toMatchObject({
    before: 'fail',
    after: 'warn',
    reason: `${requirement} was mandatory and is recommended`,
  });
});

test('another expectation is judged from the old octets', () => {
  const today = withCase((kase) => ({
    ...kase,
    steps: kase.steps.map((step) =>
      step.kind === 'request' || step.kind === 'send' ? { ...step, expect: { kind: 'anything' as const } } : step,
    ),
  }));
  expect(elsewhere(rejudge(lines, today))).toMatchObject([
    { case: id, before: 'fail', after: 'pass', reason: 'what it expects has changed' },
  ]);
});

test('other stimuli cannot be judged from the old octets', () => {
  const today = withCase((kase) => ({ ...kase, loops: [{ name: 'more', values: [1, 2] }] }));
  expect(elsewhere(rejudge(lines, today))).toMatchObject([{ case: id, before: 'fail', after: 'not judged' }]);
});

test('cases that are gone, and new ones, are told', () => {
  const [kept] = plan.cases;
  if (kept === undefined) throw new Error('no case');
  const fresh = { ...kept, case: { ...kept.case, id: 'DSP0236/set-endpoint-id/999' } };
  const planned = [...plan.cases.filter((entry) => entry.case.id !== id), fresh];
  expect(elsewhere(rejudge(lines, { ...then, planned }))).toMatchObject([
    { case: id, before: 'fail', after: 'not planned' },
    { case: 'DSP0236/set-endpoint-id/999', before: 'not planned', after: 'not judged' },
  ]);
});

test('what a case reads of the unit is told in the result, and a forged word of it is found', () => {
  const reads = plan.cases.map((entry) =>
    entry.case.id === id
      ? {
          ...entry,
          case: {
            ...entry.case,
            steps: entry.case.steps.map((step) =>
              step.kind === 'request' || step.kind === 'send'
                ? { ...step, save: { unitFirmware: 'message.body' } }
                : step,
            ),
          },
        }
      : entry,
  );
  const withUnit = (firmware: string): readonly RecordLine[] =>
    lines.flatMap((line): readonly RecordLine[] => {
      if (line.type === 'plan') return [{ ...line, cases: reads }];
      const ends = line.type === 'case.end' && line.case === id;
      return ends ? [{ type: 'unit', at: line.at, case: id, unit: { firmware } }, line] : [line];
    });
  const [found] = discrepancies(withUnit('9.9')).filter((entry) => entry.check === `${id}#unit`);
  const honest = (JSON.parse(found?.judged ?? '{}') as { firmware: string }).firmware;
  expect(honest).toMatch(/^00[0-9a-f]+$/);
  expect(discrepancies(withUnit(honest)).filter((entry) => entry.check === `${id}#unit`)).toEqual([]);
  expect(buildResult(withUnit(honest)).device.firmware).toBe(honest);
});
