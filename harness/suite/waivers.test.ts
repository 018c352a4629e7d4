import { check, faults, suiteOf, yaml } from './testing/fixtures';

const suite = suiteOf(`
  requirements: [DSP0236-PKT-VER-02]
  needs: packets
  steps:
    - send: getEndpointId
      packet: { headerVersion: 2 }
      expect: silence
  deviations: [accepts-any-header-version]
`);

const rest = 'device: acme-x100, reason: fixed in 2.2, owner: jdoe, expires: 2027-03-01';
const withWaiver = (entry: string): string => `${suite}---\nwaivers:\n  - { ${entry} }\n`;
const withExpected = (entry: string): string => `${suite}---\nexpected-failures:\n  - { ${entry} }\n`;
const messages = (text: string): readonly string[] => faults(text).map((fault) => fault.replace(/^\S+ /, ''));

describe('waivers', () => {
  test('of a case or a requirement are read', () => {
    const { library, problems } = check(
      `${suite}---\n${yaml(`
        waivers:
          - { case: T/topic/1, ${rest} }
          - { requirement: DSP0236-PKT-VER-02, firmware: ">=2.0 <2.2", ${rest} }
      `)}`,
    );
    expect(problems).toEqual([]);
    expect(library.waivers).toMatchObject([
      { case: 'T/topic/1', device: 'acme-x100', owner: 'jdoe', expires: '2027-03-01' },
      { requirement: 'DSP0236-PKT-VER-02', firmware: '>=2.0 <2.2' },
    ]);
  });

  test.each([
    [`case: T/topic/2, ${rest}`, 'unknown case "T/topic/2"; did you mean "T/topic/1"?'],
    [`case: T/topic, ${rest}`, 'over-broad: "T/topic" is a suite; name the case'],
    [`case: T/topic/1, ${rest.replace('acme-x100', '"*"')}`, 'over-broad: a waiver holds for one device'],
    [
      `requirement: DSP0236-PKT-VER-20, ${rest}`,
      'unknown requirement "DSP0236-PKT-VER-20"; did you mean "DSP0236-PKT-VER-02"?',
    ],
    [rest, 'a waiver names a case or a requirement, one of the two'],
    [
      `case: T/topic/1, requirement: DSP0236-PKT-VER-02, ${rest}`,
      'a waiver names a case or a requirement, one of the two',
    ],
    [`case: T/topic/1, ${rest.replace('2027-03-01', 'never')}`, 'expected a date as 2027-03-01, found "never"'],
    [`case: T/topic/1, ${rest.replace(', owner: jdoe', '')}`, '"owner" is missing'],
    [
      `case: T/topic/1, firmware: new, ${rest}`,
      'expected comparisons of versions, as "<2.2" or ">=2.0 <2.2", found "new"',
    ],
  ])('%s is refused', (entry, message) => {
    expect(messages(withWaiver(entry))).toEqual([message]);
  });

  test('cannot cover a requirement that is not to be waived', () => {
    const text = yaml(`
      requirements: DSP0236
      title: more
      entries:
        - id: DSP0236-CORE-01
          version: 1.3.3
          clause: "1"
          level: mandatory
          confidence: high
          applies: { binding: any, role: endpoint }
          statement: Answers at all.
          unwaivable: nothing else can be tested without it
    `);
    expect(messages(`${text}---\n${withWaiver(`requirement: DSP0236-CORE-01, ${rest}`)}`)).toEqual([
      'DSP0236-CORE-01 cannot be waived: nothing else can be tested without it',
    ]);
  });
});

describe('expected failures', () => {
  test('name one check', () => {
    const { library, problems } = check(withExpected('check: "T/topic/1#1.silence", reason: known since 2.1'));
    expect(problems).toEqual([]);
    expect(library.expectedFailures).toMatchObject([{ check: 'T/topic/1#1.silence', reason: 'known since 2.1' }]);
  });

  test.each([
    ['check: T/topic/1, reason: known', 'name one check, as T/topic/1#1.completionCode: a whole case is too broad'],
    ['check: "T/topic/9#1.eid", reason: known', 'unknown case "T/topic/9"; did you mean "T/topic/1"?'],
  ])('%s is refused', (entry, message) => {
    expect(messages(withExpected(entry))).toEqual([message]);
  });
});
