// Tests mctp-relay as a program: node relay-test.mjs [--binary PATH] [--wrapper COMMAND] [--fuzz N] [--seed N]
import assert from 'node:assert/strict';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzOne } from './fuzz.mjs';
import { attributes, greeting, hex, matches, message, settings, start, tx, u32 } from './relay-process.mjs';

const { values } = parseArgs({
  options: {
    binary: { type: 'string' },
    wrapper: { type: 'string' },
    fuzz: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
settings.binary = values.binary ?? settings.binary;
settings.wrapper = values.wrapper === undefined ? [] : values.wrapper.split(' ');

const vectors = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8'));
const [HELLO, TX_DONE, RX, CONTROL_DONE, ERROR, GOODBYE] = [0x01, 0x03, 0x04, 0x08, 0x0b, 0x0c];
const FRAMES = 2;
const tests = [];
const test = (name, body) => tests.push({ name, body });

for (const { name, arguments: words, send, expect, exit } of vectors.conversations) {
  for (const [how, chunks] of [
    ['at once', [hex(send.join(''))]],
    ['octet by octet', [...hex(send.join(''))].map((octet) => Buffer.from([octet]))],
  ]) {
    test(`${name} (${how})`, async () => {
      const relay = start(...words);
      for (const chunk of chunks) relay.write(chunk);
      relay.finish();
      const { code, messages, errors } = await relay.end;
      assert.equal(messages[0]?.[4], HELLO);
      const actual = messages.slice(1);
      for (let i = 0; i < Math.max(actual.length, expect.length); i++) {
        assert.ok(matches(actual[i], expect[i] ?? ''), `${i}: ${actual[i]?.toString('hex')}, not ${expect[i]}`);
      }
      assert.equal(errors, '');
      assert.equal(code, exit);
    });
  }
}

test('the example in the protocol document is made of golden messages', () => {
  const document = readFileSync(new URL('../../../docs/relay-protocol.md', import.meta.url), 'utf8');
  const lines = document.match(/^[0-9a-f]{8} [0-9a-f]{2} {2}.*$/gm);
  assert.equal(lines.length, 5);
  const golden = vectors.messages.map((each) => each.hex);
  for (const line of lines) assert.ok(golden.includes(line.replaceAll(' ', '')), line);
});

test('the longest message goes both ways', async () => {
  const relay = start('loop', 'messages');
  const octets = Buffer.alloc(65_536, 0x5a);
  relay.finish(greeting(), tx(1, 0, octets, { eid: 9, tag: 8, address: Buffer.alloc(32, 0x1d) }));
  const rx = await relay.find(RX);
  assert.deepEqual(rx.subarray(-65_536), octets);
  assert.equal((await relay.end).code, 0);
});

test('a host that does not read for a while loses nothing', async () => {
  const relay = start('loop');
  relay.child.stdout.pause();
  const count = 1000;
  const octets = Buffer.alloc(4096, 1);
  relay.finish(greeting(), ...Array.from({ length: count }, (_, i) => tx(i, FRAMES, octets)));
  setImmediate(() => relay.child.stdout.resume());
  const { messages } = await relay.end;
  assert.equal(messages.filter((each) => each[4] === RX).length, count);
  const ids = messages.filter((each) => each[4] === TX_DONE).map((each) => each.readUInt32BE(5));
  assert.deepEqual(
    ids,
    ids.map((_, i) => i),
  );
});

/** An SMBus frame that loop gives back late, and the mark that it is known by. */
const late = (octet) => [0xf8, 0x0f, 1, octet, 0];
const markOf = (octet) => [4, 0xff, 0xff, 0xff, 0xff, 0xf8, 0x0f, 1, octet];
const hold = (id, after, marks, octets, within = 1_000_000) =>
  message(0x0d, u32(id), u32(after), u32(within), [marks.length], ...marks.map(Buffer.from), [FRAMES, 0, 0, 0], octets);
/** Results and receptions until so many results have come: `sent 1`, `rx aa`. */
async function course(relay, results) {
  const said = [];
  for (let left = results; left > 0; ) {
    const one = await relay.next();
    if (one[4] === RX) said.push(`rx ${one[one.length - 2].toString(16)}`);
    if (one[4] !== TX_DONE) continue;
    left -= 1;
    said.push(`${['sent', 'nak', 'lost', 'refused', 'discarded'][one[9]]} ${one.readUInt32BE(5)}`);
  }
  return said;
}

test('what is held goes as soon as the one before it is answered', async () => {
  const relay = start('loop');
  const holds = [2, 3, 4].map((id) => hold(id, id - 1, [markOf(id - 1)], late(id)));
  relay.write(greeting(), tx(1, FRAMES, late(1)), ...holds);
  assert.deepEqual(await course(relay, 4), ['sent 1', 'rx 1', 'sent 2', 'rx 2', 'sent 3', 'rx 3', 'sent 4']);
  relay.finish();
  assert.equal((await relay.end).code, 0);
});

for (const [what, marks, within] of [
  ['another answer than the one that is expected', [[4, 0xff, 0xff, 0xff, 0xff, 0xf8, 0x0f, 1, 9]], 1_000_000],
  ['an answer that one of the other marks fits', [markOf(1), [2, 0xff, 0xff, 0xf8, 0x0f]], 1_000_000],
  ['an answer that is shorter than its mark', [[6, ...Array(12).fill(0)]], 1_000_000],
  ['a time that has passed', [markOf(1)], 1_000],
]) {
  test(`${what} discards all that is held`, async () => {
    const relay = start('loop');
    relay.write(
      greeting(),
      tx(1, FRAMES, late(1)),
      hold(2, 1, marks, late(2), within),
      hold(3, 2, [markOf(2)], late(3)),
    );
    const results = (await course(relay, 3)).filter((each) => each !== 'rx 1');
    assert.deepEqual(results, ['sent 1', 'discarded 2', 'discarded 3']);
    relay.finish();
    assert.equal((await relay.end).code, 0);
  });
}

test('a frame whose count is wrong answers nothing', async () => {
  const relay = start('loop');
  const wrong = [0xf8, 0x0f, 7, 1, 0];
  relay.write(greeting(), tx(1, FRAMES, wrong), hold(2, 1, [[1, 0xff, 0xf8]], late(2)));
  assert.deepEqual(await course(relay, 2), ['sent 1', 'rx 1', 'discarded 2']);
  relay.finish();
  await relay.end;
});

test('another transmission discards what is held, and goes; so does one that is not acknowledged', async () => {
  const relay = start('loop');
  relay.write(greeting(), tx(1, FRAMES, late(1)), hold(2, 1, [markOf(1)], late(2)), tx(3, FRAMES, [0xfe, 0x0f]));
  assert.deepEqual(await course(relay, 3), ['sent 1', 'discarded 2', 'nak 3']);
  relay.write(hold(4, 3, [markOf(1)], late(4)));
  assert.equal((await course(relay, 1)).at(-1), 'discarded 4');
  relay.finish();
  await relay.end;
});

test('no more is held than there is room for', async () => {
  const relay = start('loop');
  const holds = Array.from({ length: 33 }, (_, i) => hold(i + 2, i + 1, [markOf(i + 1)], late(i + 2)));
  relay.write(greeting(), tx(1, FRAMES, late(1)), ...holds);
  assert.deepEqual(await course(relay, 2), ['sent 1', 'discarded 34']);
  relay.finish();
  const { messages } = await relay.end;
  assert.equal(messages.filter((each) => each[4] === TX_DONE).length, 32);
});

test('times are of one clock, in order', async () => {
  const relay = start('loop');
  relay.finish(greeting(), tx(1, FRAMES, [0x3a, 1]), message(9, u32(2), Buffer.alloc(8)));
  const opened = (await relay.find(HELLO)).readBigUInt64BE(5 + 28);
  const done = await relay.find(TX_DONE);
  const [began, ended] = [done.readBigUInt64BE(5 + 8), done.readBigUInt64BE(5 + 16)];
  const pong = await relay.find(0x0a);
  assert.ok(opened <= began && began <= ended);
  assert.ok(ended <= pong.readBigUInt64BE(5 + 12) && pong.readBigUInt64BE(5 + 12) <= pong.readBigUInt64BE(5 + 20));
});

test('a silent host is lost, and things are put back', async () => {
  const relay = start('loop');
  relay.write(greeting(100), message(7, u32(1), [0x10, 0x40], tx(0, FRAMES, [0x3a, 7]).subarray(5)));
  const goodbye = await relay.find(GOODBYE);
  assert.deepEqual([...goodbye.subarray(5, 10)], [2, 0, 1, 0, 0]);
  assert.equal((await relay.end).code, 0);
});

test('a line that blocks for longer than the keepalive does not make the host lost', async () => {
  const relay = start('pty');
  const path = attributes(await relay.find(HELLO)).pty;
  const count = 40;
  relay.write(greeting(150), ...Array.from({ length: count }, (_, i) => tx(i, FRAMES, Buffer.alloc(4096, i))));
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  let pings = 0;
  const octets = await new Promise((resolve) => {
    const timer = setInterval(() => {
      relay.write(message(9, u32(1), Buffer.alloc(8)));
      if (++pings < 10) return;
      clearInterval(timer);
      let read = 0;
      const chunk = Buffer.alloc(65_536);
      while (read < count * 4096) read += readSync(fd, chunk);
      resolve(read);
    }, 50);
  });
  assert.equal(octets, count * 4096);
  closeSync(fd);
  relay.finish(message(0x0c));
  const goodbye = await relay.find(GOODBYE);
  assert.equal(goodbye[5], 0, goodbye.toString());
});

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
  test(`${signal} restores and says goodbye`, async () => {
    const relay = start('loop');
    relay.write(greeting(), message(7, u32(1), [0x10, 0x40], tx(0, FRAMES, [0x3a, 7]).subarray(5)));
    await relay.find(CONTROL_DONE);
    relay.child.kill(signal);
    await relay.find(RX);
    assert.deepEqual([...(await relay.find(GOODBYE)).subarray(5, 10)], [3, 0, 1, 0, 0]);
    assert.equal((await relay.end).code, 0);
  });
}

test('a host that is gone altogether does not keep the relay', async () => {
  const relay = start('loop');
  relay.write(greeting());
  await relay.find(HELLO);
  relay.child.stdout.destroy();
  relay.child.stdin.destroy();
  const { code, signal } = await relay.end;
  assert.deepEqual([code, signal], [0, null]);
});

test('a device that cannot be opened is one clear line, as a message and on standard error', async () => {
  for (const words of [
    ['mctp', 'nosuch0/9'],
    ['i2c', '4242@0x1d'],
    ['serial', '/dev/null'],
    ['serial', '/nosuch'],
  ]) {
    const relay = start(...words);
    const error = await relay.find(ERROR);
    const text = error.subarray(5 + 11).toString();
    await relay.find(GOODBYE);
    const { code, errors } = await relay.end;
    assert.equal(code, 1);
    assert.equal(error[5 + 2], 1);
    assert.ok(text.length > 10 && errors === `mctp-relay: ${text}\n`, errors);
  }
});

test('wrong arguments say what is right', async () => {
  for (const words of [[], ['bus'], ['i2c', '3@0x1d?owm=3'], ['loop', 'x', 'y']]) {
    const { code, errors } = await start(...words).end;
    assert.equal(code, 2);
    assert.match(errors, /mctp IFACE\/EID/);
  }
});

test('a pty carries octets both ways, and its link goes with it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));
  const link = join(folder, 'line');
  const relay = start('pty', link);
  const hello = await relay.find(HELLO);
  const said = attributes(hello);
  assert.match(said.pty, /^\/dev\/pts\/\d+$/);
  const fd = openSync(link, constants.O_RDWR | constants.O_NOCTTY);
  relay.write(greeting(), tx(1, FRAMES, hex('7e0103deadbeef7e')));
  assert.equal((await relay.find(TX_DONE))[9], 0);
  const chunk = Buffer.alloc(64);
  const size = readSync(fd, chunk);
  assert.equal(chunk.subarray(0, size).toString('hex'), '7e0103deadbeef7e');
  writeSync(fd, hex('7e0a0d03117e'));
  const rx = await relay.find(RX);
  assert.equal(rx.subarray(18).toString('hex'), '7e0a0d03117e');
  relay.finish(message(0x0c));
  assert.equal((await relay.end).code, 0);
  await assert.rejects(lstat(link), /ENOENT/);
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

test('serial carries octets both ways, alone, and notices a hang-up', async () => {
  const far = start('pty');
  const path = attributes(await far.find(HELLO)).pty;
  far.write(greeting());
  const near = start('serial', `${path}?baud=115200`);
  near.write(greeting(), tx(1, FRAMES, hex('7e01007e0d0a')));
  assert.equal((await near.find(TX_DONE))[9], 0);
  assert.equal((await far.find(RX)).subarray(18).toString('hex'), '7e01007e0d0a');
  far.write(tx(1, FRAMES, hex('7e7d5e7e')));
  assert.equal((await near.find(RX)).subarray(18).toString('hex'), '7e7d5e7e');
  far.finish();
  await near.find(ERROR);
  assert.equal((await near.find(GOODBYE))[5], 4);
  assert.equal((await near.end).code, 1);
  assert.equal((await far.end).code, 0);
});

async function inParallel(items, width, work) {
  const rest = [...items];
  const results = [];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
      const result = await work(item);
      if (result !== undefined) results.push(result);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

const first = Number(values.seed);
const failures = await inParallel(tests, 2, async ({ name, body }) => {
  try {
    await body();
    return undefined;
  } catch (error) {
    return `${name}: ${error.stack}`;
  }
});
const seeds = Array.from({ length: Number(values.fuzz) }, (_, i) => first + i);
failures.push(...(await inParallel(seeds, 4, fuzzOne)));
for (const failure of failures) console.error(`FAILED ${failure}\n`);
console.log(
  `${settings.binary}: ${tests.length} tests, ${seeds.length} fuzzed inputs from seed ${first}, ${failures.length} failed`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
