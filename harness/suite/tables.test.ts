import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root';
import { builtInSources } from './library';
import { checkFiles } from './load';
import { schemaFiles } from './schemas';
import { check, faults, yaml } from './testing/fixtures';

describe('command tables', () => {
  const table = (fields: string, rest = ''): string =>
    `${yaml(`
      commands: own
      title: Own
      document: own
      messageType: 0x7e
      byteOrder: big
      header: [{ name: commandCode, type: uint8 }]
      completionCodes: { SUCCESS: 0 }
      table:
        act: { code: 1, title: Act, clause: "1", request: ${fields}, response: []${rest} }
    `)}`;

  test('become commands with the name of their set', () => {
    const { library, problems } = check(table('[{ name: a, type: uint16 }]'));
    expect(problems).toEqual([]);
    expect(library.commands.own?.commands['own/act']).toMatchObject({
      name: 'own/act',
      set: 'own',
      code: 1,
      header: {},
    });
  });

  test.each([
    ['[{ name: a, type: uint9 }]', '9:71 expected a known name, found "uint9"; did you mean'],
    ['[{ bits: [{ name: a, width: 3 }] }]', '9:62 the bits make 3, which is no whole number of octets'],
    ['[{ name: a, type: uint8 }, { name: a, type: uint8 }]', '9:88 the field "a" is here twice'],
    ['[{ name: a, type: uint8, codes: { x: 256 } }]', '9:90 256 does not fit the field: at most 255'],
    ['[{ name: a, type: uint8, default: 256 }]', '9:87 256 does not fit the field: at most 255'],
    ['[{ name: a, list: uint8, count: { field: b } }]', '9:94 no earlier field is called "b"'],
    ['[{ name: a, type: bytes, length: { field: b } }]', '9:95 no earlier field is called "b"'],
    ['[{ name: a, type: uint8, compute: { count: b } }]', '9:96 no field is called "b"'],
    ['[{ nam: a, type: uint8 }]', '9:56 unknown key "nam"; did you mean "name"?'],
  ])('%s', (fields, problem) => {
    const found = faults(table(fields));
    expect(found.map((line) => line.slice(0, problem.length))).toContain(problem);
  });

  test('do not take the id of another', () => {
    expect(faults(table('[]').replace('commands: own', 'commands: pldm'))).toContain(
      '1:11 the command set "pldm" is already in the built-in tables',
    );
  });
});

