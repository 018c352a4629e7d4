import { check, faults, suiteOf, yaml } from '../suite/testing/fixtures';

const suite = suiteOf(`
  requirements: [DSP0236-PKT-VER-02]
  needs: messages
  steps: [{ request: getEndpointId, expect: { eid: { max: 254 } } }]
`);

const catalogue = yaml(`
  capabilities: UCS
  title: Set
  codes: { D-ABS: a sentinel }
  entries:
    - id: NIC.TEMP
      title: Temperature
      level: L2
      need: mandatory
      expected: a number
      differs: [{ code: D-ABS, seen: 7FFD }]
      source: proposal
`);

const profile = (lines: string): string =>
  [suite, catalogue, `profile: p\ntitle: P\nclass: nic\nsuites: [T]\n${yaml(lines)}`].join('---\n');

const line = (text: string): number => profile(text).split('\n').indexOf('profile: p') + 5;

describe('the capabilities of a profile', () => {
  test('take title, level and need from the catalogue, and rank their ways', () => {
    const text = profile(`
      capabilities:
        - id: NIC.TEMP
          any: [{ rank: 2, cases: T/topic/1, note: accepted }, { rank: 1, cases: [T] }]
    `);
    const { library, problems } = check(text);
    expect(problems).toEqual([]);
    expect(library.profiles.p?.capabilities).toEqual([
      {
        id: 'NIC.TEMP',
        title: 'Temperature',
        level: 'L2',
        need: 'mandatory',
        any: [
          { rank: 1, cases: ['T'] },
          { rank: 2, cases: ['T/topic/1'], note: 'accepted' },
        ],
      },
    ]);
    expect(library.capabilities['NIC.TEMP']?.differs).toEqual([{ code: 'D-ABS', seen: '7FFD' }]);
  });

  test('can be judged under, as requirements', () => {
    expect(check(profile('level: L2')).library.requirements['NIC.TEMP']).toMatchObject({
      document: 'UCS',
      level: 'mandatory',
      statement: 'Temperature: a number',
    });
  });

  test('of a profile replace those of the profiles that it includes', () => {
    const over = yaml(`
      profile: q
      title: Q
      class: nic
      includes: [p]
      capabilities: [{ id: NIC.TEMP, need: optional, untested: later }]
    `);
    const text = `${profile('capabilities: [{ id: NIC.TEMP, any: [{ rank: 1, cases: T }] }]\nlevel: L2')}\n---\n${over}`;
    const { library, problems } = check(text);
    expect(problems).toEqual([]);
    expect(library.profiles.q).toMatchObject({
      level: 'L2',
      capabilities: [{ id: 'NIC.TEMP', need: 'optional', untested: 'later', any: [] }],
    });
  });

  test.each([
    [
      'capabilities: [{ id: NIC.TEMPP, untested: x }]',
      22,
      'the catalogue has no capability "NIC.TEMPP"; did you mean "NIC.TEMP"?',
    ],
    [
      'capabilities: [{ id: OEM.FAN, untested: x }]',
      22,
      'the catalogue has no capability "OEM.FAN"; one of your own says title, level and need',
    ],
    ['capabilities: [{ id: nic.temp, untested: x }]', 22, 'expected capitals, digits and . as in NIC.TEMP.ASIC'],
    [
      'capabilities: [{ id: NIC.TEMP, any: [{ rank: 1, cases: T/topics }] }]',
      56,
      'no case or suite is called "T/topics"; did you mean "T/topic"?',
    ],
    [
      'capabilities: [{ id: NIC.TEMP, any: [{ rank: 1, cases: T, with: { unit: 2 } }] }]',
      67,
      'no case of this way takes "unit"',
    ],
    ['capabilities: [{ id: NIC.TEMP, any: [{ rank: 4, cases: T }] }]', 46, 'expected 1 or 2 or 3 or oem, found 4'],
    ['capabilities: [{ id: NIC.TEMP }]', 16, '"any" lists ways to meet it, or "untested" says why there is none'],
    [
      'capabilities: [{ id: NIC.TEMP, need: conditional, untested: x }]',
      22,
      'NIC.TEMP is conditional: "when" says on what',
    ],
    [
      'capabilities: [{ id: NIC.TEMP, need: conditional, when: mctp.typos, untested: x }]',
      57,
      'unknown claim "mctp.typos"',
    ],
    ['level: L7', 8, 'expected L0 or '],
    ['tiers: { smoke: { cases: [T/none] } }', 27, 'no case or suite is called "T/none"'],
    ['tiers: { gate: {} }', 10, 'this tier leaves nothing out'],
    ['tiers: { gate: { longest: soon } }', 27, 'expected a duration such as 100ms or 2s'],
  ])('%s', (text, column, message) => {
    const found = faults(profile(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    expect(found[0]).toMatch(new RegExp(`^${line(text)}:${column} `));
  });
});

describe('an overlay', () => {
  const overlay = (rule: string): string =>
    `${catalogue}---\noverlay: ocp\ntitle: OCP\nversion: "1"\nrules:\n  - { id: A, title: a, need: required, confirmed: true, source: s${rule} }\n`;

  test('maps its rules to capabilities and requirements', () => {
    const { library, problems } = check(overlay(', capabilities: [NIC.TEMP], requirements: [DSP0236-PKT-VER-02]'));
    expect(problems).toEqual([]);
    expect(library.overlays.ocp?.rules).toEqual([
      {
        id: 'A',
        title: 'a',
        need: 'required',
        confirmed: true,
        source: 's',
        capabilities: ['NIC.TEMP'],
        requirements: ['DSP0236-PKT-VER-02'],
      },
    ]);
  });

  test.each([
    [', capabilities: [NIC.TMP]', 'unknown capability "NIC.TMP"; did you mean "NIC.TEMP"?'],
    [
      ', requirements: [DSP0236-PKT-VER-2]',
      'unknown requirement "DSP0236-PKT-VER-2"; did you mean "DSP0236-PKT-VER-02"?',
    ],
    ['', 'a rule names capabilities or requirements, or "outside" says why this tool cannot say'],
    [', capabilities: [NIC.TEMP], outside: x', 'a rule names capabilities or requirements, or "outside" says why'],
  ])('that is wrong is told at its place: %s', (rule, message) => {
    const found = faults(overlay(rule));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

test('a catalogue names codes that it has', () => {
  expect(faults(catalogue.replace('code: D-ABS', 'code: D-LEN'))[0]).toContain('unknown code "D-LEN"');
});
