import type { PlanInput } from '../plan';
import { planProgram } from '../plan';
import type { Capability } from '../profile/capability';
import { defaultParameters } from '../profile/parameters';
import type { Scope } from '../record/lines';
import type { CompiledCase, CompiledProfile, CompiledSuite, Step } from '../suite/compiled';

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
const suiteOf = (cases: readonly CompiledCase[]): CompiledSuite => {
  const id = cases[0]?.suite ?? '';
  return { id, title: id, file: `${id}.yaml`, hash: '', cases };
};

const scope: Scope = {
  binding: 'smbus',
  plane: 'frames',
  acknowledge: true,
  exclusive: false,
  effects: [],
  hops: 0,
  owner: 'self',
};

const sensor = caseOf('pldm/sensor/1', { with: { entityTypes: [144], unit: 2 } });
const suites = [
  suiteOf([caseOf('A/one/1'), caseOf('A/one/2')]),
  suiteOf([sensor]),
  suiteOf([caseOf('nc-si/temperature/1')]),
];

const capability = (id: string, any: Capability['any'], more: Partial<Capability> = {}): Capability => ({
  id,
  title: id,
  level: 'L2',
  need: 'mandatory',
  any,
  ...more,
});

const profileOf = (more: Partial<CompiledProfile>): CompiledProfile => ({
  id: 'p',
  title: 'P',
  class: 'nic',
  hash: '',
  suites: ['A', 'pldm'],
  claims: {},
  parameters: {},
  ...more,
});

const temperature = capability('NIC.TEMP', [
  { rank: 1, cases: ['pldm/sensor'], with: { entityTypes: [144, 68] } },
  { rank: 2, cases: ['nc-si/temperature/1'] },
]);
const optics = capability('NIC.OPT', [{ rank: 1, cases: ['pldm/sensor/1'], with: { entityTypes: [189] } }], {
  level: 'L3',
});

const plan = (more: Partial<CompiledProfile> = {}, input: Partial<PlanInput> = {}) =>
  planProgram({
    profile: profileOf(more),
    library: { suites },
    claims: {},
    parameters: defaultParameters,
    scope,
    ...input,
  });
const ids = (...given: Parameters<typeof plan>): readonly string[] =>
  plan(...given).planned.map(({ case: { id } }) => id);

describe('ways to capabilities', () => {
  test('are instances of cases with the values of each, and cases that no suite of the profile has', () => {
    const { planned, program } = plan({ capabilities: [temperature, optics] });
    expect(planned.map((entry) => [entry.case.id, entry.serves])).toEqual([
      ['A/one/1', undefined],
      ['A/one/2', undefined],
      ['pldm/sensor/1@NIC.TEMP', ['NIC.TEMP']],
      ['nc-si/temperature/1', ['NIC.TEMP']],
      ['pldm/sensor/1@NIC.OPT', ['NIC.OPT']],
    ]);
    expect(planned[2]?.case.with).toEqual({ entityTypes: [144, 68], unit: 2 });
    expect(program.capabilities[0]?.ways).toEqual([
      { rank: 1, cases: ['pldm/sensor/1@NIC.TEMP'] },
      { rank: 2, cases: ['nc-si/temperature/1'] },
    ]);
  });

  test('that are cases of the profile anyway stay those: they count by themselves', () => {
    const own = capability('X', [{ rank: 1, cases: ['A/one/1'] }]);
    const { planned, program } = plan({ capabilities: [own], suites: ['A'] });
    expect(planned.map((entry) => entry.serves)).toEqual([undefined, undefined]);
    expect(program.capabilities[0]?.ways[0]?.cases).toEqual(['A/one/1']);
  });

  test('leave a case with its own example values only to profiles without capabilities', () => {
    expect(ids()).toEqual(['A/one/1', 'A/one/2', 'pldm/sensor/1']);
    expect(ids({ capabilities: [capability('X', [{ rank: 1, cases: ['A/one/1'] }])] })).toEqual(['A/one/1', 'A/one/2']);
  });

  test('to levels above the demanded one are left out', () => {
    const capabilities = [temperature, optics];
    expect(ids({ capabilities }, { level: 'L2' })).not.toContain('pldm/sensor/1@NIC.OPT');
    expect(plan({ capabilities, level: 'L3' }).program.demands).toEqual({ level: 'L3', by: 'profile' });
    expect(plan({ capabilities, level: 'L3' }, { level: 'L2' }).program.demands).toEqual({ level: 'L2', by: 'user' });
  });

  test('are selected by the case, by its suite and by the capability', () => {
    const capabilities = [temperature, optics];
    expect(ids({ capabilities }, { select: ['pldm/sensor/1'] })).toHaveLength(2);
    expect(ids({ capabilities }, { select: ['NIC.OPT'] })).toEqual(['pldm/sensor/1@NIC.OPT']);
    expect(ids({ capabilities }, { select: ['NIC'] })).toHaveLength(3);
    expect(() => ids({ capabilities }, { select: ['NIC.TMP'] })).toThrow('no case of the profile p is selected');
  });

  test('say whether their condition holds, where the claims decide', () => {
    const conditional = capability('X', [], { need: 'conditional', when: 'pldm in mctp.messageTypes', untested: 'no' });
    const of = (claims: PlanInput['claims']) =>
      plan({ capabilities: [conditional] }, { claims }).program.capabilities[0]?.condition?.holds;
    expect(of({ mctp: { messageTypes: [1] } })).toBe(true);
    expect(of({ mctp: { messageTypes: [0] } })).toBe(false);
    expect(of({})).toBe(true);
  });
});

describe('a tier', () => {
  const wait: Step = { kind: 'wait', for: 5_000_000_000 };
  const library = { suites: [suiteOf([caseOf('A/one/1'), caseOf('A/one/2', { steps: [wait] }), caseOf('A/one/3')])] };
  const tiers = { smoke: { cases: ['A/one/1'] }, gate: { longest: 1_000_000_000 } };

  test('leaves the cases that it names, and those that are short enough', () => {
    const of = (tier: 'smoke' | 'gate' | 'full') => ids({ suites: ['A'], tiers }, { library, tier });
    expect(of('smoke')).toEqual(['A/one/1']);
    expect(of('gate')).toEqual(['A/one/1', 'A/one/3']);
    expect(of('full')).toHaveLength(3);
  });

  test('that a profile does not have is the mistake of who asks for it', () => {
    expect(() => ids({ suites: ['A'] }, { library, tier: 'smoke' })).toThrow('the profile p has no tier smoke');
    expect(() => ids({ suites: ['A'], tiers }, { library, tier: 'smoke', select: ['A/one/2'] })).toThrow(
      'the tier smoke leaves no case',
    );
  });
});

test('a profile that reads only has well-formed messages that move nothing', () => {
  const message = { command: 'getEndpointId', fields: {}, message: {}, packet: {}, frame: {} };
  const step = (kind: 'request' | 'send'): Step => ({ kind, ...message, expect: { kind: 'anything' }, save: {} });
  const library = {
    suites: [
      suiteOf([
        caseOf('A/one/1', { steps: [step('request')] }),
        caseOf('A/one/2', { steps: [step('send')] }),
        caseOf('A/one/3', { steps: [step('request')], effects: ['eid'] }),
        caseOf('A/one/4', { steps: [step('request')], needs: { plane: 'packets', acknowledge: false } }),
        caseOf('A/one/5', { steps: [step('request')], hazard: 'may-hang' }),
      ]),
    ],
  };
  expect(ids({ suites: ['A'], readOnly: true }, { library })).toEqual(['A/one/1']);
});
