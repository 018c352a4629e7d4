import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { campaignKeys, jobId } from './redis/keys';
import { lockKey, waitingKeys } from './redis/queues';
import type { FullStore } from './testing/full-store';
import { fullStore } from './testing/full-store';
import { networkOf } from './testing/network';
import { Rig } from './testing/rig';

/**
 * Faults, one by one: nothing is lost, nothing that has lasting effects is begun twice. How long each takes to be over is
 * printed as a table. Runs are stand-ins that say when they begin; stations, queues and Redis are the real ones.
 */
const rows: { readonly fault: string; readonly recovery: string; readonly begun: string; readonly lost: number }[] = [];
let rig: Rig;

// Lock and stalled check are those of the product; the machine may be busy.
jest.setTimeout(120_000);

beforeEach(async () => {
  rig = await Rig.open();
});

afterEach(() => rig.close());

afterAll(() => {
  const lines = rows.map(({ fault, recovery, begun, lost }) => `| ${fault} | ${recovery} | ${begun} | ${lost} |`);
  process.stdout.write(`\n| fault | over after | runs begun / jobs | lost |\n|---|---|---|---|\n${lines.join('\n')}\n`);
});

const CARDS = [{ name: 'card-1' }, { name: 'card-2' }];
const LASTING = 'allow: [firmware]';
const twoCards = 'runs: [{ devices: [card-1, card-2], profiles: [nic] }]';

function note(fault: string, since: number, jobs: number, lost = 0): void {
  const recovery = `${((Date.now() - since) / 1000).toFixed(1)} s`;
  rows.push({ fault, recovery, begun: `${rig.begun().length} / ${jobs}`, lost });
}

/** How often each device was begun. */
function counts(): { readonly [device: string]: number } {
  const all = new Map<string, number>();
  for (const { device } of rig.begun()) all.set(device, (all.get(device) ?? 0) + 1);
  return Object.fromEntries(all);
}

async function statuses(id: string): Promise<readonly string[]> {
  return (await rig.jobs(id)).map(({ status }) => status);
}

describe('a station that is killed', () => {
  test('and started again delivers the runs that outlived it', async () => {
    const setting = { devices: CARDS, takes: 1500 };
    const first = rig.station('one', setting);
    await rig.submit('rack', `${twoCards}\n${LASTING}`);
    await rig.beginning(2);
    await first.kill();
    const since = Date.now();
    rig.station('one', setting);
    await rig.finished('rack');
    note('station killed, its runs go on; started again', since, 2);
    expect(await statuses('rack')).toEqual(['passed', 'passed']);
    expect(counts()).toEqual({ 'card-1': 1, 'card-2': 1 });
  });

  test('with all its runs begins them again, but not what has lasting effects', async () => {
    const setting = { devices: CARDS, takes: 1500 };
    const first = rig.station('one', setting);
    await rig.submit('light', 'runs: [{ devices: [card-1], profiles: [nic] }]');
    await rig.submit('heavy', `runs: [{ devices: [card-2], profiles: [nic] }]\n${LASTING}`);
    await rig.beginning(2);
    await first.kill(true);
    const since = Date.now();
    rig.station('one', setting);
    await Promise.all([rig.finished('light'), rig.finished('heavy')]);
    note('host of a station lost with its runs; started again', since, 2);
    expect(await statuses('light')).toEqual(['passed']);
    expect(await statuses('heavy')).toEqual(['error']);
    expect(counts()).toEqual({ 'card-1': 2, 'card-2': 1 });
  });

  test('for good: another one that bears the labels takes its job', async () => {
    const first = rig.station('one', { devices: [{ name: 'card-1', labels: ['nic'] }], takes: 1500 });
    await rig.submit('rack', 'runs: [{ any: [nic], profiles: [nic] }]');
    await rig.beginning(1);
    rig.station('two', { devices: [{ name: 'card-2', labels: ['nic'] }], takes: 100 });
    await first.kill(true);
    const since = Date.now();
    await rig.finished('rack');
    note('station lost for good; another takes its job', since, 1);
    expect(await rig.jobs('rack')).toMatchObject([{ status: 'passed', device: 'card-2', station: 'two', attempts: 2 }]);
    expect(Date.now() - since).toBeLessThan(35_000);
  });
});

test('a run that is killed is begun again once; with lasting effects it is not', async () => {
  rig.station('one', { devices: CARDS, takes: 1500 });
  await rig.submit('light', 'runs: [{ devices: [card-1], profiles: [nic] }]');
  await rig.submit('heavy', `runs: [{ devices: [card-2], profiles: [nic] }]\n${LASTING}`);
  await rig.beginning(2);
  for (const { pid } of rig.begun()) process.kill(pid, 'SIGKILL');
  const since = Date.now();
  await Promise.all([rig.finished('light'), rig.finished('heavy')]);
  note('run killed', since, 2);
  expect(await rig.jobs('light')).toMatchObject([{ status: 'passed', attempts: 2 }]);
  expect(await rig.jobs('heavy')).toMatchObject([
    { status: 'error', attempts: 1, reason: 'the run was ended by SIGKILL' },
  ]);
  expect(counts()).toEqual({ 'card-1': 2, 'card-2': 1 });
});

