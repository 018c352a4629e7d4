import type { Redis } from 'ioredis';
import type { LocalRedis } from '../local-redis';
import { startLocalRedis } from '../local-redis';
import type { FleetEvent, JobState } from '../model';
import { historyOf, jobOf, keyOf, outcomeOf } from '../testing/fixtures';
import { openRedis } from './connect';
import { campaignKeys } from './keys';
import { Ledger } from './ledger';
import { RedisFleetStore } from './read-store';

let server: LocalRedis;
let client: Redis;
let ledger: Ledger;
let store: RedisFleetStore;

beforeAll(async () => {
  server = await startLocalRedis();
  client = await openRedis(server.url, 'hasty');
  ledger = new Ledger(client);
  store = new RedisFleetStore(client);
});

beforeEach(() => client.flushall());

afterAll(async () => {
  await store.close();
  await server.close();
});

const key = keyOf();
const lock = 'a-lock';

async function entered(): Promise<void> {
  await client.hset(campaignKeys('rack').head, {
    stored: JSON.stringify({ campaign: { id: 'rack' }, submittedAt: 'now' }),
  });
  await client.set(lock, 'token');
  await ledger.enter(key, jobOf(key));
}

const claim = (nonce: string, part: { readonly lasting?: boolean; readonly token?: string } = {}) =>
  ledger.claim({ key, job: { ...jobOf(key), station: 'one' }, nonce, lock, token: 'token', lasting: false, ...part });

async function onlyJob(): Promise<JobState | undefined> {
  const jobs: JobState[] = [];
  for await (const job of store.jobs('rack')) jobs.push(job);
  expect(jobs).toHaveLength(1);
  return jobs[0];
}

const report = (attempt: number, part: Partial<Parameters<Ledger['report']>[0]> = {}) =>
  ledger.report({
    key: { ...key, attempt },
    nonce: 'a',
    outcome: outcomeOf({ attempt }),
    status: 'passed',
    job: jobOf(key),
    history: historyOf(key, attempt),
    device: 'card-1',
    ...part,
  });