describe('the catalogue', () => {
  const { library, problems } = checkFiles(
    builtInSources().filter(({ file }) => /requirements\/|commands\//.test(file)),
  );

  test('has all requirements of the documents that were read', () => {
    expect(problems).toEqual([]);
    const count: { [document: string]: number } = {};
    for (const { document } of Object.values(library.requirements)) count[document] = (count[document] ?? 0) + 1;
    expect(count).toMatchObject({
      DSP0236: 224,
      DSP0237: 62,
      DSP0238: 12,
      DSP0239: 5,
      DSP0253: 21,
      DSP0233: 8,
      DSP0283: 7,
    });
  });

  test('keeps what was read', () => {
    expect(library.requirements['DSP0236-PKT-VER-02']).toMatchObject({
      document: 'DSP0236',
      version: '1.3.3',
      clause: '8.7 Dropped packets (bad header version)',
      level: 'mandatory',
      confidence: 'high',
      bindings: ['any'],
      role: 'endpoint',
      test: { expect: expect.stringContaining('No response') },
      seenIn: ['linux-route', 'kunit', 'wireshark', 'mctp-estack'],
    });
  });

  test('finds an id that is there twice', () => {
    const [source] = builtInSources().filter(({ file }) => file.endsWith('dsp0239.yaml'));
    const text = source?.text ?? '';
    const again = checkFiles([
      { file: 'a.yaml', text },
      { file: 'b.yaml', text },
    ]).problems;
    expect(again).toHaveLength(5);
    expect(again[0]).toMatchObject({ file: 'b.yaml', message: expect.stringMatching(/is already in a\.yaml:\d+$/) });
  });
});

describe('generated JSON Schemas', () => {
  test.each(Object.entries(schemaFiles()))('%s is up to date', (name, text) => {
    expect(readFileSync(join(packageRoot(), 'profiles/schema', name), 'utf8')).toBe(text);
  });
});

describe('a command set of an upper layer', () => {
  const set = (more: string, table = ''): readonly string[] =>
    faults(
      yaml(`
        commands: own
        title: Own
        document: Own
        messageType: 2
        byteOrder: big
        header: [{ name: commandCode, type: uint8 }, { name: size, type: uint16 }]
        completionCodes: { SUCCESS: 0 }
${more
  .trim()
  .split('\n')
  .map((line) => `        ${line}`)
  .join('\n')}
        table:
          ask: { code: 1, title: Ask, clause: "1", request: [], response: [${table}] }
      `),
    );

  test.each([
    ['length: sizes', '8:9 the header of own has no field "sizes"; did you mean "size"?'],
    ['selects: [chanel]', '8:11 the header of own has no field "chanel"'],
    ['answers: { echoes: [instanceId] }', '8:21 the header of own has no field "instanceId"'],
    [
      'answers: { begins: [{ name: status, type: uint8 }] }',
      '8:20 one of these is the completion code: say which by "completionCode"',
    ],
    [
      'answers: { begins: [{ name: status, type: uint8 }], completionCode: stats }',
      '8:69 answers do not begin with a field "stats"; did you mean "status"?',
    ],
    [
      'trailer: [{ name: crc, type: uint32, compute: { checksum: crc32, from: heade } }]',
      '8:72 no field is called "heade"; did you mean "header"?',
    ],
    ['structures: { one: [{ include: two }], two: [{ include: one }] }', '8:57 "one" is part of itself'],
    [
      'structures: { one: [{ include: tow }], two: [{ name: a, type: uint8 }] }',
      '8:32 unknown structure "tow"; did you mean "two"?',
    ],
    [
      'structures: { one: [{ name: a, type: text, length: rest, encoding: { by: b, of: { 1: ascii } } }] }',
      '8:74 no earlier field is called "b"',
    ],
  ])('%s', (more, problem) => {
    expect(set(more).map((line) => line.slice(0, problem.length))).toContain(problem);
  });

  test.each([
    [
      '{ name: a, type: uint8, codes: { one: 1 } }, { name: b, switch: a, cases: { two: uint8 } }',
      'unknown code "two"; known: one',
    ],
    [
      '{ name: a, type: uint8 }, { switch: a, cases: { 1: uint8 } }',
      'the cases of a switch without a name are lists of fields',
    ],
    ['{ name: b, switch: request.a, cases: { 1: uint8 } }', 'no earlier field is called "request.a"'],
    [
      '{ name: a, type: uint8 }, { switch: a, cases: { 1: [{ name: a, type: uint8 }] } }',
      'the field "a" is here twice',
    ],
    ['{ name: a, type: int8, codes: { low: -129 } }', '-129 does not fit the field: at least -128'],
    ['{ name: completionCode, type: uint8 }', 'the field "completionCode" is here twice'],
  ])('answers with %s', (fields, problem) => {
    expect(set('selects: []', fields).map((line) => line.replace(/^\d+:\d+ /, '').slice(0, problem.length))).toContain(
      problem,
    );
  });

  it('says where its command code stands', () => {
    const [fault] = faults(
      'commands: own\ntitle: Own\ndocument: Own\nmessageType: 2\nbyteOrder: big\nheader: [{ name: a, type: uint8 }]\ncompletionCodes: {}\ntable: {}\n',
    );
    expect(fault).toBe('6:9 neither the header nor what requests begin with has a "commandCode"');
  });
});
