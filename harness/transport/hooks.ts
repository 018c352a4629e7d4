import { spawn } from 'node:child_process';
import { MILLISECOND } from '../clock';
import type { HookName } from '../names';
import type { Hook } from '../suite/compiled';
import type { Hooks } from './transport';

const MAX_WORDS = 400;

/** The user's own commands, each run by `/bin/sh -c` with its output kept for the error that it may become. */
export function commandHooks(commands: { readonly [name: string]: Hook }): Hooks {
  return {
    names: Object.keys(commands) as HookName[],
    run(name) {
      const hook = commands[name];
      if (hook === undefined) return Promise.resolve({ ok: false, detail: 'there is no such hook' });
      return runCommand(hook);
    },
  };
}

function runCommand({ run, timeout }: Hook): ReturnType<Hooks['run']> {
  return new Promise((resolve) => {
    // A group of its own: what the command has started ends with it.
    const child = spawn('/bin/sh', ['-c', run], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let words = '';
    let stuck = false;
    const hear = (chunk: Buffer): void => {
      words = `${words}${chunk.toString('utf8')}`.slice(-MAX_WORDS);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const timer = setTimeout(() => {
      stuck = true;
      if (child.pid !== undefined) endGroup(child.pid);
    }, timeout / MILLISECOND);
    const said = (): string => (words.trim() === '' ? '' : `: ${words.trim().replace(/\s*\n\s*/g, ' ')}`);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, detail: error.message });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (stuck) resolve({ ok: false, detail: `"${run}" did not end within ${timeout / 1e9} s${said()}` });
      else if (code === 0) resolve({ ok: true, detail: run });
      else resolve({ ok: false, detail: `"${run}" ended with ${code ?? signal}${said()}` });
    });
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
