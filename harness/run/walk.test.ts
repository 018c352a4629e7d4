import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitoring } from '../emulator/deviations/pldm-platform';
import type { Answer, Deviation, DeviceRequest } from '../emulator/endpoint-types';
import { correctRules } from '../emulator/platform';
import { judgeCase } from '../judge/judge';
import { packageRoot } from '../package-root';
import type { Check } from '../record/lines';
import type { CompiledCase } from '../suite/compiled';
import { commands } from '../suite/testing/command-tables';
import type { BenchOptions } from './testing/bench';
import { bench } from './testing/bench';

/** Walks over the emulated network card: its sensors, and the ways in which a device can lead one astray. */

const REPOSITORY = `
          - walk: pldm/getPdr
            as: sensor
            fields: { recordHandle: 0, transferHandle: 0, operation: getFirstPart, requestCount: 32 }
            parts:
              until: { transferFlag: { in: [end, startAndEnd] } }
              fields: { transferHandle: $answer.nextTransferHandle, operation: getNextPart }
              data: recordData
              checksum: { kind: crc8, field: crc, over: parts }
            next:
              until: { nextRecordHandle: 0 }
              fields: { recordHandle: $answer.nextRecordHandle }
              at-most: 100
            decode: pdr
            each-answer: { responseCount: { min: 1, max: 32 } }
            where: { pdrType: numericSensor, baseUnit: degreesC }
            label: sensorId
            each: { trailing: "" }
            expect: { count: { min: 5 } }
            save: { sensors: count, first: selected.0.sensorId }
            steps:
              - request: pldm/getSensorReading
                fields: { sensorId: $sensor.sensorId }
                expect:
                  one-of:
                    - { expect: { operationalState: enabled, reading: { scaled: { by: $sensor, match: { min: -40, max: 125 } } } }, verdict: pass }
                    - { expect: { operationalState: unavailable }, verdict: info }
`;

function suiteOf(steps: string): string {
  return `
    suite: T/topic
    title: Topic
    cases:
      - id: T/topic/1
        title: does
        requirements: [DSP0236-PKT-VER-02]
        needs: messages
        steps:${steps}`.replace(/^ {4}/gm, '');
}

async function checks(steps: string, options: BenchOptions = {}): Promise<readonly Check[]> {
  const { whole, lines } = bench(suiteOf(steps), options);
  await whole();
  return lines('check').map(({ check }) => check);
}

const failed = (all: readonly Check[]): readonly string[] =>
  all.filter(({ verdict }) => verdict === 'fail').map(({ id, actual }) => `${id.replace('T/topic/1#', '')}: ${actual}`);

/** Changes the successful answers to one command. */
function answering(command: string, change: (answer: Answer, request: DeviceRequest) => Answer): Deviation['change'] {
  return (correct) => ({
    respond: (request, commands) => {
      const answer = correct.respond(request, commands);
      return request.command.name === command ? change(answer, request) : answer;
    },
  });
}

const withField = (name: string, value: number | string) => (answer: Answer) =>
  answer === 'silence' ? answer : { ...answer, fields: { ...answer.fields, [name]: value } };

