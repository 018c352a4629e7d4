import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleFleet } from '../fleet/page/testing/fake-fleet';
import { startPage } from './campaign-serve';

const root = mkdtempSync(join(tmpdir(), 'mctp-certify-serve-'));
afterAll(() => rmSync(root, { recursive: true }));

const TOKEN = 'fedcba9876543210fedcba9876543210';

test('the page is served at the address that is told, which never has the token in it', async () => {
  const file = join(root, 'token');
  writeFileSync(file, `${TOKEN}\n`);
  let told = '';
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
  const server = await startPage(sampleFleet(), { listen: '127.0.0.1:0', token: file });
  spy.mockRestore();
  expect(told).toBe(`${server.url} (asks for the token; or open it with #token=…)\n`);
  expect(await (await fetch(server.url)).text()).toContain('<title>mctp-certify fleet</title>');
  expect((await fetch(`${server.url}page.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect((await fetch(`${server.url}api/fleet`)).status).toBe(401);
  expect((await fetch(`${server.url}api/fleet`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
  await server.close();
});

test.each([
  [{ listen: '0.0.0.0:0' }, '0.0.0.0 can be reached by others: name a file with a token, --token FILE'],
  [
    { listen: '127.0.0.1:0', token: '/nowhere/token' },
    'cannot read the token /nowhere/token: no such file or folder (ENOENT)',
  ],
  [{ listen: 'lab' }, '--listen takes HOST:PORT, as 127.0.0.1:8080, not "lab"'],
  [{ listen: '192.0.2.1:0', token: undefined }, '192.0.2.1 can be reached by others'],
])('%j is refused in one line', async (flags, message) => {
  await expect(startPage(sampleFleet(), flags)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(message),
  });
});
