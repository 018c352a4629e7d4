import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { campaignResult } from '../acceptance';
import type { Evidence, JobState } from '../model';
import { accessFor } from './access';
import { EventStreams } from './events';
import { LiveCampaigns } from './live-campaigns';
import type { PageServer, ServeSettings } from './serve';
import { parseListen, servePage } from './serve';
import { FakeFleet, jobOf, sampleFleet } from './testing/fake-fleet';

jest.setTimeout(60_000);

const TOKEN = '0123456789abcdef0123456789abcdef';
const assets = { html: '<!DOCTYPE html><title>fleet</title>', icon: '<svg/>', css: 'a{}', script: '1' };
const report = '<!DOCTYPE html><title>a run</title>';

const tool = { name: 'mctp-certify', version: '1' };
interface CampaignPage {
  readonly verdicts: object;
  readonly matching: number;
  readonly devices: readonly { readonly name: string; readonly jobs: readonly object[] }[];
}

const servers: PageServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(fleet: FakeFleet, more: Partial<ServeSettings> = {}): Promise<PageServer> {
  const server = await servePage({
    store: fleet,
    open: async () => Readable.from([Buffer.from(report)]),
    assets,
    tool,
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    ...more,
  });
  servers.push(server);
  return server;
}

/** The first event of a stream that has what is waited for. */
async function eventsUntil(response: Response, wanted: RegExp): Promise<string> {
  if (response.body === null) throw new Error('no stream');
  let text = '';
  const reader = response.body.getReader();
  while (!wanted.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString('utf8');
  }
  await reader.cancel();
  return text;
}

async function until(reached: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end && !reached(); )
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(reached()).toBe(true);
}

