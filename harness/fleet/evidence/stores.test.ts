import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvidenceStore } from '../evidence-store';
import type { Evidence, RunKey } from '../model';
import { directoryStore } from './directory';
import { s3Store } from './s3';
import type { S3Server } from './testing/s3-server';
import { startS3Server } from './testing/s3-server';

/** What every store has to keep, whatever it is. */

jest.setTimeout(30_000);

const keys = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const environment = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret };
const key: RunKey = { campaign: 'rack 7', device: '../up', profileHash: 'ab'.repeat(32), repeat: 2, attempt: 1 };

const root = mkdtempSync(join(tmpdir(), 'mctp-certify-evidence-'));
let server: S3Server;
let count = 0;
beforeAll(async () => {
  server = await startS3Server('lab', keys);
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

const fresh = (): string => {
  count += 1;
  const folder = join(root, String(count));
  mkdirSync(folder);
  return folder;
};

function run(files: { readonly [name: string]: string }): string {
  const folder = fresh();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const files = { 'record.ndjson': '{"type":"run.start"}\n', 'report.html': '<!DOCTYPE html>', 'junit.xml': '' };

async function text(store: EvidenceStore, evidence: Evidence, name: string): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of await store.open(evidence, name)) parts.push(chunk as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

const stores: readonly (readonly [string, () => EvidenceStore])[] = [
  ['a directory', () => directoryStore(fresh())],
  ['S3', () => s3Store(s3Location(), environment)],
  ['S3 without hashes of its own', () => s3Store(s3Location(), environment)],
  ['S3 that knows no conditions', () => s3Store(s3Location(), environment)],
];

function s3Location() {
  count += 1;
  return { kind: 's3', bucket: 'lab', prefix: `runs/${count}`, endpoint: server.endpoint } as const;
}

describe.each(stores)('%s', (name, open) => {
  let store: EvidenceStore;
  beforeEach(() => {
    server.checksums = name !== 'S3 without hashes of its own';
    server.conditions = name !== 'S3 that knows no conditions';
    store = open();
  });
  afterEach(() => store.close());

  test('gives back every octet, each with its hash', async () => {
    const evidence = await store.put(key, run(files));
    expect(Object.keys(evidence.files).sort()).toEqual(Object.keys(files).sort());
    for (const [file, content] of Object.entries(files)) {
      expect(evidence.files[file]).toEqual({
        sha256: createHash('sha256').update(content).digest('hex'),
        size: content.length,
      });
      expect(await text(store, evidence, file)).toBe(content);
    }
    expect(await store.verify(evidence)).toEqual([]);
  });

  test('takes the same run twice, and at once, as one', async () => {
    const [one, two] = await Promise.all([store.put(key, run(files)), store.put(key, run(files))]);
    expect(two).toEqual(one);
    expect(await store.put(key, run(files))).toEqual(one);
    expect(await store.verify(one)).toEqual([]);
  });

  test('refuses another run under the same key, and keeps the first as it was', async () => {
    const evidence = await store.put(key, run(files));
    await expect(store.put(key, run({ ...files, 'junit.xml': '<other/>' }))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/another run is stored as .*junit\.xml.*not replaced/),
    });
    expect(await store.verify(evidence)).toEqual([]);
    expect(await text(store, evidence, 'junit.xml')).toBe('');
  });

  test('keeps runs apart whose names only differ in what a path cannot hold', async () => {
    const paths = await Promise.all(
      ['a/b', 'a=2fb', 'a_b', 'A_b', '..', '.', 'ä', ' '].map(
        async (device) => (await store.put({ ...key, device }, run(files))).path,
      ),
    );
    expect(new Set(paths.map((path) => path.split('/').slice(0, 3).join('/'))).size).toBe(8);
    for (const path of paths) expect(path).not.toMatch(/(^|\/)\.|[^\w./=-]/);
  });

  test('leaves links, folders and drafts away', async () => {
    const folder = run({ ...files, 'report.html.1.tmp': 'half' });
    symlinkSync('/etc/passwd', join(folder, 'passwd'));
    mkdirSync(join(folder, 'inner'));
    expect(Object.keys((await store.put(key, folder)).files).sort()).toEqual(Object.keys(files).sort());
  });

  test('gives no file that is not of the run', async () => {
    const evidence = await store.put(key, run(files));
    for (const wanted of ['../evidence.json', 'evidence.json', 'constructor', 'none.txt'])
      await expect(store.open(evidence, wanted)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(store.open({ ...evidence, path: '../..' }, 'junit.xml')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

test('a directory tells what was changed and what is gone', async () => {
  const folder = fresh();
  const store = directoryStore(folder);
  const evidence = await store.put(key, run(files));
  writeFileSync(join(folder, evidence.path, 'record.ndjson'), '{"type":"run.stbrt"}\n');
  rmSync(join(folder, evidence.path, 'junit.xml'));
  expect(await store.verify(evidence)).toEqual([
    'junit.xml is missing',
    expect.stringMatching(/^record\.ndjson has 21 octets with hash [0-9a-f]{16}…, not 21 with/),
  ]);
});

test('a directory shows nothing of a run that could not be stored whole', async () => {
  const folder = fresh();
  writeFileSync(join(folder, 'rack=207'), 'a file where a folder is to be');
  await expect(directoryStore(folder).put(key, run(files))).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringMatching(/^cannot store evidence in .*a part of the path is no folder \(ENOTDIR\)$/),
  });
  expect(readdirSync(join(folder, '.incoming'))).toEqual([]);
  expect(readFileSync(join(folder, 'rack=207'), 'utf8')).toBe('a file where a folder is to be');
});

describe('S3 that fails', () => {
  const opened: EvidenceStore[] = [];
  const store = (secret = keys.secret, bucket = 'lab'): EvidenceStore => {
    const own = s3Store({ ...s3Location(), bucket }, { ...environment, AWS_SECRET_ACCESS_KEY: secret });
    opened.push(own);
    return own;
  };
  afterEach(() => {
    for (const own of opened.splice(0)) own.close();
  });
  const manifests = (): readonly string[] => server.requests.filter((line) => /^PUT .*evidence\.json$/.test(line));

  beforeEach(() => {
    server.faults.length = 0;
    server.requests.length = 0;
    server.checksums = true;
    server.conditions = true;
  });

  /** The error of a put; nothing of the credentials may be in it, wherever it is printed. */
  async function failure(of: EvidenceStore): Promise<{ readonly code: string; readonly message: string }> {
    const thrown = await of.put(key, run(files)).then(
      () => undefined,
      (error: unknown) => error as Error & { code: string },
    );
    if (thrown === undefined) throw new Error('nothing failed');
    expect(`${JSON.stringify(thrown)} ${thrown.stack} ${thrown.message}`).not.toMatch(/AKID|wJalr|Signature=|AWS4/);
    expect(thrown.cause).toBeUndefined();
    expect(thrown.message).not.toContain('\n');
    return { code: thrown.code, message: thrown.message };
  }

  test('is asked again after 503 Slow Down, and the run arrives whole', async () => {
    server.faults.push({ on: /^PUT .*record/, times: 2, kind: { answer: 503, code: 'SlowDown' } });
    const own = store();
    const evidence = await own.put(key, run(files));
    expect(server.requests.filter((line) => line.endsWith('record.ndjson') && line.startsWith('PUT'))).toHaveLength(3);
    expect(await own.verify(evidence)).toEqual([]);
  });

  test('and goes on failing: one line, which passes, and no manifest', async () => {
    server.faults.push({ on: /^PUT .*record/, times: 99, kind: { answer: 500, code: 'InternalError' } });
    expect(await failure(store())).toEqual({
      code: 'OUTPUT',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ answers 500 \(InternalError\), also at attempt 5$/),
    });
    expect(manifests()).toEqual([]);
  });

  test.each([
    ['full', 507, 'XMinioStorageFull', 'OUTPUT', /the store .* is full \(XMinioStorageFull\): make room in lab/],
    ['for others', 403, 'AccessDenied', 'USAGE', /does not let these credentials use the bucket lab \(AccessDenied\)/],
    ['elsewhere', 301, 'PermanentRedirect', 'USAGE', /the bucket lab is in another region: set the store's region/],
  ] as const)('because it is %s: one line', async (_, answer, code, kind, message) => {
    server.faults.push({ on: /^PUT/, times: 99, kind: { answer, code } });
    expect(await failure(store())).toEqual({ code: kind, message: expect.stringMatching(message) });
    expect(manifests()).toEqual([]);
  });

  test('because the credentials are wrong or the bucket is missing: one line each', async () => {
    expect(await failure(store('wrong'))).toEqual({
      code: 'USAGE',
      message: expect.stringMatching(/refuses the credentials \(SignatureDoesNotMatch\): correct AWS_ACCESS_KEY_ID/),
    });
    expect(await failure(store(keys.secret, 'nowhere'))).toEqual({
      code: 'USAGE',
      message: expect.stringMatching(/has no bucket nowhere: create it/),
    });
  });

  describe('a file that goes in parts', () => {
    const MIB = 1 << 20;
    const parts = { whole: 6 * MIB, part: 5 * MIB };
    const large = Buffer.alloc(12 * MIB, 'a record of many hours\n');
    const inParts = (): EvidenceStore => {
      const own = s3Store(s3Location(), environment, parts);
      opened.push(own);
      return own;
    };
    const longRun = (): string => {
      const folder = run(files);
      writeFileSync(join(folder, 'record.ndjson'), large);
      return folder;
    };

    test('arrives whole, whichever part has to be sent again', async () => {
      server.faults.push({ on: /^PUT .*record.* part 2/, times: 2, kind: { answer: 503, code: 'SlowDown' } });
      const own = inParts();
      const evidence = await own.put(key, longRun());
      const sent = server.requests.filter((line) => /^PUT .*record.* part/.test(line));
      expect(sent.map((line) => line.at(-1)).sort()).toEqual(['1', '2', '2', '2', '3']);
      expect(await own.verify(evidence)).toEqual([]);
      expect(evidence.files['record.ndjson']?.size).toBe(large.length);
      expect(server.uploads.size).toBe(0);
    });

    test('or is told in one line, and nothing of it stays', async () => {
      server.faults.push({ on: /^PUT .*record.* part 3/, times: 99, kind: { answer: 507, code: 'XMinioStorageFull' } });
      await expect(inParts().put(key, longRun())).rejects.toMatchObject({
        code: 'OUTPUT',
        message: expect.stringMatching(/the store .* is full \(XMinioStorageFull\): make room in lab/),
      });
      expect(manifests()).toEqual([]);
      expect(server.uploads.size).toBe(0);
    });
  });

  // In a process of its own, since the client does not know the errors of jest's realm for errors.
  test('because nobody is there: one line, and nothing else is printed', () => {
    const program = `
      const { s3Store } = require(process.argv[1]);
      const location = { kind: 's3', bucket: 'lab', prefix: '', endpoint: 'http://127.0.0.1:9' };
      s3Store(location).put(JSON.parse(process.argv[2]), process.argv[3]).catch((e) => console.log(e.code, e.message));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['-e', program, join(__dirname, 's3.js'), JSON.stringify(key), run(files)],
      { env: { ...process.env, ...environment }, encoding: 'utf8' },
    );
    expect(stdout).toBe('OUTPUT cannot reach 127.0.0.1:9: nothing listens there (ECONNREFUSED)\n');
    expect(stderr).toBe('');
  });

  test.each([true, false])('by keeping half of a file: found on arrival (own hashes: %s)', async (checksums) => {
    server.checksums = checksums;
    server.faults.push({ on: /^PUT .*record/, times: 1, kind: { keep: 10 } });
    expect(await failure(store())).toEqual({
      code: 'OUTPUT',
      message: expect.stringMatching(/holds 10 octets with hash .*of record\.ndjson, not the 21 with/),
    });
    expect(manifests()).toEqual([]);
  });

  test('by cutting a body short: told, and not taken for the file', async () => {
    const own = store();
    const evidence = await own.put(key, run(files));
    server.faults.push({ on: /^GET .*record/, times: 9, kind: { cutAfter: 5 } });
    expect(await own.verify(evidence)).toEqual([
      expect.stringMatching(/^record\.ndjson: cannot reach 127.*the connection was cut/),
    ]);
    await expect(text(own, evidence, 'record.ndjson')).rejects.toThrow();
  });

  test('and the put that comes after it finishes the run', async () => {
    server.faults.push({ on: /^PUT .*evidence\.json/, times: 5, kind: { answer: 500, code: 'InternalError' } });
    const own = store();
    expect((await failure(own)).code).toBe('OUTPUT');
    const evidence = await own.put(key, run(files));
    expect(await own.verify(evidence)).toEqual([]);
    expect(manifests()).toHaveLength(6);
  });
});
