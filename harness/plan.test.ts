import type { Effect } from './names';
import { lastingEffects, volatileEffects } from './names';
import type { PlanInput } from './plan';
import { planRun } from './plan';
import { compileClaims } from './profile/claims';
import { defaultParameters } from './profile/parameters';
import type { Scope } from './record/lines';
import type { CompiledCase, CompiledProfile, CompiledSuite } from './suite/compiled';

const caseOf = (id: string, more: Partial<CompiledCase> = {}): CompiledCase => ({
  id,
  suite: id.replace(/\/\d+$/, ''),
  title: id,
  source: { file: 'f.yaml', line: 1 },
  requirements: ['R-1'],
  needs: { plane: 'messages', acknowledge: false },
  bindings: ['smbus', 'serial'],
  effects: [],
  loops: [],
  steps: [],
  deviations: [],
  ...more,
});

const suiteOf = (id: string, cases: readonly CompiledCase[]): CompiledSuite => ({
  id,
  title: id,
  file: `${id}.yaml`,
  hash: '',
  cases,
});

const scope: Scope = {
  binding: 'smbus',
  plane: 'frames',
  acknowledge: true,
  exclusive: true,
  effects: [...volatileEffects, ...lastingEffects],
  hops: 0,
  owner: 'self',
};

const profile: CompiledProfile = {
  id: 'p',
  title: 'P',
  class: 'endpoint',
  hash: '',
  suites: ['B', 'A/one'],
  claims: {},
  parameters: {},
};

const suites = [
  suiteOf('A/one', [caseOf('A/one/1'), caseOf('A/one/2', { hazard: 'may-hang' }), caseOf('A/one/10')]),
  suiteOf('A/two', [caseOf('A/two/1')]),
  suiteOf('B/x', [caseOf('B/x/1', { hazard: 'may-reset' }), caseOf('B/x/2')]),
  suiteOf('B/y', [caseOf('B/y/1')]),
];

const plan = (more: Partial<PlanInput> = {}) =>
  planRun({ profile, library: { suites }, claims: {}, parameters: defaultParameters, scope, ...more });
const ids = (more: Partial<PlanInput> = {}): readonly string[] => plan(more).map((entry) => entry.case.id);

/** The decision about one case, with its reason. */
function decide(about: Partial<CompiledCase>, more: Partial<PlanInput> = {}): string {
  const library = { suites: [suiteOf('B/x', [caseOf('B/x/1', about)])] };
  const [entry] = plan({ library, profile: { ...profile, suites: ['B'] }, ...more });
  if (entry === undefined) throw new Error('no case was planned');
  return entry.decision === 'run' ? 'run' : `${entry.decision}: ${entry.reason}`;
}

describe('the order of a plan', () => {
  test('is that of the profile, with hazardous cases last', () => {
    expect(ids()).toEqual(['B/x/2', 'B/y/1', 'A/one/1', 'A/one/10', 'B/x/1', 'A/one/2']);
  });

  test('lets what may leave a device without assembly come after all that needs it', () => {
    const exhausting = caseOf('A/one/1', { hazard: 'may-hang', effects: ['assembly-exhaustion'] });
    const library = { suites: [suiteOf('A/one', [exhausting, caseOf('A/one/2', { hazard: 'may-hang' })])] };
    expect(ids({ library, profile: { ...profile, suites: ['A'] } })).toEqual(['A/one/2', 'A/one/1']);
  });

  test('has every case once, though the profile names its suite twice', () => {
    expect(ids({ profile: { ...profile, suites: ['A', 'A/one'] } })).toEqual([
      'A/one/1',
      'A/one/10',
      'A/two/1',
      'A/one/2',
    ]);
  });
});

test('what would cut the machine beside the device off says how to allow it', () => {
  const effects = volatileEffects.filter((effect) => effect !== 'nc-si-initial-state');
  const about = { effects: ['nc-si-initial-state'] as const };
  expect(decide(about, { scope: { ...scope, effects } })).toMatch(
    /^unreachable: needs --allow nc-si-initial-state: .* NC-SI/,
  );
  expect(decide(about, { scope: { ...scope, effects: [], exclusive: false } })).toMatch(/needs --exclusive/);
});

describe('packets that the interface cannot take', () => {
  const long = (message: object, packet: object): Partial<CompiledCase> => ({
    loops: [{ name: 'size', values: [16, 300] }],
    steps: [
      {
        kind: 'send',
        command: 'getEndpointId',
        fields: {},
        message: message as never,
        packet: packet as never,
        frame: {},
        expect: { kind: 'silence' },
        save: {},
      },
    ],
  });
  const narrow = { scope: { ...scope, packetUnit: 68 } };
  const reason = (octets: number): string =>
    `unreachable: needs packets of ${octets} octets, and the interface takes 68 (its mtu)`;

  test.each<[string, object, object, string]>([
    ['a padded message in one packet', { padTo: '$size' }, { unit: 250 }, reason(254)],
    ['the same in small packets', { padTo: '$size' }, { unit: 64 }, 'run'],
    ['a unit that its message does not fill', { padTo: 30 }, { unit: 250 }, 'run'],
    ['a lengthened packet', {}, { payloadLength: 65 }, reason(69)],
    ['octets', { body: '00 81 02', append: 'ff'.repeat(62) }, { unit: 100 }, reason(69)],
  ])('are foreseen: %s', (_, message, packet, expected) => {
    expect(decide(long(message, packet), narrow)).toBe(expected);
    expect(decide(long(message, packet))).toBe('run');
  });
});