describe('a walk over the repository of sensors', () => {
  it('ends, selects sensors by what they measure, and reads each of them', async () => {
    const all = await checks(REPOSITORY);
    expect(failed(all)).toEqual([]);
    const ids = all.map(({ id }) => id.replace('T/topic/1#', ''));
    expect(ids).toEqual(
      expect.arrayContaining([
        '1.walk',
        '1.checksum',
        '1.answers.responseCount',
        '1.at-least',
        '1.each.trailing',
        '1.count',
      ]),
    );
    expect(ids.filter((id) => /^1\.1\.one-of\[sensorId=\d+\]$/.test(id)).length).toBeGreaterThan(1);
    expect(all.find(({ id }) => id.endsWith('#1.at-least'))?.actual).toMatch(/^\d of \d+ entries$/);
  });

  it.each([
    [
      'loops back',
      withField('nextRecordHandle', 1),
      /^1\.walk: recordHandle 1 for the second time, after \d+ entr.*circles$/,
    ],
    [
      'never ends',
      (answer: Answer, { fields }: DeviceRequest) =>
        withField('nextRecordHandle', Number(fields.recordHandle) + 1)(answer),
      /^1\.walk: (no end after 100 entries|.*after \d+ entries)/,
    ],
    ['never comes to the last part', withField('transferFlag', 1), /^1\.walk: /],
    [
      'gives the same part again and again',
      (answer: Answer) => withField('nextTransferHandle', 16)(withField('transferFlag', 1)(answer)),
      /^1\.walk: no end after 0 entries in 17 answers$/,
    ],
    [
      'gives no more of an entry that is not whole',
      (answer: Answer) =>
        withField('recordData', '')(withField('responseCount', 0)(withField('transferFlag', 1)(answer))),
      /^1\.walk: none, after 0 entries in 1 answer$/,
    ],
    [
      'refuses',
      () => ({ fields: { completionCode: 0x85 } }),
      /^1\.walk: REPOSITORY_UPDATE_IN_PROGRESS, after 0 entries in 1 answer$/,
    ],
    ['says nothing', () => 'silence' as const, /^1\.walk: none, after 0 entries in 0 answers$/],
    ['has a wrong checksum', withField('crc', 0x17), /^1\.checksum: entry \d+: 0x17$/],
  ])('fails by its own clause where the device %s', async (_what, change, found) => {
    const all = await checks(REPOSITORY, { deviations: [answering('pldm/getPdr', change)] });
    expect(failed(all)[0]).toMatch(found);
  });
});

describe('a walk over a list that is known', () => {
  const types = `
          - request: pldm/getPldmTypes
            expect: { completionCode: SUCCESS, types: { some: 0 } }
            save: { types: types }
          - walk: { over: $saved.types }
            as: type
            where: { in: [0, 4] }
            steps:
              - walk: pldm/getPldmVersion
                as: version
                fields: { transferHandle: 0, operation: getFirstPart, pldmType: $type }
                parts:
                  until: { transferFlag: { in: [end, startAndEnd] } }
                  fields: { transferHandle: $answer.nextTransferHandle, operation: getNextPart }
                  data: portion
                decode: versionTable
                expect: { decoded: { each: { crcStatus: good, trailing: "" } } }
                entries: versions
                steps:
                  - request: pldm/getPldmCommands
                    fields: { pldmType: $type, version: "00f0f1f1" }
                    save: { commands: commands }
                    expect: { one-of: [ { expect: { completionCode: SUCCESS }, verdict: pass }, { expect: { completionCode: INVALID_PLDM_VERSION_IN_REQUEST }, verdict: info } ] }
`;
  it('runs walks within walks, and calls every place by its entries', async () => {
    const { whole, lines } = bench(suiteOf(types));
    const outcomes = await whole();
    expect(outcomes[0]?.reason).toBeUndefined();
    const all = lines('check').map(({ check }) => check);
    expect(failed(all)).toEqual([]);
    const ids = all.map(({ id }) => id.replace('T/topic/1#', ''));
    expect(ids).toEqual(
      expect.arrayContaining([
        '2.at-least',
        '2.1.walk[type=0]',
        '2.1.at-least[type=4]',
        '2.1.1.one-of[type=4,version=1]',
      ]),
    );
    expect(ids.some((id) => id.includes('type=2'))).toBe(false);
    const inner = lines('observation').flatMap(({ observation }) => observation.within ?? []);
    expect(inner.map(({ steps }) => steps.join('.'))).toEqual(['1', '1.1', '1', '1.1']);
    expect(Object.keys(inner[1]?.entries ?? {})).toEqual(['type', 'version']);
  });
});

