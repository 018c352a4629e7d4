import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertifyError } from '../errors';
import { createDefaultOutputDirectory, createOutputDirectory, memorySink, openRecord } from './writer';

const note = (text: string) => ({ type: 'note', text }) as const;
const clock = { now: () => 5 };
const scratch = (): string => mkdtempSync(join(tmpdir(), 'record-'));

function thrownBy(run: () => unknown): CertifyError {
  try {
    run();
  } catch (thrown) {
    return thrown as CertifyError;
  }
  throw new Error('nothing was thrown');
}

test('lines are on the disk when flush returns, at the end of the turn without it, and before anything is moved', async () => {
  const directory = scratch();
  const writer = openRecord(directory, clock);
  const lines = (): readonly string[] => readFileSync(writer.path, 'utf8').trimEnd().split('\n');
  writer.write(note('a'));
  writer.flush?.();
  expect(lines()).toEqual(['{"type":"note","at":0,"text":"a"}']);
  writer.write(note('b\n'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines()).toHaveLength(2);
  writer.write({ type: 'journal', what: 'eid', value: 9, physicalAddress: 0x1d });
  expect(lines()).toHaveLength(3);
  writer.write(note('c'));
  writer.close();
  writer.close();
  expect(lines()).toHaveLength(4);
  expect(thrownBy(() => writer.write(note('c'))).code).toBe('INTERNAL');
});

test('times count from the last run.start', () => {
  let now = 100;
  const sink = memorySink({ now: () => now });
  sink.write(note('before'));
  now = 150;
  sink.write({ type: 'run.start' } as Parameters<typeof sink.write>[0]);
  now = 175;
  sink.write(note('after'));
  expect(sink.lines.map((line) => line.at)).toEqual([0, 0, 25]);
});

test('a full disk is one clear error, and every complete line stays', () => {
  const directory = scratch();
  symlinkSync('/dev/full', join(directory, 'record.ndjson'));
  const full = openRecord(directory, clock, { resume: true });
  full.write(note('a'));
  const error = thrownBy(() => full.flush?.());
  expect(error).toMatchObject({ code: 'OUTPUT', exit: 3 });
  expect(error.message).toBe(`cannot write ${full.path}: no space left on the disk (ENOSPC)`);
});

test('what could not be written at the end of a turn is told to the next writer, and at the end', async () => {
  const directory = scratch();
  symlinkSync('/dev/full', join(directory, 'record.ndjson'));
  const full = openRecord(directory, clock, { resume: true });
  full.write(note('a'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(thrownBy(() => full.write(note('b'))).code).toBe('OUTPUT');
  expect(thrownBy(() => full.close()).code).toBe('OUTPUT');
});

test('lines of a program that leaves in the middle are on the disk', () => {
  const directory = scratch();
  const script = `
    const { openRecord } = require(${JSON.stringify(join(__dirname, 'writer.js'))});
    openRecord(${JSON.stringify(directory)}, { now: () => 0 }).write({ type: 'note', text: 'last' });
    process.exit(130);`;
  expect(spawnSync(process.execPath, ['-e', script]).status).toBe(130);
  expect(readFileSync(join(directory, 'record.ndjson'), 'utf8')).toContain('"last"');
});

test('a line that the disk takes in part is taken back', () => {
  const directory = scratch();
  const module = join(__dirname, 'writer.js');
  const script = `
    const { openRecord } = require(${JSON.stringify(module)});
    const writer = openRecord(${JSON.stringify(directory)}, { now: () => 0 });
    process.on('SIGXFSZ', () => undefined);
    let lines = 0;
    const line = () => writer.write({ type: 'note', text: 'x'.repeat(300) });
    try { for (;;) { for (let one = 0; one < 4; one += 1) line(); writer.flush(); } }
    catch (error) {
      lines = require('node:fs').readFileSync(writer.path, 'utf8').trimEnd().split('\\n').length; console.log(JSON.stringify({ lines, code: error.code, message: error.message })); }`;
  // A limit on the file's size stands in for a disk that fills up.
  const out = execFileSync('/bin/sh', ['-c', 'ulimit -f 2 && exec "$0" -e "$1"', process.execPath, script]);
  const seen = JSON.parse(out.toString()) as { lines: number; code: string; message: string };
  expect(seen.code).toBe('OUTPUT');
  expect(seen.message).toContain('too large');
  const text = readFileSync(join(directory, 'record.ndjson'), 'utf8');
  expect(text.endsWith('}\n')).toBe(true);
  // Four lines in one call do not fit; what did stays.
  expect(text.trimEnd().split('\n')).toHaveLength(seen.lines);
  expect(seen.lines % 4).not.toBe(0);
});

test('an existing folder is refused, a place that cannot be written is an error', () => {
  const directory = scratch();
  expect(thrownBy(() => createOutputDirectory(directory))).toMatchObject({ code: 'USAGE', exit: 2 });
  const file = join(directory, 'file');
  writeFileSync(file, '');
  expect(thrownBy(() => createOutputDirectory(join(file, 'out')))).toMatchObject({ code: 'OUTPUT', exit: 3 });
  expect(thrownBy(() => createOutputDirectory('/proc/nowhere/out'))).toMatchObject({ code: 'OUTPUT' });
  expect(existsSync(createOutputDirectory(join(directory, 'a', 'b')))).toBe(true);
});

test('default folders of one second do not collide', () => {
  const cwd = scratch();
  const wall = new Date('2026-01-31T12:00:00.500Z');
  const first = createDefaultOutputDirectory(cwd, wall, 'my/odd profile');
  expect(first).toBe(join(cwd, 'reports/out/2026-01-31T12-00-00Z-my-odd-profile'));
  expect(createDefaultOutputDirectory(cwd, wall, 'my/odd profile')).toBe(`${first}-2`);
});

test('a resumed record goes on after its last complete line', () => {
  const directory = scratch();
  const path = join(directory, 'record.ndjson');
  const long = JSON.stringify({ type: 'note', at: 0, text: 'x'.repeat(200_000) });
  writeFileSync(path, `{"type":"note","at":0,"text":"a"}\n${long}`);
  const writer = openRecord(directory, clock, { resume: true });
  writer.write(note('b'));
  writer.close();
  expect(readFileSync(path, 'utf8')).toBe('{"type":"note","at":0,"text":"a"}\n{"type":"note","at":0,"text":"b"}\n');
  expect(thrownBy(() => openRecord(directory, clock)).message).toContain('something of that name exists');
  expect(thrownBy(() => openRecord(scratch(), clock, { resume: true })).message).toContain('no such file');
});
