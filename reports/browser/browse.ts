import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

/** A page for each test, and everything that a quiet report does not cause: console output, errors, requests beyond the file. */
export function browse(): {
  readonly page: () => Page;
  readonly noise: string[];
  readonly ignoreNoise: (pattern: RegExp) => void;
} {
  let browser: Browser;
  let page: Page;
  const noise: string[] = [];
  const ignored: RegExp[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    noise.length = 0;
    ignored.length = 0;
    page = await browser.newPage();
    page.on('console', (message) => noise.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => noise.push(`dialog: ${dialog.message()}`));
  });
  afterEach(async () => {
    await page.close();
    expect(noise.filter((entry) => !ignored.some((pattern) => pattern.test(entry)))).toEqual([]);
  });
  return { page: () => page, noise, ignoreNoise: (pattern) => ignored.push(pattern) };
}

/** Writes a page to a file of its own and opens it. */
export async function openPage(page: Page, noise: string[], html: string, hash: string): Promise<void> {
  const path = join(mkdtempSync(join(tmpdir(), 'report-')), 'report.html');
  writeFileSync(path, html);
  const url = pathToFileURL(path).href;
  page.on('request', (request) => {
    if (request.url().startsWith('file:') || request.url().startsWith('about:')) return;
    noise.push(`request: ${request.url()}`);
  });
  await page.goto(url + hash);
}

export async function until(reached: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end && !(await reached()); )
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Rules of WCAG 2.2 AA that the page breaks, each with the first place. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.length + ', as ' + nodes[0].html.slice(0, 160) + ' ' + nodes[0].failureSummary.slice(0, 300)))`,
  );
  return found as readonly string[];
}

/** How far the page would scroll sideways, in pixels. */
export async function overflowOf(page: Page): Promise<number> {
  return (await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')) as number;
}
