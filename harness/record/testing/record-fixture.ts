import { MILLISECOND } from '../../clock';
import type { CommandSet } from '../../codec/command';
import type { CaseVerdict, CheckVerdict, Level } from '../../names';
import type { CompiledCase, Requirement } from '../../suite/compiled';
import type { Check, PlannedCase, Purpose, RecordEntry, RecordLine } from '../lines';
import type { Exchange, ReceivedMessage, SentMessage } from '../observation';
import { memorySink } from '../writer';

/** Records for tests, from octets computed for `reference/layouts.md` 2.1: Get Endpoint ID and its answer. */
export const golden = {
  request: { frame: '3a0f0821010008c800810243', packet: '010008c8008102', body: '008102' },
  response: { frame: '200f0c3b010800c0000102000000002b', packet: '010800c000010200000000' },
} as const;

const control: CommandSet = {
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
  completionCodes: { SUCCESS: 0, ERROR: 1, ERROR_UNSUPPORTED_CMD: 5 },
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
        { name: 'endpointType', type: 'uint8' },
        { name: 'mediumSpecific', type: 'uint8' },
      ],
      completionCodes: {},
    },
  },
};

export function requirement(id: string, level: Level = 'mandatory'): Requirement {
  return {
    id,
    document: id.slice(0, 7),
    version: '1.3.3',
    clause: '8.2 MCTP packet fields, Table 1',
    level,
    confidence: 'high',
    bindings: ['any'],
    role: 'endpoint',
    statement: `What ${id} demands of the device, in one sentence.`,
  };
}

export function compiledCase(id: string, requirements: readonly string[], title = 'does what is asked'): CompiledCase {
  return {
    id,
    suite: id.replace(/\/[^/]*$/, ''),
    title,
    source: { file: 'suites/fixture.yaml', line: 1 },
    requirements,
    needs: { plane: 'messages', acknowledge: false },
    bindings: ['smbus', 'serial'],
    effects: [],
    loops: [],
    steps: [],
    deviations: ['some-deviation'],
  };
}

export function check(id: string, verdict: CheckVerdict, more: Partial<Check> = {}): Check {
  return {
    id,
    requirement: 'DSP0236-CTRL-GEID-01',
    level: 'mandatory',
    verdict,
    expected: 'SUCCESS',
    actual: verdict === 'pass' ? 'SUCCESS' : 'ERROR',
    octets: golden.response.packet.slice(8),
    highlight: { offset: 3, length: 1 },
    step: 1,
    ...more,
  };
}

export const sentMessage: SentMessage = {
  at: 0,
  body: golden.request.body,
  packets: [golden.request.packet],
  frames: [golden.request.frame],
  command: 'getEndpointId',
  messageType: 0,
  instanceId: 1,
  tagOwner: 1,
  messageTag: 0,
  sourceEid: 8,
  destinationEid: 0,
  delivery: 'sent',
};

export const receivedMessage: ReceivedMessage = {
  at: 0,
  body: golden.response.packet.slice(8),
  packets: [golden.response.packet],
  frames: [golden.response.frame],
};

export function exchange(elapsed: number): Exchange {
  return { sent: sentMessage, attempts: 1, response: receivedMessage, also: [], elapsed };
}

export const device = { eid: 9, uuid: '12345678-9abc-def0-1234-56789abcdef0', types: [0, 1], versions: ['1.3.1'] };

/** A record step by step, on a clock that each line moves by one millisecond. */
export class RecordBuilder {
  private time = 0;
  private readonly sink = memorySink({ now: () => this.time });

  get lines(): readonly RecordLine[] {
    return this.sink.lines;
  }

  write(...entries: readonly RecordEntry[]): this {
    for (const entry of entries) {
      this.sink.write(entry);
      this.time += MILLISECOND;
    }
    return this;
  }

  start(more: Partial<Extract<RecordLine, { type: 'run.start' }>> = {}): this {
    return this.write({
      type: 'run.start',
      format: 1,
      tool: { name: 'mctp-certify', version: '0.1.0', node: 'v20.19.0' },
      wall: '2026-01-31T12:00:00.000Z',
      segment: 1,
      seed: 1,
      uri: 'sim:nic',
      profile: { id: 'nic', title: 'Network interface card', hash: 'abc', class: 'nic' },
      hashes: { catalogue: 'def' },
      scope: {
        binding: 'smbus',
        plane: 'frames',
        acknowledge: true,
        exclusive: true,
        effects: ['eid'],
        hops: 0,
        owner: 'self',
      },
      attested: false,
      options: { strict: false, thorough: false, select: [] },
      ...more,
    });
  }

  device(more: object = {}): this {
    return this.write({ type: 'device', identity: { ...device, ...more } });
  }

