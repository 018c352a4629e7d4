import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readResult } from '../../reports/render';
import { discrepancies } from '../judge/rejudge';
import type { Binding } from '../names';
import type { RecordLine } from '../record/lines';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import type { Result } from '../record/result-schema';
import { openBuiltIn } from '../suite/library';
import { shellQuote } from '../transport/testing/far-ends';
import type { Ended } from './testing/cli';
import { cli, MAIN, ownEnvironment, PATIENCE_MS, scratch } from './testing/cli';

jest.setTimeout(2 * PATIENCE_MS);

const folder = scratch();
const REPORTS = ['junit.xml', 'record.ndjson', 'report.html', 'result.json', 'traffic.pcapng'];
const { library, deviations } = openBuiltIn();

let runs = 0;

/** Checks of one judging that share an id: one would hide the other. */
function twice(lines: readonly RecordLine[]): readonly string[] {
  const found: string[] = [];
  let seen = new Set<string>();
  for (const line of lines) {
    if (line.type === 'case.end') seen = new Set();
    if (line.type !== 'check') continue;
    if (seen.has(line.check.id)) found.push(line.check.id);
    seen.add(line.check.id);
  }
  return found;
}

/** A run, held against what it wrote: every file is there, and every planned case has its one verdict. */
async function run(...args: readonly string[]): Promise<Ended & { readonly out: string; readonly result: Result }> {
  runs += 1;
  const out = join(folder, `run ${runs}`);
  const ended = await cli(['run', ...args, '--out', out]);
  expect(readdirSync(out).sort()).toEqual(REPORTS);
  const result = readResult(join(out, 'result.json'));
  const { lines, complete } = readRecord(out);
  expect(complete).toBe(true);
  expect(buildResult(lines)).toEqual(result);
  expect(twice(lines)).toEqual([]);
  expect(discrepancies(lines)).toEqual([]);
  const plan = lines.find((line) => line.type === 'plan');
  expect(result.cases.map(({ id }) => id)).toEqual(plan?.cases.map((entry) => entry.case.id));
  expect(Object.values(result.counts).reduce((sum, count) => sum + count)).toBe(result.planned);
  const xml = readFileSync(join(out, 'junit.xml'), 'utf8');
  expect(xml.match(/<testcase /g)).toHaveLength(result.planned);
  expect(xml.match(/<testsuites [^>]*tests="(\d+)"/)?.[1]).toBe(String(result.planned));
  return { ...ended, out, result };
}

const of = (result: Result, ...verdicts: readonly string[]): readonly string[] =>
  result.cases.filter(({ verdict }) => verdicts.includes(verdict)).map(({ id }) => id);

describe('the emulated device', () => {
  it.concurrent.each(['nic', 'endpoint'])('%s conforms', async (profile) => {
    const { code, result, stdout } = await run(profile);
    expect(of(result, 'fail', 'error', 'blocked')).toEqual([]);
    expect(code).toBe(0);
    expect(result).toMatchObject({ verdict: 'conformant', attested: false, profile: { id: profile } });
    expect(result.counts.pass).toBeGreaterThan(100);
    expect(stdout).toMatch(/^CONFORMANT/);
    expect(stdout).toMatch(/no statement rests on this run/);
  });

  it.concurrent('conforms on serial', async () => {
    const { code, result } = await run('nic', '--device', 'sim:nic?binding=serial');
    expect(of(result, 'fail', 'error', 'blocked')).toEqual([]);
    expect(code).toBe(0);
    expect(result).toMatchObject({ verdict: 'conformant', scope: { binding: 'serial' } });
  });

  const sample = [
    'lacks-uuid',
    'response-owns-its-tag',
    'answers-twice',
    'refuses-forced-eid',
    'smbus-pec-wrong',
    'tid-off-by-one',
  ];

  it.concurrent.each(sample.filter((name) => deviations.includes(name)))(
    'with %s: red are the cases that list it',
    async (name) => {
      const { code, result } = await run('nic', '--device', `sim:nic?deviation=${name}`);
      expect(code).toBe(1);
      expect(result.verdict).toBe('not-conformant');
      const listing = library.suites.flatMap(({ cases }) => cases).filter((each) => each.deviations.includes(name));
      const ids = new Set(listing.map(({ id }) => id));
      const ran = result.cases.filter(({ verdict }) => !['unreachable', 'not-applicable'].includes(verdict));
      const expected = ran.filter(({ id }) => ids.has(id)).map(({ id }) => id);
      expect(expected.length).toBeGreaterThan(0);
      expect(of(result, 'warn', 'fail', 'error', 'blocked')).toEqual(expected);
    },
  );

  it('the sample is of deviations that there are', () => {
    expect(deviations).toEqual(expect.arrayContaining(sample));
  });
});

