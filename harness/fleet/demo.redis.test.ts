import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../package-root';

jest.setTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs on a terminal of its own, whose keys are what is written. */
const PTY = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

interface Demo {
  said(): string;
  press(keys: string): void;
  readonly code: Promise<number | null>;
  /** Command lines of its processes, wherever they belong to. */
  processes(): readonly string[];
}

function demo(...flags: readonly string[]): Demo {
  const mark = `DEMO_TEST=${randomUUID()}`;
  const script = join(packageRoot(), 'dist/harness/fleet/demo.js');
  const [name = '', value = ''] = mark.split('=');
  const child = spawn('python3', ['-c', PTY, process.execPath, script, ...flags], {
    env: { ...process.env, TMPDIR: folder, [name]: value },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  return {
    said: () => said,
    press: (keys) => void child.stdin.write(keys),
    code: new Promise((resolve) => child.once('exit', resolve)),
    processes: () =>
      readdirSync('/proc').flatMap((pid) => {
        try {
          if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark)) return [];
          return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
        } catch {
          return [];
        }
      }),
  };
}

/** Files that are there still, but for the folder of locks, which stays as that of a run does. */
function left(): readonly string[] {
  return readdirSync(folder).filter((name) => name !== `mctp-certify-${process.getuid?.()}`);
}

async function until(what: string, reached: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; !reached(); ) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('the demonstration catches every deviant card, accuses no other, and prints the verdict', async () => {
  const run = demo('--devices', '20', '--stations', '3', '--once');
  expect(await run.code).toBe(0);
  expect(run.said()).toContain('3 stations offer 20 emulated cards, 2 of them deviant');
  expect(run.said()).toMatch(/NOT ACCEPTED/);
  expect(run.said()).toContain('2 of 2 deviant cards are caught, 0 others accused');
  expect(run.said()).toMatch(/card-020 {2}uuid-cut-short: DSP0236\/get-endpoint-uuid\/1/);
  expect(run.processes()).toEqual([]);
  expect(left()).toEqual([]);
});

test('Ctrl-C in the middle of it leaves no process and no file', async () => {
  const run = demo('--devices', '9', '--stations', '3');
  await until('the address of the page', () => /http:\/\/127\.0\.0\.1:\d+\//.test(run.said()));
  await until('a run', () => run.processes().some((line) => line.includes(' run nic ')));
  run.press('\x03');
  expect(await run.code).toBe(130);
  expect(run.processes()).toEqual([]);
  expect(left()).toEqual([]);
});
