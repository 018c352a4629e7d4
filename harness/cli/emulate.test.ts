import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { SECOND } from '../clock';
import { concat, toHex } from '../codec/octets';
import type { Action, Device } from '../emulator/device';
import { commands, frameOf, packetOf } from '../emulator/testing/lab';
import { BridgeReader, encodeBridge, MAX_BRIDGE_FRAME } from '../transport/bridge-protocol';
import { virtualClock } from '../transport/virtual-clock';
import { register, runEmulate } from './emulate';
import { serveDevice } from './serve-device';

/** An emulated device between two pipes, on virtual time. */
function bench() {
  const clock = virtualClock();
  const input = new PassThrough();
  const output = new PassThrough();
  const logged: string[] = [];
  const reader = new BridgeReader({ maximum: MAX_BRIDGE_FRAME, afterImpossible: 'stop' });
  const answers = () => reader.feed(output.read() ?? new Uint8Array(0)).map(({ octets }) => toHex(octets));
  return { clock, input, output, logged, answers, log: (line: string) => logged.push(line) };
}

type Bench = ReturnType<typeof bench>;
const emulate = (at: Bench, more: Partial<Parameters<typeof runEmulate>[0]> = {}): Promise<number> =>
  runEmulate({ class: 'nic', binding: 'smbus', ...more }, { ...at, commands, deviations: [] });

const getEndpointId = encodeBridge(frameOf(packetOf('008102')));

describe('emulate', () => {
  it('answers on standard output, and ends with its input', async () => {
    const at = bench();
    const ended = emulate(at, { eid: 9 });
    at.input.end(getEndpointId);
    expect(await ended).toBe(0);
    const answers = at.answers();
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatch(/^200f.*000102000900/);
    expect(at.logged).toEqual([expect.stringMatching(/^emulated nic on smbus/)]);
  });

  it('ends with code 0 where the input is empty', async () => {
    const at = bench();
    at.input.end();
    expect(await emulate(at)).toBe(0);
  });

  it.each([
    ['a length of 0', Uint8Array.of(0, 0), /ignored an impossible length 0/],
    [
      'frames of noise',
      concat(encodeBridge(Uint8Array.of(1)), encodeBridge(new Uint8Array(3_000).fill(0xff))),
      undefined,
    ],
  ])('survives %s', async (_, octets, message) => {
    const at = bench();
    const ended = emulate(at);
    at.input.write(octets);
    at.input.end(getEndpointId);
    expect(await ended).toBe(0);
    expect(at.answers()).toHaveLength(1);
    if (message !== undefined) expect(at.logged[1]).toMatch(message);
  });

  it('says that its input ended inside a frame', async () => {
    const at = bench();
    const ended = emulate(at);
    at.input.end(getEndpointId.subarray(0, 5));
    expect(await ended).toBe(0);
    expect(at.logged[1]).toMatch(/ended inside a frame, after 3 octets/);
  });

  it('ends where nobody reads its output any more', async () => {
    const at = bench();
    const ended = emulate(at);
    at.output.destroy();
    expect(await ended).toBe(0);
  });

  it.each([
    [{ class: 'nik' }, /no emulated device of class "nik"; did you mean "nic"/],
    [{ deviations: ['no-such-fault'] }, /no emulated deviation "no-such-fault"/],
  ])('refuses names that are none: %j', async (more, message) => {
    await expect(emulate(bench(), more)).rejects.toMatchObject({
      code: 'UNKNOWN_NAME',
      message: expect.stringMatching(message),
    });
  });

  it('puts personalities on', async () => {
    const at = bench();
    const ended = emulate(at, { deviations: ['slow'] });
    at.input.end(getEndpointId);
    await ended;
    expect(at.logged[0]).toMatch(/with slow/);
    expect(at.clock.now()).toBeGreaterThan(0.09 * SECOND);
  });
});

describe('serving a device', () => {
  const silent: Device = {
    acknowledges: () => true,
    receive: () => [],
    refused: () => [],
    hook: () => undefined,
    next: () => undefined,
    advance: () => [],
  };
  const serve = (at: Bench, device: Partial<Device>): Promise<void> =>
    serveDevice({ ...at, device: { ...silent, ...device }, binding: 'serial' });
  const say = (octet: number, delayNs: number): Action => ({ octets: Uint8Array.of(octet), delayNs });

  it('sends answers in the order of the line: what is said first goes first', async () => {
    const at = bench();
    const ended = serve(at, { receive: () => [say(1, 500), say(2, 100)] });
    at.input.end(encodeBridge(Uint8Array.of(0)));
    await ended;
    expect(at.answers()).toEqual(['01', '02']);
  });

  it('lets the device speak of its own', async () => {
    const at = bench();
    let due: number | undefined = 5 * SECOND;
    const ended = serve(at, {
      next: () => due,
      advance: (now) => {
        due = undefined;
        return now >= 5 * SECOND ? [say(7, 0)] : [];
      },
    });
    at.input.write(encodeBridge(Uint8Array.of(0)));
    // Time does not see what is still in the pipe.
    await new Promise(setImmediate);
    await at.clock.timer(6 * SECOND).done;
    expect(at.answers()).toEqual(['07']);
    at.input.end();
    await ended;
  });

  it('outlives a defect in the device', async () => {
    const at = bench();
    let calls = 0;
    const ended = serve(at, {
      receive: () => {
        calls += 1;
        if (calls === 1) throw new Error('oops');
        return [say(2, 0)];
      },
    });
    at.input.write(encodeBridge(Uint8Array.of(0)));
    at.input.end(encodeBridge(Uint8Array.of(0)));
    await ended;
    expect(at.answers()).toEqual(['02']);
    expect(at.logged).toEqual(['defect in the emulated device: oops']);
  });

  it('takes no more requests while nobody fetches the answers', async () => {
    const at = bench();
    const answer = { octets: new Uint8Array(60_000), delayNs: 0 };
    let taken = 0;
    const ended = serve(at, {
      receive: () => {
        taken += 1;
        return [answer];
      },
    });
    for (let request = 0; request < 100; request += 1) at.input.write(encodeBridge(Uint8Array.of(0)));
    const wait = async (): Promise<void> => void (await at.clock.timer(at.clock.now() + 600 * SECOND).done);
    await wait();
    for (let request = 0; request < 100; request += 1) {
      at.input.write(encodeBridge(Uint8Array.of(0)));
      await wait();
    }
    expect(taken).toBeLessThan(130);
    at.output.destroy();
    await ended;
  });
});

describe('emulate on the command line', () => {
  const parse = (...words: readonly string[]): Promise<Command> => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    register(program, () => ({ commands, deviations: [] }));
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
    return program.parseAsync(['emulate', ...words], { from: 'user' });
  };

  it.each([
    [['nic'], /--stdio/],
    [['nic', '--stdio', 'usb'], /smbus or serial/],
    [['nic', '--stdio', 'smbus', '--eid', '300'], /from 8 to 254/],
    [['nic', '--stdio', 'smbus', '--eid', '9x'], /from 8 to 254/],
    [['nic', '--stdio', 'smbus', '--address', '0x80'], /from 8 to 119/],
    [['--stdio', 'smbus'], /missing required argument/],
  ])('refuses %j', async (words, message) => {
    await expect(parse(...words)).rejects.toThrow(message);
  });
});
