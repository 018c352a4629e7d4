import { MILLISECOND, SECOND } from '../clock';
import type { Command } from '../codec/command';
import { findCommand } from '../codec/command';
import { BASELINE_TRANSMISSION_UNIT } from '../names';
import type { Scope } from '../record/lines';
import { hasTwin } from '../requester/stimulus';
import type { Claims, CompiledCase, Expectation, Library, MessageSpec, Parameters, Step } from '../suite/compiled';

/** What the time on the bus depends on. */
export interface BusTimeInput {
  readonly library: Partial<Pick<Library, 'commands'>>;
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly scope: Pick<Scope, 'binding'>;
  readonly thorough?: boolean;
}

/** A guess of how long it takes until what is waited for has come. */
const UNTIL = 5 * SECOND;

/** Octets around the payload of a packet: SMBus 4 + header 4 + PEC; serial flags, revision, count, header 4, FCS. */
const AROUND = { smbus: 9, serial: 10 } as const;
/** Clock cycles or bit times for one octet. */
const BITS = { smbus: 9, serial: 10 } as const;
const SMBUS_HZ = 100_000;
const SERIAL_BAUD = 115_200;
/** Octets of a field whose length no table knows, and of an answer with such a list. */
const OF_UNKNOWN = 12;
/** Exchanges of a walk, and packets of one explored sequence, on a device like the emulated ones. */
const WALK_EXCHANGES = 24;
const EXPLORED_PACKETS = 5;
/** A device that starts again, as the emulated ones do. */
const HOOK = 5 * SECOND;
/** Reading the EID, following it and putting it back, after a case that moves it. */
const EID_EXCHANGES = 4;

/**
 * Nanoseconds that a case is expected to take on the bus: its stimuli and their answers at the bus's speed, and the times that
 * it waits. The device's own time to answer is not in it.
 */
export function expectedTime(entry: CompiledCase, input: BusTimeInput): number {
  const rounds = entry.loops.reduce((product, { values }) => product * lengthOf(values, input), 1);
  const steps = entry.steps.reduce((sum, step) => sum + timeOfStep(step, input), 0);
  const moves = entry.effects.includes('eid');
  return rounds * steps + (moves ? EID_EXCHANGES * exchange('getEndpointId', input) : 0);
}

function lengthOf(values: CompiledCase['loops'][number]['values'], { claims, parameters }: BusTimeInput): number {
  if (typeof values !== 'string') return values.length;
  const path = values.slice(1).split('.');
  let found: unknown = { claims, parameters };
  for (const name of path) {
    if (found === null || typeof found !== 'object') return 1;
    found = (found as { readonly [name: string]: unknown })[name];
  }
  if (typeof found === 'number') return found;
  if (typeof found === 'number') return found;
  return Array.isArray(found) ? found.length : 1;
}

function timeOfStep(step: Step, input: BusTimeInput): number {
  switch (step.kind) {
    case 'request':
    case 'send': {
      if (step.hook !== undefined) return HOOK;
      const sent = onWire(sizeOf(step, input), input);
      if (maySilent(step.expect)) return sent + silence(step, input);
      const waits = countsAnswers(step.expect) ? duration('$parameters.silenceWindow', input) : 0;
      return Math.max(sent + answer(step.command, input), waits);
    }
    case 'packets': {
      const sent = step.packets.reduce(
        (sum, { after }) => sum + onWire(BASELINE_TRANSMISSION_UNIT, input) + duration(after ?? 0, input),
        0,
      );
      const rest = step.messages.map((message) =>
        maySilent(message.expect) ? silence(message, input) : answer(message.command, input),
      );
      return sent + rest.reduce((sum, time) => sum + time, 0);
    }
    case 'explore': {
      const budget = typeof step.budget === 'number' ? step.budget : duration(step.budget, input);
      const sequence = EXPLORED_PACKETS * onWire(BASELINE_TRANSMISSION_UNIT, input);
      return budget * (sequence + 2 * exchange('getEndpointId', input));
    }
    case 'listen':
      return Math.min(duration(step.for, input), step.until === undefined ? Infinity : UNTIL);
    case 'wait':
      return duration(step.for, input);
    default:
      return timeOfWalk(step, input);
  }
}