it('never passes for want of entries, unless the case allows that', async () => {
  const none = REPOSITORY.replace('baseUnit: degreesC', 'baseUnit: hertz');
  expect(failed(await checks(none))).toEqual([expect.stringMatching(/^1\.at-least: 0 of \d+ entries$/)]);
  const allowed = await checks(none.replace('label: sensorId', 'label: sensorId\n            at-least: 0'));
  expect(failed(allowed)).toEqual([]);
  expect(allowed.find(({ id }) => id.endsWith('#1.at-least'))).toMatchObject({ verdict: 'info' });
});

it('shows nothing where it found nothing to look at: a case that has nothing else does not pass', async () => {
  const walk = `
          - walk: pldm/getPdr
            fields: { requestCount: 255 }
            decode: pdr
            parts:
              until: { transferFlag: { in: [end, startAndEnd] } }
              fields: { transferHandle: $answer.nextTransferHandle, operation: getNextPart }
              data: recordData
            next: { until: { nextRecordHandle: 0 }, fields: { recordHandle: $answer.nextRecordHandle } }
            where: { pdrType: numericSensor, baseUnit: UNIT }
            at-least: 0
            each: { trailing: "" }
`;
  const verdictOf = async (unit: string, before = '', walked = walk) => {
    const { whole, lines } = bench(suiteOf(before + walked.replace('UNIT', unit)));
    await whole();
    return lines('case.end').map(({ verdict, reason }) => [verdict, reason]);
  };
  expect(await verdictOf('degreesC')).toEqual([['pass', undefined]]);
  const none = 'nothing was shown: nothing to look at: allowed by the case';
  expect(await verdictOf('hertz')).toEqual([['warn', none]]);
  // What leads there is no proof either; what is about the case is.
  const asked = (expected: string) => `
          - request: pldm/getPldmTypes
            expect: { ${expected} }`;
  expect(await verdictOf('hertz', asked('completionCode: SUCCESS'))).toEqual([['warn', none]]);
  expect(await verdictOf('hertz', asked('types: { some: 0 }'))).toEqual([['pass', undefined]]);
  // Nor is a check of what the walk is then made with.
  const prepared = `${asked('types: { some: 0 }')}
            save: { types: types }`;
  const used = walk.replace('trailing: ""', 'trailing: { not: $saved.types }');
  expect(await verdictOf('hertz', prepared, used)).toEqual([['warn', none]]);
  expect(await verdictOf('degreesC', prepared, used)).toEqual([['pass', undefined]]);
  // What is saved for the report alone prepares nothing.
  expect(await verdictOf('hertz', prepared.replace('types: types', 'unitModel: types'))).toEqual([['pass', undefined]]);
});

it('shows nothing where no entry tells what the case is about', async () => {
  const readings = `
          - walk: pldm/getPdr
            as: sensor
            fields: { requestCount: 255 }
            decode: pdr
            parts:
              until: { transferFlag: { in: [end, startAndEnd] } }
              fields: { transferHandle: $answer.nextTransferHandle, operation: getNextPart }
              data: recordData
            next: { until: { nextRecordHandle: 0 }, fields: { recordHandle: $answer.nextRecordHandle } }
            where: { pdrType: numericSensor, baseUnit: degreesC }
            label: sensorId
            steps:
              - request: pldm/getSensorReading
                fields: { sensorId: $sensor.sensorId }
                expect:
                  one-of:
                    - { expect: { operationalState: enabled, reading: { max: $sensor.maxReadable } }, verdict: pass }
                    - { expect: { operationalState: { not: enabled } }, verdict: info, reason: it reads nothing }
`;
  const verdictOf = async (deviations: readonly Deviation['change'][]) => {
    const { whole, lines } = bench(suiteOf(readings), { deviations });
    await whole();
    return lines('case.end').map(({ verdict, reason }) => [verdict, reason]);
  };
  expect(await verdictOf([])).toEqual([['pass', undefined]]);
  const disabled = answering('pldm/getSensorReading', withField('operationalState', 1));
  expect(await verdictOf([disabled])).toEqual([['warn', 'nothing was shown: it reads nothing']]);
});

