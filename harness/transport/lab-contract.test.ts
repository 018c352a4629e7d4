import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSmbus } from '../binding/smbus';
import { encodePacket } from '../codec/packet';
import { createDevice } from '../emulator/device';
import { ADDRESS, commands, frameOf, packetOf } from '../emulator/testing/lab';
import { type Subject, testTransport } from './contract';
import { openTransport } from './open';
import { relayPath } from './relay-binary';

/**
 * The contract over real kernels, in the lab's guest (harness/lab/runs/contract.sh): MCTP_LAB names the URIs, each with
 * the bus of its far end, as `i2c:0@0x1d=1;mctp:mctpi2c2/9=3;relay:RELAY i2c 0@0x1d=1`; SERIAL is the interface of a pty
 * that mctp-serial has, as `mctp:SERIAL/9=pty`. Elsewhere there is nothing to test.
 */
const subjects = (process.env.MCTP_LAB ?? '').split(';').filter((each) => each !== '');
const folder = mkdtempSync(join(tmpdir(), 'mctp-lab-'));
afterAll(() => rmSync(folder, { recursive: true }));

const packets = Array.from({ length: 60 }, (_, index) =>
  packetOf(`00${(0x80 | (index & 0x1f)).toString(16)}02`, { messageTag: index % 8 }),
);
const device = createDevice({ class: 'nic', binding: 'smbus', address: ADDRESS, commands, deviations: [] });
const answers = packets
  .map(frameOf)
  .flatMap((frame, at) => device.receive(frame, at * 1e9).map(({ octets }) => octets));

/** The emulated device as a target of its own on the bus, or behind a pty, whose path it says. */
async function emulate(bus: string): Promise<{ readonly child: ChildProcess; readonly path: string }> {
  const cli = join(__dirname, '../cli/main.js');
  const where = bus === 'pty' ? ['--pty'] : ['--i2c', `${bus}@0x1d`];
  const child = spawn(process.execPath, [cli, 'emulate', 'nic', ...where], {
    env: { ...process.env, MCTP_RELAY: real },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let path = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    path += chunk.toString('utf8');
  });
  await new Promise((resolve) => child.stderr?.once('data', resolve));
  return { child, path: path.trim() };
}

/** The interface that mctp-serial makes of a line, with our EID; it goes with `end`. */
function attach(path: string): { readonly name: string; readonly end: () => void } {
  const tool = process.env.MCTP_LAB_TOOL ?? '';
  const labctl = (...words: readonly string[]): string => execFileSync(tool, [...words], { encoding: 'utf8' });
  const [name = '', pid = ''] = labctl('tty', path).trim().split(' ');
  labctl('link', name, 'up');
  labctl('addr', 'add', name, '8');
  return { name, end: () => process.kill(Number(pid), 'SIGKILL') };
}

const real = relayPath();

/** A relay that tells its process id, so that it can be killed. */
function tellingRelay(): { readonly path: string; readonly pid: () => number } {
  const at = mkdtempSync(join(folder, 'relay-'));
  const path = join(at, 'relay');
  writeFileSync(path, `#!/bin/sh\necho $$ > ${at}/pid\nexec ${real} "$@"\n`);
  chmodSync(path, 0o755);
  return { path, pid: () => Number(readFileSync(join(at, 'pid'), 'utf8')) };
}

async function open(uri: string, bus: string): Promise<Subject> {
  const { child, path } = await emulate(bus);
  const line = bus === 'pty' ? attach(path) : undefined;
  const relay = tellingRelay();
  process.env.MCTP_RELAY = relay.path;
  const named = uri.replace('SERIAL', line?.name ?? '');
  process.env.MCTP_LAB_URI = named.replace('RELAY', real);
  const transport = await openTransport(named.replace('RELAY', relay.path));
  process.env.MCTP_RELAY = real;
  return {
    transport,
    disconnect: async () => {
      process.kill(relay.pid(), 'SIGKILL');
    },
    async cleanUp() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      line?.end();
    },
  };
}

for (const each of subjects) {
  const [uri = '', bus = ''] = each.split(/=(?=\w+$)/);
  const framed = !uri.startsWith('mctp:');
  testTransport(uri, {
    plane: framed ? 'frames' : 'packets',
    stimuli: packets.map(framed ? frameOf : encodePacket),
    answers: framed ? answers : answers.map((frame) => decodeSmbus(frame)?.packet ?? frame),
    open: () => open(uri, bus),
    disconnects: true,
    keepsFrames: true,
    attested: true,
    script: 'const transport = await openTransport(process.env.MCTP_LAB_URI, {});',
  });
}

test('names what it tests', () => {
  expect(subjects.every((each) => /^(i2c|mctp|relay):.+=(\d+|pty)$/.test(each))).toBe(true);
});
