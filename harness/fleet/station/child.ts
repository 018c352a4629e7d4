import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { packageRoot } from '../../package-root';

/** How a run's process ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it said on standard error, on one line, without control characters. */
  readonly words: string;
  /** Why it was ended from here. */
  readonly ended?: 'interrupted' | 'too-long';
}

export interface Child {
  readonly pid: number | undefined;
  readonly done: Promise<ChildEnd>;
  /** Asks it to restore the device and end; what does not end in time is killed with all that it started. */
  interrupt(): void;
}

export interface ChildOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly program?: readonly string[];
}

/** Octets of standard error that are kept. */
const KEPT = 4096;
/** From the request to end to the end by force. Milliseconds. */
const GRACE = 30_000;

/** This program, as a child runs it. */
export function ownProgram(): readonly string[] {
  return [process.execPath, join(packageRoot(), 'dist/harness/cli/main.js')];
}

/** What the station knows and a run must not: ways to Redis and to the store. */
const SECRET = /^(MCTP_CERTIFY_(REDIS|TOKEN)|REDIS|AWS|S3|MINIO)(_|$)/i;

export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !SECRET.test(name)));
}

export function startChild({ argv, cwd, limit, program = ownProgram() }: ChildOptions): Child {
  const [command = process.execPath, ...before] = program;
  const child = spawn(command, [...before, ...argv], {
    cwd,
    env: childEnvironment(process.env),
    // A group of its own: what the station is sent does not end the run, and its bridges end with it.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    said = (said + text).slice(-KEPT);
  });
  let ended: ChildEnd['ended'];
  let force: NodeJS.Timeout | undefined;
  const end = (why: NonNullable<ChildEnd['ended']>): void => {
    if (ended !== undefined) return;
    ended = why;
    child.kill('SIGINT');
    force = setTimeout(() => killGroup(child), GRACE);
  };
  const watchdog = setTimeout(() => end('too-long'), limit);
  const done = new Promise<ChildEnd>((resolve) => {
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(watchdog);
      clearTimeout(force);
      // A bridge that outlives its run would keep the device.
      killGroup(child);
      resolve({ code, signal, words: sanitised(said), ...(ended === undefined ? {} : { ended }) });
    };
    child.once('error', (error) => {
      said += error.message;
      finish(null, null);
    });
    let late: NodeJS.Timeout | undefined;
    // What it said last may still be in the pipe; its bridges could hold that open for ever.
    child.once('exit', (code, signal) => {
      late = setTimeout(() => finish(code, signal), 200);
    });
    // With its pipe: either may come first.
    child.once('close', (code, signal) => {
      clearTimeout(late);
      finish(code, signal);
    });
  });
  return { pid: child.pid, done, interrupt: () => end('interrupted') };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

/** The last line that says something: what strangers wrote goes to terminals and pages. */
export function sanitised(text: string): string {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .map((line) =>
      [...line]
        .map((char) => (isControl(char) ? ' ' : char))
        .join('')
        .trim(),
    )
    .filter((line) => line !== '');
  const own = lines.filter((line) => line.startsWith('mctp-certify:')).at(-1);
  return (own?.slice('mctp-certify:'.length).trim() ?? lines.at(-1) ?? '').slice(0, 500);
}

function isControl(char: string): boolean {
  return char < ' ' || (char >= '\u007f' && char <= '\u009f');
}
