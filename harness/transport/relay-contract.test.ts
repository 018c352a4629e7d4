import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSmbus } from '../binding/smbus';
import { encodePacket } from '../codec/packet';
import { createDevice } from '../emulator/device';
import { ADDRESS, commands, frameOf, packetOf } from '../emulator/testing/lab';
import type { Plane } from '../names';
import { type ContractSubject, type Subject, testTransport } from './contract';
import { openTransport } from './open';
import { relayPath } from './relay-binary';
import { type FakeOptions, fakeRelay } from './testing/fake-relay';

const folder = mkdtempSync(join(tmpdir(), 'mctp-relay-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Get Endpoint ID many times over, tags and instance ids in turn. */
const packets = Array.from({ length: 60 }, (_, index) =>
  packetOf(`00${(0x80 | (index & 0x1f)).toString(16)}02`, { messageTag: index % 8 }),
);

function ofDevice(plane: Plane): Pick<ContractSubject, 'stimuli' | 'answers' | 'plane'> {
  const device = createDevice({ class: 'nic', binding: 'smbus', address: ADDRESS, commands, deviations: [] });
  const frames = packets.map(frameOf);
  const answers = frames.flatMap((frame, at) => device.receive(frame, at * 1e9).map(({ octets }) => octets));
  if (plane === 'frames') return { plane, stimuli: frames, answers };
  return {
    plane,
    stimuli: packets.map(encodePacket),
    answers: answers.map((frame) => decodeSmbus(frame)?.packet ?? frame),
  };
}

/** The shell tells its process id before it becomes the relay. */
async function relay(command: string, first: Uint8Array, plane: Plane): Promise<Subject> {
  const pidFile = join(mkdtempSync(join(folder, 'relay-')), 'pid');
  const transport = await openTransport(`relay:echo $$ > ${pidFile}; ${command}`);
  return {
    transport,
    async disconnect(heard) {
      await transport.send({ plane, octets: first });
      await heard.until(() => heard.received.length > 0);
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
    },
  };
}

function subject(
  command: string,
  shape: Pick<ContractSubject, 'stimuli' | 'answers' | 'plane'>,
  keepsFrames = true,
): ContractSubject {
  const first = shape.stimuli[0] ?? new Uint8Array(1);
  return {
    ...shape,
    open: () => relay(command, first, shape.plane ?? 'frames'),
    disconnects: true,
    keepsFrames,
    attested: true,
    script: `const transport = await openTransport(${JSON.stringify(`relay:${command}`)}, {});`,
  };
}

const far: readonly (readonly [string, FakeOptions])[] = [
  ['frames', {}],
  ['packets', { plane: 'packets' }],
  ['frames over a link of 50 ms, by another clock', { delay: 50, ahead: 3_600_000_000_000_000 }],
];
for (const [name, options] of far) {
  const shape = ofDevice(options.plane ?? 'frames');
  const few = options.delay === undefined ? shape : { ...shape, ...shortened(shape) };
  testTransport(`relay: to the emulated device, ${name}`, subject(fakeRelay(options), few));
}

/** Each of them waits for the link twice. */
function shortened({ stimuli, answers }: Pick<ContractSubject, 'stimuli' | 'answers'>) {
  return { stimuli: stimuli.slice(0, 51), answers: answers.slice(0, 51) };
}

/** Frames of every size, the largest among them. */
function echoes(largest: number): readonly Uint8Array[] {
  const sizes = [...Array.from({ length: 260 }, (_, index) => index + 1), largest, 1, largest];
  return sizes.map((size, first) => {
    const octets = Uint8Array.from({ length: size }, (_, index) => (first * 7 + index) & 0xff);
    // Three addresses are answered by the loop with something else than an echo.
    octets[0] = (octets[0] ?? 0) & 0x7f;
    return octets;
  });
}

describe('relay: through mctp-relay', () => {
  const built = existsSync(relayPath());

  it('is built where there is a compiler', () => {
    expect(built || process.platform !== 'linux' || process.env.CI === undefined).toBe(true);
  });

  if (!built) return;
  const command = `exec ${relayPath()} loop`;
  testTransport('its loop of frames', subject(command, { stimuli: echoes(1024), answers: echoes(1024) }));
  const serial = { stimuli: echoes(60_000), answers: echoes(60_000) };
  testTransport('its loop of a byte stream', subject(`${command} 'frames?binding=serial'`, serial, false));
});
