import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PageServer } from '../../harness/fleet/page/serve';
import { servePage } from '../../harness/fleet/page/serve';
import type { FakeFleet } from '../../harness/fleet/page/testing/fake-fleet';
import { jobOf, sampleFleet } from '../../harness/fleet/page/testing/fake-fleet';
import { buildResult } from '../../harness/record/result';
import { hostile, sampleRecord } from '../../harness/record/testing/record-fixture';
import { renderHtml } from '../html';
import * as assets from '../page/assets';
import { browse, overflowOf, until, violationsOf } from './browse';

jest.setTimeout(120_000);

const TOKEN = '0123456789abcdef0123456789abcdef';
const { page, ignoreNoise } = browse();
const { lines } = sampleRecord();
const report = renderHtml(buildResult(lines), lines);

let server: PageServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function open(fleet: FakeFleet, hash = '', token?: string): Promise<PageServer> {
  server ??= await servePage({
    store: fleet,
    open: async () => Readable.from([Buffer.from(report)]),
    assets,
    tool: { name: 'mctp-certify', version: '1' },
    host: '127.0.0.1',
    port: 0,
    token,
  });
  await page().goto(server.url + hash);
  return server;
}

const ready = (title: string): Promise<void> => page().getByRole('heading', { level: 1, name: title }).waitFor();
const live = async (): Promise<void> =>
  page()
    .locator('#live', { hasText: /^\s*live$/ })
    .waitFor();
const texts = (selector: string): Promise<readonly string[]> =>
  page()
    .locator(selector)
    .evaluateAll((found) => found.map((node) => node.textContent ?? ''));
const views = [
  ['', 'Now'],
  ['#/campaign/rack-7', 'Rack 7, cards of the first delivery'],
  ['#/device/card-03', 'card-03'],
  ['#/devices', 'Devices'],
] as const;

test('shows stations, devices and campaigns, and what changes as it changes', async () => {
  const fleet = sampleFleet();
  const { load } = await open(fleet);
  await ready('Now');
  await live();
  expect(load.readers).toBeLessThanOrEqual(1);
  expect(await texts('.numbers li')).toEqual([
    '3 stations',
    '12 devices',
    '3 running',
    '6 idle',
    '1 in use by hand',
    '2 lost',
  ]);
  expect(await page().locator('.station.lost h3').textContent()).toContain('bench-3');
  fleet.running.splice(2, 1);
  fleet.emit({ kind: 'station-gone', name: 'bench-3' });
  fleet.emit({ kind: 'job', job: jobOf('card-10', 1, 'failed', 'pfpp') });
  await page().locator('.lines li', { hasText: 'card-10' }).waitFor();
  expect(await page().locator('.lines li').first().textContent()).toBe('failed card-10 nic 1, rack-7 1 case failed');
  expect(await texts('.numbers li')).toEqual(['2 stations', '10 devices', '3 running', '6 idle', '1 in use by hand']);
});

test('a campaign tells acceptance and reasons, filters by verdict and words, and leads to devices and reports', async () => {
  await open(sampleFleet(), '#/campaign/rack-7');
  await ready('Rack 7, cards of the first delivery');
  expect(await page().locator('.verdict .word').textContent()).toBe('not accepted');
  expect((await texts('.unit h3'))[0]).toBe('card-08');
  expect((await texts('.unit .reasons li'))[0]).toBe('2 cases are red: DSP0236/header/2, pldm/get-tid/1');
  await page().getByRole('button', { name: 'accepted 7', exact: true }).click();
  await until(async () => (await texts('.unit h3')).length === 7);
  expect(await texts('.unit h3')).toHaveLength(7);
  await page().getByRole('searchbox').fill('card-03');
  await until(async () => (await texts('.unit h3')).length === 1);
  expect(await texts('.unit h3')).toEqual(['card-03']);
  await page().getByRole('link', { name: 'card-03' }).click();
  await ready('card-03');
});

