import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CertifyError } from '../errors';
import { type LockSurroundings, lockDevice, lockName, machine, type ProcessFacts } from './lock';
import { openTransport } from './open';
import { parseUri } from './uri';

const run = promisify(execFile);
let base: string;
let folder: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'mctp-lock-'));
  folder = join(base, 'locks');
});
afterEach(() => rmSync(base, { recursive: true }));

/** A machine on which these processes run, seen by the first of them. */
function surroundings(...running: readonly ProcessFacts[]): LockSurroundings {
  return {
    folder,
    self: () => running[0] ?? { pid: 1, started: '1' },
    look: (pid) => running.find((facts) => facts.pid === pid),
    wall: () => new Date('2026-11-23T08:00:00Z'),
  };
}

function refusal(act: () => unknown): CertifyError {
  try {
    act();
  } catch (error) {
    if (error instanceof CertifyError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const me = { pid: 100, started: '5000' };
const other = { pid: 200, started: '6000' };

describe('device lock', () => {
  it('keeps a second run away, and says who is there and since when', () => {
    lockDevice('serial:/dev/x', surroundings(me));
    const error = refusal(() => lockDevice('serial:/dev/x', surroundings(other, me)));
    expect([error.code, error.exit]).toEqual(['DEVICE_BUSY', 3]);
    expect(error.message).toMatch(/device is in use by process 100 since 2026-11-23T08:00:00/);
  });

  it('is per device', () => {
    lockDevice('serial:/dev/x', surroundings(me));
    expect(() => lockDevice('serial:/dev/y', surroundings(other, me))).not.toThrow();
  });

  it('is free again after release, which may be asked for twice', () => {
    const lock = lockDevice('bridge:x', surroundings(me));
    lock.release();
    const next = lockDevice('bridge:x', surroundings(other, me));
    lock.release();
    expect(refusal(() => lockDevice('bridge:x', surroundings(me, other))).message).toMatch(/process 200/);
    next.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps the same process away too', () => {
    lockDevice('bridge:x', surroundings(me));
    expect(refusal(() => lockDevice('bridge:x', surroundings(me))).code).toBe('DEVICE_BUSY');
  });

  it.each([
    ['a process that is gone', [other]],
    ['an earlier process with the same id', [other, { ...me, started: '9999' }]],
  ])('is taken over from %s', (_, running) => {
    lockDevice('bridge:x', surroundings(me));
    lockDevice('bridge:x', surroundings(...running));
    expect(refusal(() => lockDevice('bridge:x', surroundings({ pid: 300, started: '1' }, ...running))).message).toMatch(
      /process 200/,
    );
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it.each(['', 'not json', '[]', '{"pid":"x"}', 'null'])('is taken over where it holds %j', (text) => {
    lockDevice('bridge:x', surroundings(me));
    const [name] = readdirSync(folder);
    writeFileSync(join(folder, name ?? ''), text);
    expect(() => lockDevice('bridge:x', surroundings(other))).not.toThrow();
  });

  it('is held by one of many that take over the same stale lock at once', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => dead.once('exit', resolve));
    lockDevice('bridge:x', surroundings({ pid: dead.pid ?? 0, started: '1' }));
    const script = `const { lockDevice, machine } = require(${JSON.stringify(join(__dirname, 'lock.js'))});
      try { lockDevice('bridge:x', { ...machine(), folder: ${JSON.stringify(folder)} }); console.log('taken'); }
      catch (error) { console.log(error.code); }
      process.stdin.resume();`;
    const children = Array.from({ length: 6 }, () => spawn(process.execPath, ['-e', script]));
    const said = await Promise.all(
      children.map(
        (child) => new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(`${text}`))),
      ),
    );
    for (const child of children) child.stdin.end();
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
    expect(said.map((text) => text.trim()).sort()).toEqual([...Array(5).fill('DEVICE_BUSY'), 'taken']);
  });

  it('refuses a folder that is a link to somewhere', () => {
    mkdirSync(join(base, 'elsewhere'));
    symlinkSync(join(base, 'elsewhere'), folder);
    const error = refusal(() => lockDevice('bridge:x', surroundings(me)));
    expect([error.code, error.message]).toEqual(['DEVICE_OPEN', expect.stringMatching(/set TMPDIR/)]);
  });

  it('says what to do where locks cannot be written', () => {
    writeFileSync(folder, 'a file');
    expect(refusal(() => lockDevice('bridge:x', surroundings(me))).message).toMatch(
      /cannot keep device locks in .*set TMPDIR/,
    );
  });
});

describe('what is locked', () => {
  it('is the line itself, however its path is written', () => {
    const link = join(base, 'link');
    symlinkSync('/dev/null', link);
    expect(lockName(parseUri(`serial:${link}`))).toBe('serial:/dev/null');
    expect(lockName(parseUri('serial:/dev/../dev/null?baud=9600'))).toBe('serial:/dev/null');
  });

  it('is the command of a bridge, on either binding', () => {
    expect(lockName(parseUri('bridge:smbus: tool 1 '))).toBe(lockName(parseUri('bridge:serial:tool 1')));
  });

  it.each([
    ['mctp:mctpi2c3/9', 'mctp:mctpi2c3/9?address=0x1d&binding=smbus', 'an interface and an EID'],
    ['i2c:3@0x1d', 'i2c:3@0x1e?own=0x11', 'a bus, for its wires are shared'],
    ['relay:ssh bmc mctp-relay mctp mctpi2c3/9', 'relay: ssh bmc mctp-relay mctp mctpi2c3/9 ', 'a command'],
  ])('is that of %s for %s: %s', (one, same) => {
    expect(lockName(parseUri(one))).toBe(lockName(parseUri(same)));
  });

  it.each([
    ['mctp:mctpi2c3/9', 'mctp:mctpi2c3/10'],
    ['mctp:mctpi2c3/9', 'mctp:mctpi2c4/9'],
    ['i2c:3@0x1d', 'i2c:4@0x1d'],
    ['relay:ssh bmc1 mctp-relay i2c 3@0x1d', 'relay:ssh bmc2 mctp-relay i2c 3@0x1d'],
  ])('of %s is not that of %s', (one, other) => {
    expect(lockName(parseUri(one))).not.toBe(lockName(parseUri(other)));
  });

  it.each(['sim:nic', 'replay:/tmp/x'])('is nothing for %s', (uri) => {
    expect(lockName(parseUri(uri))).toBeUndefined();
  });
});

describe('opening a device', () => {
  const uri = `bridge:smbus:exec cat # ${process.pid}`;

  it('takes the lock until the transport is closed', async () => {
    const transport = await openTransport(uri);
    await expect(openTransport(uri)).rejects.toMatchObject({
      code: 'DEVICE_BUSY',
      message: expect.stringMatching(`process ${process.pid} since`),
    });
    await transport.close();
    await (await openTransport(uri)).close();
  });

  it('gives the lock back where the device cannot be opened', async () => {
    for (let time = 0; time < 2; time += 1) {
      await expect(openTransport('serial:/dev/mctp-not-there')).rejects.toMatchObject({ code: 'DEVICE_OPEN' });
    }
  });

  it('takes the lock of a run that was killed', async () => {
    const script = `require(${JSON.stringify(join(__dirname, 'open.js'))})
      .openTransport(${JSON.stringify(uri)}).then(() => process.kill(process.pid, 'SIGKILL'));`;
    await expect(run(process.execPath, ['-e', script])).rejects.toMatchObject({ signal: 'SIGKILL' });
    await (await openTransport(uri)).close();
  });

  it('sees this process by its start time', () => {
    const { self, look } = machine();
    expect(self()).toEqual(look(process.pid));
    expect(self().pid).toBe(process.pid);
  });
});
