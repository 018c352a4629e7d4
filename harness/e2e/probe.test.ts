import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../package-root';

const MAIN = join(packageRoot(), 'dist/harness/cli/main.js');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mctp-certify-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

describe('probe', () => {
  test.each(['endpoint', 'nic', 'hba', 'ssd', 'bridge'])('writes a file that certifies the device: %s', (name) => {
    const file = join(folder, 'device.yaml');
    expect(run('probe', '--device', `sim:${name}`, '--profile', name, '--out', file).status).toBe(0);
    expect(run('lint', file)).toEqual({ status: 0, text: 'no findings\n' });
    const out = join(folder, 'out');
    expect(run('run', name, '--config', file, '--out', out, '--quiet').status).toBe(0);
    const { claims, capabilities } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as {
      claims: readonly { finding?: string }[];
      capabilities: readonly { id: string; status: string }[];
    };
    // A file that left a claim away would leave a capability unmet.
    expect(capabilities.filter(({ status }) => status === 'not-met')).toEqual([]);
    expect(claims.length).toBeGreaterThan(5);
    expect(claims.flatMap(({ finding }) => finding ?? [])).toEqual([]);
  });

  test('says which commands of NC-SI it neither asked for nor claimed', () => {
    const { text } = run('probe', '--device', 'sim:nic', '--out', '-');
    expect(text).toMatch(/^# Not asked .* not claimed: add to nc-si what it has of .*resetChannel.*aenEnable$/m);
    expect(text).not.toMatch(/^ +- resetChannel$/m);
  });

  test('says what is wrong with a device, and ends with 1', () => {
    const { status, text } = run('probe', '--device', 'sim:nic?deviation=uuid-nil', '--out', 'nil.yaml');
    expect(text).toContain('wrong at first sight: the device');
    expect(status).toBe(1);
    expect(existsSync(join(folder, 'nil.yaml'))).toBe(true);
  });

  test('does not follow vendors in a circle', () => {
    const { status, text } = run('probe', '--device', 'sim:nic?deviation=vendor-selector-stuck', '--out', 'loop.yaml');
    expect(text).toContain('its vendor selectors never end');
    expect(status).toBe(1);
  });

  test('writes over nothing', () => {
    expect(run('probe', '--device', 'sim:endpoint', '--out', 'a.yaml').status).toBe(0);
    const again = run('probe', '--device', 'sim:endpoint', '--out', 'a.yaml');
    expect(again).toEqual({ status: 2, text: 'mctp-certify: a.yaml is there already: name another with --out\n' });
  });

  test('blames nothing on a device that is not there', () => {
    expect(run('probe', '--device', 'sim:silent', '--out', 'a.yaml').status).toBe(3);
    expect(existsSync(join(folder, 'a.yaml'))).toBe(false);
  });
});