test('a campaign of a thousand devices shows the deviant first, the rest on request, and follows what ends', async () => {
  const fleet = sampleFleet();
  const names = Array.from({ length: 1000 }, (_, index) => `unit-${String(index).padStart(4, '0')}`);
  const red = (name: string): boolean => name === 'unit-0777' || name === 'unit-0999';
  fleet.all.set(
    'rack-7',
    names.map((name) => (red(name) ? jobOf(name, 1, 'failed', 'pfpp') : jobOf(name, 1, 'passed', 'pppp'))),
  );
  await page().setViewportSize({ width: 320, height: 700 });
  await open(fleet, '#/campaign/rack-7');
  await ready('Rack 7, cards of the first delivery');
  await live();
  expect(await texts('.unit h3')).toHaveLength(40);
  expect((await texts('.unit h3')).slice(0, 3)).toEqual(['unit-0777', 'unit-0999', 'unit-0000']);
  fleet.emit({ kind: 'job', job: jobOf('unit-0888', 1, 'failed', 'pffp') });
  await until(async () => (await texts('.unit h3'))[1] === 'unit-0888');
  expect((await texts('.unit h3')).slice(0, 4)).toEqual(['unit-0777', 'unit-0888', 'unit-0999', 'unit-0000']);
  await page().getByRole('button', { name: '960 more' }).focus();
  await page().keyboard.press('Enter');
  await until(async () => (await texts('.unit h3')).length === 80);
  expect(await page().evaluate('document.activeElement.textContent')).toBe('920 more');
  expect(await overflowOf(page())).toBe(0);
});

test('a station tells what has changed, and nothing else is asked for', async () => {
  const fleet = sampleFleet();
  const asked: string[] = [];
  page().on('requestfinished', (request) => asked.push(new URL(request.url()).pathname));
  await open(fleet);
  await ready('Now');
  await live();
  const [first] = fleet.running;
  if (first === undefined) throw new Error('no station');
  // A new stream has the page read everything once more.
  await until(async () => asked.filter((path) => path === '/api/fleet').length === 2);
  fleet.emit({ kind: 'station', station: first });
  asked.length = 0;
  const devices = first.devices.map((device) =>
    device.name === 'card-01' ? { ...device, state: 'lost' as const } : device,
  );
  fleet.emit({ kind: 'station', station: { ...first, devices } });
  await until(async () => (await texts('.numbers li')).includes('3 lost'));
  const numbers = ['3 stations', '12 devices', '3 running', '5 idle', '1 in use by hand', '3 lost'];
  expect(await texts('.numbers li')).toEqual(numbers);
  expect(asked).toEqual([]);
});

test('the history of a device shows failures and response times over versions of its firmware', async () => {
  await open(sampleFleet(), '#/device/card-03');
  await ready('card-03');
  expect(await texts('#failures ~ svg .firmware')).toEqual(['2.0', '2.1', '2.2-rc1']);
  expect(await page().locator('#failures ~ svg rect.bad').count()).toBe(14);
  expect(await page().locator('#failures ~ svg').getAttribute('aria-label')).toBe(
    'Failed cases of 36 runs, oldest first: at most 3, 0 in the last',
  );
  // What got slower is offered first.
  expect(await page().getByLabel('Command').inputValue()).toBe('pldm/getTid');
  await page().getByLabel('Command').selectOption('getEndpointId');
  expect(await page().locator('#times ~ svg').getAttribute('aria-label')).toMatch(
    /^Response time of getEndpointId, 36 runs/,
  );
  expect(await page().locator('#times ~ svg circle.p50').count()).toBe(36);
});

test('a report opens from the page, with its script, in an origin of its own', async () => {
  const fleet = sampleFleet();
  const sha256 = createHash('sha256').update(report).digest('hex');
  const file = { sha256, size: Buffer.byteLength(report) };
  const jobs = fleet.all.get('rack-7') ?? [];
  fleet.all.set(
    'rack-7',
    jobs.map((job) =>
      job.outcome?.evidence === undefined
        ? job
        : {
            ...job,
            outcome: { ...job.outcome, evidence: { ...job.outcome.evidence, files: { 'report.html': file } } },
          },
    ),
  );
  await open(fleet, '#/campaign/rack-7');
  await page().locator('.unit', { hasText: 'card-01' }).getByRole('link', { name: 'nic 1' }).click();
  await page().locator('.filters').waitFor();
  expect(await page().title()).toBe('not conformant: Network interface card');
  await page().locator('details.case:visible > summary').first().click();
  expect(await page().evaluate('origin')).toBe('null');
  expect(await page().evaluate(`fetch('/api/fleet').then(() => 'read', () => 'refused')`)).toBe('refused');
  ignoreNoise(/violates the following Content Security Policy|Refused to connect/);
});

