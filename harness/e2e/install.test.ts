import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { readResult } from '../../reports/render';
import { packageRoot } from '../package-root';
import { cli, complaints, ownEnvironment, PATIENCE_MS, scratch } from './testing/cli';

jest.setTimeout(2 * PATIENCE_MS);

/**
 * The packed package under another project's node_modules, beside things that would mislead a jest that looked for
 * configuration. Dependencies are those of this tree, by link: registries are not asked.
 */
const project = join(scratch(), 'another project');
const installed = join(project, 'node_modules', 'mctp-certify');
const main = join(installed, 'dist/harness/cli/main.js');
const some = ['--select', 'DSP0236/get-endpoint-id'];

/** What `files` of package.json packs: the folders, without tests. */
function install(): void {
  const root = packageRoot();
  const modules = join(root, 'node_modules');
  mkdirSync(installed, { recursive: true });
  const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
  const [{ files }] = JSON.parse(packed.stdout) as [{ readonly files: readonly { readonly path: string }[] }];
  for (const { path } of files) cpSync(join(root, path), join(installed, path));
  for (const name of readdirSync(modules)) {
    if (!name.startsWith('.')) symlinkSync(realpathSync(join(modules, name)), join(project, 'node_modules', name));
  }
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'another',
      version: '0.0.0',
      jest: { preset: 'no-such-preset', testMatch: ['**/never'], runner: './no-such-runner', nonsense: true },
      'jest-junit': { outputName: 'stray.xml', outputDirectory: '.', suiteName: 'stray' },
    }),
  );
  writeFileSync(join(project, 'jest.config.js'), 'throw new Error("the configuration of another project was read");\n');
  writeFileSync(join(project, '.babelrc'), '{ "presets": ["no-such-preset"] }\n');
  writeFileSync(join(project, 'jest.setup.js'), 'throw new Error("setup");\n');
}

install();

const stray = {
  JEST_JUNIT_OUTPUT_DIR: project,
  JEST_JUNIT_OUTPUT_NAME: 'stray.xml',
  JEST_JUNIT_CLASSNAME: '{stray}',
  JEST_JUNIT_ADD_FILE_ATTRIBUTE: 'true',
  JEST_WORKER_ID: '7',
  NODE_ENV: 'production',
};

describe('installed in another project', () => {
  it('runs from there, whatever that project says of jest', async () => {
    const out = join(project, 'a report');
    const ended = await cli(['run', 'nic', '--out', out], { main, cwd: project, env: ownEnvironment(stray) });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^CONFORMANT/) });
    const xml = readFileSync(join(out, 'junit.xml'), 'utf8');
    expect(xml).not.toMatch(/stray/);
    expect(existsSync(join(project, 'stray.xml'))).toBe(false);
    const { counts, planned } = readResult(join(out, 'result.json'));
    expect(counts.pass).toBeGreaterThan(100);
    expect(xml.match(/<testcase /g)).toHaveLength(planned);
  });

  it('by default writes below the working directory, and nothing else there', async () => {
    const cwd = join(project, 'elsewhere');
    mkdirSync(cwd);
    expect(await cli(['run', 'nic', ...some], { main, cwd })).toMatchObject({ code: 0 });
    expect(readdirSync(cwd)).toEqual(['reports']);
    expect(readdirSync(join(cwd, 'reports/out'))).toEqual([expect.stringMatching(/^\d{4}-.*-nic$/)]);
  });

  it('from / and with the suites named by a link', async () => {
    const link = join(project, 'link');
    symlinkSync(installed, link);
    const out = join(project, 'from root');
    const linked = join(link, 'dist/harness/cli/main.js');
    expect(await cli(['run', 'nic', ...some, '--out', out], { main: linked, cwd: '/' })).toMatchObject({ code: 0 });
  });

  it('packs no test', () => {
    const all = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(all.filter((name) => /\.test\.js$/.test(name))).toEqual([]);
  });
});

const root = process.getuid?.() === 0;
const hasSetpriv = root && spawnSync('setpriv', ['--version']).status === 0;
/** Somebody without a home, a name or a group of their own. */
const nobody = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'];

describe('an ordinary user', () => {
  const own = join(dirname(project), 'own');
  mkdirSync(own);
  const homeless = { ...ownEnvironment({ TMPDIR: own }) };
  delete homeless.HOME;
  const through = hasSetpriv ? nobody : [];

  beforeAll(() => {
    chmodSync(dirname(project), 0o755);
    chmodSync(own, 0o777);
    if (root && !hasSetpriv) process.stderr.write('setpriv is missing: tried as root only\n');
  });

  it.each<[string, NodeJS.ProcessEnv]>([
    ['without HOME', homeless],
    ['with a HOME that is none', { ...homeless, HOME: '/proc/none', XDG_CACHE_HOME: '' }],
  ])('%s, with a profile of their own', async (name, env) => {
    const profile = join(own, 'profile.yaml');
    writeFileSync(profile, 'profile: acme\ntitle: Acme\nclass: nic\nsuites: [DSP0236/get-endpoint-id]\n');
    const ended = await cli(['run', profile, '--out', join(own, `out ${name}`)], { main, cwd: own, env, through });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^CONFORMANT/) });
  });

  it('in a folder that may not be written: one line says how to go on', async () => {
    const cwd = hasSetpriv || !root ? mkdirReadOnly(own) : '/proc';
    const ended = await cli(['run', 'nic', ...some], { main, cwd, env: homeless, through });
    expect(ended.code).toBe(3);
    expect(complaints(ended)).toEqual([
      expect.stringMatching(/cannot create the output folder .*name another with --out/),
    ]);
    const out = join(own, 'from read-only');
    const named = await cli(['run', 'nic', ...some, '--out', out], { main, cwd, env: homeless, through });
    expect(named.code).toBe(0);
  });

  it('without a place for temporary files: one line says what to set', async () => {
    const env = { ...homeless, TMPDIR: '/proc/none' };
    const out = join(own, 'no tmp');
    const ended = await cli(['run', 'nic', ...some, '--out', out], { main, cwd: own, env, through });
    expect(ended.code).toBe(3);
    expect(complaints(ended)).toEqual([expect.stringMatching(/set TMPDIR to a folder that you may write to/)]);
    const bridge = await cli(['run', 'nic', '--device', `bridge:smbus:cat # ${process.pid}`, '--out', out], {
      main,
      cwd: own,
      env,
      through,
    });
    expect(bridge.code).toBe(3);
    expect(complaints(bridge)).toEqual([expect.stringMatching(/set TMPDIR to a folder that you may write to/)]);
  });
});

function mkdirReadOnly(parent: string): string {
  const path = join(parent, 'read-only');
  mkdirSync(path);
  chmodSync(path, 0o555);
  return path;
}