describe('what is printed', () => {
  const some = ['--select', 'DSP0236/get-endpoint-id'];

  it.concurrent('--json: the result and nothing else', async () => {
    const { code, stdout, stderr, result } = await run('nic', ...some, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(result);
    expect(stderr).toBe('');
  });

  it.concurrent('--quiet: the summary only', async () => {
    const { stdout, stderr } = await run('nic', ...some, '--quiet');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^PARTIAL/);
  });

  it.concurrent('--select: partial, by suite and by case', async () => {
    const { code, result } = await run('nic', '--select', 'DSP0236/get-endpoint-id/1', '--select', 'DSP0236/tags');
    expect(code).toBe(0);
    expect(result.verdict).toBe('partial');
    expect(new Set(result.cases.map(({ suite }) => suite))).toEqual(
      new Set(['DSP0236/get-endpoint-id', 'DSP0236/tags']),
    );
    expect(result.cases.filter(({ suite }) => suite === 'DSP0236/get-endpoint-id')).toHaveLength(1);
  });

  it.concurrent.each(['nic', 'hba', 'ssd'])('--repeat: %s passes all again as it was left', async (profile) => {
    const { code, result } = await run(profile, '--repeat', '3');
    expect([code, of(result, 'fail', 'warn', 'blocked', 'error')]).toEqual([0, []]);
  });

  it.concurrent("--repeat and --pace: every attempt counts, at the bus's time", async () => {
    const device = ['--device', 'sim:nic?deviation=slow-now-and-then'];
    const { code, result } = await run(
      'nic',
      '--select',
      'DSP0237/timing/1',
      ...device,
      '--repeat',
      '20',
      '--pace',
      '1s',
    );
    expect(code).toBe(1);
    expect(result.scope).toMatchObject({ repeat: 20, paceMs: 1000 });
    const [entry] = result.cases;
    const { pass = 0, fail = 0 } = entry?.outcomes ?? {};
    expect(entry).toMatchObject({ verdict: 'fail', attempts: 20, reason: `fail in ${fail} of 20 attempts` });
    expect([pass + fail, pass > 0, fail > 0]).toEqual([20, true, true]);
    expect(result.timing.limitMs).toBe(100);
    const { durationMs, commands } = result.timing;
    expect(durationMs).toBeGreaterThanOrEqual(19_000);
    expect(commands.map(({ count }) => count)).toEqual([20, 20, 20]);
    expect(commands.reduce((sum, { late }) => sum + late, 0)).toBeGreaterThanOrEqual(fail);
  });

  it.concurrent('--strict: what was a warning fails', async () => {
    const device = ['--device', 'sim:nic?deviation=lists-types-with-check-bit'];
    const mild = await run('nic', ...some, '--select', 'DSP0236/get-message-type-support', ...device);
    const strict = await run('nic', ...some, '--select', 'DSP0236/get-message-type-support', ...device, '--strict');
    expect(strict.result.scope.strict).toBe(true);
    expect(of(strict.result, 'fail')).toEqual(expect.arrayContaining([...of(mild.result, 'fail')]));
    const unlike = strict.result.cases.filter((entry, index) => entry.verdict !== mild.result.cases[index]?.verdict);
    for (const { verdict } of unlike) expect(verdict).toBe('fail');
  });

  it('colour only on a terminal, never with NO_COLOR', async () => {
    const { stdout, stderr } = await run('nic', ...some);
    expect(stdout + stderr).not.toContain('\x1b');
    const onTerminal = (env: NodeJS.ProcessEnv): string => {
      const command = [
        process.execPath,
        MAIN,
        'run',
        'nic',
        ...some,
        '--out',
        join(folder, `tty ${env.NO_COLOR ?? ''}`),
      ];
      const program = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
      const { stdout: text } = spawnSync('python3', ['-c', program, ...command], {
        env: ownEnvironment({ TERM: 'xterm', ...env }),
        input: '',
      });
      return text.toString();
    };
    if (spawnSync('python3', ['-c', 'import pty']).status !== 0) return;
    // What moves the cursor is no colour.
    const coloured = (text: string): boolean => text.split('\x1b[').some((part) => /^\d+m/.test(part));
    expect(coloured(onTerminal({}))).toBe(true);
    expect(coloured(onTerminal({ NO_COLOR: '1' }))).toBe(false);
  });

  it('to a reader that has seen enough', () => {
    const node = [process.execPath, MAIN].map(shellQuote).join(' ');
    const out = (name: string): string => shellQuote(join(folder, name));
    const shell = (command: string): ReturnType<typeof spawnSync> =>
      spawnSync('/bin/bash', ['-c', `set -o pipefail; ${command}`], { env: ownEnvironment(), encoding: 'utf8' });
    const select = some.join(' ');
    expect(shell(`${node} run nic ${select} --json --out ${out('head')} 2>/dev/null | head -1`)).toMatchObject({
      status: 0,
      stdout: '{\n',
    });
    expect(shell(`${node} run nic --out ${out('closed')} 2>&1 | true`).status).toBe(0);
    expect(readRecord(join(folder, 'closed')).complete).toBe(true);
    expect(shell(`${node} run nic ${select} --out ${out('no stdin')} <&- >&- 2>&-`).status).toBe(0);
    expect(readRecord(join(folder, 'no stdin')).complete).toBe(true);
    expect(shell(`${node} list nic | head -1`).status).toBe(0);
  });
});