test('works by keyboard: a redrawing page keeps the focus', async () => {
  const fleet = sampleFleet();
  await open(fleet);
  await ready('Now');
  await live();
  await page().keyboard.press('Tab');
  expect(await page().evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  const link = page().getByRole('link', { name: 'card-12' });
  await link.focus();
  fleet.emit({ kind: 'job', job: jobOf('card-11', 1, 'passed', 'pppp') });
  await page().locator('.lines li', { hasText: 'card-11' }).waitFor();
  expect(await page().evaluate('document.activeElement.textContent')).toBe('card-12');
  await page().keyboard.press('Enter');
  await ready('card-12');
  expect(await page().evaluate('document.activeElement.id')).toBe('main');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible in ${colorScheme}, every view`, async () => {
    await page().emulateMedia({ colorScheme });
    for (const [hash, title] of views) {
      await open(sampleFleet(), hash);
      await ready(title);
      expect([hash, await violationsOf(page())]).toEqual([hash, []]);
    }
  });
}

test('fits a phone of 320 pixels, every view, whatever the names', async () => {
  await page().setViewportSize({ width: 320, height: 700 });
  for (const text of [undefined, hostile]) {
    for (const [hash, title] of views) {
      await open(sampleFleet(text), hash);
      if (text === undefined) await ready(title);
      else await page().getByRole('heading', { level: 1 }).waitFor();
      expect(await page().getByRole('heading', { name: 'Not there' }).count()).toBe(0);
      expect([hash, await overflowOf(page())]).toEqual([hash, 0]);
    }
    await server?.close();
    server = undefined;
  }
});

test('hostile strings are inert text, in every view', async () => {
  for (const hash of [
    '',
    '#/campaign/rack-7',
    `#/device/${encodeURIComponent(hostile.replace(/\p{Cs}/gu, ''))}`,
    '#/devices',
  ]) {
    await open(sampleFleet(hostile), hash);
    await page().getByRole('heading', { level: 1 }).waitFor();
    expect(await page().getByRole('heading', { name: 'Not there' }).count()).toBe(0);
    expect(await page().locator('img').count()).toBe(0);
    expect(await page().locator('main').textContent()).toContain('<img src=x onerror="window.pwned=1">\\u{0}');
  }
  expect(await page().evaluate(`'pwned' in window`)).toBe(false);
});

test('asks for the token; one in the address is taken and leaves it', async () => {
  ignoreNoise(/401/);
  const { url } = await open(sampleFleet(), '', TOKEN);
  await ready('This fleet asks for a token');
  expect(await violationsOf(page())).toEqual([]);
  await page().getByLabel('Token').fill('wrong');
  await page().keyboard.press('Enter');
  await page().getByRole('alert').waitFor();
  await page().getByLabel('Token').fill(TOKEN);
  await page().keyboard.press('Enter');
  await ready('Now');
  await live();
  await page().context().clearCookies();
  await page().goto('about:blank');
  const seen: string[] = [];
  page().on('request', (request) => seen.push(request.url()));
  await page().goto(`${url}#token=${TOKEN}`);
  await ready('Now');
  expect(page().url()).toBe(url);
  expect(seen.filter((address) => address.replace(/#.*/, '').includes(TOKEN))).toEqual([]);
  expect(await page().evaluate('document.cookie')).toBe('');
});

test('says when the connection is lost, and comes back by itself', async () => {
  ignoreNoise(/ERR_/);
  const fleet = sampleFleet();
  const { url } = await open(fleet);
  await ready('Now');
  await live();
  await server?.close();
  server = undefined;
  await page().locator('#live', { hasText: 'connection lost' }).waitFor();
  server = await servePage({
    store: fleet,
    open: () => Promise.reject(new Error('none')),
    assets,
    tool: { name: 'mctp-certify', version: '1' },
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    token: undefined,
  });
  await live();
  const own = server;
  await until(async () => own.load.readers === 1);
  expect(own.load.readers).toBe(1);
});
