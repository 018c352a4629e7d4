import type { CommandSets } from '../codec/command';
import type { CaseObservations, Exchange, Observation, ReceivedMessage, SentMessage } from '../record/observation';
import type { CompiledCase, Expectation, Requirement, Step } from '../suite/compiled';
import type { JudgeContext } from './judge';
import { judgeCase } from './judge';

const commands: CommandSets = {
  control: {
    id: 'control',
    title: 'MCTP control',
    document: 'DSP0236',
    messageType: 0,
    byteOrder: 'big',
    header: [
      {
        bits: [
          { name: 'request', width: 1 },
          { name: 'datagram', width: 1 },
          { name: 'reserved', width: 1 },
          { name: 'instanceId', width: 5 },
        ],
      },
      { name: 'commandCode', type: 'uint8' },
    ],
    completionCodes: { SUCCESS: 0, ERROR: 1 },
    commands: {
      getEndpointId: {
        name: 'getEndpointId',
        set: 'control',
        title: 'Get Endpoint ID',
        clause: '12.5',
        code: 2,
        header: {},
        request: [],
        response: [
          { name: 'eid', type: 'uint8' },
          { name: 'type', type: 'uint8' },
          { name: 'mediumSpecific', type: 'uint8' },
        ],
        completionCodes: {},
      },
    },
  },
};

function requirement(id: string, change: Partial<Requirement> = {}): Requirement {
  return {
    id,
    document: 'D',
    version: '1',
    clause: '1',
    level: 'mandatory',
    confidence: 'high',
    bindings: ['any'],
    role: 'endpoint',
    statement: 's',
    ...change,
  };
}

const context: JudgeContext = {
  requirements: {
    MUST: requirement('MUST'),
    SHOULD: requirement('SHOULD', { level: 'recommended' }),
    MAY: requirement('MAY', { level: 'optional' }),
    UNSURE: requirement('UNSURE', { confidence: 'medium' }),
  },
  commands,
  parameters: {},
  claims: {},
  binding: 'smbus',
  strict: false,
};

const sent: SentMessage = {
  at: 1_000,
  body: '008102',
  packets: [],
  frames: [],
  command: 'getEndpointId',
  messageType: 0,
  instanceId: 1,
  tagOwner: 1,
  messageTag: 0,
  sourceEid: 8,
  destinationEid: 9,
  delivery: 'sent',
};
const received: ReceivedMessage = {
  at: 2_000,
  body: '00010200090000',
  packets: ['010809c000010200090000'],
  frames: [],
};

function exchange(change: Partial<Exchange> = {}): Exchange {
  return { sent, attempts: 1, also: [], ...change };
}

const answered = exchange({ response: received, elapsed: 1_000 });
const healed = { sent, response: received };

function kase(expect: Expectation, requirements: readonly string[] = ['MUST']): CompiledCase {
  const step: Step = {
    kind: 'send',
    command: 'getEndpointId',
    fields: {},
    message: {},
    packet: {},
    frame: {},
    expect,
    save: {},
  };
  return {
    id: 'S/t/1',
    suite: 'S/t',
    title: 't',
    source: { file: 'f', line: 1 },
    requirements,
    needs: { plane: 'messages', acknowledge: false },
    bindings: [],
    effects: [],
    loops: [],
    steps: [step],
    deviations: [],
  };
}

function seen(...exchanges: readonly Exchange[]): CaseObservations {
  const observation: Observation = { step: 1, loop: {}, eid: 9, exchanges, unsolicited: [] };
  return { observations: [observation], late: [] };
}

const fields = (path: string, value: number, own?: string): Expectation => ({
  kind: 'fields',
  checks: [{ path, matcher: { kind: 'equals', value }, ...(own === undefined ? {} : { requirement: own }) }],
});

