import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../package-root';

/** A vendor's own folder, outside of this tree, with YAML only. */
const MAIN = join(packageRoot(), 'dist/harness/cli/main.js');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mctp-certify-'));
  cpSync(join(packageRoot(), 'profiles/examples/oem'), join(folder, 'oem'), { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

const edit = (file: string, change: (text: string) => string): void => {
  const path = join(folder, 'oem', file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
};

const own = ['run', 'oem/profile.yaml', '--config', 'oem/device.yaml', '--select', 'example-networks', '--quiet'];

describe("a vendor's own commands, suite, profile and waiver", () => {
  test('need no more than a folder of YAML', () => {
    expect(run('lint', 'oem')).toEqual({ status: 0, text: 'no findings\n' });
    const { status, text } = run(...own, '--waivers', 'oem/waivers.yaml', '--out', 'out');
    expect(text).toContain('1 waived, 1 pass');
    expect(status).toBe(0);
    const { capabilities } = JSON.parse(readFileSync(join(folder, 'out/result.json'), 'utf8')) as {
      capabilities: readonly { id: string; status: string; rank?: unknown; note?: string }[];
    };
    expect(capabilities.find(({ id }) => id === 'EXAMPLE.FAN')).toMatchObject({
      status: 'met-with-note',
      rank: 'oem',
      note: "by the vendor's own way; document 100-000042-SPEC 1.0",
    });
  });

  test('fail without the waiver', () => {
    const { status, text } = run(...own);
    expect(text).toContain('FAIL  example-networks/fan/2');
    expect(status).toBe(1);
  });

  test('are found at an absolute path too, and commands of hooks are not read as YAML', () => {
    edit('profile.yaml', (text) => text.replace('[./suites]', `["${folder}/oem/suites"]`));
    const hooks = 'hooks: { reset: "/bin/sh -c true", heat: ./suites/../heat.sh }';
    edit('device.yaml', (text) => `${text}${hooks}\n`);
    writeFileSync(join(folder, 'oem/heat.sh'), 'profile: [\n');
    const { text } = run(...own, '--waivers', 'oem/waivers.yaml');
    expect(text).toContain('1 waived, 1 pass');
  });

  test.each([
    ['suites/commands.yaml', 'type: uint16, default', 'type: uint17, default', 'suites/commands.yaml:'],
    ['suites/fan.yaml', 'getFanDuty', 'getFanDutty', 'did you mean "example-networks/getFanDuty"?'],
    ['suites/fan.yaml', 'EXAMPLE-FAN-01', 'EXAMPLE-FAN-02', 'did you mean "EXAMPLE-FAN-01"?'],
    ['profile.yaml', 'example-networks/fan/1', 'example-networks/fans', 'did you mean "example-networks/fan"?'],
    ['profile.yaml', './suites', './suite', 'no suite was found at "oem/suite"'],
    ['device.yaml', 'spareEid', 'spareEids', 'did you mean "spareEid"?'],
  ])('say at which place something is wrong: %s %s', (file, before, after, message) => {
    edit(file, (text) => text.replace(before, after));
    const { status, text } = run('lint', 'oem');
    expect(text).toContain(message);
    expect(text).toMatch(/^oem\/[a-z/]+\.yaml:\d+:\d+: /m);
    expect(status).toBe(2);
  });
});
