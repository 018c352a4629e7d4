import { join } from 'node:path';
import { readResult } from '../../reports/render';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import type { Result } from '../record/result-schema';
import { cli, PATIENCE_MS, scratch } from './testing/cli';
import type { Fate, SocketDevice } from './testing/socket-device';
import { openSocketDevice } from './testing/socket-device';

jest.setTimeout(2 * PATIENCE_MS);

const TOPICS = ['endpoint-id', 'endpoint-uuid', 'message-type-support', 'mctp-version-support'];
const SELECT = TOPICS.flatMap((topic) => ['--select', `DSP0236/get-${topic}`]);

interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly result: Result;
}

/** A run on a device that does this with the frames that come; most of it is waiting, so they stand side by side. */
async function run(fate: (number: number, device: SocketDevice) => Fate): Promise<Outcome> {
  const folder = scratch();
  const device = await openSocketDevice(folder, 0x33);
  device.onFrame = (number) => fate(number, device);
  const out = join(folder, 'out');
  const { code, stderr } = await cli(['run', 'nic', ...SELECT, '--device', device.uri, '--out', out]);
  await device.close();
  const result = readResult(join(out, 'result.json'));
  expect(buildResult(readRecord(out).lines)).toEqual(result);
  return { code, stderr, result };
}

/** The verdicts around the case that the device did not survive: what ran before it, itself, and what is blocked by it. */
function killer(result: Result): string | undefined {
  const ran = result.cases.filter((entry) => entry.verdict !== 'unreachable' && entry.verdict !== 'not-applicable');
  const at = ran.findIndex((entry) => entry.verdict === 'fail');
  const named = ran[at];
  expect(ran.slice(0, at).filter((entry) => entry.verdict !== 'pass')).toEqual([]);
  for (const entry of ran.slice(at + 1)) {
    expect(entry).toMatchObject({ verdict: 'blocked', reason: expect.stringContaining(named?.id ?? '') });
  }
  return named?.id;
}

/** Late enough that cases have run, early enough that some are left. */
const TIMES = [10, 21, 30];

describe('a device that vanishes', () => {
  it.concurrent.each(['hang-up', 'ignore'] as const)(
    'while it is looked for (%s) is blamed for nothing',
    async (fate) => {
      const { code, result } = await run((number) => (number < 3 ? 'answer' : fate));
      expect(code).toBe(3);
      expect(result).toMatchObject({ verdict: 'error', counts: { fail: 0, blocked: 0 } });
    },
  );

  it.concurrent.each(TIMES)(
    'by the end of its bridge after %i frames: the case is named, the later ones are blocked',
    async (n) => {
      const { code, result, stderr } = await run((number) => (number < n ? 'answer' : 'hang-up'));
      expect(code).toBe(1);
      expect(result.verdict).toBe('not-conformant');
      const named = killer(result);
      expect(named).toBeDefined();
      expect(result.counts.blocked).toBeGreaterThan(0);
      expect(stderr).toMatch(new RegExp(`^FAIL +${named} `, 'm'));
      const life = result.cases.find(({ id }) => id === named)?.checks.find(({ id }) => id === `${named}#life`);
      expect(life?.actual).toMatch(/^disconnected: the bridge program ended/);
    },
  );

  it.concurrent('after it has answered: the next case finds it gone', async () => {
    const { code, result } = await run((number, device) => {
      if (number === 25) setImmediate(() => void device.close());
      return 'answer';
    });
    expect(code).toBe(1);
    expect(result.verdict).toBe('not-conformant');
    expect(result.counts.blocked).toBeGreaterThan(0);
  });

  it.concurrent.each(TIMES)('by answering no more after %i frames', async (n) => {
    const { code, result } = await run((number) => (number < n ? 'answer' : 'ignore'));
    expect(code).toBe(1);
    expect(result.verdict).toBe('not-conformant');
    expect(killer(result)).toBeDefined();
    expect(result.counts.blocked).toBeGreaterThan(0);
  });

  it.concurrent('and comes back: the case that it did not survive is red, the others are run', async () => {
    // Three times the request, three times each of three probes for life, and the first of another after a pause.
    const { code, result } = await run((number) => (number >= 25 && number < 38 ? 'ignore' : 'answer'));
    expect(code).toBe(1);
    expect(result).toMatchObject({ verdict: 'not-conformant', counts: { fail: 1, blocked: 0, error: 0 } });
    const [red] = result.cases.filter(({ verdict }) => verdict === 'fail');
    expect(red?.checks.find(({ id }) => id.endsWith('#life'))?.actual).toMatch(/it came back after/);
  });
});
