import { lockDevice } from '../../transport/lock';
import { cancel, resume } from '../submit';
import { Rig } from '../testing/rig';

let rig: Rig;

// The machine may be busy.
jest.setTimeout(120_000);

beforeEach(async () => {
  rig = await Rig.open();
});

afterEach(() => rig.close());

test('a device that is in use by hand is shown, skipped, and taken up again', async () => {
  const command = `true fleet-test-${process.pid}`;
  const lock = lockDevice(`bridge:${command}`);
  try {
    rig.station('one', {
      devices: [{ name: 'card-1', uri: `bridge:smbus:${command}` }, { name: 'card-2' }],
      takes: 10,
    });
    await rig.submit('rack', 'runs: [{ devices: [card-1, card-2], profiles: [nic] }]');
    await rig.until('the other card', async () => (await rig.fleet.store.campaign('rack'))?.counts.passed === 1);
    const device = await rig.until('the station to say so', async () => {
      const [station] = await rig.fleet.store.stations();
      const found = station?.devices.find(({ name }) => name === 'card-1');
      return found?.state === 'in-use-by-hand' && found;
    });
    expect(device.note).toContain(String(process.pid));
    expect((await rig.jobs('rack')).map(({ status }) => status)).toEqual(['waiting', 'passed']);
  } finally {
    lock.release();
  }
  expect((await rig.finished('rack')).counts.passed).toBe(2);
});

test('of all that wait the campaign with the lower number is first', async () => {
  const text = 'runs: [{ devices: [card-1], profiles: [nic] }]';
  await rig.submit('later', `${text}\npriority: 200`);
  await rig.submit('first', `${text}\npriority: 2`);
  rig.station('one', { devices: [{ name: 'card-1' }], takes: 10 });
  const [later] = await Promise.all([rig.finished('later'), rig.finished('first')]);
  expect(later.counts.passed).toBe(1);
  const [first] = await rig.jobs('first');
  const [second] = await rig.jobs('later');
  expect(Date.parse(first?.startedAt ?? '')).toBeLessThan(Date.parse(second?.startedAt ?? ''));
});

test('one device runs one job at a time, whatever queues it stands in', async () => {
  rig.station('one', { devices: [{ name: 'card-1', labels: ['nic'] }], takes: 300 });
  await rig.submit('rack', 'runs: [{ devices: [card-1], any: [nic], count: 2, profiles: [nic], repeats: 2 }]');
  expect((await rig.finished('rack')).counts.passed).toBe(6);
  const spans = (await rig.jobs('rack')).map(({ startedAt, endedAt }) =>
    [startedAt, endedAt].map((at) => Date.parse(at ?? '')),
  );
  const sorted = spans.sort(([a = 0], [b = 0]) => a - b);
  for (const [index, [start = 0]] of sorted.entries()) {
    const [, before = 0] = sorted[index - 1] ?? [];
    expect(start).toBeGreaterThanOrEqual(before);
  }
});

test('a campaign that is cancelled ends what runs when that is asked for, and is resumed', async () => {
  rig.station('one', { devices: [{ name: 'card-1' }], takes: 3000 });
  await rig.submit('rack', 'runs: [{ devices: [card-1], profiles: [nic], repeats: 2 }]');
  await rig.beginning(1);
  const { fleet } = rig;
  const counts = await cancel(fleet, 'rack', fleet.store.jobs('rack'), { running: true, reason: 'wrong cards' });
  expect(counts).toEqual({ waiting: 1, running: 1 });
  expect((await rig.finished('rack')).counts.cancelled).toBe(2);
  expect((await rig.jobs('rack')).map(({ reason }) => reason)).toEqual(['wrong cards', 'wrong cards']);
  expect(await resume(fleet, 'rack', fleet.store.jobs('rack'))).toEqual({ again: 2, left: 0 });
  expect((await rig.finished('rack')).counts.passed).toBe(2);
});

test('a station that is to end while Redis is away ends, and the next one delivers what it did', async () => {
  const setting = { devices: [{ name: 'card-1' }], takes: 1500 };
  const station = rig.station('one', setting);
  await rig.submit('rack', 'runs: [{ devices: [card-1], profiles: [nic] }]\nallow: [firmware]');
  await rig.beginning(1);
  await rig.redis.kill();
  await station.stop();
  await rig.redis.start();
  await rig.reopen();
  rig.station('one', setting);
  expect((await rig.finished('rack')).counts.passed).toBe(1);
  expect(rig.begun()).toHaveLength(1);
});
