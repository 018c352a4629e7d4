import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuiltLibrary } from './library';
import { cacheFolder, lintFiles, openBuiltIn, openLibrary } from './library';
import { emptyLibrary, loadLibrary } from './load';
import { commands } from './testing/command-tables';
import { suiteOf, yaml } from './testing/fixtures';

let folder = '';
const at = (name: string): string => join(folder, name);
const put = (name: string, text: string): string => {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  return at(name);
};

const requirements = yaml(`
  requirements: OEM
  title: Own
  entries:
    - id: OEM-1
      version: "1"
      clause: "1"
      level: mandatory
      confidence: high
      applies: { binding: any, role: endpoint }
      statement: It answers.
`);
const suite = suiteOf(`
  requirements: [OEM-1]
  needs: messages
  steps: [{ request: getEndpointId, expect: { completionCode: SUCCESS } }]
`);
const profile = 'profile: own\ntitle: Own\nclass: endpoint\nsuites: [./suites]\n';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mctp-certify-'));
  const { devices: _none, ...library } = loadLibrary([], {}, { ...emptyLibrary, commands });
  const built: BuiltLibrary = { format: 1, hash: 'h', deviations: [], library };
  put('library.json', JSON.stringify(built));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (...userFiles: readonly string[]) =>
  openLibrary({ userFiles, builtIn: at('library.json'), cache: at('cache') });

describe('opening a library', () => {
  test('needs neither parser nor schemas for what is built in', async () => {
    const opened = await open();
    expect(Object.keys(opened.commands)).toEqual(Object.keys(commands));
    expect(opened.own).toEqual({ profiles: [], suites: [], devices: [], overlays: [] });
    const source = readFileSync(join(__dirname, 'library.js'), 'utf8');
    expect(source.match(/^(const|import) .*require\("(yaml|zod|\.\/load|\.\/problem)"\)/gm)).toBeNull();
  });

  test('finds the suites that a profile names by a path relative to itself', async () => {
    put('oem/suites/requirements.yaml', requirements);
    put('oem/suites/deep/topic.yml', suite);
    put('oem/suites/notes.txt', 'no YAML: [');
    const opened = await open(put('oem/profile.yaml', profile));
    expect(opened.own).toEqual({ profiles: ['own'], suites: ['T/topic'], devices: [], overlays: [] });
    expect(opened.profiles.own?.suites).toEqual(['T/topic']);
  });

  test('takes a folder', async () => {
    put('oem/suites/a.yaml', `${requirements}---\n${suite}`);
    put('oem/profile.yaml', profile);
    expect((await open(at('oem'))).own.profiles).toEqual(['own']);
  });

  test('keeps what it compiled, until a file changes', async () => {
    put('oem/suites/a.yaml', `${requirements}---\n${suite}`);
    put('oem/profile.yaml', profile);
    const first = await open(at('oem'));
    expect(readdirSync(at('cache'))).toHaveLength(1);
    expect(await open(at('oem'))).toEqual(first);
    expect(readdirSync(at('cache'))).toHaveLength(1);
    put('oem/suites/a.yaml', `${requirements}---\n${suite.replace('title: does', 'title: does more')}`);
    const later = await open(at('oem'));
    expect(later.suites[0]?.cases[0]?.title).toBe('does more');
    expect(readdirSync(at('cache'))).toHaveLength(2);
  });

  test('does without a cache that is broken or cannot be written', async () => {
    put('oem/suites/a.yaml', `${requirements}---\n${suite}`);
    put('oem/profile.yaml', profile);
    const first = await open(at('oem'));
    for (const name of readdirSync(at('cache'))) put(`cache/${name}`, '{"added":');
    expect(await open(at('oem'))).toEqual(first);
    put('file', '');
    const cache = at('file/below');
    expect(await openLibrary({ userFiles: [at('oem')], builtIn: at('library.json'), cache })).toEqual(first);
  });

  test('shows all problems of the files, and caches none', async () => {
    put('oem/a.yaml', `${requirements}---\n${suite.replace('OEM-1', 'OEM-2')}`);
    await expect(open(at('oem'))).rejects.toMatchObject({
      code: 'YAML',
      exit: 2,
      message: expect.stringMatching(
        /oem\/a\.yaml:17:20: unknown requirement "OEM-2"; did you mean "OEM-1"\?\n {2}17 \|/,
      ),
    });
    expect(() => readdirSync(at('cache'))).toThrow();
  });

  test('says what cannot be read', async () => {
    await expect(open(at('nowhere.yaml'))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/cannot read .*nowhere/),
    });
    expect(() => openBuiltIn(at('none.json'))).toThrow(/npm run build/);
  });

  test('keeps its cache where the user keeps caches', () => {
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = '/xdg';
    expect(cacheFolder()).toBe('/xdg/mctp-certify');
    process.env.XDG_CACHE_HOME = 'relative';
    expect(cacheFolder()).toMatch(/\/\.cache\/mctp-certify$/);
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  });
});

describe('lint', () => {
  test('finds what is wrong with files of the user', async () => {
    const problems = await lintFiles([put('bad.yaml', 'suite: X/y\ntitle: t\ncases: [{ id: X/y/1 }]\n')]);
    expect(problems.map(({ line, message }) => `${line} ${message}`)).toContain('3 "steps" is missing');
  });
});
