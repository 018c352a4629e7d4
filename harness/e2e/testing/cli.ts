import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The command line as a user types it, in a process of its own. */
export const MAIN = join(__dirname, '../../cli/main.js');

/** Far above what anything takes on a busy machine: only a hang reaches it. */
export const PATIENCE_MS = 120_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said on standard error so far. */
  said(): string;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What is started instead of node itself, with node's path and arguments after it. */
  readonly through?: readonly string[];
  readonly main?: string;
}

export function start(args: readonly string[], surroundings: Surroundings = {}): Started {
  const { cwd, env, through = [], main = MAIN } = surroundings;
  const [program = process.execPath, ...rest] = [...through, process.execPath, main, ...args];
  const child = spawn(program, rest, { cwd, env: env ?? ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const hung = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(hung);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, ended, said: () => stderr };
}

export function cli(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return start(args, surroundings).ended;
}

/** No file may grow beyond so many octets: a write fails in the middle of a line, as on a full disk, without privilege. */
export function limited(octets: number, args: readonly string[]): Promise<Ended> {
  const blocks = Math.ceil(octets / 512);
  return cli(args, { through: ['/bin/sh', '-c', `trap "" XFSZ; ulimit -f ${blocks}; exec "$@"`, 'sh'] });
}

/** What jest and a CI put into the environment must not reach the user's process. */
export function ownEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(JEST|NODE_|CI$|NO_COLOR|FORCE_COLOR)/.test(name));
  return { ...Object.fromEntries(kept), ...more };
}

/** The lines on standard error that are the program's last word; progress is not among them. */
export function complaints({ stderr }: Pick<Ended, 'stderr'>): readonly string[] {
  return stderr.split('\n').filter((line) => /^(mctp-certify|error):/.test(line));
}

const folders: string[] = [];

/** A folder of this test file, gone when it ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-e2e-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Waits for something that another process does. */
export async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Waits until the record of a run that is under way holds `text`. */
export async function untilRecorded(folder: string, text: string): Promise<void> {
  const file = join(folder, 'record.ndjson');
  await until(() => (existsSync(file) && readFileSync(file, 'utf8').includes(text)) || undefined, `${text} in ${file}`);
}