describe('a response time', () => {
  const within = (limit: number): Expectation => ({
    kind: 'fields',
    checks: [{ path: 'elapsed', matcher: { kind: 'within', limit } }],
  });

  it('fails where it was measured on the wire', () => {
    expect(judgeCase(kase(within(999)), seen(answered), context).verdict).toBe('fail');
    expect(judgeCase(kase(within(1_000)), seen(answered), context).verdict).toBe('pass');
  });

  it('that counts from a queue fails nobody, and passes where even that was in time', () => {
    const queued = { ...context, queued: true };
    const { verdict, checks } = judgeCase(kase(within(999)), seen(answered), queued);
    expect(verdict).toBe('warn');
    expect(checks[1]?.note).toContain("counts from the interface's queue");
    expect(judgeCase(kase(within(1_000)), seen(answered), queued).verdict).toBe('pass');
  });
});

describe('a case', () => {
  it('passes where every check holds, and names clause, octets and place', () => {
    const { verdict, checks } = judgeCase(kase(fields('eid', 9)), seen(answered), context);
    expect(verdict).toBe('pass');
    expect(checks.map((check) => check.id)).toEqual(['S/t/1#1.response', 'S/t/1#1.eid']);
    expect(checks[1]).toMatchObject({
      requirement: 'MUST',
      octets: received.body,
      highlight: { offset: 4, length: 1 },
    });
  });

  it.each([
    ['MUST', 'fail'],
    ['SHOULD', 'warn'],
    ['UNSURE', 'warn'],
    ['MAY', 'pass'],
  ])('of requirement %s that is not met comes to %s', (id, verdict) => {
    expect(judgeCase(kase(fields('eid', 7), [id]), seen(answered), context).verdict).toBe(verdict);
  });

  it('fails on a recommendation in a strict run, but not on an unconfirmed clause', () => {
    const strict = { ...context, strict: true };
    expect(judgeCase(kase(fields('eid', 7), ['SHOULD']), seen(answered), strict).verdict).toBe('fail');
    expect(judgeCase(kase(fields('eid', 7), ['UNSURE']), seen(answered), strict).verdict).toBe('warn');
  });

  it('judges a field under its own clause', () => {
    const { verdict, checks } = judgeCase(kase(fields('eid', 7, 'SHOULD')), seen(answered), context);
    expect(verdict).toBe('warn');
    expect(checks[1]).toMatchObject({ requirement: 'SHOULD', verdict: 'warn' });
  });

  it('does not judge fields of an answer that did not come', () => {
    const { verdict, checks } = judgeCase(kase(fields('eid', 9)), seen(exchange({ attempts: 3 })), context);
    expect(verdict).toBe('fail');
    expect(checks.map((check) => [check.id, check.actual])).toEqual([
      ['S/t/1#1.response', 'no answer after 3 attempts'],
    ]);
  });

  it('does not pass where not one check holds, be they only optional', () => {
    expect(judgeCase(kase({ kind: 'anything' }, ['MAY']), seen(exchange()), context).verdict).toBe('warn');
  });

  it('is an error where nothing was observed or nothing could be sent', () => {
    expect(judgeCase(kase({ kind: 'silence' }), { observations: [], late: [] }, context).verdict).toBe('error');
    const refused = exchange({ sent: { ...sent, delivery: 'refused', detail: 'interface down' } });
    expect(judgeCase(kase({ kind: 'silence' }), seen(refused), context)).toMatchObject({
      verdict: 'error',
      checks: [],
    });
  });

  it('is an error, not the fault of the device, where the wires took no stimulus, twin or question after it', () => {
    const lost = { ...sent, delivery: 'arbitration-lost' as const };
    const asked = kase(fields('eid', 9));
    expect(judgeCase(asked, seen(exchange({ sent: lost })), context)).toMatchObject({
      verdict: 'error',
      reason: 'a stimulus could not be sent: another controller won the bus',
    });
    expect(judgeCase(asked, seen({ ...answered, sent: lost }), context).verdict).toBe('pass');
    const quiet = kase({ kind: 'silence' });
    const refused = { ...sent, delivery: 'refused' as const, detail: 'stuck' };
    const unproven = exchange({ silence: { by: 'twin', waited: 1, twin: { sent: refused } } });
    expect(judgeCase(quiet, seen(unproven), context).reason).toBe('a stimulus could not be sent: stuck');
    const life = { alive: false, undelivered: 'stuck' };
    expect(judgeCase(asked, { ...seen(answered), life }, context)).toMatchObject({ verdict: 'error', checks: [] });
  });

  it('is an error where an answer may have been lost behind a mux, and judged where it came', () => {
    const unheld = { ...sent, unheld: true as const };
    const asked = kase(fields('eid', 9));
    const lost = judgeCase(asked, seen(exchange({ sent: unheld })), context);
    expect(lost).toMatchObject({ verdict: 'error', checks: [] });
    expect(lost.reason).toMatch(/mux/);
    expect(judgeCase(asked, seen({ ...answered, sent: unheld }), context).verdict).toBe('pass');
    const nak = { ...unheld, delivery: 'nak' as const };
    expect(judgeCase(asked, seen(exchange({ sent: nak })), context).verdict).toBe('fail');
    const quiet = kase({ kind: 'silence' });
    const proof = (twin: NonNullable<Exchange['silence']>['twin']) =>
      seen(exchange({ sent: unheld, silence: { by: 'twin', waited: 1, ...(twin && { twin }) } }));
    expect(judgeCase(quiet, proof({ sent: unheld }), context).verdict).toBe('error');
    expect(judgeCase(quiet, proof({ sent, response: received }), context).verdict).toBe('pass');
  });

  it('fails where the device does not live after it, even if all checks hold', () => {
    const dead = { ...seen(answered), life: { alive: false } };
    expect(judgeCase(kase(fields('eid', 9)), dead, context).verdict).toBe('fail');
    const recovered = { ...seen(answered), life: { alive: true, recovered: 'it came back after 1.0 s' } };
    expect(judgeCase(kase(fields('eid', 9)), recovered, context).verdict).toBe('fail');
    expect(judgeCase(kase(fields('eid', 9)), { ...seen(answered), life: { alive: true } }, context).verdict).toBe(
      'pass',
    );
  });
});