describe('a job', () => {
  test('is entered once, however often it is submitted', async () => {
    await entered();
    expect(await ledger.enter(key, jobOf(key))).toBe(false);
    expect((await store.campaign('rack'))?.counts.waiting).toBe(1);
    expect(await onlyJob()).toMatchObject({ status: 'waiting', attempts: 0, key });
  });

  test('without lasting effects is begun twice at most', async () => {
    await entered();
    expect(await claim('a')).toEqual({ kind: 'begun', attempt: 1 });
    expect(await claim('b')).toEqual({ kind: 'begun', attempt: 2 });
    expect(await claim('c')).toEqual({ kind: 'exhausted', starts: 2 });
  });

  test('with lasting effects is begun once, and a second delivery is told by whom', async () => {
    await entered();
    expect(await claim('station-1 at noon', { lasting: true })).toEqual({ kind: 'begun', attempt: 1 });
    expect(await claim('b', { lasting: true })).toEqual({ kind: 'refused', mark: 'station-1 at noon' });
  });

  test('is begun once by a command that is sent again because its answer was lost', async () => {
    await entered();
    await claim('a', { lasting: true });
    expect(await claim('a', { lasting: true })).toEqual({ kind: 'begun', attempt: 1 });
  });

  test('is not begun by who has lost the lock on it, or after the deadline', async () => {
    await entered();
    expect(await claim('a', { token: 'another' })).toEqual({ kind: 'lost' });
    await client.hset(campaignKeys('rack').head, 'deadlineMs', 1000);
    expect(await claim('a')).toEqual({ kind: 'late' });
    expect(await onlyJob()).toMatchObject({ status: 'waiting', attempts: 0 });
  });

  test('whose run never reached the device was not begun', async () => {
    await entered();
    await claim('a', { lasting: true });
    expect(await ledger.unclaim(key, 'a', jobOf(key))).toBe(1);
    expect(await claim('b', { lasting: true })).toEqual({ kind: 'begun', attempt: 1 });
    expect(await ledger.unclaim(key, 'a', jobOf(key))).toBe(0);
  });

  test('is decided by the first outcome; the same and a second one change nothing', async () => {
    await entered();
    await claim('a');
    expect(await report(1)).toBe('decided');
    expect(await report(1)).toBe('known');
    expect(await report(2, { status: 'failed', outcome: outcomeOf({ attempt: 2, verdict: 'not-conformant' }) })).toBe(
      'second',
    );
    expect(await onlyJob()).toMatchObject({ status: 'passed', outcome: outcomeOf() });
    expect((await store.campaign('rack'))?.counts).toMatchObject({ waiting: 0, running: 0, passed: 1, failed: 0 });
    expect(await store.history('card-1', 10)).toHaveLength(2);
  });

  test('that was refused or cancelled is decided by the outcome that comes late', async () => {
    await entered();
    await claim('a', { lasting: true });
    expect(await ledger.move(key, ['waiting', 'running'], 'refused', jobOf(key))).toBe(true);
    expect(await report(1)).toBe('decided');
    expect(await onlyJob()).toMatchObject({ status: 'passed' });
    expect((await store.campaign('rack'))?.counts).toMatchObject({ refused: 0, passed: 1 });
  });

  test('whose first run failed in the harness waits again and keeps what was seen', async () => {
    await entered();
    await claim('a');
    const lost = outcomeOf({ verdict: 'error', exitCode: 3 });
    expect(await report(1, { status: 'waiting', outcome: lost })).toBe('kept');
    expect(await onlyJob()).toMatchObject({ status: 'waiting', attempts: 1 });
    await claim('b');
    expect(await report(2, { nonce: 'b' })).toBe('decided');
    expect(await onlyJob()).toMatchObject({ status: 'passed', attempts: 2, outcome: { attempt: 2 } });
  });

  test('that ended without a verdict may be revived, one with a verdict not', async () => {
    await entered();
    await claim('a');
    await claim('b');
    await ledger.move(key, ['running'], 'error', jobOf(key));
    expect(await ledger.revive(key, ['error', 'cancelled'], jobOf(key))).toBe(true);
    expect(await claim('c')).toEqual({ kind: 'begun', attempt: 3 });
    await report(3, { nonce: 'c' });
    expect(await ledger.revive(key, ['error', 'cancelled'], jobOf(key))).toBe(false);
  });

  test('tells where its evidence is, also when that arrives after the outcome', async () => {
    await entered();
    await claim('a');
    await report(1);
    expect((await onlyJob())?.outcome?.evidence).toBeUndefined();
    const evidence = { store: { kind: 'directory', path: '/e' }, path: 'rack/x', files: {} } as const;
    await ledger.attach({ ...key, attempt: 1 }, evidence);
    await ledger.attach({ ...key, attempt: 1 }, { ...evidence, path: 'other' });
    expect((await onlyJob())?.outcome?.evidence).toEqual(evidence);
    expect((await store.history('card-1', 1))[0]?.evidence).toEqual(evidence);
  });

  test('is told to who listens when it changes', async () => {
    await entered();
    const seen = new Promise<FleetEvent>((resolve) => {
      const stop = store.subscribe((event) => {
        stop();
        resolve(event);
      });
    });
    let heard = false;
    while (!heard) {
      const [, listeners] = (await client.pubsub('NUMSUB', 'mctp-certify:events')) as [string, number];
      heard = listeners > 0;
    }
    await claim('a');
    expect(await seen).toMatchObject({ kind: 'job', job: { key, status: 'running', station: 'one' } });
  });
});

describe('a station', () => {
  test('that has not been heard for long is lost, and so are its devices', async () => {
    const state = {
      name: 'one',
      host: 'h',
      version: '0',
      devices: [{ name: 'card-1', labels: [], state: 'idle' as const }],
      undelivered: 0,
      seenAt: '',
    };
    await ledger.see(state);
    expect((await store.stations())[0]?.devices[0]?.state).toBe('idle');
    await client.hset('mctp-certify:stations:seen', 'one', (await ledger.now()) - 21_000);
    expect((await store.stations())[0]?.devices[0]?.state).toBe('lost');
    await ledger.forgetStation('one');
    expect(await store.stations()).toEqual([]);
  });
});
