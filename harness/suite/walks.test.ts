import { check, faults, suiteOf } from './testing/fixtures';

/** What is wrong with a walk, at its line. */

const walk = (rest: string): readonly string[] =>
  faults(
    suiteOf(`
      requirements: [DSP0236-PKT-VER-02]
      needs: messages
      deviations: [drops-all]
      with: { unit: degreesC }
      steps:
        - walk: pldm/getPdr
          fields: { requestCount: 64 }
${rest
  .trim()
  .split('\n')
  .map((line) => `          ${line.trim()}`)
  .join('\n')}
    `),
  ).map((fault) => fault.replace(/^\d+:\d+ /, ''));

const PARTS =
  'parts: { data: recordData, until: { transferFlag: end }, fields: { transferHandle: $answer.nextTransferHandle } }';

describe('a walk', () => {
  it('is compiled with its bounds', () => {
    const text = suiteOf(`
      requirements: [DSP0236-PKT-VER-02]
      needs: messages
      deviations: [drops-all]
      with: { unit: degreesC }
      steps:
        - walk: pldm/getPdr
          fields: { requestCount: 64 }
          ${PARTS}
          decode: pdr
          where: { baseUnit: $with.unit }
    `);
    const { library, problems } = check(text);
    expect(problems).toEqual([]);
    const [kase] = library.suites.flatMap(({ cases }) => cases);
    expect(kase?.steps[0]).toMatchObject({ kind: 'walk', as: 'entry', atLeast: 1, parts: { atMost: 1024 } });
    expect(kase?.with).toEqual({ unit: 2 });
    expect(kase?.withCodes?.unit).toMatchObject({ degreesC: 2 });
  });

  test.each([
    [`${PARTS}\ndecode: pdrs`, 'pldm has no structure "pdrs"; did you mean "pdr"?'],
    ['decode: pdr', 'which octets are decoded is said by "parts: { data: … }"'],
    ['parts: { data: crc }', '"crc" is no field of octets'],
    [
      'parts: { data: recordData, until: { transferFlag: end } }',
      'a request that never changes gets the same part again: "fields" is missing',
    ],
    [
      'next: { fields: { recordHandle: $answer.nextRecordHandle } }',
      'nothing says which entry is the last: "until" or "count" is missing',
    ],
    [
      'next: { until: { nextRecordHandle: 0 }, fields: { recordHandle: $answer.nextHandle } }',
      'unknown field of the response of pldm/getPdr: "nextHandle"',
    ],
    [`${PARTS}\ndecode: pdr\nwhere: { baseUnits: degreesC }`, 'unknown field "baseUnits"; did you mean "baseUnit"?'],
    [`${PARTS}\ndecode: pdr\nwhere: { baseUnit: celsius }`, 'unknown code "celsius"'],
    [`${PARTS}\ndecode: pdr\nlabel: sensorID`, 'unknown field of an entry: "sensorID"; did you mean "sensorId"?'],
    [`${PARTS}\ndecode: pdr\nentries: pdrType`, '"pdrType" is no list'],
    [
      `${PARTS}\ndecode: pdr\nsteps: [{ request: pldm/getSensorReading, fields: { sensorId: $entry.sensor } }]`,
      'unknown field "sensor"; did you mean',
    ],
    [
      'steps: [{ request: pldm/getTid, fields: {} }, { listen: 1s, of: pldm/getTid, expect: silence }]',
      'pldm/getTid is not what a device sends of its own: its table does not say from: device',
    ],
    ['where: { nextRecordHandle: $with.unti }', 'unknown name under "with" "unti"; did you mean "unit"?'],
    ['expect: { counts: 3 }', 'unknown field "counts"; did you mean "count"?'],
    ['requirement: PM-99', 'unknown requirement "PM-99"'],
  ])('%s', (text, problem) => {
    expect(walk(text).map((fault) => fault.slice(0, problem.length))).toContain(problem);
  });

  it('over a list asks nothing', () => {
    const text = `
      requirements: [DSP0236-PKT-VER-02]
      needs: messages
      deviations: [drops-all]
      steps:
        - walk: { over: $saved.types }
          fields: { pldmType: 0 }
    `;
    expect(faults(suiteOf(text))).toEqual(
      ['10:16 nothing was saved as "types" by an earlier step', '11:9 "fields" is for walks that ask the device'].map(
        (fault) => expect.stringContaining(fault.replace(/^\d+:\d+ /, '')),
      ),
    );
  });

  it('has steps whose effects the case declares', () => {
    const text = `
      requirements: [DSP0236-PKT-VER-02]
      needs: messages
      deviations: [drops-all]
      steps:
        - walk: { over: [9, 10] }
          as: value
          steps: [{ request: pldm/setTid, fields: { tid: $value } }]
    `;
    expect(faults(suiteOf(text))).toEqual([
      expect.stringContaining('pldm/setTid moves something: the case needs effects: [tid]'),
    ]);
  });
});