/** A walk follows the device: its length is a guess. */
function timeOfWalk(step: { readonly kind: string }, input: BusTimeInput): number {
  const { command, steps } = step as { readonly command?: string; readonly steps?: readonly Step[] };
  const inner = (steps ?? []).reduce((sum, each) => sum + timeOfStep(each, input), 0);
  return WALK_EXCHANGES * (command === undefined ? 0 : exchange(command, input)) + (WALK_EXCHANGES / 4) * inner;
}

/** How long the absence of an answer is waited for: its healed twin is answered, or the window has passed. */
function silence(spec: MessageSpec, input: BusTimeInput): number {
  const window = duration('$parameters.silenceWindow', input);
  const probe = exchange('getEndpointId', input);
  if (!hasTwin(spec)) return window + probe;
  const twin = exchange(spec.command, input);
  return input.thorough === true ? Math.max(window, twin) : twin;
}

function maySilent(expect: Expectation): boolean {
  if (expect.kind === 'silence') return true;
  return expect.kind === 'one-of' && expect.branches.some((branch) => maySilent(branch.expect));
}

function countsAnswers(expect: Expectation): boolean {
  return expect.kind === 'fields' && expect.checks.some(({ path }) => /^(answers|others)(\.|$)/.test(path));
}

function duration(value: unknown, { parameters }: BusTimeInput): number {
  if (typeof value === 'number') return value;
  const name = typeof value === 'string' && value.startsWith('$parameters.') ? value.slice(12) : '';
  const found = parameters[name];
  return typeof found === 'number' ? found : 0;
}

function exchange(command: string, input: BusTimeInput): number {
  return onWire(fieldsSize(commandOf(command, input)?.request) + 3, input) + answer(command, input);
}

function answer(command: string, input: BusTimeInput): number {
  return onWire(fieldsSize(commandOf(command, input)?.response) + 4, input);
}

function commandOf(name: string, { library }: BusTimeInput): Command | undefined {
  return library.commands === undefined ? undefined : findCommand(library.commands, name);
}

/** Octets of a body: its own, or what a step makes of it. */
function sizeOf(spec: MessageSpec, input: BusTimeInput): number {
  const { padTo, truncateTo, body } = spec.message;
  if (typeof body === 'string') return body.replace(/\s/g, '').length / 2;
  if (typeof truncateTo === 'number') return truncateTo;
  const own = fieldsSize(commandOf(spec.command, input)?.request) + 3;
  return typeof padTo === 'number' ? Math.max(own, padTo) : own;
}

const sizes = new WeakMap<object, number>();

function fieldsSize(fields: readonly object[] | undefined): number {
  if (fields === undefined) return OF_UNKNOWN;
  const known = sizes.get(fields);
  if (known !== undefined) return known;
  const size = fields.reduce((sum, field) => sum + fieldSize(field), 0);
  sizes.set(fields, size);
  return size;
}

function fieldSize(field: object): number {
  const { bits, type, length } = field as { bits?: readonly { width: number }[]; type?: string; length?: unknown };
  if (bits !== undefined) return bits.reduce((sum, { width }) => sum + width, 0) / 8;
  const digits = /^(?:uint|int|float)(\d+)$/.exec(type ?? '');
  if (digits !== null) return Number(digits[1]) / 8;
  return typeof length === 'number' ? length : OF_UNKNOWN;
}

/** A message's octets in packets of 64, with their frames, at the bus's speed. */
function onWire(body: number, { scope, claims }: BusTimeInput): number {
  const packets = Math.max(1, Math.ceil(body / BASELINE_TRANSMISSION_UNIT));
  const octets = body + packets * AROUND[scope.binding];
  const { frequency } = (claims.smbus ?? {}) as { readonly frequency?: unknown };
  const hertz = scope.binding === 'serial' ? SERIAL_BAUD : typeof frequency === 'number' ? frequency * 1000 : SMBUS_HZ;
  return (octets * BITS[scope.binding] * SECOND) / hertz;
}

/** `2 min 5 s`, `12.3 s`, `40 ms`: for people. */
export function roughTime(ns: number): string {
  if (ns < SECOND) return `${Math.max(1, Math.round(ns / MILLISECOND))} ms`;
  const seconds = ns / SECOND;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
