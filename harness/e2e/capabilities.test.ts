import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../package-root';
import type { Result } from '../record/result-schema';

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

function result(...args: readonly string[]): Result & { readonly status: number | null } {
  const { status } = run('run', ...args, '--quiet', '--out', 'out');
  return { ...(JSON.parse(readFileSync(join(folder, 'out/result.json'), 'utf8')) as Result), status };
}

const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

describe('levels and capabilities', () => {
  test('a network card of the emulator reaches L2 at least', () => {
    const { level, capabilities = [], verdict, status } = result('nic', '--select', 'NIC', '--select', 'CB');
    expect(verdict).toBe('partial');
    expect(status).toBe(0);
    expect(['L2', 'L3', 'L4']).toContain(level);
    expect(capabilities.filter(({ status: met }) => met === 'not-met')).toEqual([]);
  });

  test('a way that fails is told with what it failed', () => {
    const {
      verdict,
      reason,
      capabilities = [],
      status,
    } = result('nic', '--device', 'sim:nic?deviation=sensor-refused', '--select', 'NIC.TEMP');
    const missed = capabilities.find(({ id }) => id === 'NIC.TEMP.THR' || id === 'NIC.TEMP.ASIC');
    expect(missed?.ways[0]).toMatchObject({ rank: 1, status: 'failed' });
    expect([verdict, status, reason]).toEqual(expect.arrayContaining([expect.anything()]));
  });

  test('a demanded level leaves out the ways to higher ones', () => {
    const { text } = run('plan', 'nic', '--level', 'L1', '--select', 'NIC');
    expect(text).toContain('L1 is demanded');
    expect(text).not.toContain('run  pldm/temperature/1@NIC.TEMP.ASIC');
  });
});

describe('programmes and tiers', () => {
  test("a buyer's programme has a row for each rule, with what is not confirmed deciding nothing", () => {
    const { overlays = [] } = result('nic', '--select', 'CB', '--overlay', 'ocp-nic-3.0');
    expect(overlays[0]).toMatchObject({ id: 'ocp-nic-3.0', status: 'not-tested' });
    const rows = new Map(overlays[0]?.rules.map((row) => [row.id, row]));
    expect(rows.get('OCP-NIC-BINDING')).toMatchObject({ status: 'met', confirmed: true });
    expect(rows.get('OCP-NIC-TEMP')).toMatchObject({ status: 'not-tested' });
    expect(rows.get('OCP-NIC-MODULES')).toMatchObject({ confirmed: false });
    expect(rows.get('OCP-NIC-EEPROM')).toMatchObject({
      status: 'not-tested',
      reason: expect.stringContaining('EEPROM'),
    });
  });

  test('a tier is part of the profile, never all of it', () => {
    const { scope, verdict, reason, planned } = result('endpoint', '--tier', 'smoke');
    expect(scope.tier).toBe('smoke');
    expect([verdict, reason]).toEqual(['partial', 'only the tier smoke']);
    expect(planned).toBeLessThan(60);
  });

  test('the plan tells the time on the bus that the run then takes, to a quarter', () => {
    const plan = JSON.parse(run('plan', 'endpoint', '--tier', 'gate', '--json').text) as { expectedMs: number };
    const { timing } = result('endpoint', '--tier', 'gate');
    expect(plan.expectedMs / timing.durationMs).toBeGreaterThan(0.75);
    expect(plan.expectedMs / timing.durationMs).toBeLessThan(1.25);
  });
});

describe('acceptance', () => {
  test('moves nothing and sends nothing below messages', () => {
    const { scope } = result('acceptance', '--select', 'DSP0236');
    expect(scope).toMatchObject({ planes: ['messages'], effects: [], exclusive: false, owner: 'other' });
    const record = readFileSync(join(folder, 'out/record.ndjson'), 'utf8');
    expect(record).not.toContain('"command":"setEndpointId","messageType"');
  });

  const cards = [
    ['nic', 'L2', ['NIC.LINK.AEN', 'NIC.UPD']],
    ['hba', 'L2', []],
    ['ssd', 'L2', ['SSD.UPD', 'SSD.EVENT']],
  ] as const;

  test.each(cards)('of an emulated %s, whose NC-SI nobody has initialised, says %s', (card, level, untested) => {
    const run = result('acceptance', '--device', `sim:${card}`);
    expect(run).toMatchObject({ verdict: 'conformant', level, status: 0 });
    const asked = run.capabilities?.filter(({ need, status }) => need !== 'optional' && status === 'not-tested') ?? [];
    expect(asked.map(({ id }) => id)).toEqual(untested);
    const macs = run.capabilities?.find(({ id }) => id === 'NIC.MAC')?.reason;
    if (card === 'nic') expect(macs).toContain('its owner has not initialised it');
  });

  test.each(cards)('of an emulated %s takes less than three minutes of the bus', (card) => {
    const plan = JSON.parse(run('plan', 'acceptance', '--device', `sim:${card}`, '--json').text) as {
      expectedMs: number;
    };
    expect(plan.expectedMs).toBeGreaterThan(1000);
    expect(plan.expectedMs).toBeLessThan(180_000);
  });
});