test('a Redis server that is killed and started again has lost nothing', async () => {
  rig.station('one', { devices: CARDS, takes: 1000 });
  await rig.submit('rack', `runs: [{ devices: [card-1, card-2], profiles: [nic], repeats: 3 }]\n${LASTING}`);
  await rig.beginning(2);
  await rig.redis.kill();
  // What is being run ends while nobody can be told.
  await rig.until('the end of the runs', () => !rig.begun().some(({ pid }) => existsSync(`/proc/${pid}`)));
  const begun = rig.begun().length;
  await rig.redis.start();
  const since = Date.now();
  await rig.reopen();
  await rig.until('a run after the server came back', () => rig.begun().length > begun);
  note('Redis killed, started again', since, 6);
  const { counts: ended } = await rig.finished('rack');
  expect(ended).toMatchObject({ passed: 6 });
  expect(rig.begun()).toHaveLength(6);
});

test('a station that is cut off begins nothing that lasts, and reports when it is back', async () => {
  const network = await networkOf();
  const cutRig = await Rig.open({ listen: network.listen });
  try {
    const { redis } = network;
    cutRig.station('one', {
      devices: [{ name: 'card-1', labels: ['nic'] }],
      takes: 2500,
      redis,
      within: network.within,
    });
    await cutRig.submit('heavy', `runs: [{ devices: [card-1], profiles: [nic], repeats: 2 }]\n${LASTING}`);
    await cutRig.beginning(1);
    await network.cut();
    // Its lock ends, the job stalls: a second station would be handed it.
    await cutRig.until('the end of the run', () => !cutRig.begun().some(({ pid }) => existsSync(`/proc/${pid}`)));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(cutRig.begun()).toHaveLength(1);
    expect((await cutRig.jobs('heavy')).map(({ status }) => status)).toEqual(['running', 'waiting']);
    await network.mend();
    const since = Date.now();
    await cutRig.until('the report', async () => (await cutRig.jobs('heavy'))[0]?.status === 'passed');
    rows.push({
      fault: `station cut off (${network.kind})`,
      recovery: `${((Date.now() - since) / 1000).toFixed(1)} s`,
      begun: '2 / 2',
      lost: 0,
    });
    const { counts: ended } = await cutRig.finished('heavy');
    expect(ended).toMatchObject({ passed: 2 });
    expect(cutRig.begun()).toHaveLength(2);
  } finally {
    await cutRig.close();
    await network.close();
  }
});

test('the same job delivered to two stations is run once, and decided by that run', async () => {
  rig.station('one', { devices: [{ name: 'card-1', labels: ['nic'] }], takes: 8000 });
  await rig.submit('rack', `runs: [{ any: [nic], profiles: [nic] }]\n${LASTING}`);
  await rig.beginning(1);
  rig.station('two', { devices: [{ name: 'card-2', labels: ['nic'] }], takes: 100 });
  await rig.until('the second station', async () => (await rig.fleet.store.stations()).length === 2);
  const since = Date.now();
  const [job] = await rig.jobs('rack');
  if (job === undefined) throw new Error('no job');
  const { client } = rig.fleet;
  await client.del(lockKey('any.nic', job.key));
  await client.rpush(waitingKeys('any.nic').first, jobId(job.key));
  await client.publish('mctp-certify:wake', 'rack');
  await rig.until('the refusal', async () => (await rig.jobs('rack'))[0]?.status === 'refused');
  await rig.until('the outcome', async () => (await rig.jobs('rack'))[0]?.status === 'passed');
  note('one job delivered twice, with lasting effects', since, 1);
  expect(await rig.jobs('rack')).toMatchObject([{ station: 'one', attempts: 1, outcome: { attempt: 1 } }]);
  expect((await rig.fleet.store.campaign('rack'))?.counts).toMatchObject({ passed: 1, refused: 0 });
  expect(rig.begun()).toHaveLength(1);
  expect(await client.hlen(campaignKeys('rack').results)).toBe(1);
});

test('a store that is full keeps nobody from a verdict, and gets its evidence later', async () => {
  const store = fullStore(join(rig.folder, 'evidence'));
  try {
    await keepsEvidence(store);
  } finally {
    store.close();
  }
});

async function keepsEvidence({ kind, mark, makeRoom }: FullStore): Promise<void> {
  const setting = { devices: CARDS, takes: 100, ...(mark === undefined ? {} : { full: mark }) };
  const station = rig.station('one', setting);
  await rig.submit('rack', twoCards);
  await rig.finished('rack');
  const before = await rig.jobs('rack');
  expect(before.map(({ status, outcome }) => [status, outcome?.evidence])).toEqual([
    ['passed', undefined],
    ['passed', undefined],
  ]);
  const [seen] = await rig.until('the station to say so', async () => {
    const stations = await rig.fleet.store.stations();
    return stations[0]?.undelivered === 2 && stations;
  });
  expect(seen?.note).toMatch(/no space left/);
  // What it keeps survives its end.
  await station.kill();
  rig.station('one', setting);
  makeRoom();
  const since = Date.now();
  await rig.until('the evidence', async () =>
    (await rig.jobs('rack')).every(({ outcome }) => outcome?.evidence !== undefined),
  );
  note(`store full (${kind}), then not; the station killed in between`, since, 2);
  expect(rig.begun()).toHaveLength(2);
}

test('a station that is asked to end brings its runs to their end and takes no more', async () => {
  const station = rig.station('one', { devices: CARDS, takes: 1000, parallel: 1 });
  await rig.submit('rack', twoCards);
  await rig.beginning(1);
  await station.stop();
  expect([...(await statuses('rack'))].sort()).toEqual(['passed', 'waiting']);
  expect(rig.begun()).toHaveLength(1);
  expect(await rig.fleet.store.stations()).toEqual([]);
  expect(spawnSync('kill', ['-0', String(station.pid)]).status).not.toBe(0);
});
