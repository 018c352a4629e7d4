import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunKey } from '../model';
import { bringHome } from './bring-home';
import { directoryStore } from './directory';
import { s3Store } from './s3';
import { startS3Server } from './testing/s3-server';

const root = mkdtempSync(join(tmpdir(), 'mctp-certify-home-'));
afterAll(() => rmSync(root, { recursive: true }));

const key: RunKey = { campaign: 'rack', device: 'card', profileHash: 'ab', repeat: 1, attempt: 1 };
const run = join(root, 'run');
mkdirSync(run);
writeFileSync(join(run, 'record.ndjson'), 'a record\n');
writeFileSync(join(run, 'report.html'), 'a report');

test('the files of a run come home from a directory as links', async () => {
  const store = directoryStore(join(root, 'store'));
  const evidence = await store.put(key, run);
  await bringHome(store, evidence, join(root, 'home'));
  const file = join(root, 'home', evidence.path, 'record.ndjson');
  expect(readFileSync(file, 'utf8')).toBe('a record\n');
  expect(statSync(file).ino).toBe(statSync(join(root, 'store', evidence.path, 'record.ndjson')).ino);
  // A second time changes nothing.
  await bringHome(store, evidence, join(root, 'home'));
  expect(readdirSync(join(root, 'home', evidence.path)).sort()).toEqual(['record.ndjson', 'report.html']);
});

test('a file that was changed in the store does not come home', async () => {
  const folder = join(root, 'changed');
  const store = directoryStore(folder);
  const evidence = await store.put(key, run);
  writeFileSync(join(folder, evidence.path, 'record.ndjson'), 'b record\n');
  await expect(bringHome(store, evidence, join(root, 'other'))).rejects.toMatchObject({
    code: 'OUTPUT',
    message: expect.stringMatching(/holds 9 octets with hash .* of record\.ndjson, not the 9 with/),
  });
  expect(readdirSync(join(root, 'other', evidence.path))).toEqual([]);
  await expect(bringHome(store, { ...evidence, path: '../..' }, root)).rejects.toThrow('it is no path of evidence');
});

test('from S3 as well, and a body that was cut off is no file', async () => {
  const keys = { id: 'id', secret: 'secret' };
  const server = await startS3Server('lab', keys);
  const store = s3Store(
    { kind: 's3', bucket: 'lab', prefix: 'p', endpoint: server.endpoint },
    { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret },
  );
  const evidence = await store.put(key, run);
  await bringHome(store, evidence, join(root, 's3'));
  expect(readFileSync(join(root, 's3', evidence.path, 'report.html'), 'utf8')).toBe('a report');
  server.faults.push({ on: /^GET .*record/, kind: { cutAfter: 3 } });
  await expect(bringHome(store, evidence, join(root, 'cut'))).rejects.toMatchObject({ code: 'OUTPUT' });
  expect(readdirSync(join(root, 'cut', evidence.path))).toEqual([]);
  store.close();
  await server.close();
});
