import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, MILLISECOND, realClock, SECOND } from '../clock';
import { toHex } from '../codec/octets';
import type { Binding } from '../names';
import { openBridge } from './bridge';
import { Collector } from './testing/collector';
import { shellQuote } from './testing/far-ends';
import type { Transport } from './transport';

// Programs are started here, and the machine may be busy.
jest.setTimeout(30_000);

let transport: Transport;
const logged: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'mctp-bridge-'));

async function open(command: string, binding: Binding = 'smbus'): Promise<Collector> {
  transport = await openBridge({ binding, command, onLog: (line) => logged.push(line) });
  return new Collector(transport).listen();
}

/** A program in node, for what the shell cannot say: its text is a function body with `out` to write octets. */
function program(body: string): string {
  const text = `const out = (...o) => process.stdout.write(Uint8Array.from(o)); ${body}`;
  return `exec ${shellQuote(process.execPath)} -e ${shellQuote(text)}`;
}

const kinds = (heard: Collector): readonly string[] => heard.events.map(({ kind }) => kind);
const frame = (...octets: number[]) => ({ plane: 'frames', octets: Uint8Array.from(octets) }) as const;

/** More than a pipe holds. */
const LARGE = { plane: 'frames', octets: new Uint8Array(1_000_000).fill(1) } as const;

beforeEach(() => {
  logged.length = 0;
});
afterEach(() => transport.close());
afterAll(() => rmSync(folder, { recursive: true }));

describe('a bridge program that ends', () => {
  it.each([
    ['true', /exit code 0$/],
    ['exit 3', /exit code 3$/],
    ['echo no adapter found >&2; exit 3', /exit code 3; its last words: no adapter found$/],
    ['echo one >&2; printf two >&2; exit 4', /exit code 4; its last words: two$/],
    ['no-such-program-anywhere', /exit code 127: the shell did not find the command; .*no-such-program-anywhere/],
    ['/dev/null', /exit code 126: the shell could not execute the command; .*ermission denied/],
    ['kill -KILL $$', /was ended by SIGKILL$/],
    ['exec >&-; sleep 100', /closed its standard output$/],
  ])('says how: %s', async (command, detail) => {
    const heard = await open(command);
    expect(await heard.disconnected()).toMatch(detail);
    expect(kinds(heard)).toEqual(['disconnected']);
  });

  it('refuses what is sent after that, with the reason', async () => {
    const heard = await open('exit 3');
    const detail = await heard.disconnected();
    expect(await transport.send(frame(1, 2))).toMatchObject({ delivery: 'refused', detail });
  });

  it('is not brought down by a program that closes its input', async () => {
    const heard = await open('exec <&-; printf "\\000\\001x"; sleep 0.2; exit 7');
    await heard.until(() => heard.received.length === 1);
    const { delivery } = await transport.send(frame(1, 2, 3));
    expect(['refused', 'sent']).toContain(delivery);
    expect(await heard.disconnected()).toMatch(/exit code 7/);
  });

  it('delivers what was written before the end', async () => {
    const heard = await open('printf "\\000\\003abc\\000\\001d"');
    await heard.disconnected();
    expect(heard.received.map(toHex)).toEqual(['616263', '64']);
  });
});