  plan(...cases: readonly (CompiledCase | PlannedCase)[]): this {
    const planned = cases.map((entry) => ('decision' in entry ? entry : { decision: 'run' as const, case: entry }));
    const ids = new Set(planned.flatMap((entry) => entry.case.requirements));
    return this.write({
      type: 'plan',
      cases: planned,
      requirements: Object.fromEntries([...ids].map((id) => [id, requirement(id)])),
      commands: { control },
      parameters: {},
      claims: {},
    });
  }

  frames(purpose: Purpose = 'stimulus'): this {
    const plane = 'frames';
    const tx = { octets: golden.request.frame, packets: [golden.request.packet] };
    const rx = { octets: golden.response.frame, packets: [golden.response.packet] };
    return this.write(
      { type: 'frame', direction: 'tx', plane, ...tx, purpose, delivery: 'sent' },
      { type: 'frame', direction: 'rx', plane, ...rx, purpose: 'received' },
    );
  }

  /** A case from start to end: frames, one observation, its checks. */
  run(id: string, verdict: CaseVerdict, checks: readonly Check[], reason?: string): this {
    this.write({ type: 'case.start', case: id, attempt: 1 }).frames();
    const observation = { step: 1, loop: {}, eid: 9, exchanges: [exchange(2 * MILLISECOND)], unsolicited: [] };
    this.write({ type: 'observation', case: id, observation });
    for (const entry of checks) this.write({ type: 'check', case: id, check: entry });
    return this.write({ type: 'case.end', case: id, verdict, ...(reason === undefined ? {} : { reason }) });
  }

  end(more: Partial<Extract<RecordLine, { type: 'run.end' }>> = {}): this {
    return this.write({ type: 'run.end', wall: '2026-01-31T12:00:05.000Z', verdict: 'conformant', ...more });
  }
}

/** What a device may put into its strings. */
export const hostile =
  '</script><img src=x onerror="window.pwned=1">\u0000\u001b[31m\u2028\ud800]]>&amp;$&{title}\u202e{{7}}';

/** One case of every verdict, over two suites, with hostile strings wherever a device can put them. */
export function sampleRecord(uuid: string = device.uuid): RecordBuilder {
  const geid = 'DSP0236-CTRL-GEID-01';
  const of = (suite: string, number: number): string => `${suite}/${number}`;
  const header = 'DSP0236/packet-header';
  const pldm = 'pldm/get-tid';
  const cases: readonly (CompiledCase | PlannedCase)[] = [
    compiledCase(of(header, 1), ['DSP0236-PKT-VER-01'], 'sends header version 1'),
    compiledCase(of(header, 2), ['DSP0236-PKT-VER-02'], 'drops a packet whose header version it does not support'),
    compiledCase(of(header, 3), [geid], 'answers Get Endpoint ID'),
    compiledCase(of(header, 4), ['DSP0236-TIM-01'], 'answers in time'),
    compiledCase(of(header, 5), [geid], 'keeps its EID'),
    compiledCase(of(header, 6), [geid], 'is waived'),
    compiledCase(of(header, 7), [geid], 'cannot be judged'),
    {
      decision: 'not-applicable',
      case: compiledCase(of(pldm, 1), ['PLDM-TID-01'], 'answers GetTID'),
      reason: 'claim mctp.messageTypes has no pldm',
    },
    {
      decision: 'unreachable',
      case: compiledCase(of(pldm, 2), ['PLDM-TID-02'], 'keeps its TID'),
      reason: 'needs frames, the scope reaches messages',
    },
  ];
  const id = (number: number): string => of(header, number);
  return new RecordBuilder()
    .start()
    .device({ uuid })
    .plan(...cases)
    .frames('discovery')
    .run(id(1), 'pass', [check(`${id(1)}#1.headerVersion`, 'pass', { requirement: 'DSP0236-PKT-VER-01' })])
    .run(id(2), 'pass', [
      check(`${id(2)}#1.silence[headerVersion=0]`, 'pass', { expected: 'silence', actual: 'silence', note: 'by twin' }),
      check(`${id(2)}#1.silence[headerVersion=2]`, 'pass', { expected: 'silence', actual: 'silence', note: 'by twin' }),
    ])
    .run(id(3), 'fail', [check(`${id(3)}#1.eid`, 'fail', { actual: uuid }), check(`${id(3)}#1.completionCode`, 'pass')])
    .run(id(4), 'warn', [check(`${id(4)}#1.within`, 'warn', { level: 'recommended', expected: 'within 100 ms' })])
    .run(id(5), 'blocked', [], `by ${id(3)}: the device died`)
    .run(id(6), 'waived', [check(`${id(6)}#1.eid`, 'fail')], 'fixed in 2.2 (jdoe, until 2027-03-01)')
    .run(id(7), 'error', [], `the bridge said: ${uuid}`)
    .end({ verdict: 'not-conformant' });
}
