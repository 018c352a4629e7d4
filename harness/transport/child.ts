import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../clock';
import { MILLISECOND, SECOND } from '../clock';
import { CertifyError, messageOf } from '../errors';

/**
 * Runs a user's command by the shell, in a process group of its own, so that ending it leaves no grandchild behind.
 * `atExit`: what it gets where this process ends without having ended it.
 */
export async function spawnShell(
  command: string,
  atExit: NodeJS.Signals = 'SIGKILL',
): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      const message = `cannot start /bin/sh for ${JSON.stringify(command)}: ${messageOf(error)}`;
      reject(new CertifyError('DEVICE_OPEN', message, { command }, error));
    });
  });
  // Signals that cannot be delivered also come as `error`; they are asked for by return value here.
  child.on('error', () => undefined);
  remember(child.pid as number, atExit);
  return child;
}

const groups = new Map<number, NodeJS.Signals>();
let watching = false;

/** Without this, `process.exit` anywhere would leave the group running. */
function remember(group: number, atExit: NodeJS.Signals): void {
  groups.set(group, atExit);
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const [each, signal] of groups) signalGroup(each, signal);
  });
}

/** False where the group has no process left. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** In a container whose first process reaps nobody, the dead stay in their group for ever; they are not waited for. */
function hasLife(group: number): boolean {
  if (!signalGroup(group, 0)) return false;
  try {
    return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isLiving(name, group));
  } catch {
    return true;
  }
}

function isLiving(pid: string, group: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the program's name in parentheses: state, parent, group.
    const [state, , itsGroup] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

const PATIENCE = 1 * SECOND;

/** Ends a process group: asks with SIGTERM, and after one second with SIGKILL. */
export async function endGroup(group: number, clock: Clock): Promise<void> {
  const deadline = clock.now() + PATIENCE;
  let alive = signalGroup(group, 'SIGTERM');
  let pause = 1 * MILLISECOND;
  while (alive && clock.now() < deadline) {
    await clock.timer(Math.min(deadline, clock.now() + pause)).done;
    pause = Math.min(2 * pause, 50 * MILLISECOND);
    alive = hasLife(group);
  }
  if (alive) signalGroup(group, 'SIGKILL');
  groups.delete(group);
}

/** How a process ended, for the reader of a report. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `was ended by ${signal}`;
  if (code === 127) return 'ended with exit code 127: the shell did not find the command';
  if (code === 126) return 'ended with exit code 126: the shell could not execute the command';
  return `ended with exit code ${code ?? 'unknown'}`;
}

/** Text of others made safe for a terminal and for one line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const LINES_KEPT = 20;
const LINE_LENGTH = 1_000;

/** Takes text in pieces and makes lines of it; keeps the last ones, bounded in number and length. */
export class LogLines {
  private readonly kept: string[] = [];
  private partial = '';
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void = () => undefined) {
    this.onLine = onLine;
  }

  get last(): string | undefined {
    return this.partial === '' ? this.kept.at(-1) : printable(this.partial);
  }

  get lines(): readonly string[] {
    return this.kept;
  }

  feed(text: string): void {
    const parts = text.split('\n');
    parts.forEach((part, index) => {
      this.partial = (this.partial + part).slice(0, LINE_LENGTH);
      if (index < parts.length - 1) this.flush();
    });
  }

  /** The end of the text: what stands there is a line as well. */
  flush(): void {
    const line = printable(this.partial.replace(/\r$/, ''));
    this.partial = '';
    if (line.trim() === '') return;
    this.kept.push(line);
    if (this.kept.length > LINES_KEPT) this.kept.shift();
    this.onLine(line);
  }
}
