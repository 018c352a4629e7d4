import type { CampaignResult } from '../../harness/record/campaign-result';
import { hostile } from '../../harness/record/testing/record-fixture';
import { renderCampaignHtml } from '../campaign/html';
import { campaignOf, campaignSample } from '../testing/campaign-sample';
import { browse, openPage, overflowOf, until, violationsOf } from './browse';

jest.setTimeout(120_000);

const { page, noise } = browse();

const open = (result: CampaignResult = campaignSample()): Promise<void> =>
  openPage(page(), noise, renderCampaignHtml(result, { link: (path) => `runs/${path}`, titles: new Map() }), '');

const names = (): Promise<readonly string[]> =>
  page()
    .locator('.unit:visible h3')
    .evaluateAll((found) => found.map((node) => node.textContent ?? ''));
const rows = (): Promise<number> => page().locator('.matrix tbody tr:visible').count();
const columns = (): Promise<readonly string[]> =>
  page()
    .locator('.matrix thead tr:last-child th')
    .evaluateAll((found) => found.map((node) => node.textContent ?? ''));

test('what is not accepted comes first; verdicts and words filter the list and the table', async () => {
  await open();
  expect(await names()).toEqual(['card-02', 'card-05', 'card-06', 'card-01', 'card-03', 'card-04']);
  await page().getByRole('button', { name: 'not accepted 1' }).click();
  expect(await names()).toEqual(['card-02']);
  expect(await rows()).toBe(1);
  await page().getByRole('button', { name: 'all 6' }).click();
  await page().getByRole('searchbox').fill('get-tid/2');
  await until(async () => (await names()).length === 1);
  expect(await names()).toEqual(['card-03']);
  expect(await page().locator('#shown').textContent()).toBe('1 of 6 devices');
});

test('suites unfold and fold by keyboard, and the focus stays', async () => {
  await open();
  expect(await columns()).toEqual(['3', '6', '+4', '3', '+2', '2', '4', '+2', '13']);
  const focused = (): Promise<unknown> => page().evaluate('document.activeElement.dataset.suite');
  await page().locator('button[data-suite="pldm/get-tid"]').focus();
  await page().keyboard.press('Enter');
  expect((await columns()).slice(5)).toEqual(['1', '2', '3', '4', '13']);
  expect(await focused()).toBe('pldm/get-tid');
  await page().keyboard.press('Enter');
  expect((await columns()).slice(5)).toEqual(['2', '4', '+2', '13']);
  await page().locator('button[data-suite="*"]').focus();
  await page().keyboard.press('Enter');
  expect(await columns()).toHaveLength(8 + 13 + 1);
  expect(await focused()).toBe('*');
});

test('a letter leads to the case in the report of the run that it is of', async () => {
  await open();
  const link = page().locator('.matrix tr[data-device="card-03"] td.bad a');
  expect(await link.getAttribute('href')).toBe(
    'runs/rack-7/card-03/aaaaaaaaaaaaaaaa-1.1/report.html#case:pldm/get-tid/2',
  );
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible in ${colorScheme}: contrast, names, landmarks`, async () => {
    await page().emulateMedia({ colorScheme });
    await open();
    expect(await violationsOf(page())).toEqual([]);
  });
}

test('hostile strings are inert text', async () => {
  await open(campaignSample(hostile));
  await page().locator('button[data-suite="*"]').click();
  expect(await page().locator('img').count()).toBe(0);
  expect(await page().evaluate(`'pwned' in window`)).toBe(false);
  expect(await page().locator('main').textContent()).toContain('</script><img src=x onerror="window.pwned=1">\\u{0}');
});

test.each([320, 390])('fits a phone of %d pixels', async (width) => {
  await page().setViewportSize({ width, height: 800 });
  await open(campaignSample(hostile));
  expect(await overflowOf(page())).toBeLessThanOrEqual(0);
  await open();
  expect(await overflowOf(page())).toBeLessThanOrEqual(0);
});

test('prints every device, also those that a filter hides', async () => {
  await open();
  await page().getByRole('button', { name: 'not accepted 1' }).click();
  await page().emulateMedia({ media: 'print' });
  expect(await page().locator('.unit:visible').count()).toBe(6);
  expect(await page().locator('.filters').isVisible()).toBe(false);
  const pdf = await page().pdf({ format: 'A4' });
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
});

test('three hundred devices with four hundred cases open, and a suite unfolds, without delay', async () => {
  const result = campaignOf(300);
  const began = Date.now();
  await open(result);
  expect(await page().locator('.matrix tbody tr').count()).toBe(300);
  await page().locator('button[data-suite="*"]').click();
  expect((await columns()).length).toBeGreaterThan(50);
  expect(Date.now() - began).toBeLessThan(30_000);
});