describe('the state', () => {
  test('has stations, campaigns with their acceptance, and the history of a device, oldest first', async () => {
    const { url } = await serve(sampleFleet());
    const get = async (path: string): Promise<unknown> => (await fetch(url + path)).json();
    expect(await get('api/fleet')).toMatchObject({
      campaigns: [{ id: 'rack-7', jobs: 14, counts: { passed: 7, failed: 1 } }],
      stations: [{ name: 'bench-1' }, { name: 'bench-2', undelivered: 1 }, { name: 'bench-3' }],
    });
    const campaign = (await get('api/campaigns/rack-7')) as { devices: readonly object[] };
    expect(campaign).toMatchObject({ verdict: 'not-accepted', counts: { running: 3 } });
    expect(campaign.devices).toContainEqual(
      expect.objectContaining({
        name: 'card-08',
        verdict: 'not-accepted',
        jobs: [expect.objectContaining({ failed: 2 })],
      }),
    );
    const { runs } = (await get('api/devices/card-03')) as { runs: readonly { at: string; firmware: string }[] };
    expect(runs.map(({ at }) => at)).toEqual(runs.map(({ at }) => at).sort());
    expect([runs[0]?.firmware, runs.at(-1)?.firmware]).toEqual(['2.0', '2.2-rc1']);
    expect((await fetch(`${url}api/campaigns/none`)).status).toBe(404);
  });

  test('of a campaign as many devices are told as are asked for, deviant ones first, and of each a few runs', async () => {
    const fleet = sampleFleet();
    const jobs = Array.from({ length: 2000 }, (_, index) => jobOf(`unit-${index % 100}`, index, 'passed', 'pppp'));
    jobs[1599] = jobOf('unit-99', 1599, 'failed', 'fppp');
    fleet.all.set('rack-7', jobs);
    const { url } = await serve(fleet);
    const get = async (query: string): Promise<CampaignPage> =>
      (await (await fetch(`${url}api/campaigns/rack-7${query}`)).json()) as CampaignPage;
    const first = await get('');
    expect(first.verdicts).toEqual({ accepted: 99, 'not-accepted': 1, incomplete: 0 });
    expect([first.matching, first.devices.length]).toEqual([100, 40]);
    expect(first.devices[0]).toMatchObject({ name: 'unit-99', runs: 20 });
    expect(first.devices[0]?.jobs).toHaveLength(5);
    expect(first.devices[0]?.jobs).toContainEqual(expect.objectContaining({ repeat: 1599, failed: 1 }));
    expect((await get('?verdict=not-accepted')).devices.map(({ name }) => name)).toEqual(['unit-99']);
    expect((await get('?text=UNIT-7%20accepted&limit=3')).devices.map(({ name }) => name)).toEqual([
      'unit-7',
      'unit-70',
      'unit-71',
    ]);
    expect((await get('?limit=0')).devices).toEqual([]);
  });

  test('a campaign follows its events without being read again, as if it were', async () => {
    const fleet = sampleFleet();
    const read = jest.spyOn(fleet, 'jobs');
    let time = 0;
    const live = new LiveCampaigns(fleet, tool, () => time);
    const state = fleet.states[0];
    if (state === undefined) throw new Error('no campaign');
    const same = async (): Promise<void> => {
      const jobs = fleet.all.get('rack-7') ?? [];
      const anew = await campaignResult(
        state,
        (async function* () {
          yield* jobs;
        })(),
        tool,
      );
      const { devices, jobs: _jobs, ...rest } = await live.result(state);
      expect(rest).toMatchObject({ verdict: anew.verdict, counts: anew.counts, reasons: anew.reasons });
      const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
      expect([...devices].sort(byName)).toEqual([...anew.devices].sort(byName));
    };
    const change = (job: JobState): void => {
      const before = fleet.all.get('rack-7') ?? [];
      const place = before.findIndex(({ key }) => key.device === job.key.device && key.repeat === job.key.repeat);
      fleet.all.set('rack-7', place < 0 ? [...before, job] : before.with(place, job));
      live.note({ kind: 'job', job });
    };
    await same();
    change(jobOf('card-10', 1, 'failed', 'pfpp'));
    change(jobOf('card-08', 1, 'passed', 'pppp'));
    change(jobOf('card-20', 1, 'waiting'));
    await same();
    // Of the jobs for whichever device is free one is taken.
    change(jobOf('any.nic.1', 1, 'waiting'));
    await same();
    change(jobOf('any.nic.1', 1, 'passed', 'pppp', { device: 'card-01' }));
    await same();
    expect(read).toHaveBeenCalledTimes(1);
    live.note({ kind: 'campaign', campaign: 'rack-7' });
    await same();
    time += 60_000;
    await same();
    expect(read).toHaveBeenCalledTimes(3);
  });

  test('a store that cannot be read is told in one line, without what it said', async () => {
    const fleet = sampleFleet();
    fleet.stations = () => Promise.reject(new Error('redis://user:secret@host is gone'));
    const response = await fetch(`${(await serve(fleet)).url}api/fleet`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ problem: 'the state of the fleet cannot be read now' });
  });

  test('nothing but its own files is loaded, run, framed or guessed', async () => {
    const { headers } = await fetch((await serve(sampleFleet())).url);
    expect(headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self'.*frame-ancestors 'none'/,
    );
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('evidence', () => {
  const { createHash } = require('node:crypto') as typeof import('node:crypto');
  const own = createHash('sha256').update(report).digest('hex');
  const path = 'rack-7/card-01/aaaaaaaaaaaaaaaa-1.1';

  function fleetWith(hash: string): FakeFleet {
    const fleet = sampleFleet();
    const jobs = fleet.all.get('rack-7') ?? [];
    fleet.all.set(
      'rack-7',
      jobs.map((job) => withHash(job, hash)),
    );
    return fleet;
  }

  test('is given by its path, in an origin of its own', async () => {
    const { url } = await serve(fleetWith(own));
    const response = await fetch(`${url}evidence/rack-7/${path}/report.html`);
    expect(await response.text()).toBe(report);
    expect(response.headers.get('content-security-policy')).toMatch(/^sandbox allow-scripts; default-src 'none'/);
  });

  test('that is not the file that was put there is not shown', async () => {
    const { url } = await serve(fleetWith('f'.repeat(64)));
    const response = await fetch(`${url}evidence/rack-7/${path}/report.html`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ problem: 'report.html in the store is not the file that was put there' });
  });

  test.each([
    `${path}/evidence.json`,
    `${path}/none.html`,
    'rack-7/card-01/report.html',
    `${path}/..%2f..%2freport.html`,
    '..%2f..%2fetc/passwd',
    `rack-7/%2e%2e/card-01/report.html`,
    `${path}/constructor`,
  ])('no other file is looked at: %s', async (wanted) => {
    const opened: string[] = [];
    const { url } = await serve(fleetWith(own), {
      open: async (evidence, name) => {
        opened.push(`${evidence.path}/${name}`);
        return Readable.from([]);
      },
    });
    expect((await fetch(`${url}evidence/rack-7/${wanted}`)).status).toBe(404);
    expect(opened).toEqual([]);
  });
});

function withHash(job: JobState, sha: string): JobState {
  const { outcome } = job;
  if (outcome?.evidence === undefined) return job;
  const evidence: Evidence = { ...outcome.evidence, files: { 'report.html': { sha256: sha, size: report.length } } };
  return { ...job, outcome: { ...outcome, evidence } };
}

describe('access', () => {
  test('elsewhere than on loopback a token is required, one that cannot be guessed', () => {
    expect(() => accessFor('0.0.0.0', undefined)).toThrow('0.0.0.0 can be reached by others: name a file with a token');
    expect(() => accessFor('::', undefined)).toThrow('--token FILE');
    expect(() => accessFor('0.0.0.0', 'short')).toThrow('it takes 16 characters');
    expect(() => accessFor('::1', undefined)).not.toThrow();
  });

  test('without the token nothing is told; with it, in the header or as the cookie that it is changed for, all', async () => {
    const { url } = await serve(sampleFleet(), { token: TOKEN });
    const status = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
      const response = await fetch(url + path, { headers });
      await response.body?.cancel();
      return response.status;
    };
    for (const path of [
      'api/fleet',
      'api/campaigns/rack-7',
      'api/devices/card-03',
      'events',
      'evidence/rack-7/a/b',
      'other',
    ]) {
      expect(await status(path)).toBe(401);
      expect(await status(path, { authorization: `Bearer ${TOKEN}x` })).toBe(401);
      expect(await status(path, { cookie: `mctp_certify_session=${TOKEN}` })).toBe(401);
    }
    expect(await status('')).toBe(200);
    expect(await status('api/fleet', { authorization: `Bearer ${TOKEN}` })).toBe(200);
    expect((await fetch(`${url}session`, { method: 'POST', headers: { authorization: 'Bearer wrong' } })).status).toBe(
      401,
    );
    const session = await fetch(`${url}session`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
    const cookie = session.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^mctp_certify_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(cookie).not.toContain(TOKEN);
    expect(await status('api/fleet', { cookie: `a=b; ${cookie.split(';')[0]}` })).toBe(200);
    expect(await status(`api/fleet?token=${TOKEN}`)).toBe(401);
  });

  test('on loopback no name of somebody else leads in', () => {
    const access = accessFor('127.0.0.1', undefined);
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080'])
      expect(access.refusal({ host })).toBeUndefined();
    for (const host of ['evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', ''])
      expect(access.refusal({ host })).toBe('host');
  });

  test.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['[::]:80', { host: '::', port: 80 }],
    ['8080', { host: '127.0.0.1', port: 8080 }],
    ['lab-7.example:8080', { host: 'lab-7.example', port: 8080 }],
  ])('%s is an address', (text, expected) => {
    expect(parseListen(text)).toEqual(expected);
  });

  test.each(['', ':8080', 'a b:1', '1:2:3', '127.0.0.1:99999', '127.0.0.1'])('%j is none', (text) => {
    expect(() => parseListen(text)).toThrow('--listen takes HOST:PORT');
  });

  test('an address that is taken is told', async () => {
    const { url } = await serve(sampleFleet());
    await expect(serve(sampleFleet(), { port: Number(new URL(url).port) })).rejects.toThrow(
      /somebody listens there already/,
    );
  });
});