describe('out of band equals in band', () => {
  const values = '{ "in-band": "host", "values": { "firmwareVersion": "1.4.2", "asicTemperature": 62 } }';

  test('what the host reads is compared, from YAML or JSON', () => {
    expect(result('nic', '--select', 'in-band', '--in-band', put('host.json', values)).counts.pass).toBe(17);
  });

  const failed = (profile: string, text: string): readonly string[] =>
    result(profile, '--select', 'in-band', '--in-band', put('host.yaml', `in-band: h\n${text}`))
      .cases.filter(({ verdict }) => verdict === 'fail')
      .map(({ id }) => id);

  test('of each port', () => {
    const port = '{ channel: 1, linkUp: true, linkSpeed: 25000 }';
    // The cage of channel 1 is empty.
    const text = `values: { pciVendorId: "1AB4", ports: [${port}] }\n`;
    expect(failed('nic', text)).toEqual(['in-band/nic/7', 'in-band/nic/8']);
  });

  const drive = '{ serialNumber: HD000002, model: EX-HDD-16T, firmwareVersion: D1.08, temperature: 20 }';

  test.each([
    [4, ['in-band/hba/7', 'in-band/hba/8']],
    [20, ['in-band/hba/7']],
  ])('of each drive, with a tolerance of %d degrees', (tolerance, expected) => {
    const text = `values: { drives: [${drive}] }\ntolerance: { driveTemperature: ${tolerance} }\n`;
    expect(failed('hba', text)).toEqual(expected);
  });

  test('a difference fails', () => {
    const file = put('host.yaml', 'in-band: host\nvalues: { firmwareVersion: 1.4.3, asicTemperature: 90 }\n');
    const { cases, status } = result('nic', '--select', 'in-band', '--in-band', file);
    expect(cases.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)).toEqual([
      'in-band/nic/1',
      'in-band/nic/3',
    ]);
    expect(status).toBe(1);
  });
});

describe('hooks of a device file', () => {
  const device = (hook: string): string =>
    put(
      'device.yaml',
      `device: d\nprofile: endpoint\nuri: sim:endpoint\nhooks: { reset: ${JSON.stringify(hook)}, ac-cycle: { run: "true", timeout: 5s } }\n`,
    );
  const select = ['endpoint', '--select', 'capabilities/restart/1'];

  test('that fail are an error of the harness, with their own words', () => {
    const { cases, status } = result(...select, '--config', device('echo no supply >&2; exit 4'));
    expect(cases[0]).toMatchObject({ verdict: 'error', reason: expect.stringContaining('ended with 4: no supply') });
    expect(status).toBe(3);
  });

  test('are run', () => {
    expect(result(...select, '--config', device('touch was-reset')).counts.pass).toBe(1);
    expect(readFileSync(join(folder, 'was-reset'), 'utf8')).toBe('');
  });

  test('that are missing leave their cases unreachable', () => {
    const file = put('device.yaml', 'device: d\nprofile: endpoint\nhooks: { heat: "true" }\n');
    const { text } = run('plan', ...select, '--config', file, '--allow', 'reset', '--exclusive');
    expect(text).toContain('capabilities/restart/1  needs the hook reset of a device file');
  });
});

describe('bad input', () => {
  const wrong = (...args: readonly string[]): string => {
    const { status, text } = run(...args);
    expect(status).toBe(2);
    return text;
  };

  test.each([
    [['run', 'nic', '--level', 'L9'], "argument 'L9' is invalid"],
    [['run', 'nic', '--tier', 'quick'], "argument 'quick' is invalid"],
    [['run', 'complete', '--tier', 'smoke'], 'the profile complete has no tier smoke'],
    [['run', 'nic', '--overlay', 'ocp'], 'no overlay "ocp": there is '],
    [['run', 'endpoint', '--overlay', 'ocp-nic-3.0'], 'the overlay ocp-nic-3.0 is about nic'],
    [['run', 'nic', '--in-band', 'none.json'], 'cannot read none.json'],
    [['probe'], "required option '--device <uri>' not specified"],
    [['probe', '--device', 'sim:nick'], 'did you mean nic?'],
  ])('%j is one clear line', (args, message) => {
    const text = wrong(...args);
    expect(text).toContain(message);
    expect(text.trim().split('\n')).toHaveLength(1);
  });

  test.each([
    [
      'in-band: host\nvalues: { firmwareVersions: a }\n',
      'file.yaml:2:11: unknown key "firmwareVersions"; did you mean',
    ],
    ['in-band: host\nvalues: { asicTemperature: hot }\n', 'file.yaml:2:28: expected a number, found "hot"'],
    ['in-band: host\nvalues: { ports: [{ channel: 0, linkSpeed: 12 }] }\n', 'file.yaml:2:44: '],
    ['in-band: host\nvalues: { pciVendorId: 15b }\n', 'file.yaml:2:24: '],
    ['in-band: host\nvalues: {}\n', 'file.yaml:2:1: nothing is there to compare'],
  ])('%j is told at its place', (text, message) => {
    expect(wrong('run', 'nic', '--in-band', put('file.yaml', text))).toContain(message);
  });

  test('of hooks is told at its place', () => {
    const file = put('device.yaml', 'device: d\nprofile: nic\nhooks: { rest: "true" }\n');
    expect(wrong('run', 'nic', '--config', file)).toContain('device.yaml:3:10: ');
  });
});
