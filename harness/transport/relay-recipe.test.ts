import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../package-root';

/*
 * The Yocto recipe of the relay, as far as it can be tested without bitbake: what it names is there and is what it says, and
 * its tasks build and install the program when their variables are filled in.
 */
const root = packageRoot();
const here = join(root, 'harness/relay');
const recipe = readFileSync(join(here, 'mctp-relay.bb'), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
const folder = mkdtempSync(join(tmpdir(), 'mctp-recipe-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tasks = new Map([...recipe.matchAll(/^(do_\w+)\(\) \{\n([\s\S]*?)^\}$/gm)].map(([, name, body]) => [name, body]));
const lines = recipe.replace(/^do_\w+\(\) \{\n[\s\S]*?^\}$/gm, '').split('\n');

const values = new Map<string, string>([
  ['THISDIR', here],
  ['WORKDIR', folder],
]);
/** bitbake's `${NAME}`, of what the recipe has set so far; a name that nobody sets is an error. */
function expand(text: string): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`nobody sets ${name}`);
    return value;
  });
}

const assignment = /^(\w+(?::\$\{PN\})?) (?:=|\+=) "([^"]*)"$/;
for (const line of lines) {
  const [, name = '', value = ''] = assignment.exec(line) ?? [];
  if (name !== '') values.set(name, expand(value));
}

function hasCompiler(): boolean {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v cc'], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

describe('the Yocto recipe of the relay', () => {
  it('consists of comments, assignments, one class and two tasks: nothing that bitbake does not read', () => {
    const other = lines.filter((line) => line !== '' && !line.startsWith('#') && !assignment.test(line));
    expect(other).toEqual(['inherit externalsrc']);
    expect([...tasks.keys()]).toEqual(['do_compile', 'do_install']);
  });

  it('has the version of the package, and the licence by its checksum', () => {
    expect(values.get('PV')).toBe(manifest.version);
    const [, path = '', md5] = /^file:\/\/(.+);md5=([0-9a-f]{32})$/.exec(values.get('LIC_FILES_CHKSUM') ?? '') ?? [];
    expect(createHash('md5').update(readFileSync(path)).digest('hex')).toBe(md5);
    expect(values.get('EXTERNALSRC')).toBe(here);
  });

  (hasCompiler() ? it : it.skip)('builds and installs a relay that says who it is', () => {
    const variables = {
      ...{ S: values.get('EXTERNALSRC'), D: join(folder, 'image'), bindir: '/usr/bin' },
      ...{ CC: 'cc', CFLAGS: '-O0 -Wall -Werror', LDFLAGS: '' },
    };
    for (const body of tasks.values())
      execFileSync('/bin/sh', ['-euc', body ?? ''], { cwd: folder, env: { PATH: process.env.PATH, ...variables } });
    const installed = join(folder, 'image/usr/bin/mctp-relay');
    expect(execFileSync(installed, ['--version']).toString()).toContain(manifest.version);
  });
});
