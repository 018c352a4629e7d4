import { check, faults, suiteOf, yaml } from '../suite/testing/fixtures';
import { defaultParameters } from './parameters';

const suite = suiteOf(`
  requirements: [DSP0236-PKT-VER-02]
  needs: messages
  steps: [{ request: getEndpointId, expect: { eid: $parameters.limits.max } }]
`);

const base = yaml(`
  profile: base
  title: Base
  class: endpoint
  suites: [T]
  demands: packets
  claims: { mctp: { version: 1.3.1, messageTypes: [control] } }
  parameters: { responseTime: 50ms, limits: { max: 3, time: 2s } }
`);

const profiles = (...more: readonly string[]): string => [suite, base, ...more.map(yaml)].join('---\n');

describe('a profile', () => {
  test('has every parameter, with its own over the defaults', () => {
    const { library, problems } = check(profiles());
    expect(problems).toEqual([]);
    expect(library.profiles.base).toMatchObject({
      id: 'base',
      class: 'endpoint',
      suites: ['T'],
      demands: 'packets',
      claims: { mctp: { version: '1.3.1', messageTypes: [0] } },
      parameters: { ...defaultParameters, responseTime: 50_000_000, limits: { max: 3, time: 2_000_000_000 } },
    });
  });

  test('has the defaults that the documents give', () => {
    expect(defaultParameters).toEqual({
      address: 0x1d,
      ownAddress: 0x10,
      ownEid: 8,
      assignedEid: 9,
      spareEid: 10,
      responseTime: 100_000_000,
      responseTimeout: 300_000_000,
      silenceWindow: 600_000_000,
      instanceIdExpiry: 6_000_000_000,
      explorations: 40,
      readyTime: 60_000_000_000,
      poolEid: 0x60,
      enumerationTime: 2_000_000_000,
      requestRetries: 2,
      transmissionUnit: 64,
      owner: 'self',
      firmwareTransferSize: 64,
      hops: 0,
      inBandAsicTemperatureTolerance: 3,
      inBandAvailableSpareTolerance: 1,
      inBandDriveTemperatureTolerance: 3,
      inBandModuleTemperatureTolerance: 3,
      inBandPercentageUsedTolerance: 1,
      inBandTemperatureTolerance: 3,
    });
  });

  test('includes others, and wins over them', () => {
    const { library, problems } = check(
      profiles(
        `
        profile: other
        title: Other
        class: endpoint
        suites: [T/topic]
        parameters: { spareEid: 40 }
        `,
        `
        profile: nic
        title: Card
        class: nic
        includes: [base, other]
        demands: messages
        claims: { mctp: { messageTypes: [control, pldm] } }
        parameters: { ownEid: 20 }
        `,
      ),
    );
    expect(problems).toEqual([]);
    expect(library.profiles.nic).toMatchObject({
      title: 'Card',
      class: 'nic',
      suites: ['T', 'T/topic'],
      demands: 'packets',
      claims: { mctp: { version: '1.3.1', messageTypes: [0, 1] } },
      parameters: { responseTime: 50_000_000, ownEid: 20, spareEid: 40 },
    });
  });

  test.each([
    ['suites: [U]', '4:10 unknown suite "U"; did you mean "T"?'],
    ['suites: [./none.yaml]', '4:10 no suite was found at "none.yaml"'],
    ['suites: []', '4:9 this list is empty'],
    ['includes: [p]', '4:12 profiles include each other: p → p'],
    ['includes: [nine]', '4:12 unknown profile "nine"'],
    ['suites: [T]\nincludes: [constructor]', '5:12 unknown profile "constructor"'],
    [
      'suites: [T]\nparameters: { respnseTime: 1s }',
      '5:15 no suite uses the parameter "respnseTime"; did you mean "responseTime"?',
    ],
    ['suites: [T]\nparameters: { responseTime: 100 }', '5:29 expected a text, found 100'],
    ['suites: [T]\nparameters: { responseTime: soon }', '5:29 expected a duration such as 100ms or 2s, found "soon"'],
    ['suites: [T]\nparameters: { eid: 9 }', '5:15 "eid" is read from the device and cannot be set'],
    ['suites: [T]\nparameters: { ownEid: 0 }', '5:23 expected at least 8, found 0'],
    ['suites: [T]\nparameters: { constructor: 0 }', '5:15 the key "constructor" is not allowed'],
    ['suites: [T]\nclaims: { mctp: { version: 1.3 } }', '5:28 expected a text, found 1.3; write it in quotes'],
    ['suites: [T]\nclaims: { mctp: { messageTypes: [pldmm] } }', '5:34 expected '],
    ['suites: [T]\nclaims: { mctp: { comands: [a] } }', '5:19 unknown key "comands"; did you mean "commands"?'],
    ['suites: [T]\nclaims: { mctp: { commands: [getUuid] } }', '5:30 unknown command "getUuid"'],
    ['suites: [T]\ncapabilities: []', '5:15 this list is empty'],
    ['class: card', '4:1 this key is here twice'],
  ])('%j', (lines, problem) => {
    const own = `profile: p\ntitle: P\nclass: endpoint\n${lines}\n`;
    const found = faults(`${own}---\n${suite}---\n${base}`).filter((line) => !line.includes('no suites'));
    expect(found).toHaveLength(1);
    expect(found[0]?.slice(0, problem.length)).toBe(problem);
  });

  test('needs suites', () => {
    expect(faults('profile: p\ntitle: P\nclass: endpoint\n')).toEqual([
      '1:1 this profile has no suites: say "suites" or "includes"',
    ]);
  });
});

describe('a device file', () => {
  test('keeps its hooks, with the time that they may take', () => {
    const { library, problems } = check(
      profiles(`
        device: acme-x100
        profile: base
        uri: bridge:smbus:./sim
        claims: { mctp: { messageTypes: [control, 5] } }
        parameters: { spareEid: 30, limits: { max: 4 } }
        hooks: { reset: ./power.sh reset, ac-cycle: { run: ./power.sh cycle, timeout: 10s } }
      `),
    );
    expect(problems).toEqual([]);
    expect(library.devices['acme-x100']).toEqual({
      id: 'acme-x100',
      profile: 'base',
      uri: 'bridge:smbus:./sim',
      claims: { mctp: { messageTypes: [0, 5] } },
      parameters: { spareEid: 30, limits: { max: 4 } },
      hooks: {
        reset: { run: './power.sh reset', timeout: 120_000_000_000 },
        'ac-cycle': { run: './power.sh cycle', timeout: 10_000_000_000 },
      },
    });
  });

  test('names a profile that there is, and parameters that are used', () => {
    expect(faults('device: d\nprofile: bsae\n')).toEqual(['2:10 unknown profile "bsae"']);
    expect(faults(profiles('device: d\nprofile: base\nparameters: { limit: 1 }')).at(-1)).toMatch(
      /no suite uses the parameter "limit"; did you mean "limits"\?$/,
    );
  });
});
