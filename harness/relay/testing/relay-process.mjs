// One mctp-relay under test: what is written to it, what it says in whole messages, how it ends. Node only.
import { spawn } from 'node:child_process';

/** What a test may set: the program, and what runs it (qemu for another machine's). */
export const settings = { binary: 'dist/relay/mctp-relay', wrapper: [], patience: 20_000 };

export const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');

export function message(type, ...parts) {
  const body = Buffer.concat([Buffer.from([type]), ...parts.map((part) => Buffer.from(part))]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

export const u32 = (value) => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value >>> 0);
  return octets;
};

export const greeting = (keepalive = 0) => message(1, 'MCRL', [1], u32(keepalive), [0]);
export const tx = (id, plane, octets, { eid = 0, tag = 0, address = [] } = {}) =>
  message(2, u32(id), [plane, eid, tag, address.length], address, octets);

/** Starts a relay; `next` gives its messages one by one, `end` the exit code and what it wrote to standard error. */
export function start(...words) {
  const [program, ...before] = [...settings.wrapper, settings.binary];
  const child = spawn(program, [...before, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const messages = [];
  const waiting = [];
  let rest = Buffer.alloc(0);
  let errors = '';
  const timer = setTimeout(() => child.kill('SIGKILL'), settings.patience);
  child.stdout.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const size = 4 + rest.readUInt32BE();
      if (size > 65_604) throw new Error(`a message of ${size} octets`);
      const whole = rest.subarray(0, size);
      rest = rest.subarray(size);
      const taker = waiting.shift();
      if (taker === undefined) messages.push(whole);
      else taker(whole);
    }
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdin.on('error', () => undefined);
  const end = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      for (const taker of waiting) taker(undefined);
      resolve({ code, signal, errors, rest, messages });
    });
  });
  return {
    child,
    end,
    write: (...octets) => child.stdin.write(Buffer.concat(octets)),
    finish: (...octets) => child.stdin.end(Buffer.concat(octets)),
    next: () =>
      messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve)),
    /** The next message of a type; the others are dropped. */
    async find(type) {
      for (;;) {
        const one = await this.next();
        if (one === undefined) throw new Error(`the relay ended before a message of type ${type}: ${errors}`);
        if (one[4] === type) return one;
      }
    },
  };
}

/** Attributes of a hello, by name. */
export function attributes(hello) {
  let at = 5 + 42;
  const octets = () => {
    const size = hello[at];
    at += 1 + size;
    return hello.subarray(at - size, at).toString();
  };
  const text = () => {
    const size = hello.readUInt16BE(at);
    at += 2 + size;
    return hello.subarray(at - size, at).toString();
  };
  // Own address, the device's, own EIDs.
  for (let i = 0; i < 3; i++) octets();
  const host = octets();
  const program = octets();
  const description = text();
  const count = hello[at++];
  const named = {};
  for (let i = 0; i < count; i++) {
    const name = octets();
    named[name] = text();
  }
  return { host, program, description, ...named };
}

/** Whether octets are the expected ones, where a pair of dots stands for any. */
export function matches(octets, expected) {
  if (octets === undefined || octets.length * 2 !== expected.length) return false;
  const actual = octets.toString('hex');
  for (let i = 0; i < actual.length; i++) if (expected[i] !== '.' && expected[i] !== actual[i]) return false;
  return true;
}
