import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../codec/octets';
import { commands } from '../emulator/testing/lab';
import type { Binding } from '../names';
import { type Subject, testTransport } from './contract';
import { openTransport } from './open';
import { answers, echoes, stimuli } from './testing/exchanges';
import { echoCommand, emulateCommand } from './testing/far-ends';

const LAB = join(__dirname, '../emulator/testing/lab.js');
const folder = mkdtempSync(join(tmpdir(), 'mctp-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

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
