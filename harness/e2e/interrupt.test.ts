import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import { RECORD_FILE } from '../record/writer';
import { cli, complaints, limited, PATIENCE_MS, scratch, start, until, untilRecorded } from './testing/cli';
import type { SocketDevice } from './testing/socket-device';
import { openSocketDevice } from './testing/socket-device';

jest.setTimeout(2 * PATIENCE_MS);

const HOME = 0x33;
const REPORTS = ['junit.xml', 'record.ndjson', 'report.html', 'result.json', 'traffic.pcapng'];

interface Place {
  readonly device: SocketDevice;
  readonly out: string;
  readonly args: readonly string[];
}

const devices: SocketDevice[] = [];
afterAll(() => Promise.all(devices.map((device) => device.close())));

/** A device of its own for each test: they stand side by side, for most of each is waiting. */
async function prepare(): Promise<Place> {
  const folder = scratch();
  const device = await openSocketDevice(folder, HOME);
  devices.push(device);
  const out = join(folder, 'out');
  const select = ['--select', 'DSP0236/set-endpoint-id'];
  return { device, out, args: ['run', 'nic', '--exclusive', ...select, '--device', device.uri, '--out', out] };
}

/** Calls back once, when the device has been given another EID; the frame by which that shows is ignored or answered. */
function whenMoved(device: SocketDevice, fate: 'answer' | 'ignore', then: () => void): void {
  let done = false;
  device.onFrame = () => {
    if (device.state.eid === HOME) return 'answer';
    if (!done) then();
    done = true;
    return fate;
  };
}

function resultOf(out: string): ReturnType<typeof buildResult> {
  return buildResult(readRecord(out).lines);
}

describe('a run that is killed', () => {
  async function restored({ device, out }: Place): Promise<void> {
    device.onFrame = () => 'answer';
    const { code, stdout } = await cli(['restore', out]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `EID ${HOME} restored\n` });
    expect(device.state.eid).toBe(HOME);
    expect(await cli(['restore', out])).toMatchObject({ code: 0, stdout: expect.stringMatching(/nothing to restore/) });
    expect(resultOf(out).verdict).toBe('incomplete');
  }

  it.concurrent('with the EID moved: the record says so, is rendered, and the EID is given back from it', async () => {
    const place = await prepare();
    const { device, out, args } = place;
    const run = start(args);
    whenMoved(device, 'ignore', () => run.child.kill('SIGKILL'));
    expect((await run.ended).signal).toBe('SIGKILL');
    expect(device.state.eid).not.toBe(HOME);
    expect(readRecord(out).lines).toContainEqual(
      expect.objectContaining({ type: 'journal', what: 'eid', value: HOME }),
    );
    const { verdict, counts, planned } = resultOf(out);
    expect(verdict).toBe('incomplete');
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(planned);
    const text = await cli(['report', out, '--format', 'text']);
    expect(text).toMatchObject({ code: 0, stdout: expect.stringMatching(/INCOMPLETE/) });
    await restored(place);
  });

  it.concurrent('and whose device cannot be reached: restore says so, and works when it is back', async () => {
    const place = await prepare();
    const { device, out, args } = place;
    const run = start(args);
    whenMoved(device, 'ignore', () => run.child.kill('SIGKILL'));
    await run.ended;
    const failed = await cli(['restore', out]);
    expect(failed.code).toBe(3);
    expect(complaints(failed)).toEqual([expect.stringMatching(/does not answer/)]);
    expect(device.state.eid).not.toBe(HOME);
    await restored(place);
  });

  it.concurrent.each(['"run.start"', '"plan"', '"device"', '"case.start"', '"case.end"'])(
    'after %s: nothing is lost, and nothing moved stays moved',
    async (line) => {
      const { device, out, args } = await prepare();
      const run = start(args);
      await untilRecorded(out, `{"type":${line}`);
      run.child.kill('SIGKILL');
      await run.ended;
      expect(resultOf(out).verdict).toBe('incomplete');
      const { code } = await cli(['restore', out]);
      expect(code).toBe(0);
      expect(device.state.eid).toBe(HOME);
      expect((await cli(['report', out, '--format', 'html'])).code).toBe(0);
    },
  );
});

describe('a run whose disk is full', () => {
  it.concurrent('gives the EID back all the same', async () => {
    const { device, out, args } = await prepare();
    expect((await cli(args)).code).toBe(0);
    const whole = readFileSync(join(out, RECORD_FILE), 'utf8');
    rmSync(out, { recursive: true });
    const moved = new Set<number>();
    device.onFrame = () => {
      moved.add(device.state.eid);
      return 'answer';
    };
    const { code } = await limited(whole.indexOf('"type":"journal"') + 2000, args);
    expect(code).toBe(3);
    expect(readRecord(out).complete).toBe(false);
    expect(moved.size).toBeGreaterThan(1);
    expect(device.state.eid).toBe(HOME);
  });
});

describe('a run that is interrupted', () => {
  it.concurrent.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s gives the EID back and writes the reports',
    async (signal) => {
      const { device, out, args } = await prepare();
      const run = start(args);
      whenMoved(device, 'answer', () => run.child.kill(signal));
      const { code, stderr } = await run.ended;
      expect(code).toBe(130);
      expect(stderr).toMatch(/^interrupted: restoring the device and writing the reports/m);
      expect(device.state.eid).toBe(HOME);
      expect(readdirSync(out).sort()).toEqual(REPORTS);
      expect(resultOf(out)).toMatchObject({ verdict: 'incomplete', interrupted: true, counts: { fail: 0 } });
      expect(await cli(['restore', out])).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/nothing to restore/),
      });
    },
  );

  it.concurrent('leaves at once when interrupted again', async () => {
    const { device, out, args } = await prepare();
    const run = start(args);
    whenMoved(device, 'ignore', () => run.child.kill('SIGINT'));
    await until(() => run.said().includes('interrupted:') || undefined, 'the first answer to SIGINT');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(device.state.eid).not.toBe(HOME);
    expect(resultOf(out).verdict).toBe('incomplete');
    device.onFrame = () => 'answer';
    await cli(['restore', out]);
    expect(device.state.eid).toBe(HOME);
  });

  it.concurrent('while the device is being looked for', async () => {
    const { device, out, args } = await prepare();
    device.onFrame = (number) => {
      if (number === 1) run.child.kill('SIGINT');
      return 'ignore';
    };
    const run = start(args);
    expect((await run.ended).code).toBe(130);
    expect(resultOf(out)).toMatchObject({ verdict: 'incomplete', interrupted: true });
  });
});
