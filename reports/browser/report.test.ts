import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { RecordLine } from '../../harness/record/lines';
import { buildResult } from '../../harness/record/result';
import { check, compiledCase, hostile, RecordBuilder, sampleRecord } from '../../harness/record/testing/record-fixture';
import { renderHtml } from '../html';

jest.setTimeout(60_000);

let browser: Browser;
let page: Page;
/** Everything that a quiet report does not cause: console output, errors, requests beyond the file. */
let noise: string[];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});

afterAll(() => browser.close());

beforeEach(async () => {
  noise = [];
  page = await browser.newPage();
  page.on('console', (message) => noise.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => noise.push(`dialog: ${dialog.message()}`));
});

afterEach(async () => {
  await page.close();
  expect(noise).toEqual([]);
});

async function open(lines: readonly RecordLine[], hash = ''): Promise<void> {
  const path = join(mkdtempSync(join(tmpdir(), 'report-')), 'report.html');
  writeFileSync(path, renderHtml(buildResult(lines), lines));
  const url = pathToFileURL(path).href;
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) noise.push(`request: ${request.url()}`);
  });
  await page.goto(url + hash);
}

const shown = (): Promise<readonly string[]> =>
  page.locator('details.case[data-verdict]:visible .id').evaluateAll((found) => found.map((node) => node.textContent));

test('filters by verdict, by several, and by text', async () => {
  await open(sampleRecord().lines);
  expect(await shown()).toHaveLength(9);
  await page.getByRole('button', { name: 'pass 2' }).click();
  expect(await shown()).toEqual(['DSP0236/packet-header/1', 'DSP0236/packet-header/2']);
  expect(await page.locator('h2:visible').allTextContents()).not.toContain(expect.stringContaining('pldm'));
  await page.getByRole('button', { name: 'unreachable 1' }).click();
  expect(await shown()).toHaveLength(3);
  expect(await page.locator('#shown').textContent()).toBe('3 of 9 cases');
  await page.getByRole('button', { name: 'all', exact: true }).click();
  await page.getByRole('searchbox').fill('PLDM-tid-02');
  await expectShown(['pldm/get-tid/2']);
  await page.getByRole('searchbox').fill('packet-header silence');
  await expectShown(['DSP0236/packet-header/2']);
  await page.getByRole('searchbox').fill('no such words');
  await expectShown([]);
});

/** The search waits for a pause in typing. */
async function until(reached: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end && !(await reached()); ) await page.waitForTimeout(20);
}

async function expectShown(ids: readonly string[]): Promise<void> {
  await until(async () => JSON.stringify(await shown()) === JSON.stringify(ids));
  expect(await shown()).toEqual(ids);
}

test('red cases are open, the others open on demand, a link opens its case', async () => {
  await open(sampleRecord().lines);
  const opened = page.locator('details.case[data-verdict][open]');
  expect(await opened.count()).toBe(3);
  await page.getByRole('button', { name: 'Open all shown' }).click();
  expect(await opened.count()).toBe(9);
  await page.getByRole('button', { name: 'Close all' }).click();
  expect(await opened.count()).toBe(0);
  await page.evaluate(`location.hash = '#case:DSP0236/packet-header/4'`);
  await page.waitForSelector('details.case[open]');
  expect(await opened.getAttribute('id')).toBe('case:DSP0236/packet-header/4');
});

test('hostile strings are inert text', async () => {
  await open(sampleRecord(hostile).lines);
  await page.getByRole('button', { name: 'Open all shown' }).click();
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.evaluate(`'pwned' in window`)).toBe(false);
  expect(await page.locator('body').textContent()).toContain('</script><img src=x onerror="window.pwned=1">\\u{0}');
  const summary = JSON.parse((await page.locator('#summary').textContent()) ?? '') as { device: { uuid: string } };
  expect(summary.device.uuid).toBe(hostile);
});

test('markup that were to slip through would neither run nor load', async () => {
  await open(sampleRecord().lines);
  // As text, since these tests are compiled without the types of a browser.
  const violations = await page.evaluate(`(async () => {
    const seen = [];
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
    const host = document.createElement('div');
    host.innerHTML = '<img src="https://example.invalid/x.png"><p onclick="window.pwned=1" style="color:red">x</p>';
    document.body.append(host);
    host.querySelector('p').click();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return seen;
  })()`);
  expect(violations).toEqual(expect.arrayContaining(['img-src', 'script-src-attr', 'style-src-attr']));
  expect(await page.evaluate(`'pwned' in window`)).toBe(false);
  noise = noise.filter((entry) => !entry.includes('violates the following Content Security Policy directive'));
  noise = noise.filter((entry) => !entry.includes('example.invalid'));
});

test('fits a phone, and prints what is open', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await open(sampleRecord(hostile).lines);
  const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(overflow).toBeLessThanOrEqual(0);
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('.filters').isVisible()).toBe(false);
  expect(await page.locator('details[open] .checks').first().isVisible()).toBe(true);
});

test('five thousand cases open and filter without delay', async () => {
  const cases = Array.from({ length: 5000 }, (_, index) =>
    compiledCase(`S/t${index % 40}/${index}`, ['DSP0236-PKT-VER-01']),
  );
  const builder = new RecordBuilder().start().plan(...cases);
  for (const entry of cases) builder.run(entry.id, 'pass', [check('x', 'pass'), check('y', 'pass')]);
  const began = Date.now();
  await open(builder.end().lines);
  await page.getByRole('searchbox').fill('S/t7/47');
  const filtered = async (): Promise<boolean> => / of 5000/.test((await page.locator('#shown').textContent()) ?? '');
  await until(filtered);
  expect(await filtered()).toBe(true);
  expect(Date.now() - began).toBeLessThan(30_000);
});