describe('silence', () => {
  const quiet = kase({ kind: 'silence' });

  it('holds where the healed twin was answered, and says so', () => {
    const proof = exchange({ silence: { by: 'twin', waited: 2_000_000, twin: healed } });
    const { verdict, checks } = judgeCase(quiet, seen(proof), context);
    expect(verdict).toBe('pass');
    expect(checks[0]?.note).toBe('by twin, after 2 ms');
  });

  it.each([
    ['an answer came', answered],
    ['the twin was not answered either', exchange({ silence: { by: 'twin', waited: 1, twin: { sent } } })],
    ['nothing proves it', exchange()],
    ['the window passed and the device was dead', exchange({ silence: { by: 'window', waited: 1, twin: { sent } } })],
  ])('does not hold where %s', (_why, one) => {
    expect(judgeCase(quiet, seen(one), context).verdict).toBe('fail');
  });

  it('does not hold where the answer came late', () => {
    const proof = exchange({ silence: { by: 'twin', waited: 1, twin: healed } });
    const late = { ...seen(proof), late: [{ step: 1, loop: {}, received: { ...received, at: 3_001_000 } }] };
    const { verdict, checks } = judgeCase(quiet, late, context);
    expect(verdict).toBe('fail');
    expect(checks[0]?.actual).toBe('answered late, after 3 ms');
  });
});

describe('one-of', () => {
  const either: Expectation = {
    kind: 'one-of',
    branches: [
      { expect: { kind: 'silence' }, verdict: 'pass' },
      { expect: fields('completionCode', 0), verdict: 'warn', reason: 'tolerated' },
    ],
  };

  it('takes the first branch that holds', () => {
    const proof = exchange({ silence: { by: 'twin', waited: 1, twin: healed } });
    expect(judgeCase(kase(either), seen(proof), context).verdict).toBe('pass');
    expect(judgeCase(kase(either), seen(answered), context)).toMatchObject({
      verdict: 'warn',
      checks: [{ note: 'tolerated' }],
    });
  });

  it('fails where none holds, unproven silence among them', () => {
    const error = exchange({ response: { ...received, body: '00010201' } });
    expect(judgeCase(kase(either), seen(error), context).verdict).toBe('fail');
    expect(judgeCase(kase(either), seen(exchange()), context).verdict).toBe('fail');
  });
});
