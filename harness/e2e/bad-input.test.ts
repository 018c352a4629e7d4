import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import type { Ended } from './testing/cli';
import { cli, complaints, limited, PATIENCE_MS, scratch } from './testing/cli';

jest.setTimeout(2 * PATIENCE_MS);

const folder = scratch();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** One line says what is wrong and what to do, nothing is on standard output, nothing internal shows. */
function saysOnce(ended: Ended, code: number, message: RegExp): void {
  expect({ ...ended, complaints: complaints(ended) }).toMatchObject({
    code,
    stdout: '',
    complaints: [expect.stringMatching(message)],
  });
  expect(ended.stderr).not.toMatch(/internal error|^\s+at /m);
}

describe('arguments', () => {
  it.concurrent.each<[readonly string[], RegExp]>([
    [
      ['run', 'nope'],
      /no profile "nope": there is acceptance, acceptance-hba, acceptance-ssd, bridge, complete, endpoint, hba, hba-target, nic, ssd/,
    ],
    [['run', 'nic', '--select', 'nothing'], /no case .* is selected by "nothing"/],
    [['run', 'nic', '--select', 'DSP0236/tags/999'], /no case .* near: DSP0236\/tags\/1/],
    [
      ['run', 'nic', '--device', 'sim:nic?deviation=zzzzzzzzzz'],
      /"zzzzzzzzzz": mctp-certify list --deviations names them$/m,
    ],
    [['run', 'nic', '--device', 'sim:foo'], /no emulated device of class "foo": known are endpoint bridge nic/],
    [['run', 'nic', '--device', 'sim:nic?deviation=lacks-uid'], /deviation "lacks-uid": did you mean lacks-uuid\?/],
    [['run', 'nic', '--device', 'sim:nic?devation=x'], /unknown parameter "devation", did you mean deviation\?/],
    [['run', 'nic', '--device', 'foo:bar'], /unknown scheme "foo"; known are sim:/],
    [['run', 'nic', '--device', ''], /has no scheme; known are sim:/],
    [['run', 'nic', '--device', 'serial:'], /names no device: write serial:PATH/],
    [['run', 'nic', '--device', 'bridge:smbus:'], /names no command: write bridge:smbus:COMMAND/],
    [['run', 'nic', '--device', 'bridge:usb:x'], /write bridge:smbus:COMMAND/],
    [['run', 'nic', '--device', 'replay:/nowhere'], /\/nowhere/],
    [['run', 'nic', '--allow', 'nonsense'], /'nonsense' is invalid. it is one of reset, firmware/],
    [['run', 'nic', '--repeat', '0'], /'0' is invalid. it is a number from 1 on/],
    [['run', 'nic', '--pace', 'soon'], /'soon' is invalid. it is a duration such as 1s/],
    [['run', 'nic', '--zap'], /unknown option '--zap'/],
    [['run', 'nic', 'other'], /too many arguments/],
    [['run'], /missing required argument 'profile'/],
    [['zap'], /unknown command 'zap'/],
    [['run', './nowhere.yaml'], /cannot read .\/nowhere.yaml: ENOENT/],
    [['run', 'nic', '--config', 'nowhere.yaml'], /cannot read nowhere.yaml: ENOENT/],
    [['run', 'nic', '--out', folder], /output folder .* exists: name a new one/],
    [['report', '/nowhere', '--format', 'text'], /\/nowhere/],
    [['report', folder, '--format', 'docx'], /html, junit, json, pcapng, ocp, github, gitlab, text/],
    [['restore', '/nowhere'], /\/nowhere/],
    [['explain', 'DSP0236/tags/999'], /DSP0236\/tags\/999/],
    [['plan', 'nope'], /no profile "nope"/],
    [
      ['run', 'hba', '--in-band', 'ssd-host.yaml'],
      /ssd-host.yaml: the profile hba has no case that compares temperature, percentageUsed/,
    ],
    [['selftest', 'nic', '--select', 'bridge'], /no case of the profile nic is selected by "bridge"/],
    [['selftest', 'nic', '--every', '--select', 'bridge'], /no case of the profile nic is selected by "bridge"/],
    [['selftest', 'nope'], /no profile "nope"/],
    [['selftest', 'own-profile.yaml'], /selftest is about profiles built in, not own-profile.yaml/],
    [['selftest', 'nic', '--only', 'zzzzzzzzzz'], /no deviation "zzzzzzzzzz"/],
    [['emulate', 'toaster', '--stdio', 'smbus'], /no emulated device of class/],
  ])('%j', async (args, message) => {
    saysOnce(await cli(args, { cwd: folder }), 2, message);
  });
});

