import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MILLISECOND } from '../clock';
import { fromHex, toHex } from '../codec/octets';
import { openReplay } from './replay';
import { Collector } from './testing/collector';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mctp-replay-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Line = { readonly [name: string]: unknown };
const start: Line = { type: 'run.start', at: 0, scope: { binding: 'smbus', plane: 'frames', acknowledge: true } };
const ms = (value: number): number => value * MILLISECOND;
const frame = (direction: 'tx' | 'rx', at: number, octets: string, more: Line = {}): Line => ({
  type: 'frame',
  at: ms(at),
  direction,
  plane: 'frames',
  octets,
  packets: [],
  purpose: 'stimulus',
  ...more,
});

function write(lines: readonly (Line | string)[], ending = '\n'): string {
  const file = join(folder, 'record.ndjson');
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  writeFileSync(file, text + ending);
  return file;
}

async function open(...lines: readonly (Line | string)[]) {
  const transport = await openReplay(write([start, ...lines]));
  const heard = new Collector(transport).listen();
  const send = (octets: string) => transport.send({ plane: 'frames', octets: fromHex(octets) });
  return { transport, heard, send };
}

describe('replay', () => {
  it('opens a record or its folder, and is what the record says', async () => {
    write([start]);
    const transport = await openReplay(folder);
    expect(transport).toMatchObject({
      uri: `replay:${folder}`,
      binding: 'smbus',
      plane: 'frames',
      acknowledges: true,
      attested: false,
      disposable: true,
    });
  });

  it('answers with the recorded delays', async () => {
    const { transport, heard, send } = await open(frame('tx', 10, 'aa'), frame('rx', 13, 'bb'), frame('rx', 14, 'cc'));
    expect(await send('aa')).toEqual({ delivery: 'sent', at: ms(10) });
    await heard.until(() => heard.received.length === 2);
    expect(heard.events.map(({ at }) => at)).toEqual([ms(13), ms(14)]);
    expect(heard.received.map(toHex)).toEqual(['bb', 'cc']);
    expect(transport.clock.now()).toBe(ms(14));
  });

  it('keeps delays where the caller is later than the recorded run', async () => {
    const { transport, heard, send } = await open(frame('tx', 10, 'aa'), frame('rx', 13, 'bb'));
    await transport.clock.timer(ms(500)).done;
    expect((await send('aa')).at).toBe(ms(500));
    await heard.until(() => heard.received.length === 1);
    expect(heard.events[0]?.at).toBe(ms(503));
  });

  it('plays what came before the next stimulus before that', async () => {
    const { heard, send } = await open(frame('tx', 0, 'aa'), frame('rx', 30, 'bb'), frame('tx', 40, 'cc'));
    await send('aa');
    expect((await send('cc')).at).toBe(ms(40));
    expect(heard.received.map(toHex)).toEqual(['bb']);
  });

  it('plays what the device said unasked', async () => {
    const { heard } = await open(frame('rx', 2, 'ee'));
    await heard.until(() => heard.received.length === 1);
    expect(heard.events[0]?.at).toBe(ms(2));
  });

  it('repeats how the bus took it', async () => {
    const { send } = await open(
      frame('tx', 0, 'aa', { delivery: 'nak', note: 'address not acknowledged' }),
      frame('tx', 1, 'bb', { delivery: 'arbitration-lost' }),
      frame('tx', 2, 'cc', { delivery: undefined }),
    );
    expect(await send('aa')).toEqual({ delivery: 'nak', at: 0, detail: 'address not acknowledged' });
    expect((await send('bb')).delivery).toBe('arbitration-lost');
    expect((await send('cc')).delivery).toBe('sent');
  });

  it('refuses a stimulus that is not the recorded one, and names the line', async () => {
    const { transport, send } = await open('{"type":"note","at":0,"text":"x"}', frame('tx', 0, 'aabb'));
    const refused = await send('aabc');
    expect(refused).toMatchObject({ delivery: 'refused' });
    expect(refused.detail).toMatch(/aabc.*is not the recorded one, aabb.*record\.ndjson:3$/);
    const packets = await transport.send({ plane: 'packets', octets: fromHex('aabb') });
    expect(packets.delivery).toBe('refused');
    expect((await send('aabb')).delivery).toBe('sent');
  });

  it('refuses what comes after the end of the record', async () => {
    const { send } = await open(frame('tx', 0, 'aa'));
    await send('aa');
    expect(await send('aa')).toMatchObject({ delivery: 'refused', detail: expect.stringMatching(/the record ends/) });
  });

  it('ends where the device was lost', async () => {
    const lost = { type: 'observation', at: ms(9), case: 'x', observation: { disconnected: 'the bridge ended' } };
    const { heard, send } = await open(frame('tx', 0, 'aa'), lost, frame('tx', 10, 'bb'));
    await send('aa');
    expect(await heard.disconnected()).toBe('the bridge ended');
    expect(heard.events[0]?.at).toBe(ms(9));
    expect(await send('bb')).toMatchObject({ delivery: 'refused', detail: 'the bridge ended' });
  });

  it('joins the segments of a resumed run', async () => {
    const { heard, send } = await open(
      frame('tx', 5, 'aa'),
      frame('rx', 8, 'bb'),
      start,
      frame('tx', 1, 'cc'),
      frame('rx', 3, 'dd'),
    );
    await send('aa');
    expect((await send('cc')).at).toBe(ms(9));
    await heard.until(() => heard.received.length === 2);
    expect(heard.events.map(({ at }) => at)).toEqual([ms(8), ms(11)]);
  });

  it('reads a record whose last line was cut off', async () => {
    const file = write([start, frame('tx', 0, 'aa'), '{"type":"fra'], '');
    const transport = await openReplay(file);
    expect((await transport.send({ plane: 'frames', octets: fromHex('aa') })).delivery).toBe('sent');
  });
});

describe('a record that cannot be replayed', () => {
  it.each([
    ['is empty', [], /no run.start/],
    ['starts with something else', [frame('tx', 0, 'aa')], /:1 comes before run.start/],
    ['has no scope', [{ type: 'run.start', at: 0 }], /:1 names no scope/],
    ['is torn in the middle', [start, '{"type":"fra', frame('tx', 0, 'aa')], /:2 is not JSON/],
    ['has octets that are none', [start, frame('tx', 0, 'xy')], /:2 is no frame/],
    ['has an odd direction', [start, frame('tx', 0, 'aa', { direction: 'up' })], /:2 is no frame/],
    ['has a time that is none', [start, frame('tx', 0, 'aa', { at: '0' })], /:2 has no time/],
    ['has a negative time', [start, frame('tx', -1, 'aa')], /:2 has no time/],
    ['has an odd delivery', [start, frame('tx', 0, 'aa', { delivery: 'lost' })], /:2 has an unknown delivery/],
  ])('is refused with file and line: %s', async (_, lines: readonly (Line | string)[], message) => {
    await expect(openReplay(write(lines))).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: expect.stringMatching(message),
    });
  });

  it.each(['/nowhere/at/all', tmpdir()])('is refused where there is none: %s', async (path) => {
    await expect(openReplay(path)).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
  });
});