describe('a program behind a bridge', () => {
  const emulate = (binding: Binding): string =>
    `exec ${[process.execPath, MAIN, 'emulate', 'nic', '--stdio', binding].map(shellQuote).join(' ')}`;
  // Suites with few windows to wait for: time is real here.
  const topics = [
    'get-endpoint-id',
    'get-endpoint-uuid',
    'get-message-type-support',
    'set-endpoint-id',
    'control-message',
  ];
  const select = topics.flatMap((topic) => ['--select', `DSP0236/${topic}`]);

  it.concurrent.each<Binding>(['smbus', 'serial'])(
    '%s: gets the verdicts of the embedded one, but where it takes an acknowledge',
    async (binding) => {
      const framing = ['--select', binding === 'smbus' ? 'DSP0237/frame' : 'DSP0253/frame'];
      const lasting = ['reset', 'firmware', 'persistent', 'bus-disruptive'].flatMap((effect) => ['--allow', effect]);
      const bridge = ['--device', `bridge:${binding}:${emulate(binding)}`, '--exclusive', ...lasting];
      const [sim, far] = await Promise.all([
        run('nic', ...select, ...framing, '--device', `sim:nic?binding=${binding}`),
        run('nic', ...select, ...framing, ...bridge),
      ]);
      expect(far.code).toBe(0);
      expect(far.result).toMatchObject({ attested: true, scope: { ...sim.result.scope, acknowledge: false } });
      const unlike = far.result.cases.filter((entry, index) => entry.verdict !== sim.result.cases[index]?.verdict);
      for (const { verdict, reason } of unlike) {
        expect({ verdict, reason }).toEqual({ verdict: 'unreachable', reason: expect.stringMatching(/acknowledge/) });
      }
      expect(far.result.counts.pass).toBeGreaterThan(20);
    },
  );
});

describe("a user's own files", () => {
  const own = join(folder, 'own files');
  mkdirSync(own);
  writeFileSync(
    join(own, 'profile.yaml'),
    'profile: acme\ntitle: Acme\nclass: nic\nsuites: [./suite.yaml]\nclaims: { mctp: { version: 1.3.1, messageTypes: [control] } }\n',
  );
  writeFileSync(
    join(own, 'suite.yaml'),
    `suite: ACME/identity
title: Identity
cases:
  - id: ACME/identity/1
    title: says its EID
    requirements: [DSP0236-CTRL-GEID-01]
    needs: messages
    steps: [{ request: getEndpointId, expect: { completionCode: SUCCESS } }]
    deviations: [generic-errors]
`,
  );
  const there = { cwd: own };

  it.concurrent('run, from there and by path', async () => {
    const out = join(own, 'out');
    expect(await cli(['run', 'profile.yaml', '--out', out], there)).toMatchObject({ code: 0 });
    expect(readResult(join(out, 'result.json'))).toMatchObject({ profile: { id: 'acme' }, counts: { pass: 1 } });
    const { code, result } = await run(join(own, 'profile.yaml'));
    expect({ code, pass: result.counts.pass }).toEqual({ code: 0, pass: 1 });
    expect(existsSync(join(own, 'reports'))).toBe(false);
  });

  it.concurrent('shown by list, plan and lint', async () => {
    expect(await cli(['list', 'profile.yaml'], there)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ACME\/identity\/1/),
    });
    expect(await cli(['plan', 'profile.yaml'], there)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ACME\/identity/),
    });
    expect(await cli(['lint', 'profile.yaml', 'suite.yaml'], there)).toMatchObject({ code: 0 });
  });
});