const PROFILE = 'profile: own\ntitle: Own\nclass: nic\n';
const SUITE = 'suite: ACME/own\ntitle: Own\ncases:\n';
const CASE = `  - id: ACME/own/1
    title: answers
    requirements: [DSP0236-CTRL-GEID-01]
    needs: messages
`;

file('ssd-host.yaml', 'in-band: host\nvalues: { serialNumber: S, temperature: 40, percentageUsed: 1 }\n');
file('own-profile.yaml', `${PROFILE}suites: [DSP0236]\n`);

describe('YAML', () => {
  it.concurrent.each<[string, string, RegExp]>([
    ['no YAML', 'profile: [own\n', /no-YAML.yaml:\d+:\d+: /],
    ['unknown key', `${PROFILE}suites: [DSP0236]\nsiutes: []\n`, /unknown-key.yaml:5:1: .*siutes/],
    ['unknown suite', `${PROFILE}suites: [DSP9999]\n`, /unknown-suite.yaml:4:10: .*DSP9999/],
    ['unknown claim', `${PROFILE}suites: [DSP0236]\nclaims: { mtcp: {} }\n`, /unknown-claim.yaml:5:11: .*mtcp/],
    [
      'unknown command',
      `${SUITE}${CASE}    steps: [{ request: getEnpointId, expect: anything }]\n`,
      /:8:24: .*getEnpointId/,
    ],
    [
      'unknown field',
      `${SUITE}${CASE}    steps: [{ request: getEndpointId, expect: { edi: 9 } }]\n`,
      /unknown-field.yaml:8:\d+: .*edi/,
    ],
    [
      'unknown deviation',
      `${SUITE}${CASE}    steps: [{ request: getEndpointId, expect: anything }]\n    deviations: [lacks-uid]\n`,
      /unknown-deviation.yaml:9:\d+: .*lacks-uid.*lacks-uuid/,
    ],
    ['empty suite', SUITE, /empty-suite.yaml:3:/],
    ['device without device', 'device:\nprofile: nic\n', /device-without-device.yaml:1:/],
    ['empty', '', /empty.yaml/],
  ])('%s: file, line and column, and a code frame', async (name, text, place) => {
    const path = file(`${name.replaceAll(' ', '-')}.yaml`, text);
    const own = file(`${name.replaceAll(' ', '-')}-profile.yaml`, `${PROFILE}suites: [./${basename(path)}]\n`);
    const ended = await cli(['run', text.startsWith('suite') ? own : path, '--out', join(folder, `out-${name}`)]);
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(place) });
    expect(complaints(ended)).toHaveLength(1);
    expect(ended.stderr).not.toMatch(/internal error|^\s+at /m);
    if (text !== '') expect(ended.stderr).toMatch(/^\s*>? *\d+ \| .*\n.*\^/m);
    expect(existsSync(join(folder, `out-${name}`))).toBe(false);
  });
});

