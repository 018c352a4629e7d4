import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Binding } from '../../names';

/** What stands at the other end of a transport in tests: processes that run until they are stopped. */

const CLI = join(__dirname, '../../cli/emulate.js');
const LAB = join(__dirname, '../../emulator/testing/lab.js');

/** The emulated device on standard input and output, as `emulate nic --stdio` runs it. */
const EMULATE = `
const { runEmulate } = require(${JSON.stringify(CLI)});
const { commands } = require(${JSON.stringify(LAB)});
const { realClock } = require(${JSON.stringify(join(__dirname, '../../clock.js'))});
const { stdin: input, stdout: output } = process;
const log = (line) => process.stderr.write(line + '\\n');
runEmulate({ class: 'nic', binding: process.argv[1] }, { commands, deviations: [], clock: realClock(), input, output, log })
  .then((code) => { process.exitCode = code; });
`;

export function emulateArguments(binding: Binding): readonly string[] {
  return [process.execPath, '-e', EMULATE, binding];
}

/** As a command for `/bin/sh -c`; with a file that takes the process id, the device can be killed. */
export function emulateCommand(binding: Binding, pidFile?: string): string {
  const command = emulateArguments(binding).map(shellQuote).join(' ');
  return pidFile === undefined ? `exec ${command}` : `echo $$ > ${shellQuote(pidFile)}; exec ${command}`;
}

/** A bridge program that sends back what it gets. */
export function echoCommand(pidFile?: string): string {
  return pidFile === undefined ? 'exec cat' : `echo $$ > ${shellQuote(pidFile)}; exec cat`;
}

export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Ends with its standard input, so that nothing is left of it when the tests are killed. */
const PTY = `
import os, pty, select, struct, subprocess, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) if sys.argv[1:] else None
sources = [0, master] + ([child.stdout.fileno()] if child else [])
def put(fd, octets):
    while octets:
        octets = octets[os.write(fd, octets):]
def frame():
    head = child.stdout.read(2)
    return child.stdout.read(struct.unpack('>H', head)[0])
if child:
    child.stdout = os.fdopen(os.dup(child.stdout.fileno()), 'rb', 0)
    sources[2] = child.stdout.fileno()
while True:
    ready = select.select(sources, [], [])[0]
    if 0 in ready and not os.read(0, 1): break
    if master in ready:
        octets = os.read(master, 4096)
        if child: put(child.stdin.fileno(), struct.pack('>H', len(octets)) + octets)
        else: put(master, octets)
    if child and sources[2] in ready:
        put(master, frame())
if child: child.kill()
`;

export interface Pty {
  readonly path: string;
  /** The other end goes, as when an adapter is pulled out. */
  stop(): Promise<void>;
}

/** A pty whose far side echoes, or is a program that speaks the bridge protocol for serial. */
export async function openPty(program: readonly string[] = []): Promise<Pty> {
  const child = spawn('python3', ['-c', PTY, ...program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const path = await firstLine(child);
  return {
    path,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no standard output');
  const missing = new Promise<never>((_, reject) => {
    const explain = 'these tests need python3 with its pty module: install python3 (Debian: apt-get install python3)';
    child.once('error', (error) => reject(new Error(`${explain}; ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`${explain}; python3 ended with exit code ${code}`)));
  });
  const lines = createInterface({ input: child.stdout });
  const line = new Promise<string>((resolve) => lines.once('line', resolve));
  const path = await Promise.race([line, missing]);
  missing.catch(() => undefined);
  lines.close();
  return path;
}