describe('a bridge program that breaks the protocol', () => {
  it('shows text on standard output for what it is', async () => {
    const heard = await open('echo Hello; sleep 100');
    expect(await heard.disconnected()).toMatch(/impossible length 18533.*"He".*print to standard output/);
    expect(kinds(heard)).toEqual(['garbage', 'disconnected']);
    expect(toHex(heard.of('garbage')[0]?.octets ?? new Uint8Array(0))).toBe('48656c6c6f0a');
  });

  it.each(['smbus', 'serial'] as const)('stops at the first length of 0: %s', async (binding) => {
    const heard = await open('head -c 100000 /dev/zero', binding);
    expect(await heard.disconnected()).toMatch(/impossible length 0, a frame has 1 to/);
    expect(kinds(heard)).toEqual(['garbage', 'disconnected']);
    expect(heard.of('garbage')[0]?.octets.length).toBeLessThanOrEqual(64);
  });

  it('takes 260 octets for an SMBus frame, and 261 for none', async () => {
    const heard = await open(program('out(1, 4, ...Array(260).fill(7)); out(1, 5, ...Array(261).fill(8));'));
    expect(await heard.disconnected()).toMatch(/impossible length 261/);
    expect(heard.received.map((octets) => octets.length)).toEqual([260]);
  });

  it('takes the largest chunk that a length can say from a serial stream', async () => {
    const heard = await open(program('out(255, 255, ...Array(65535).fill(9)); process.stdin.resume();'), 'serial');
    await heard.until(() => heard.received.length === 1);
    expect(heard.received[0]?.length).toBe(65_535);
  });

  it('puts frames together that come octet by octet', async () => {
    const octets = [0, 3, 1, 2, 3, 0, 1, 9];
    const body = `(async () => { for (const o of ${JSON.stringify(octets)}) { await new Promise((r) => process.stdout.write(Uint8Array.of(o), r)); await new Promise(setImmediate); } })()`;
    const heard = await open(program(body));
    await heard.disconnected();
    expect(heard.received.map(toHex)).toEqual(['010203', '09']);
  });

  it.each([
    ['printf "\\000"', '00', /inside a length of a frame/],
    ['printf "\\000\\005ab"', '6162', /after 2 of 5 octets of a frame/],
  ])('keeps half a frame as garbage: %s', async (command, octets, detail) => {
    const heard = await open(command);
    await heard.disconnected();
    expect(kinds(heard)).toEqual(['garbage', 'disconnected']);
    expect(toHex(heard.of('garbage')[0]?.octets ?? new Uint8Array(0))).toBe(octets);
    expect(heard.of('garbage')[0]?.detail).toMatch(detail);
  });

  it('cuts a flood before it fills the memory', async () => {
    const before = process.memoryUsage().rss;
    const heard = await open('yes', 'serial');
    expect(await heard.disconnected()).toMatch(/within a second/);
    expect(heard.events.at(-2)?.kind).toBe('garbage');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('does not read on while nobody listens', async () => {
    transport = await openBridge({ binding: 'serial', command: 'yes' });
    await transport.clock.timer(transport.clock.now() + 50 * MILLISECOND).done;
    const heard = new Collector(transport).listen();
    await heard.disconnected();
  });
});

describe('standard error of a bridge program', () => {
  it('goes to the log line by line, safe for a terminal', async () => {
    const heard = await open('printf "plain\\r\\n\\033[2Jred\\n\\nlast" >&2');
    await heard.disconnected();
    expect(logged).toEqual(['plain', '\\x1b[2Jred', 'last']);
  });

  it('is bounded in length and in speed', async () => {
    const flood = 'head -c 100000 /dev/zero | tr "\\000" x; echo; yes | head -c 20000000';
    const heard = await open(`{ ${flood}; } >&2; exit 5`);
    expect(await heard.disconnected()).toMatch(/exit code 5/);
    expect(logged[0]).toHaveLength(1_000);
    // Two octets a line, one mebioctet a second: a fraction of what was said, however slow this machine is.
    expect(logged.length).toBeLessThan(9_000_000);
  });
});

describe('sending to a bridge program', () => {
  it.each([
    [frame(), /0 octets/],
    [frame(...Array(261).fill(0)), /261 octets is longer/],
    [{ plane: 'packets', octets: Uint8Array.of(1) } as const, /not packets/],
  ])('refuses what the protocol cannot carry', async (unit, detail) => {
    await open('exec cat');
    expect(await transport.send(unit)).toMatchObject({ delivery: 'refused', detail: expect.stringMatching(detail) });
  });

  it('gives up a program that does not read', async () => {
    // A clock on which five seconds are over in no time, and everything shorter takes what it takes.
    const real = realClock();
    const soon = (at: number): number => (at - real.now() > 4 * SECOND ? real.now() + 50 * MILLISECOND : at);
    const clock: Clock = { now: real.now, timer: (at) => real.timer(soon(at)) };
    const stuck = await openBridge({ binding: 'serial', command: 'exec sleep 100', clock });
    const events: string[] = [];
    stuck.listen((event) => events.push(event.kind));
    const sent = await stuck.send(LARGE);
    expect(sent).toMatchObject({ delivery: 'refused', detail: expect.stringMatching(/has not taken/) });
    expect(events).toEqual(['disconnected']);
    await stuck.close();
  });
});

describe('closing a bridge', () => {
  /** Processes whose command line has the text: the marker is in no other's. */
  const running = (marker: string): number =>
    execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(marker) && !line.startsWith('Z')).length;

  const READY = 'printf "\\000\\001r"';

  it.each([
    ['a program that waits', `${READY}; exec sleep MARK`],
    ['its children too', `sleep MARK & sleep MARK & ${READY}; wait`],
    ['one that has ended and left children', `sleep MARK & ${READY}; exit 0`],
  ])('ends %s at the polite signal', async (_, command) => {
    expect(await closing(command)).toBeLessThan(900);
  });

  it('ends what ignores the polite signal after one second', async () => {
    const taken = await closing(`trap "" TERM; sleep MARK & ${READY}; while :; do sleep MARK; done`);
    expect(taken).toBeGreaterThan(900);
    expect(taken).toBeLessThan(3_000);
  });

  /** Opens, closes, and says how long that took; nothing of it may run afterwards. */
  async function closing(command: string): Promise<number> {
    const marker = `100.${process.pid}${Math.floor(performance.now() * 1000)}`;
    const heard = await open(command.replaceAll('MARK', marker));
    await heard.until(() => heard.received.length === 1);
    const start = performance.now();
    await transport.close();
    const taken = performance.now() - start;
    const deadline = performance.now() + 2_000;
    // A killed process is gone when the kernel has seen to it, not when the signal was sent.
    while (running(marker) > 0 && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    expect(running(marker)).toBe(0);
    return taken;
  }

  it('does not wait for a process that left the group with the pipes open', async () => {
    const pid = join(folder, 'pid');
    await open(`setsid sh -c 'echo $$ > ${pid}; exec sleep 100' & sleep 0.1; exit 0`);
    const start = performance.now();
    await transport.close();
    expect(performance.now() - start).toBeLessThan(3_000);
    try {
      process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    } catch {
      // It was ended before it left the group.
    }
  });

  it('ends the program also when the harness exits without closing', async () => {
    const marker = `100.${process.pid}7`;
    const script = `require(${JSON.stringify(join(__dirname, 'bridge.js'))})
      .openBridge({ binding: 'smbus', command: 'sleep ${marker}; true' }).then(() => process.exit(0));`;
    execFileSync(process.execPath, ['-e', script]);
    const deadline = performance.now() + 2_000;
    while (running(marker) > 0 && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    expect(running(marker)).toBe(0);
  });

  it('settles a send that is under way', async () => {
    await open('exec sleep 100', 'serial');
    const sent = transport.send(LARGE);
    await transport.close();
    expect((await sent).delivery).toBe('refused');
  });
});
