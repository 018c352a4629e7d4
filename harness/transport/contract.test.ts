import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSerial } from '../binding/serial';
import { encodeSmbus } from '../binding/smbus';
import { toHex } from '../codec/octets';
import { encodePacket } from '../codec/packet';
import { createDevice } from '../emulator/device';
import { ADDRESS, commands, OWN_ADDRESS, packetOf } from '../emulator/testing/lab';
import type { Binding } from '../names';
import { type Subject, testTransport } from './contract';
import { openTransport } from './open';
import { echoCommand, emulateArguments, emulateCommand, openPty } from './testing/far-ends';

const LAB = join(__dirname, '../emulator/testing/lab.js');
const folder = mkdtempSync(join(tmpdir(), 'mctp-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Get Endpoint ID many times over, tags and instance ids in turn, and one vendor message of a full packet. */
function stimuli(binding: Binding): readonly Uint8Array[] {
  const bodies = Array.from({ length: 60 }, (_, index) => ({
    payload: `00${(0x80 | (index & 0x1f)).toString(16)}02`,
    header: { messageTag: index % 8 },
  }));
  const vendor = { payload: `7e1ab4${'7e7d'.repeat(30)}00`, header: { messageTag: 5 } };
  return [...bodies, vendor].map(({ payload, header }) => {
    const packet = encodePacket(packetOf(payload, header));
    const addressing = { destinationAddress: ADDRESS, sourceAddress: OWN_ADDRESS };
    return binding === 'smbus' ? encodeSmbus(packet, addressing) : encodeSerial(packet);
  });
}

/** What a device of its own answers to the same. */
function answers(binding: Binding): readonly Uint8Array[] {
  const device = createDevice({ class: 'nic', binding, address: ADDRESS, commands, deviations: [] });
  return stimuli(binding).flatMap((octets, index) =>
    device.receive(octets, index * 1_000_000_000).map((action) => action.octets),
  );
}

/** Many frames of every size, the largest among them. */
function echoes(binding: Binding): readonly Uint8Array[] {
  const largest = binding === 'smbus' ? 260 : 60_000;
  const sizes = [...Array.from({ length: 260 }, (_, index) => index + 1), largest, 1, largest];
  return sizes.map((size, first) => Uint8Array.from({ length: size }, (_, index) => (first * 7 + index) & 0xff));
}

const openScript = (uri: string, options = ''): string =>
  `const transport = await openTransport(${JSON.stringify(uri)}, { ${options} });`;

for (const binding of ['smbus', 'serial'] as const) {
  const device = { stimuli: stimuli(binding), answers: answers(binding), keepsFrames: true };

  const uri = `sim:nic?binding=${binding}`;
  testTransport(uri, {
    ...device,
    attested: false,
    open: async () => ({
      transport: await openTransport(uri, { emulator: { commands, deviations: [] } }),
    }),
    disconnects: false,
    script: openScript(uri, `emulator: { commands: require(${JSON.stringify(LAB)}).commands, deviations: [] }`),
  });

  testTransport(`bridge:${binding} to emulate --stdio`, {
    ...device,
    attested: true,
    open: () => bridge(binding, emulateCommand),
    disconnects: true,
    script: openScript(`bridge:${binding}:${emulateCommand(binding)}`),
  });

  testTransport(`bridge:${binding} to an echo`, {
    stimuli: echoes(binding),
    answers: echoes(binding),
    keepsFrames: true,
    attested: true,
    open: () => bridge(binding, (_, pidFile) => echoCommand(pidFile)),
    disconnects: true,
    script: openScript(`bridge:${binding}:${echoCommand()}`),
  });

  testTransport(`replay: of ${binding}`, {
    ...device,
    attested: false,
    open: () => replay(binding),
    disconnects: true,
    script: openScript(`replay:${record(binding)}`),
  });
}

testTransport('serial: over a pty to emulate --stdio', {
  stimuli: stimuli('serial'),
  answers: answers('serial'),
  keepsFrames: false,
  attested: true,
  open: () => overPty(emulateArguments('serial')),
  disconnects: true,
  script: ptyScript(emulateArguments('serial')),
});

testTransport('serial: over a pty to an echo', {
  stimuli: echoes('serial'),
  answers: echoes('serial'),
  keepsFrames: false,
  attested: true,
  open: () => overPty([]),
  disconnects: true,
  script: ptyScript([]),
});

/** The pty of the child ends when the child's end of the pipe does. */
function ptyScript(program: readonly string[]): string {
  return `
    const { openPty } = require(${JSON.stringify(join(__dirname, 'testing/far-ends.js'))});
    const pty = await openPty(${JSON.stringify(program)});
    const transport = await openTransport('serial:' + pty.path);
    const { close } = transport;
    transport.close = async () => { await close(); await pty.stop(); };`;
}

async function overPty(program: readonly string[]): Promise<Subject> {
  const pty = await openPty(program);
  const transport = await openTransport(`serial:${pty.path}?baud=115200`);
  return { transport, disconnect: () => pty.stop(), cleanUp: () => pty.stop() };
}

async function bridge(binding: Binding, command: (binding: Binding, pidFile: string) => string): Promise<Subject> {
  const pidFile = join(mkdtempSync(join(folder, 'bridge-')), 'pid');
  const transport = await openTransport(`bridge:${binding}:${command(binding, pidFile)}`);
  return {
    transport,
    async disconnect(heard) {
      // Its process id is written before it answers.
      await transport.send({ plane: 'frames', octets: stimuli(binding)[0] ?? new Uint8Array(1) });
      await heard.until(() => heard.received.length > 0);
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
    },
  };
}

async function replay(binding: Binding): Promise<Subject> {
  const transport = await openTransport(`replay:${record(binding)}`);
  return {
    transport,
    async disconnect() {
      for (const octets of stimuli(binding)) await transport.send({ plane: 'frames', octets });
    },
  };
}

/** As a run writes it: every stimulus is answered after a millisecond, and a second after the last the device goes. */
function record(binding: Binding): string {
  const file = join(folder, `${binding}.ndjson`);
  const replies = answers(binding);
  const scope = { binding, plane: 'frames', acknowledge: false };
  const frames = stimuli(binding).flatMap((octets, index) => {
    const at = index * 20_000_000;
    const reply = replies[index];
    const answer = reply === undefined ? [] : [{ at: at + 1_000_000, direction: 'rx', octets: toHex(reply) }];
    return [{ at, direction: 'tx', octets: toHex(octets), delivery: 'sent' }, ...answer].map((frame) => ({
      type: 'frame',
      plane: 'frames',
      packets: [],
      purpose: 'stimulus',
      ...frame,
    }));
  });
  const end = { type: 'observation', at: 3_000_000_000, case: 'x', observation: { disconnected: 'the bridge ended' } };
  const lines = [{ type: 'run.start', at: 0, scope }, ...frames, end];
  writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  return file;
}