describe('devices', () => {
  let count = 0;
  const fresh = (): string => {
    count += 1;
    return join(folder, `device-${count}`);
  };
  const NOT_RUNNABLE = join(folder, 'not-runnable');
  writeFileSync(NOT_RUNNABLE, 'x');
  chmodSync(NOT_RUNNABLE, 0o644);

  it.concurrent.each<[string, RegExp]>([
    ['bridge:smbus:sleep 1000', /does not answer Get Endpoint ID; check wiring, address and binding/],
    ['bridge:serial:sleep 1001', /does not answer Get Endpoint ID; check wiring, address and binding/],
    ['bridge:smbus:cat', /comes back unchanged/],
    ['bridge:serial:exec cat', /comes back unchanged/],
    ['bridge:smbus:exit 3', /ended with exit code 3/],
    ['bridge:smbus:echo broken >&2; exit 1', /ended with exit code 1; its last words: broken/],
    ['bridge:smbus:no-such-program', /ended with exit code 127: the shell did not find the command/],
    [`bridge:smbus:${NOT_RUNNABLE}`, /ended with exit code 126: the shell could not execute/],
    ['bridge:smbus:echo hello; sleep 1000', /impossible length .*does the program print to standard output\?/],
    ['bridge:smbus:head -c 65537 /dev/zero | tr "\\0" "\\377"; sleep 1000', /impossible length 65535/],
    ['bridge:serial:head -c 65537 /dev/zero | tr "\\0" "\\377"; sleep 1001', /does not answer Get Endpoint ID/],
    ['bridge:smbus:cat /dev/urandom', /impossible length/],
    ['bridge:serial:exec cat /dev/urandom', /does not answer|which no bus carries/],
    ['bridge:serial:yes', /does not answer|which no bus carries/],
    ['bridge:smbus:kill -9 $$', /was ended by SIGKILL/],
    ['bridge:smbus:exec >&-; sleep 1000', /closed its standard output/],
    ['bridge:smbus:exec <&-; sleep 1000', /does not answer|ended before it answered/],
  ])('%s: nothing is blamed on it, and what was seen is kept', async (uri, message) => {
    const out = fresh();
    // A device is used by one at a time, and another checkout may be testing the same ones.
    const ended = await cli(['run', 'nic', '--device', `${uri} # ${process.pid}`, '--out', out]);
    saysOnce(ended, 3, message);
    expect(complaints(ended)[0]).toContain(`what was seen is in ${out}`);
    expect(readdirSync(out).sort()).toEqual([
      'junit.xml',
      'record.ndjson',
      'report.html',
      'result.json',
      'traffic.pcapng',
    ]);
    expect(buildResult(readRecord(out).lines)).toMatchObject({ verdict: 'error', counts: { fail: 0, blocked: 0 } });
  });

  it.concurrent.each<[string, RegExp]>([
    ['serial:/dev/no-such-tty', /does not exist: is the adapter plugged in/],
    ['serial:/etc/hostname', /is not a tty: name a serial device/],
    ['serial:/dev/null', /is not a tty/],
  ])('%s: no run begins', async (uri, message) => {
    const out = fresh();
    saysOnce(await cli(['run', 'nic', '--device', uri, '--out', out]), 3, message);
    expect(existsSync(out)).toBe(false);
  });
});

describe('output folders', () => {
  it.concurrent.each<[string, RegExp]>([
    ['/proc/out', /cannot create the output folder \/proc\/out: .*name another with --out/],
    ['/dev/null/out', /cannot create the output folder \/dev\/null\/out: .*name another with --out/],
  ])('%s', async (out, message) => {
    saysOnce(await cli(['run', 'nic', '--out', out]), 3, message);
  });

  it('full disk in the middle of a run: whole lines stay, the exit code is 3', async () => {
    const out = join(folder, 'full');
    const ended = await limited(300_000, ['run', 'nic', '--out', out]);
    saysOnce(ended, 3, /cannot write .*record.ndjson: the file would be too large \(EFBIG\); what was seen is in/);
    expect(readFileSync(join(out, 'record.ndjson'), 'utf8')).toMatch(/}\n$/);
    const record = readRecord(out);
    expect(record).toMatchObject({ complete: false, unknown: 0 });
    expect(buildResult(record.lines).verdict).toBe('incomplete');
  });

  it('full disk when the reports are written: the record is whole', async () => {
    const out = join(folder, 'full-reports');
    mkdirSync(join(folder, 'whole'));
    const whole = join(folder, 'whole', 'out');
    const select = ['--select', 'DSP0236/get-endpoint-id'];
    expect((await cli(['run', 'nic', ...select, '--out', whole])).code).toBe(0);
    const size = readFileSync(join(whole, 'record.ndjson')).length;
    const html = readFileSync(join(whole, 'report.html')).length;
    if (html < size + 1024) return;
    const ended = await limited(size + 512, ['run', 'nic', ...select, '--out', out]);
    saysOnce(ended, 3, /cannot write .*report.html: .*the record is whole: make room/);
    expect(readRecord(out).complete).toBe(true);
  });
});
