import { join } from 'node:path';
import { type Subject, testTransport } from './contract';
import { openTransport } from './open';
import { answers, echoes, stimuli } from './testing/exchanges';
import { emulateArguments, openPty } from './testing/far-ends';

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
