import type { CompiledCase } from './compiled';
import { check, suiteOf } from './testing/fixtures';

function compiled(rest: string): CompiledCase {
  const { library, problems } = check(suiteOf(rest));
  expect(problems).toEqual([]);
  const found = library.suites[0]?.cases[0];
  if (found === undefined) throw new Error('nothing was compiled');
  return found;
}

const head = 'requirements: [DSP0236-PKT-VER-02]\nneeds: frames\neffects: [eid]\n';

/** The checks of the one expectation. */
const checksOf = (command: string, expect: string): unknown => {
  const [step] = compiled(`${head}steps:\n  - request: ${command}\n    expect: ${expect}`).steps;
  return step?.kind === 'request' && step.expect.kind === 'fields' ? step.expect.checks : step;
};

describe('a compiled case', () => {
  test('knows where it stands and what it needs', () => {
    const found = compiled(`
      requirements: [DSP0236-PKT-VER-02]
      needs: [frames, acknowledge]
      bindings: [smbus]
      hazard: may-hang
      when: pldm in mctp.messageTypes
      for-each: { op: [set, reset], n: { from: 1, to: 3 }, t: $claims.mctp.messageTypes }
      effects: [eid]
      steps:
        - request: setEndpointId
          fields: { operation: $op, eid: $parameters.spareEid }
          save: { accepted: eid }
          expect: { completionCode: SUCCESS, assignmentStatus: accepted, eid: $parameters.spareEid }
        - send: getEndpointId
          message: { messageType: $t, instanceId: $n }
          packet: { destinationEid: $saved.accepted, messageTag: { add: -1 } }
          frame: { pec: absent }
          expect: silence
      deviations: [drops-all]
    `);
    expect(found).toEqual({
      id: 'T/topic/1',
      suite: 'T/topic',
      title: 'does',
      source: { file: 'suite.yaml', line: 4 },
      requirements: ['DSP0236-PKT-VER-02'],
      needs: { plane: 'frames', acknowledge: true },
      bindings: ['smbus'],
      effects: ['eid'],
      hazard: 'may-hang',
      when: 'pldm in mctp.messageTypes',
      loops: [
        { name: 'op', values: [0, 2] },
        { name: 'n', values: [1, 2, 3] },
        { name: 't', values: '$claims.mctp.messageTypes' },
      ],
      steps: [
        {
          kind: 'request',
          command: 'setEndpointId',
          fields: { operation: '$op', eid: '$parameters.spareEid' },
          message: {},
          packet: {},
          frame: {},
          save: { accepted: 'eid' },
          expect: {
            kind: 'fields',
            checks: [
              { path: 'completionCode', matcher: { kind: 'equals', value: 0 } },
              { path: 'assignmentStatus', matcher: { kind: 'equals', value: 0 } },
              { path: 'eid', matcher: { kind: 'equals', value: '$parameters.spareEid' } },
            ],
          },
        },
        {
          kind: 'send',
          command: 'getEndpointId',
          fields: {},
          message: { messageType: '$t', instanceId: '$n' },
          packet: { destinationEid: '$saved.accepted', messageTag: { add: -1 } },
          frame: { pec: 'absent' },
          save: {},
          expect: { kind: 'silence' },
        },
      ],
      deviations: ['drops-all'],
    });
  });

  test('has durations in nanoseconds', () => {
    expect(
      compiled(`${head}steps:\n  - wait: 250ms\n  - listen: $parameters.responseTime\n    expect: { strayAnswers: 0 }`)
        .steps,
    ).toEqual([
      { kind: 'wait', for: 250_000_000 },
      {
        kind: 'listen',
        for: '$parameters.responseTime',
        expect: { kind: 'fields', checks: [{ path: 'strayAnswers', matcher: { kind: 'equals', value: 0 } }] },
      },
    ]);
    expect(checksOf('getEndpointId', '{ elapsed: { min: 1us, max: 2s } }')).toEqual([
      { path: 'elapsed', matcher: { kind: 'range', min: 1000, max: 2_000_000_000 } },
    ]);
  });

  test('sends packets one by one', () => {
    const [step] = compiled(`
      requirements: [DSP0236-PKT-VER-02]
      needs: packets
      steps:
        - messages:
            a: { request: pldm/getTid, padTo: 130, message: { messageType: pldm }, expect: silence }
            b: { request: pldm/getTid, unit: 32, requirement: DSP0236-PKT-VER-02, expect: anything }
          packets:
            - { message: a, part: 1 }
            - { message: b, part: 1, packet: { packetSequence: 2, payloadLength: 60 } }
    `).steps;
    expect(step).toEqual({
      kind: 'packets',
      messages: [
        {
          name: 'a',
          command: 'pldm/getTid',
          fields: {},
          message: { messageType: 1, padTo: 130 },
          packet: {},
          frame: {},
          unit: 64,
          expect: { kind: 'silence' },
        },
        {
          name: 'b',
          command: 'pldm/getTid',
          fields: {},
          message: {},
          packet: {},
          frame: {},
          unit: 32,
          expect: { kind: 'anything', requirement: 'DSP0236-PKT-VER-02' },
        },
      ],
      packets: [
        { message: 'a', part: 1, packet: {}, frame: {} },
        { message: 'b', part: 1, packet: { packetSequence: 2, payloadLength: 60 }, frame: {} },
      ],
    });
  });

  test.each([
    ['{ eid: { in: [8, $parameters.ownEid] } }', 'eid', { kind: 'in', values: [8, '$parameters.ownEid'] }],
    ['{ eid: { bits: "10xx_XX00" } }', 'eid', { kind: 'bits', pattern: '10xxxx00' }],
    ['{ eidType: { not: static } }', 'eidType', { kind: 'not', of: { kind: 'equals', value: 1 } }],
    ['{ eid: { absent: true } }', 'eid', { kind: 'absent' }],
    ['{ elapsed: { within: 100ms } }', 'elapsed', { kind: 'within', limit: 100_000_000 }],
    [
      '{ message: { trailing: { length: 0 } } }',
      'message.trailing',
      { kind: 'length', of: { kind: 'equals', value: 0 } },
    ],
    ['{ message: { body: { hex: "00 1A" } } }', 'message.body', { kind: 'hex', value: '001a' }],
    ['{ message: { messageType: control } }', 'message.messageType', { kind: 'equals', value: 0 }],
    ['{ packet: { tagOwner: 0 } }', 'packet.tagOwner', { kind: 'equals', value: 0 }],
    ['{ assembly: { sequenceGaps: 0 } }', 'assembly.sequenceGaps', { kind: 'equals', value: 0 }],
    [
      '{ packets: { each: { headerVersion: 1 } } }',
      'packets',
      { kind: 'each', of: [{ path: 'headerVersion', matcher: { kind: 'equals', value: 1 } }] },
    ],
    [
      '{ frames: { each: { byteCount: { min: 5 } } } }',
      'frames',
      { kind: 'each', of: [{ path: 'byteCount', matcher: { kind: 'range', min: 5 } }] },
    ],
    [
      '{ completionCode: { one-of: [{ match: ERROR, verdict: warn, reason: why }] } }',
      'completionCode',
      { kind: 'one-of', branches: [{ match: { kind: 'equals', value: 1 }, verdict: 'warn', reason: 'why' }] },
    ],
  ])('%s', (expect_, path, matcher) => {
    expect(checksOf('getEndpointId', expect_)).toEqual([{ path, matcher }]);
  });

  test('names fields of list entries, and checks lists whole', () => {
    expect(checksOf('getMctpVersionSupport', '{ versions: { each: { major: 0xf1, alpha: { max: 1 } } } }')).toEqual([
      {
        path: 'versions',
        matcher: {
          kind: 'each',
          of: [
            { path: 'major', matcher: { kind: 'equals', value: 0xf1 } },
            { path: 'alpha', matcher: { kind: 'range', max: 1 } },
          ],
        },
      },
    ]);
    expect(checksOf('getMessageTypeSupport', '{ types: { unique: true } }')).toEqual([
      { path: 'types', matcher: { kind: 'unique' } },
    ]);
    expect(checksOf('getMessageTypeSupport', '{ types: [0, 1] }')).toEqual([
      { path: 'types', matcher: { kind: 'equals', value: [0, 1] } },
    ]);
    expect(checksOf('getMessageTypeSupport', '{ types: { each: { in: $claims.mctp.messageTypes } } }')).toEqual([
      { path: 'types', matcher: { kind: 'each', of: { kind: 'in', values: '$claims.mctp.messageTypes' } } },
    ]);
  });

  test('judges a field under its own clause', () => {
    expect(checksOf('getEndpointId', '{ eid: { match: 9, requirement: DSP0236-PKT-VER-02 } }')).toEqual([
      { path: 'eid', matcher: { kind: 'equals', value: 9 }, requirement: 'DSP0236-PKT-VER-02' },
    ]);
  });

  test('takes whole expectations as branches', () => {
    const [step] = compiled(
      `${head}steps:\n  - send: getEndpointId\n    expect: { one-of: [{ expect: silence, verdict: pass }, { expect: { eid: 1 }, verdict: info }] }`,
    ).steps;
    expect(step).toMatchObject({
      expect: {
        kind: 'one-of',
        branches: [
          { expect: { kind: 'silence' }, verdict: 'pass' },
          { expect: { kind: 'fields', checks: [{ path: 'eid' }] }, verdict: 'info' },
        ],
      },
    });
  });

  test('expects an answer where a request says nothing', () => {
    const { steps } = compiled(
      `${head}steps:\n  - request: getEndpointId\n  - request: getEndpointId\n    expect: { eid: 9 }`,
    );
    expect(steps[0]).toMatchObject({ expect: { kind: 'anything' } });
  });

  test('is plain JSON', () => {
    const found = compiled(`${head}steps:\n  - request: getEndpointId\n    expect: { eid: 9 }`);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });
});
