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
