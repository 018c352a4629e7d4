import type { Locator } from 'playwright-core';
import { buildResult } from '../../harness/record/result';
import { check, compiledCase, hostile, RecordBuilder, sampleRecord } from '../../harness/record/testing/record-fixture';
import { renderHtml, renderSideBySide } from '../html';
import { brokenPec } from '../testing/failing-record';
import { browse, openPage, until, violationsOf } from './browse';

jest.setTimeout(120_000);

const { page, noise, ignoreNoise } = browse();

const open = (builder: RecordBuilder, hash = ''): Promise<void> =>
  openPage(page(), noise, renderHtml(buildResult(builder.lines), builder.lines), hash);

const violations = (): Promise<readonly string[]> => violationsOf(page());

const cases = (): Locator => page().locator('details.case');
const shown = (): Promise<readonly string[]> =>
  page()
    .locator('details.case:visible .id')
    .evaluateAll((found) => found.map((node) => node.textContent ?? ''));

/** The search waits for a pause in typing. */
async function expectShown(ids: readonly string[]): Promise<void> {
  await until(async () => JSON.stringify(await shown()) === JSON.stringify(ids));
  expect(await shown()).toEqual(ids);
}

const button = (name: string | RegExp): Locator => page().getByRole('button', { name });

test('shows what is red first; filters by verdict, by several, by suite, by level and by text', async () => {
  await open(sampleRecord());
  expect(await shown()).toEqual(['DSP0236/packet-header/3', 'DSP0236/packet-header/5', 'DSP0236/packet-header/7']);
  await button('all 9').click();
  expect(await shown()).toHaveLength(9);
  await button('pass 2').click();
  expect(await shown()).toEqual(['DSP0236/packet-header/1', 'DSP0236/packet-header/2']);
  expect(await page().locator('main h3:visible', { hasText: 'pldm' }).count()).toBe(0);
  await button('unreachable 1').click();
  expect(await shown()).toHaveLength(3);
  expect(await page().locator('#shown').textContent()).toBe('3 of 9 cases');
  await button('all 9').click();
  await page().getByLabel('Suite').selectOption('pldm/get-tid');
  expect(await shown()).toEqual(['pldm/get-tid/1', 'pldm/get-tid/2']);
  await page().getByLabel('Level').selectOption('mandatory');
  expect(await shown()).toHaveLength(2);
  await page().getByLabel('Suite').selectOption('');
  await page().getByRole('searchbox').fill('PLDM-tid-02');
  await expectShown(['pldm/get-tid/2']);
  await page().getByRole('searchbox').fill('packet-header silence');
  await expectShown(['DSP0236/packet-header/2']);
  await page().getByRole('searchbox').fill('no such words');
  await expectShown([]);
  expect(await page().locator('#none').isVisible()).toBe(true);
});

test('finds octets, typed with spaces, in the details that nobody has opened', async () => {
  await open(brokenPec());
  await page().getByRole('searchbox').fill('08 00 81 02 42');
  await expectShown([]);
  await page().getByRole('searchbox').fill('08 c8 00 81 02 42');
  await expectShown(['DSP0237/receive/1']);
});

test('red cases are open, the others make their details when they are opened, a link opens its case', async () => {
  await open(sampleRecord());
  const opened = page().locator('details.case[open]');
  expect(await opened.count()).toBe(3);
  expect(await page().locator('details.case > .body').count()).toBe(3);
  await button('all 9').click();
  await button('Open shown').click();
  expect(await opened.count()).toBe(9);
  expect(await page().locator('details.case > .body').count()).toBe(9);
  await button('Close all').click();
  expect(await opened.count()).toBe(0);
  await button('fail 1').click();
  await page().evaluate(`location.hash = '#case:DSP0236/packet-header/4'`);
  await page().waitForSelector('details.case[open]');
  expect(await opened.getAttribute('id')).toBe('case:DSP0236/packet-header/4');
  expect(await opened.isVisible()).toBe(true);
});

test('an address with a case in it opens there', async () => {
  await open(sampleRecord(), '#case:DSP0236/packet-header/1');
  const summary = page().locator('details.case[open]', { hasText: 'sends header version 1' }).locator('> summary');
  await summary.waitFor();
  const focused = async (): Promise<unknown> => page().evaluate('document.activeElement.parentElement?.id');
  await until(async () => (await focused()) === 'case:DSP0236/packet-header/1');
  expect(await focused()).toBe('case:DSP0236/packet-header/1');
  const box = await summary.boundingBox();
  // Below the filters, which stay at the top.
  const bar = await page().locator('.filters').boundingBox();
  expect(box?.y ?? 0).toBeGreaterThanOrEqual((bar?.y ?? 0) + (bar?.height ?? 0) - 1);
});

test('the failure tells clause, ladder, what was set and what decided, in sight of each other', async () => {
  await page().setViewportSize({ width: 1280, height: 1080 });
  await open(brokenPec(), '#case:DSP0237/receive/1');
  const finding = page().locator('.finding');
  for (const inside of ['blockquote', '.got dd', 'svg.ladder', '.box.changed', '.box.deciding']) {
    await finding.locator(inside).first().waitFor();
    const box = await finding.locator(inside).first().boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(1080);
  }
});

