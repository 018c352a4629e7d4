import { mkdtempSync, writeFileSync } from 'node:fs';
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