describe('a selection', () => {
  test.each([
    [['A'], ['A/one/1', 'A/one/10', 'A/one/2']],
    [['A/one/'], ['A/one/1', 'A/one/10', 'A/one/2']],
    [['A/one/1'], ['A/one/1']],
    [
      ['A/one/1', 'B/y'],
      ['B/y/1', 'A/one/1'],
    ],
    [
      ['B', 'B/x/1'],
      ['B/x/2', 'B/y/1', 'B/x/1'],
    ],
  ])('%j goes by segments', (select, expected) => {
    expect(ids({ select })).toEqual(expected);
  });

  test.each([
    ['A/on', 'near: A/one'],
    ['A/one/100', 'near: A/one/10, A/one/1, A/one/2'],
    ['A/two', 'is selected by "A/two"'],
    ['', 'is selected by ""'],
    ['constructor', 'is selected by "constructor"'],
  ])('%j matches nothing', (selection, message) => {
    expect(() => plan({ select: ['B', selection] })).toThrow(
      expect.objectContaining({ code: 'EMPTY_SELECTION', exit: 2, message: expect.stringContaining(message) }),
    );
  });
});

describe('a case', () => {
  test('runs where nothing stands against it', () => {
    expect(decide({})).toBe('run');
  });

  test.each<[string, Partial<CompiledCase>, Partial<Scope>, string]>([
    ['binding', { bindings: ['serial'] }, {}, 'holds for serial, and this is smbus'],
    [
      'plane',
      { needs: { plane: 'frames', acknowledge: false } },
      { plane: 'packets' },
      'needs frames, and this transport reaches packets',
    ],
    [
      'acknowledge',
      { needs: { plane: 'frames', acknowledge: true } },
      { acknowledge: false },
      'needs a transport that tells an acknowledge from none',
    ],
    ['volatile effect', { effects: ['eid'] }, { effects: [] }, 'needs --exclusive, for it moves: eid'],
    ['lasting effect', { effects: ['reset'] }, { effects: ['eid'] }, 'needs --allow reset'],
    [
      'bus owner',
      { effects: ['eid'] },
      { owner: 'other' },
      'moves the EID, and another bus owner gives it (parameters.owner)',
    ],
    [
      'bridge',
      { needs: { plane: 'packets', acknowledge: false } },
      { hops: 1 },
      "needs the device's own packets, and an MCTP bridge stands before it (parameters.hops)",
    ],
    [
      'all at once',
      { needs: { plane: 'packets', acknowledge: true }, effects: ['tid', 'firmware'] },
      { plane: 'messages', acknowledge: false, effects: [] },
      'needs packets, and this transport reaches messages; needs a transport that tells an acknowledge from none; needs --exclusive, for it moves: tid; needs --allow firmware',
    ],
  ])('is unreachable: %s', (_name, about, reach, reason) => {
    expect(decide(about, { scope: { ...scope, ...reach } })).toBe(`unreachable: ${reason}`);
  });

  test('that stays with messages runs behind a bridge', () => {
    expect(decide({}, { scope: { ...scope, hops: 2 } })).toBe('run');
  });

  test('is reachable with every effect that is allowed', () => {
    const effects: readonly Effect[] = ['eid', 'reset'];
    expect(decide({ effects }, { scope: { ...scope, effects } })).toBe('run');
  });

  test('is unreachable where a parameter that it uses is not given', () => {
    const steps = [{ kind: 'wait', for: '$parameters.freeAddress' }] as const;
    expect(decide({ steps })).toBe('unreachable: needs parameters.freeAddress');
    expect(decide({ steps }, { parameters: { freeAddress: 0x30 } })).toBe('run');
    expect(decide({ steps: [{ kind: 'wait', for: '$parameters.eid' }] })).toBe('run');
  });

  const when = 'pldm in mctp.messageTypes and not mctp.staticEid';

  test('is not applicable where the claims say so, and says which', () => {
    const claims = compileClaims({ mctp: { messageTypes: ['control'], staticEid: false } });
    expect(decide({ when }, { claims })).toBe(
      `not-applicable: holds when ${when}; mctp.messageTypes is [control], mctp.staticEid is false`,
    );
  });

  test('runs where a claim is open', () => {
    expect(decide({ when })).toBe('run');
    expect(decide({ when }, { claims: compileClaims({ mctp: { messageTypes: ['pldm'] } }) })).toBe('run');
  });

  test('loops over claims', () => {
    const loops = [{ name: 't', values: '$claims.mctp.messageTypes' }];
    expect(decide({ loops }, { claims: compileClaims({ mctp: { messageTypes: ['control'] } }) })).toBe('run');
    expect(decide({ loops }, { claims: compileClaims({ mctp: { messageTypes: [] } }) })).toBe(
      'not-applicable: goes through mctp.messageTypes with $t; mctp.messageTypes is empty',
    );
    expect(decide({ loops })).toBe('unreachable: needs the claim mctp.messageTypes, which is open');
  });

  test('is not applicable before it is unreachable', () => {
    const claims = compileClaims({ mctp: { messageTypes: ['control'] } });
    expect(decide({ when, effects: ['eid'] }, { claims, scope: { ...scope, effects: [] } })).toMatch(/^not-applicable/);
  });
});