test('works by keyboard alone', async () => {
  await open(sampleRecord());
  await page().keyboard.press('Tab');
  expect(await page().evaluate('document.activeElement.textContent')).toBe('Skip to the cases');
  await button('all 9').focus();
  await page().keyboard.press('Enter');
  expect(await shown()).toHaveLength(9);
  await page().locator('details.case > summary').first().focus();
  await page().keyboard.press('Enter');
  expect(await page().locator('details.case').first().getAttribute('open')).toBe('');
  expect(await page().locator('details.case').first().locator('.checks').isVisible()).toBe(true);
  expect(page().url()).toMatch(/#case:DSP0236\/packet-header\/1$/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible in ${colorScheme}: contrast, names, landmarks`, async () => {
    await page().emulateMedia({ colorScheme });
    await open(brokenPec());
    expect(await violations()).toEqual([]);
    await open(sampleRecord());
    await button('all 9').click();
    await button('Open shown').click();
    await page().evaluate(`document.querySelectorAll('details').forEach((entry) => { entry.open = true; })`);
    expect(await violations()).toEqual([]);
    await openPage(page(), noise, sideBySide(), '');
    await button(/^all/).click();
    await button('Open shown').click();
    expect(await violations()).toEqual([]);
  });
}

function sideBySide(): string {
  return renderSideBySide(
    [sampleRecord(hostile), brokenPec()].map(({ lines }, index) => ({
      name: `run ${index}`,
      result: buildResult(lines),
    })),
  );
}

test('hostile strings are inert text', async () => {
  await open(sampleRecord(hostile));
  await button('all 9').click();
  await button('Open shown').click();
  expect(await page().locator('img').count()).toBe(0);
  expect(await page().evaluate(`'pwned' in window`)).toBe(false);
  expect(await page().locator('main').textContent()).toContain('</script><img src=x onerror="window.pwned=1">\\u{0}');
  const summary = JSON.parse((await page().locator('#summary').textContent()) ?? '') as { device: { uuid: string } };
  expect(summary.device.uuid).toBe(hostile);
  await openPage(page(), noise, sideBySide(), '');
  await button('Open shown').click();
  expect(await page().locator('img').count()).toBe(0);
  expect(await page().evaluate(`'pwned' in window`)).toBe(false);
});

test('markup that were to slip through would neither run nor load', async () => {
  await open(sampleRecord());
  // As text, since these tests are compiled without the types of a browser.
  const blocked = await page().evaluate(`(async () => {
    const seen = [];
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
    const host = document.createElement('div');
    host.innerHTML = '<img src="https://example.invalid/x.png"><p onclick="window.pwned=1" style="color:red">x</p>';
    document.body.append(host);
    host.querySelector('p').click();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return seen;
  })()`);
  expect(blocked).toEqual(expect.arrayContaining(['img-src', 'script-src-attr', 'style-src-attr']));
  expect(await page().evaluate(`'pwned' in window`)).toBe(false);
  ignoreNoise(/violates the following Content Security Policy directive|example\.invalid/);
});

test('what failed can be read without scripts', async () => {
  const context = await page().context().browser()?.newContext({ javaScriptEnabled: false });
  const plain = await context?.newPage();
  if (plain === undefined) throw new Error('no browser');
  const { lines } = brokenPec();
  await openPage(plain, noise, renderHtml(buildResult(lines), lines), '');
  expect(await plain.locator('.finding .got dd').textContent()).toBe('answered: SUCCESS, 7 octets');
  expect(await plain.locator('.box.deciding').isVisible()).toBe(true);
  await context?.close();
});

test('fits a phone', async () => {
  await page().setViewportSize({ width: 390, height: 800 });
  await open(sampleRecord(hostile));
  await button('all 9').click();
  await button('Open shown').click();
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page().evaluate(overflow)).toBeLessThanOrEqual(0);
  await openPage(page(), noise, sideBySide(), '');
  await button('Open shown').click();
  expect(await page().evaluate(overflow)).toBeLessThanOrEqual(0);
});

test('prints as a test report: every case, what failed in full, the tables that are folded on a screen', async () => {
  await open(sampleRecord());
  await page().emulateMedia({ media: 'print' });
  expect(await page().locator('.filters').isVisible()).toBe(false);
  expect(await page().locator('details.case:visible').count()).toBe(9);
  expect(await page().locator('.finding').first().isVisible()).toBe(true);
  await page().evaluate(`document.querySelectorAll('details.case').forEach((entry) => { entry.open = false; })`);
  await page().evaluate(`dispatchEvent(new Event('beforeprint'))`);
  expect(await page().locator('.finding').first().isVisible()).toBe(true);
  expect(await page().locator('#requirements table').first().isVisible()).toBe(true);
  await page().evaluate(`dispatchEvent(new Event('afterprint'))`);
  const pdf = await page().pdf({ format: 'A4' });
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  expect(pages).toBeGreaterThan(1);
  expect(pages).toBeLessThan(20);
});

test('five thousand cases open, filter and search without delay', async () => {
  const many = Array.from({ length: 5000 }, (_, index) =>
    compiledCase(`S/t${index % 40}/${index}`, ['DSP0236-PKT-VER-01']),
  );
  const builder = new RecordBuilder().start().plan(...many);
  for (const entry of many) builder.run(entry.id, 'pass', [check('x', 'pass'), check('y', 'pass')]);
  const began = Date.now();
  await open(builder.end());
  await page().getByRole('searchbox').fill('S/t7/47');
  const filtered = async (): Promise<boolean> => / of 5000/.test((await page().locator('#shown').textContent()) ?? '');
  await until(filtered);
  expect(await filtered()).toBe(true);
  expect(Date.now() - began).toBeLessThan(30_000);
  expect(await cases().count()).toBe(5000);
});
