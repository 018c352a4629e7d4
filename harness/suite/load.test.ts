import { check, faults, known, suiteOf, yaml } from './testing/fixtures';

const good = `
  requirements: [DSP0236-PKT-VER-02]
  needs: packets
  steps:
    - send: getEndpointId
      packet: { headerVersion: 2 }
      expect: silence
  deviations: [accepts-any-header-version]
`;

/** A case with one step; the step's first line is line 10 of the file, its `- ` in column 7. */
const step = (text: string, head = ''): string =>
  suiteOf(
    `requirements: [DSP0236-PKT-VER-02]\nneeds: frames\n${head === '' ? 'effects: [eid]' : head}\nsteps:\n${text
      .trim()
      .split('\n')
      .map((line, index) => (index === 0 ? `  - ${line.trim()}` : `    ${line.trim()}`))
      .join('\n')}\n`,
  );

describe('a suite', () => {
  test('that is right has no problems', () => {
    expect(faults(suiteOf(good))).toEqual([]);
  });

  test('shows every problem at once, in order', () => {
    const text = suiteOf(`
      requirements: [DSP0236-PKT-VER-20]
      needs: packets
      stesp: []
      steps:
        - send: getEndpointID
          expect: silence
        - send: getEndpointId
          packet: { headerVersoin: 2 }
          expect: silence
      deviations: [accept-any-header-version]
    `);
    expect(faults(text)).toEqual([
      '6:20 unknown requirement "DSP0236-PKT-VER-20"; did you mean "DSP0236-PKT-VER-02"?',
      '8:5 unknown key "stesp"; did you mean "steps"?',
      '10:15 unknown command "getEndpointID"; did you mean "getEndpointId"?',
      '13:19 unknown field "headerVersoin"; did you mean "headerVersion"?',
      '15:18 unknown deviation "accept-any-header-version"; did you mean "accepts-any-header-version"?',
    ]);
  });

  test('with one broken case still has its others checked', () => {
    const second = yaml(`
      - id: T/topic/2
        title: also
        requirements: [NO-1]
        needs: messages
        steps: [{ request: getEndpointId, expect: anything }]
    `).replace(/^(?=.)/gm, '  ');
    expect(faults(`suite: T/topic\ntitle: Topic\ncases:\n  - id: T/topic/1\n${second}`)).toEqual([
      '4:5 "needs" is missing',
      '4:5 "requirements" is missing',
      '4:5 "steps" is missing',
      '4:5 "title" is missing',
      '7:20 unknown requirement "NO-1"; known: DSP0236-PKT-VER-02, DSP0236-EXC-01',
    ]);
  });

  test.each([
    ['id: U/topic/1', '4:9 a case of this suite is called T/topic/N, with a number from 1 on'],
    ['id: T/topic/01', '4:9 a case of this suite is called T/topic/N, with a number from 1 on'],
    ['id: T/topic', '4:9 a case of this suite is called T/topic/N, with a number from 1 on'],
  ])('%s', (id, problem) => {
    expect(faults(suiteOf(good).replace('id: T/topic/1', id))).toEqual([problem]);
  });

  test.each([
    ['requirements: []', '6:19 this list is empty'],
    ['requirements: [DSP0236-PKT-VER-02, DSP0236-PKT-VER-02]', '6:40 DSP0236-PKT-VER-02 is here twice'],
    ['requirements: [constructor]', '6:20 unknown requirement "constructor"; did you mean'],
    ['requirements: [DSP0236-EXC-01]', '6:20 DSP0236-EXC-01 is excused in the catalogue: take the excuse away'],
  ])('%s', (line, problem) => {
    const [found, ...more] = faults(suiteOf(good.replace('requirements: [DSP0236-PKT-VER-02]', line)));
    expect(found?.startsWith(problem.replace('; did you mean', ''))).toBe(true);
    expect(more).toEqual([]);
  });

  test.each([
    ['needs: pakets', '7:12 expected messages or packets or frames, found "pakets"; did you mean "packets"?'],
    ['needs: messages', '10:9 "packet" needs packets, but the case says needs: messages'],
    [
      'needs: [packets, frames]',
      '7:12 expected one of messages, packets and frames, and acknowledge or refusal where it is needed',
    ],
    [
      'needs: [acknowledge]',
      '7:12 expected one of messages, packets and frames, and acknowledge or refusal where it is needed',
    ],
    ['needs: packets\n  bindings: []', '8:15 this list is empty'],
    ['needs: packets\n  effects: [eids]', '8:15 expected eid or tid'],
    [
      'needs: packets\n  when: pldm in',
      '8:11 not a claim expression: expected a claim or a value, found the end (at character 8)',
    ],
    ['needs: packets\n  when: mctp.statikEid', '8:11 unknown claim "mctp.statikEid"; did you mean "mctp.staticEid"?'],
    [
      'needs: packets\n  when: pldmm in mctp.messageTypes',
      '8:11 mctp.messageTypes: unknown message type "pldmm"; did you mean "pldm"?',
    ],
    [
      'needs: packets\n  when: getEndpointUui in mctp.commands',
      '8:11 mctp.commands: unknown command "getEndpointUui"; did you mean "getEndpointUuid"?',
    ],
    ['needs: packets\n  when: mctp.version', '8:11 mctp.version is a version: compare it'],
    ['needs: packets\n  deviation: [x]', '8:5 unknown key "deviation"; did you mean "deviations"?'],
  ])('%s', (line, problem) => {
    const found = faults(suiteOf(good.replace('needs: packets', line)));
    expect(found[0]?.slice(0, problem.length)).toBe(problem);
    expect(found.length).toBe(line.includes('[packets, frames]') || !line.includes('acknowledge') ? 1 : found.length);
  });

  test.each([
    ['deviations: []', '12:17 this list is empty'],
    ['deviations: [drops-all, drops-all]', '12:29 drops-all is here twice'],
  ])('%s', (line, problem) => {
    expect(faults(suiteOf(good.replace(/deviations: .*/, line)))).toEqual([problem]);
  });

  test('of ours lists a deviation in every case', () => {
    const text = suiteOf(good.replace(/ *deviations: .*\n/, ''));
    expect(faults(text)).toEqual([]);
    expect(faults(text, { ...known, requireDeviations: true })).toEqual([
      '4:5 no deviation turns this case red: "deviations" is missing',
    ]);
  });

  test('checks something', () => {
    expect(faults(step('request: getEndpointId'))).toEqual(['4:5 this case checks nothing: no step has "expect"']);
    expect(faults(step('wait: 1s'))).toEqual(['4:5 this case checks nothing: no step has "expect"']);
  });

  test.each([
    ['request: getEndpointId\nexpect: {}', '11:9 an expectation without fields'],
    [
      'request: getEndpointId\nexpect: silense',
      '11:17 expected silence or anything, found "silense"; did you mean "silence"?',
    ],
    ['request: getEndpointId\nexpect: 5', '11:17 this value does not fit here, found 5'],
    ['request: getEndpointId\nexpekt: anything\nexpect: anything', '11:9 unknown key "expekt"; did you mean "expect"?'],
    ['requst: getEndpointId\nexpect: anything', '10:9 unknown key "requst"; did you mean "request"?'],
    ['send: getEndpointId', '10:9 "expect" is missing'],
    ['request: pldm/getTidd\nexpect: anything', '10:18 unknown command "pldm/getTidd"; did you mean "pldm/getTid"?'],
    ['request: constructor\nexpect: anything', '10:18 unknown command "constructor"'],
    ['request: toString/valueOf\nexpect: anything', '10:18 unknown command "toString/valueOf"'],
    [
      'request: setEndpointId\nfields: { opration: set }\nexpect: anything',
      '11:19 unknown field of the request of setEndpointId: "opration"; did you mean "operation"?',
    ],
    [
      'request: setEndpointId\nfields: { operation: sett }\nexpect: anything',
      '11:30 unknown code "sett"; did you mean "set"?',
    ],
    [
      'request: setEndpointId\nfields: { operation: 4 }\nexpect: anything',
      '11:30 4 does not fit the 2 bits of the field',
    ],
    ['request: setEndpointId\nfields: { eid: 1.5 }\nexpect: anything', '11:24 expected a whole number, found 1.5'],
    ['request: resolveUuid\nfields: { uuid: 5 }\nexpect: anything', '11:25 expected octets as hex in quotes, found 5'],
    [
      'request: getEndpointId\nexpect: { completionCode: SUCESS }',
      '11:35 unknown code "SUCESS"; did you mean "SUCCESS"?',
    ],
    [
      'request: getEndpointId\nexpect: { eidd: 1 }',
      '11:19 unknown field of the response of getEndpointId: "eidd"; did you mean "eid"?',
    ],
    [
      'request: getEndpointId\nexpect: { toString: 1 }',
      '11:19 unknown field of the response of getEndpointId: "toString"',
    ],
    [
      'request: getEndpointId\nexpect: { message: { lenght: 4 } }',
      '11:30 unknown field "lenght"; did you mean "length"?',
    ],
    ['request: getEndpointId\nexpect: { packet: { tag: 4 } }', '11:29 unknown field "tag"'],
    ['request: getEndpointId\nexpect: { assembly: { packets: 4 } }', '11:31 unknown field "packets"'],
    [
      'request: getEndpointId\nexpect: { frame: { pec: 4 } }',
      '11:28 "pec" is a frame field of smbus only: the case needs bindings: [smbus]',
    ],
    [
      'request: getMctpVersionSupport\nexpect: { versions: { each: { mayor: 1 } } }',
      '11:39 unknown field "mayor"; did you mean "major"?',
    ],
    [
      'request: getMctpVersionSupport\nexpect: { packets: { each: { soon: 1 } } }',
      '11:38 unknown field "soon"; did you mean "som"?',
    ],
    ['request: getEndpointId\nexpect: { eid: { mn: 1 } }', '11:26 unknown key "mn"; did you mean "min"?'],
    ['request: getEndpointId\nexpect: { eid: { min: 9, max: 8 } }', '11:24 nothing is at least 9 and at most 8'],
    ['request: getEndpointId\nexpect: { eid: { in: [] } }', '11:30 this list is empty'],
    ['request: getEndpointId\nexpect: { eid: { in: eids } }', '11:30 expected a list or a reference, found "eids"'],
    ['request: getEndpointId\nexpect: { eid: { bits: "10" } }', '11:32 2 bits for a field of 8'],
    [
      'request: getEndpointId\nexpect: { eid: { bits: "1000_000z" } }',
      '11:32 bits are 0, 1 and x, 64 at most, with _ between them',
    ],
    ['request: getEndpointUuid\nexpect: { uuid: { hex: "0" } }', '11:32 "0" is not hex'],
    [
      'request: getEndpointUuid\nexpect: { uuid: { pattern: "(a+)+" } }',
      '11:36 what is repeated must have a fixed length and alternatives that exclude each other',
    ],
    [
      'request: getEndpointUuid\nexpect: { uuid: { pattern: "(" } }',
      '11:36 not a regular expression: unterminated group',
    ],
    ['request: getEndpointUuid\nexpect: { uuid: { each: 1 } }', '11:27 "each" is for lists'],
    ['request: getEndpointId\nexpect: { eid: { within: 1s } }', '11:26 "within" is for durations: elapsed'],
    [
      'request: getEndpointId\nexpect: { elapsed: { within: 1 h } }',
      '11:38 expected a duration such as 100ms, found "1 h"',
    ],
    ['request: getEndpointId\nexpect: { eid: { one-of: [] } }', '11:34 this list is empty'],
    [
      'request: getEndpointId\nexpect: { eid: { one-of: [{ match: 8, verdict: ok }] } }',
      '11:56 expected pass or info or warn or fail, found "ok"',
    ],
    [
      'request: getEndpointId\nexpect: { eid: { one-of: [{ match: 8, verdict: warn, reason: "" }] } }',
      '11:70 this text is empty',
    ],
    [
      'request: getEndpointId\nexpect: { one-of: [{ expect: silence, verdict: pass, reason: a, b }] }',
      '11:73 unknown key "b"',
    ],
    ['request: getEndpointId\nexpect: { eid: { match: 8, requirement: NO-1 } }', '11:49 unknown requirement "NO-1"'],
    [
      'request: getEndpointId\nexpect: { eid: { not: { match: 8, requirement: DSP0236-PKT-VER-02 } } }',
      '11:26 a requirement of its own can only stand at a field',
    ],
    ['request: getEndpointId\nrequirement: NO-1\nexpect: anything', '11:22 unknown requirement "NO-1"'],
    [
      'request: getEndpointId\nsave: { e: edi }\nexpect: anything',
      '11:20 unknown field of the response of getEndpointId: "edi"; did you mean "eid"?',
    ],
    ['request: getEndpointId\nsave: { e: eid.x }\nexpect: anything', '11:20 "eid.x": nothing is below "x"'],
    ['send: getEndpointId\nsave: { e: eid }\nexpect: silence', '11:17 silence has nothing to save'],
    ['send: getEndpointId\nmessage: { instance: 1 }\nexpect: silence', '11:20 unknown field "instance"'],
    [
      'send: getEndpointId\nmessage: { body: xyz }\nexpect: silence',
      '11:26 expected octets as hex in quotes, found "xyz"',
    ],
    [
      'send: getEndpointId\nmessage: { messageType: pldn }\nexpect: silence',
      '11:33 unknown code "pldn"; did you mean "pldm"?',
    ],
    ['send: getEndpointId\nframe: { fsc: 1 }\nexpect: silence', '11:18 unknown field "fsc"'],
    [
      'send: getEndpointId\nframe: { pec: { xor: 1 } }\nexpect: silence',
      '11:18 "pec" is a frame field of smbus only: the case needs bindings: [smbus]',
    ],
    ['send: getEndpointId\npacket: {}\nexpect: silence', '11:9 this map is empty'],
    ['send: getEndpointId\npacket: { messageTag: { xor: a } }\nexpect: silence', '11:38 expected a number, found "a"'],
    ['send: getEndpointId\npacket: { messageTag: $tag }\nexpect: silence', '11:31 unknown loop variable "$tag"'],
    [
      'send: getEndpointId\npacket: { messageTag: $parameters.tagg }\nexpect: silence',
      '11:31 unknown parameter "tagg"',
    ],
    [
      'send: getEndpointId\npacket: { messageTag: $parameters.constructor }\nexpect: silence',
      '11:31 unknown parameter "constructor"',
    ],
    [
      'send: getEndpointId\npacket: { messageTag: $claims.mctp.versoin }\nexpect: silence',
      '11:31 unknown claim "mctp.versoin"; did you mean "mctp.version"?',
    ],
    [
      'send: getEndpointId\npacket: { messageTag: $saved.t }\nexpect: silence',
      '11:31 nothing was saved as "t" by an earlier step',
    ],
    [
      'send: getEndpointId\npacket: { messageTag: $ }\nexpect: silence',
      '11:31 "$" is no reference: $parameters.x, $claims.x, $saved.x, $with.x or a loop variable',
    ],
    ['listen: 2\nexpect: anything', '10:17 expected a text, found 2; write it in quotes'],
    ['listen: soon\nexpect: anything', '10:17 expected a duration such as 100ms, found "soon"'],
    ['listen: 2s\nexpect: { eid: 1 }', '11:19 unknown field of what the device sends of its own: "eid"'],
    [
      'request: pldm/setTid\nfields: { tid: 9 }\nexpect: anything',
      '10:9 pldm/setTid moves something: the case needs effects: [tid]',
    ],
    ['packets: []\nmessages: { a: { request: getEndpointId, expect: silence } }', '10:18 this list is empty'],
    [
      'packets: [{ message: b, part: 1 }, { message: a, part: 1 }]\nmessages: { a: { request: getEndpointId, expect: silence } }',
      '10:30 unknown message "b"',
    ],
    [
      'packets: [{ message: a, part: 0 }]\nmessages: { a: { request: getEndpointId, expect: silence } }',
      '10:39 expected at least 1, found 0',
    ],
    ['packets: [{ message: a, part: 1 }]\nmessages: { a: { request: getEndpointId } }', '11:21 "expect" is missing'],
    [
      'packets: [{ message: a, part: 1, packet: { unit: 3 } }]\nmessages: { a: { request: getEndpointId, expect: silence } }',
      '10:52 unknown field "unit"',
    ],
  ])('step %j', (text, problem) => {
    const found = faults(step(text));
    expect(found).toHaveLength(1);
    expect(found[0]?.slice(0, problem.length)).toBe(problem);
  });

  test.each([
    ['{ v: [] }', '8:20 this list is empty'],
    ['{ v: { from: 3, to: 2 } }', '8:20 from 3 to 2 is empty'],
    ['{ v: { from: 0, to: 100000 } }', '8:20 more than 1024 values'],
    ['{ v: [1, 1] }', '8:24 this value is here twice'],
    ['{ v: [16] }', '8:21 $v: 16 does not fit the 4 bits of the field'],
    ['{ v: [two] }', '8:21 $v: expected a number, found "two"'],
    ['{ v: $claims.mctp.types }', '8:20 unknown claim "mctp.types"'],
    ['{ v: some }', '8:20 expected a list, { from, to }, $claims.x or $parameters.x'],
    ['{ v: [1], saved: [2] }', '8:25 a loop variable is a word, and not parameters, claims or saved'],
    ['{ v: { from: 0, to: 15 }, w: { from: 0, to: 1000 } }', '8:5 more than 4096 combinations'],
  ])('for-each %s', (loops, problem) => {
    const text = step('send: getEndpointId\npacket: { headerVersion: $v }\nexpect: silence', `for-each: ${loops}`);
    const [found, ...more] = faults(text);
    expect(found?.slice(0, problem.length)).toBe(problem);
    expect(more).toEqual([]);
  });

  test('names a code that a loop variable cannot mean in one of its places', () => {
    const two = [
      'request: allocateEndpointIds\nfields: { operation: $op }\nexpect: anything',
      'request: setEndpointId\nfields: { operation: $op }\nexpect: anything',
    ];
    const head = 'for-each: { op: [force, set] }\neffects: [eid]';
    const text = `${step(two[0] as string, head)}${step(two[1] as string, head).split('steps:\n')[1]}`;
    expect(faults(text)).toEqual(['8:29 $op: unknown code "set"; known: allocate, force, query']);
  });

  test('that is no suite says so once', () => {
    expect(faults('siute: a')).toEqual([
      '1:1 the first key says the kind of a document, and "siute" is none; did you mean "suite"?',
    ]);
    expect(faults('waivers: []')).toEqual(['1:10 this list is empty']);
    expect(faults('constructor: x')).toEqual(['1:1 the key "constructor" is not allowed']);
  });

  test('keeps its ids to itself, in one file and across files', () => {
    const twice = `${suiteOf(good)}---\n${suiteOf(good)}`;
    expect(faults(twice)).toEqual([
      '14:8 the suite "T/topic" is already in suite.yaml:1',
      '17:9 the case "T/topic/1" is already in suite.yaml:4',
    ]);
  });

  test('with problems is not used by accident', () => {
    const { library } = check(suiteOf(good.replace('accepts-any-header-version', 'no-such')));
    expect(library.suites.flatMap(({ cases }) => cases)).toEqual([]);
  });
});