it('shows nothing where all that it asked was answered otherwise, but where it asks whether the device survives', async () => {
  const refused = `
          - request: getEndpointId
            expect: { completionCode: SUCCESS }
          - request: getMctpVersionSupport
            fields: { messageType: 0x60 }
            expect:
              one-of:
                - { expect: { completionCode: SUCCESS }, verdict: pass }
                - { expect: { completionCode: { not: SUCCESS } }, verdict: info, reason: it has no such type }
`;
  const verdictOf = async (text: string) => {
    const { whole, lines } = bench(text);
    await whole();
    return lines('case.end').map(({ verdict, reason }) => [verdict, reason]);
  };
  const text = suiteOf(refused);
  expect(await verdictOf(text)).toEqual([['warn', 'nothing was shown: it has no such type']]);
  expect(await verdictOf(text.replace(/( +)steps:/, '$1hazard: may-hang\n$1steps:'))).toEqual([['pass', undefined]]);
});

/** Cases of a suite that is built in, on a network card that differs. */
async function onCard(suite: string, changes: readonly Deviation['change'][]): Promise<{ [id: string]: string }> {
  const text = readFileSync(join(packageRoot(), `suites/${suite}.yaml`), 'utf8')
    .replaceAll(suite, 'T/topic')
    .replaceAll(/\bPM-\d+/g, 'DSP0236-PKT-VER-02');
  const { whole } = bench(text, { deviations: changes });
  const outcomes = await whole();
  return Object.fromEntries(outcomes.map(({ case: { id }, verdict }) => [id.replace('T/topic/', ''), verdict]));
}

it('lets no case about readings pass on a card that reads no sensor, nor about the others on one that reads all', async () => {
  const all = (operational: number, present: number) =>
    answering('pldm/getSensorReading', (answer) =>
      ['presentState', 'previousState', 'eventState'].reduce(
        (changed, name) => withField(name, present)(changed),
        withField('operationalState', operational)(answer),
      ),
    );
  const disabled = await onCard('pldm/numeric-sensor', [all(1, 0)]);
  expect(disabled).toMatchObject({ 1: 'pass', 3: 'pass', 5: 'warn', 6: 'warn' });
  expect(await onCard('pldm/numeric-sensor', [all(0, 1)])).toMatchObject({ 3: 'warn' });
});

it('fails no card for want of sensors, and passes none', async () => {
  const empty = monitoring({
    model: (state) => ({ ...correctRules.model(state), numericSensors: [], stateSensors: [] }),
  });
  for (const suite of ['pldm/numeric-sensor', 'pldm/state-sensor', 'pldm/thresholds']) {
    const verdicts = await onCard(suite, [empty]);
    // Those two ask for a sensor that no card has.
    const others = Object.entries(verdicts).filter(
      ([id]) => !['pldm/numeric-sensor 2', 'pldm/state-sensor 3'].includes(`${suite} ${id}`),
    );
    expect([suite, ...new Set(others.map(([, verdict]) => verdict))]).toEqual([suite, 'warn']);
  }
});

it('is judged from the record as it was in the run', async () => {
  const { whole, lines } = bench(suiteOf(REPOSITORY), {
    deviations: [answering('pldm/getPdr', withField('crc', 0x17))],
  });
  const [outcome] = await whole();
  const observations = JSON.parse(JSON.stringify(lines('observation').map(({ observation }) => observation)));
  const checks = lines('check').map(({ check }) => check);
  const [plan] = lines('case.end');
  expect(plan?.verdict).toBe('fail');
  const context = { requirements: {}, commands, parameters: {}, claims: {}, binding: 'smbus', strict: false } as const;
  const again = judgeCase(outcome?.case as CompiledCase, { observations, late: [] }, context);
  expect(again.checks.map(({ id, actual, expected }) => [id, actual, expected])).toEqual(
    checks.map(({ id, actual, expected }) => [id, actual, expected]),
  );
});
