// Mutated and random octets on the relay's standard input, from a seed: it must answer in whole messages, say goodbye
// and end by itself, whatever it was told.
import { readFileSync } from 'node:fs';
import { hex, start } from './relay-process.mjs';

const vectors = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8'));

/** xorshift32: the same inputs on every machine. */
function generator(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

function randomOctets(random, size) {
  return Buffer.from(Array.from({ length: size }, () => random(256)));
}

function withLength(message) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** A known message with some octets changed, cut, or grown; its length is right except now and then. */
function mutant(random, known) {
  let body = Buffer.from(known[random(known.length)].subarray(4));
  for (let i = random(4); i > 0; i--) body[random(body.length)] = random(256);
  if (random(6) === 0) body = body.subarray(0, 1 + random(body.length));
  if (random(6) === 0) body = Buffer.concat([body, randomOctets(random, random(300))]);
  const whole = withLength(body);
  if (random(60) === 0) whole[random(4)] = random(256);
  return whole;
}

/** One input: a stream of messages, most often greeted properly. */
export function input(seed) {
  const random = generator(seed * 2654435761);
  if (random(20) === 0) return randomOctets(random, random(5000));
  const known = vectors.messages.map((each) => hex(each.hex));
  const greeting = known[vectors.messages.findIndex((each) => each.name === 'hello of the host')];
  const parts = random(10) === 0 ? [] : [greeting];
  for (let i = random(60); i > 0; i--) {
    // A keepalive or a goodbye in the middle would end most inputs early; restoring takes its time.
    parts.push(random(200) === 0 ? randomOctets(random, random(100)) : mutant(random, known.slice(3)));
  }
  return Buffer.concat(parts);
}

const targets = [['loop'], ['loop', 'messages'], ['loop', 'frames?binding=serial'], ['pty']];

/** Undefined, or what went wrong. */
export async function fuzzOne(seed) {
  const words = targets[seed % targets.length];
  const relay = start(...words);
  relay.finish(input(seed));
  const end = await relay.end;
  const last = end.messages.at(-1);
  const what = `seed ${seed} (${words.join(' ')})`;
  if (end.signal !== null || (end.code !== 0 && end.code !== 1))
    return `${what}: ${end.signal ?? end.code}\n${end.errors}`;
  if (end.errors !== '') return `${what} wrote to standard error: ${end.errors}`;
  if (end.rest.length > 0) return `${what}: ${end.rest.length} octets are no whole message`;
  if (last === undefined || last[4] !== 0x0c) return `${what}: no goodbye`;
  return undefined;
}
