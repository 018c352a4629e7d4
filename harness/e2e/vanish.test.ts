import { join } from 'node:path';
import { readResult } from '../../reports/render';
import { readRecord } from '../record/reader';
import { buildResult } from '../record/result';
import type { Result } from '../record/result-schema';
import { cli, PATIENCE_MS, scratch } from './testing/cli';
import type { Fate, SocketDevice } from './testing/socket-device';
import { openSocketDevice } from './testing/socket-device';

jest.setTimeout(2 * PATIENCE_MS);

let device: SocketDevice;
let folder: string;

beforeEach(async () => {
  folder = scratch();
  device = await openSocketDevice(folder, 0x33);
});
afterEach(() => device.close());

const TOPICS = ['endpoint-id', 'endpoint-uuid', 'message-type-support', 'mctp-version-support'];
const SUITES = TOPICS.map((topic) => `DSP0236/get-${topic}`);

async function run(): Promise<{ readonly code: number | null; readonly stderr: string; readonly result: Result }> {
  const out = join(folder, 'out');
  const select = SUITES.flatMap((id) => ['--select', id]);
  const { code, stderr } = await cli(['run', 'nic', ...select, '--device', device.uri, '--out', out]);
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
  it.each(['hang-up', 'ignore'] as const)('while it is looked for (%s) is blamed for nothing', async (fate) => {
    device.onFrame = (number): Fate => (number < 3 ? 'answer' : fate);
    const { code, result } = await run();
    expect(code).toBe(3);
    expect(result).toMatchObject({ verdict: 'error', counts: { fail: 0, blocked: 0 } });
  });

  it.each(TIMES)(
    'by the end of its bridge after %i frames: the case is named, the later ones are blocked',
    async (n) => {
      device.onFrame = (number): Fate => (number < n ? 'answer' : 'hang-up');
      const { code, result, stderr } = await run();
      expect(code).toBe(1);
      expect(result.verdict).toBe('not-conformant');
      const named = killer(result);
      expect(named).toBeDefined();
      expect(result.counts.blocked).toBeGreaterThan(0);
      expect(stderr).toMatch(new RegExp(`^fail +${named} `, 'm'));
      const life = result.cases.find(({ id }) => id === named)?.checks.find(({ id }) => id === `${named}#life`);
      expect(life?.actual).toMatch(/^disconnected: the bridge program ended/);
    },
  );

  it('after it has answered: the next case finds it gone', async () => {
    device.onFrame = (number): Fate => {
      if (number === 25) setImmediate(() => void device.close());
      return 'answer';
    };
    const { code, result } = await run();
    expect(code).toBe(1);
    expect(result.verdict).toBe('not-conformant');
    expect(result.counts.blocked).toBeGreaterThan(0);
  });

  it.each(TIMES)('by answering no more after %i frames', async (n) => {
    device.onFrame = (number): Fate => (number < n ? 'answer' : 'ignore');
    const { code, result } = await run();
    expect(code).toBe(1);
    expect(result.verdict).toBe('not-conformant');
    expect(killer(result)).toBeDefined();
    expect(result.counts.blocked).toBeGreaterThan(0);
  });

  it('and comes back: the case that it did not survive is red, the others are run', async () => {
    // Three times the request, three times each of two probes for life, and the first of another after a pause.
    device.onFrame = (number): Fate => (number >= 25 && number < 35 ? 'ignore' : 'answer');
    const { code, result } = await run();
    expect(code).toBe(1);
    expect(result).toMatchObject({ verdict: 'not-conformant', counts: { fail: 1, blocked: 0, error: 0 } });
    const [red] = result.cases.filter(({ verdict }) => verdict === 'fail');
    expect(red?.checks.find(({ id }) => id.endsWith('#life'))?.actual).toMatch(/it came back after/);
  });
});