describe('events', () => {
  test('come as they happen, without the verdicts of cases; one who comes back gets what it missed', async () => {
    const fleet = sampleFleet();
    const { url } = await serve(fleet);
    const first = await fetch(`${url}events`);
    expect(first.headers.get('content-type')).toBe('text/event-stream');
    fleet.emit({ kind: 'job', job: jobOf('card-01', 1, 'failed', 'pfpp') });
    const text = await eventsUntil(first, /event: job\ndata: .*\n\n/);
    expect(text).toMatch(/^retry: \d+\n\nid: \w+\.0\nevent: reset\n/);
    const id = /id: (\w+\.1)\nevent: job/.exec(text)?.[1] ?? '';
    const job = JSON.parse(/event: job\ndata: (.*)\n/.exec(text)?.[1] ?? '') as object;
    expect(job).toMatchObject({ device: 'card-01', status: 'failed', verdict: 'not-conformant', failed: 1 });
    expect(Object.keys(job)).not.toContain('outcome');
    fleet.emit({ kind: 'campaign', campaign: 'rack-7' });
    fleet.emit({ kind: 'campaign', campaign: 'rack-8' });
    const second = await eventsUntil(await fetch(`${url}events`, { headers: { 'last-event-id': id } }), /rack-8/);
    expect(second.match(/^event: .*/gm)).toEqual(['event: campaign', 'event: campaign']);
    for (const last of ['other.1', 'x', `${id.split('.')[0]}.99`])
      expect(
        await eventsUntil(await fetch(`${url}events`, { headers: { 'last-event-id': last } }), /\n\n.*\n\n/s),
      ).toContain('event: reset');
  });

  test('of a station tell the devices that have changed, and all where they are others', async () => {
    const fleet = sampleFleet();
    const { url } = await serve(fleet);
    const [first] = fleet.running;
    if (first === undefined) throw new Error('no station');
    const response = await fetch(`${url}events`);
    const taken = first.devices.map((device, index) =>
      index === 0 ? { ...device, state: 'running' as const } : device,
    );
    fleet.emit({ kind: 'station', station: first });
    fleet.emit({ kind: 'station', station: { ...first, devices: taken } });
    fleet.emit({ kind: 'station', station: { ...first, devices: taken.slice(1) } });
    fleet.emit({ kind: 'station-gone', name: first.name });
    fleet.emit({ kind: 'station', station: first });
    const told =
      (await eventsUntil(response, /station-gone.*event: station\ndata: .*\n\n/s)).match(/^data: .*station.*$/gm) ?? [];
    const sizes = told
      .map((line) => JSON.parse(line.slice('data: '.length)) as { devices?: unknown[]; changed?: unknown[] })
      .map(({ devices, changed }) => [devices?.length, changed?.length]);
    expect(sizes).toEqual([
      [6, undefined],
      [undefined, 1],
      [5, undefined],
      [undefined, undefined],
      [6, undefined],
    ]);
  });

  test('show signs of life', async () => {
    const { url } = await serve(sampleFleet(), { eventSettings: { kept: 10, behind: 1000, heartbeat: 20 } });
    expect(await eventsUntil(await fetch(`${url}events`), /(: alive\n\n.*){2}/s)).toContain(': alive');
  });

  test('a reader that goes away is forgotten; the end of the server ends the streams', async () => {
    const fleet = sampleFleet();
    const server = await serve(fleet);
    const gone = new AbortController();
    await fetch(`${server.url}events`, { signal: gone.signal });
    const stays = await fetch(`${server.url}events`);
    expect(server.load.readers).toBe(2);
    gone.abort();
    await until(() => server.load.readers === 1);
    const ended = eventsUntil(stays, /never/);
    await server.close();
    expect(await ended).toContain('event: reset');
    expect(server.load.readers).toBe(0);
    expect(fleet.subscribers).toBe(0);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test('a reader that does not read is dropped, the others lose nothing', async () => {
    const fleet = new FakeFleet();
    const server = await serve(fleet, { eventSettings: { kept: 10, behind: 64 * 1024, heartbeat: 60_000 } });
    const { hostname, port } = new URL(server.url);
    const stuck = connect(Number(port), hostname);
    stuck.write(`GET /events HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    stuck.pause();
    let cut = false;
    stuck.on('close', () => {
      cut = true;
    });
    stuck.on('error', () => undefined);
    await until(() => server.load.readers === 1);
    const reading = await fetch(`${server.url}events`);
    const last = eventsUntil(reading, /"campaign":"last"/);
    const title = 'x'.repeat(1000);
    for (let index = 0; server.load.dropped === 0 && index < 50_000; index += 1) {
      fleet.emit({ kind: 'campaign', campaign: title });
      // The reader that reads gets its turn.
      if (index % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.load).toEqual({ readers: 1, dropped: 1 });
    fleet.emit({ kind: 'campaign', campaign: 'last' });
    expect(await last).toContain('"last"');
    // What the kernel holds is still there to be read; then comes the end.
    stuck.resume();
    await until(() => cut);
  });

  test('memory stays flat over ten thousand runs and many readers', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = (): number => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return (heapUsed + arrayBuffers) / 1e6;
    };
    const fleet = new FakeFleet();
    const server = await serve(fleet);
    const { hostname, port } = new URL(server.url);
    let octets = 0;
    const readers: Socket[] = Array.from({ length: 40 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        octets += chunk.length;
      });
      socket.write(`GET /events HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
      return socket;
    });
    await until(() => server.load.readers === 40);
    const ran = jobOf('card', 1, 'passed', 'pppp');
    const finish = async (from: number, to: number): Promise<void> => {
      for (let index = from; index < to; index += 1) {
        fleet.emit({ kind: 'job', job: { ...ran, device: `card-${index % 300}`, key: { ...ran.key, repeat: index } } });
        if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await finish(0, 1_000);
    const before = used();
    await finish(1_000, 11_000);
    const after = used();
    expect(server.load).toEqual({ readers: 40, dropped: 0 });
    expect(octets).toBeGreaterThan(40 * 5_000 * 100);
    expect(after - before).toBeLessThan(8);
    for (const socket of readers) socket.destroy();
  });
});

test('streams that were ended take nobody any more', async () => {
  const events = new EventStreams();
  events.close();
  const reader = events.connect('', () => undefined).getReader();
  let done = false;
  while (!done) done = (await reader.read()).done;
  expect(events.load.readers).toBe(0);
});
