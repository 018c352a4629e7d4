import { checksums } from '../codec/checksum';
import type { CommandSet, CommandSets } from '../codec/command';
import { completionCodeName, decodeBody, findCommand } from '../codec/command';
import type { FieldSpec, FieldValue, FieldValues } from '../codec/field-spec';
import { decode } from '../codec/layout';
import { concat, fromHex, parseHex, toHex } from '../codec/octets';
import { statusesOf } from '../codec/status';
import type { Binding } from '../names';
import type { Exchange } from '../record/observation';
import type { Environment } from '../resolve';
import { mustResolve, resolve } from '../resolve';
import type { FieldCheck, Template, TemplateMap, WalkStep } from '../suite/compiled';
import { match, noNames } from './match';
import type { View, ViewMap, ViewValue } from './view';
import { valueAt, viewOf } from './view';

/** A walk that went wrong: what was due at which answer, and what came. */
export interface WalkFault {
  readonly expected: string;
  readonly actual: string;
  readonly octets?: string | undefined;
}

/** One answer of a walk, with the fields of its request. */
export interface WalkAnswer {
  readonly view: View;
  readonly sent: ViewMap;
  readonly octets: string;
}

/** All answers of a walk together, and all octets of an entry. */
const MOST_ANSWERS = 4096;
const MOST_OCTETS = 1 << 20;
const MOST_ENTRIES = 65536;
/** So often a request for a part may get the same answer: padding looks alike, but not for ever. */
const MOST_REPEATS = 16;

type Request = { readonly [field: string]: Template };

/**
 * A device's continuation, followed answer by answer. Pure: whoever drives it sends what `request` says and hands in what
 * came; fed with the exchanges of a record it finds the same again.
 */
export class Walk {
  readonly answers: WalkAnswer[] = [];
  readonly entries: ViewValue[] = [];
  /** What the octets were decoded as, with the statuses of its checksums, where entries are parts of that. */
  readonly decoded: ViewValue[] = [];
  /** Octets of the first entry, as hex. */
  data = '';
  octets = 0;
  /** Undefined where the walk came to its end. */
  fault: WalkFault | undefined;
  /** Entries whose octets did not decode. */
  readonly broken: WalkFault[] = [];
  /** Of entries whose checksum was looked at. */
  readonly checksums: { readonly ok: boolean; readonly expected: string; readonly actual: string }[] = [];
  /** Fields of the next request; undefined at the end. */
  request: Request | undefined;
  private readonly step: WalkStep;
  private readonly sets: CommandSets;
  private readonly binding: Binding;
  private readonly env: Environment;
  private readonly asked = new Set<string>();
  private readonly base: Request;
  private parts: Uint8Array[] = [];
  /** How often each request of the entry at hand has had the same answer. */
  private readonly repeats = new Map<string, number>();
  private index = 0;

  constructor(step: WalkStep, env: Environment, sets: CommandSets, binding: Binding) {
    this.step = step;
    this.sets = sets;
    this.binding = binding;
    this.env = env;
    this.base = this.fieldsOf(step.fields, env) ?? {};
    if (step.command === undefined) this.takeList();
    else this.ask(this.base);
  }

  get set(): CommandSet | undefined {
    const command = this.step.command === undefined ? undefined : findCommand(this.sets, this.step.command);
    return command && this.sets[command.set];
  }

  /** The layout of an entry, for the names of its values. */
  get layout(): readonly FieldSpec[] {
    const { decode: structure, command, entries } = this.step;
    if (command === undefined) return [];
    const whole =
      structure === undefined ? findCommand(this.sets, command)?.response : this.set?.structures?.[structure];
    return (entries?.split('.') ?? []).reduce<readonly FieldSpec[]>((fields, name) => {
      const field = fields.find((candidate) => 'name' in candidate && candidate.name === name);
      return field !== undefined && 'list' in field && typeof field.list !== 'string' ? field.list : [];
    }, whole ?? []);
  }

  /** A list that was known before the walk. */
  private takeList(): void {
    const { over = [] } = this.step;
    // What the user says of the device must be there; what the device said need not.
    const users = typeof over === 'string' && /^\$(claims|parameters|with)\./.test(over);
    const list = users ? mustResolve(over, this.env, 'walk over') : resolve(over as Template, this.env);
    if (Array.isArray(list)) this.entries.push(...(list as readonly ViewValue[]).slice(0, MOST_ENTRIES));
    else this.fault = { expected: `a list at ${String(over)}`, actual: 'an earlier answer did not have it' };
  }

  private fieldsOf(fields: TemplateMap, env: Environment): Request | undefined {
    const value = resolve(fields, env);
    return value === undefined ? undefined : (value as Request);
  }

  private ask(request: Request | undefined): void {
    this.request = request;
    if (request !== undefined) this.asked.add(JSON.stringify(request));
  }

  private end(fault?: WalkFault): void {
    this.request = undefined;
    this.fault = fault;
  }

  /** Hands in what came of the request. */
  take(exchange: Exchange): void {
    const number = this.answers.length + 1;
    const { response } = exchange;
    if (response === undefined) {
      this.end({ expected: `an answer to request ${number}`, actual: `none, after ${this.counted()}` });
      return;
    }
    const view = viewOf(exchange, response, this.sets, this.binding);
    const sentOf = (): ViewMap => this.sentOf(exchange);
    let sent: ViewMap | undefined;
    const answer = {
      view,
      get sent() {
        sent ??= sentOf();
        return sent;
      },
      octets: response.body,
    };
    this.answers.push(answer);
    const { decoded } = view;
    const code = decoded?.completionCode;
    if (decoded === undefined || code !== 0 || decoded.problem !== undefined) {
      const named =
        decoded === undefined || code === undefined ? undefined : completionCodeName(decoded.set, view.command, code);
      const what = code === 0 ? decoded?.problem : named;
      const actual = `${what ?? decoded?.problem ?? 'no such answer'}, after ${this.counted()}`;
      this.end({ expected: `a whole success as answer ${number}`, actual, octets: response.body });
      return;
    }
    if (number >= MOST_ANSWERS) this.end(this.endless(`${MOST_ANSWERS} answers`, response.body));
    else this.takePart(answer);
  }

  private counted(): string {
    return counted(this.entries.length, this.answers.length);
  }

  private endless(bound: string, octets: string): WalkFault {
    return { expected: `an end within ${bound}`, actual: `no end after ${this.counted()}`, octets };
  }

  /** A part without octets, of an entry that is not whole: asking again would get the same. */
  private stalled(octets: string): WalkFault {
    const actual = `none, after ${this.counted()}`;
    return { expected: `more of the entry in answer ${this.answers.length}`, actual, octets };
  }

  private sentOf({ sent }: Exchange): ViewMap {
    const { set } = this;
    if (set === undefined) return {};
    const { header, fields } = decodeBody(set, fromHex(sent.body), 'request');
    return { ...header, ...fields };
  }

  private holds(checks: readonly FieldCheck[], answer: WalkAnswer): boolean {
    const env = this.around(answer);
    return checks.every(
      ({ path, matcher }) => match(matcher, valueAt(answer.view.values, path), env, noNames, path).ok,
    );
  }

  private around(answer: WalkAnswer, more: Request = {}): Environment & { readonly view: ViewValue } {
    const { values } = answer.view;
    const { parameters, claims, saved, with: own } = this.env;
    return {
      parameters,
      claims,
      saved,
      ...(own === undefined ? {} : { with: own }),
      loop: { ...this.env.loop, ...more },
      answer: values,
      view: values,
      get sent() {
        return answer.sent;
      },
    };
  }

  private takePart(answer: WalkAnswer): void {
    const { parts } = this.step;
    if (parts === undefined) {
      this.takeEntry(answer, answer.view.decoded?.fields ?? {});
      return;
    }
    const value = valueAt(answer.view.values, parts.data);
    this.parts.push((typeof value === 'string' ? parseHex(value) : undefined) ?? new Uint8Array(0));
    const size = this.parts.reduce((sum, part) => sum + part.length, 0);
    if (size > MOST_OCTETS) {
      this.end(this.endless(`${MOST_OCTETS} octets of an entry`, answer.octets));
      return;
    }
    const whole = parts.size === undefined ? undefined : Number(resolve(parts.size, this.env));
    const open = parts.until.length > 0 || whole !== undefined;
    const last =
      !open || (whole !== undefined && size >= whole) || (parts.until.length > 0 && this.holds(parts.until, answer));
    if (last) this.takeOctets(answer, concat(...this.parts));
    else if (this.parts.at(-1)?.length === 0) this.end(this.stalled(answer.octets));
    else if (this.goesRound(answer)) this.end(this.endless(`${MOST_REPEATS} times the same part`, answer.octets));
    else if (this.parts.length >= parts.atMost)
      this.end(this.endless(`${parts.atMost} parts of an entry`, answer.octets));
    else this.again(answer, parts.fields, { octets: size, index: this.index }, { ...this.current });
  }

  private goesRound({ octets }: WalkAnswer): boolean {
    // The instance id, in the second octet, is another each time.
    const key = `${JSON.stringify(this.request)} ${octets.slice(4)}`;
    const count = 1 + (this.repeats.get(key) ?? 0);
    this.repeats.set(key, count);
    return count >= MOST_REPEATS;
  }

  /** Fields of the latest request. */
  private get current(): Request {
    return this.request ?? {};
  }

  private again(answer: WalkAnswer, changes: TemplateMap, more: Request, from: Request): Request | undefined {
    const fields = this.fieldsOf(changes, this.around(answer, more));
    if (fields === undefined) {
      this.end({
        expected: 'what the next request is made of',
        actual: 'the answer does not have it',
        octets: answer.octets,
      });
      return undefined;
    }
    this.request = { ...from, ...fields };
    return this.request;
  }

  /** All octets of an entry. */
  private takeOctets(answer: WalkAnswer, octets: Uint8Array): void {
    const { step } = this;
    const { parts } = this;
    this.parts = [];
    this.repeats.clear();
    this.octets += octets.length;
    if (this.entries.length === 0 && this.data === '') this.data = toHex(octets);
    this.checkWhole(answer, octets, parts.length);
    if (step.decode === undefined) {
      const { data = '' } = step.parts ?? {};
      this.takeEntry(answer, { ...answer.view.decoded?.fields, [data]: toHex(octets) });
      return;
    }
    const { set } = this;
    const fields = set?.structures?.[step.decode] ?? [];
    const result = decode({ fields, byteOrder: set?.byteOrder ?? 'big' }, octets);
    if (!result.ok) {
      const actual = `entry ${this.index + 1}: ${result.field}: expected ${result.expected}, ${result.actual}`;
      this.broken.push({ expected: `a whole ${step.decode}`, actual, octets: answer.octets });
    }
    const trailing = toHex(octets.subarray(result.size));
    const statuses = statusesOf(fields, set?.byteOrder ?? 'big', octets, result.spans);
    const whole = { trailing, ...statuses, ...result.value };
    this.decoded.push(whole);
    this.takeEntry(answer, whole);
  }

  private checkWhole(answer: WalkAnswer, octets: Uint8Array, parts: number): void {
    const rule = this.step.parts?.checksum;
    if (rule === undefined || (rule.over === 'parts' && parts < 2)) return;
    const value = valueAt(answer.view.values, rule.field);
    const due = checksums[rule.kind](octets);
    const hex = (number: number): string => `0x${number.toString(16).padStart(2, '0')}`;
    this.checksums.push({
      ok: value === due,
      expected: `${rule.kind} ${hex(due)}`,
      actual: `entry ${this.index + 1}: ${typeof value === 'number' ? hex(value) : 'absent'}`,
    });
  }

  private takeEntry(answer: WalkAnswer, fields: FieldValues): void {
    const { entries, next } = this.step;
    const found = entries === undefined ? fields : (valueAt(fields as ViewMap, entries) as FieldValue | undefined);
    if (Array.isArray(found)) this.entries.push(...(found as readonly ViewValue[]));
    else if (entries === undefined) this.entries.push(found as ViewValue);
    this.index += 1;
    if (next === undefined) {
      this.end();
      return;
    }
    const count = next.count === undefined ? undefined : Number(resolve(next.count, this.env));
    const counted = count !== undefined && this.index >= count;
    if (counted || (next.until.length > 0 && this.holds(next.until, answer))) this.end();
    else if (this.index >= next.atMost || this.entries.length > MOST_ENTRIES) {
      this.end(this.endless(`${next.atMost} entries`, answer.octets));
    } else this.askNext(answer, next.fields);
  }

  private askNext(answer: WalkAnswer, changes: TemplateMap): void {
    const request = this.again(answer, changes, { index: this.index }, this.base);
    if (request === undefined) return;
    if (!this.asked.has(JSON.stringify(request))) {
      this.ask(request);
      return;
    }
    const shown = Object.keys(changes).map((name) => `${name} ${String(request[name])}`);
    const actual = `${shown.join(', ')} for the second time, after ${this.counted()}: it goes round in circles`;
    this.end({ expected: 'a continuation that it did not give before', actual, octets: answer.octets });
  }
}

/** `3 entries in 1 answer`. */
export function counted(entries: number, answers: number): string {
  return `${entries} ${entries === 1 ? 'entry' : 'entries'} in ${answers} answer${answers === 1 ? '' : 's'}`;
}

const walks = new WeakMap<readonly Exchange[], Map<string, Walk>>();
const shapes = new WeakMap<WalkStep, string>();

/** Whether JSON of a walk refers to what belongs to a case or to a place in it: else it means the same whoever walks. */
export function refersOutside(text: string): boolean {
  return /"\$(?!answer\.|sent\.|octets"|index")/.test(text);
}

/** What makes two walks over the same exchanges one: all that goes into a walk, with what is the case's own where it may name that. */
function keyOf(step: WalkStep, { saved, loop, with: own }: Environment): string {
  const { command, fields, parts, next, entries, decode: structure } = step;
  const shape = shapes.get(step) ?? JSON.stringify([command, fields, parts, next, entries, structure]);
  shapes.set(step, shape);
  return refersOutside(shape) ? `${shape} ${JSON.stringify([saved, loop, own])}` : shape;
}

/** Keeps a walk that was driven for those who ask for it by its exchanges. */
export function rememberWalk(walk: Walk, step: WalkStep, exchanges: readonly Exchange[], env: Environment): void {
  if (step.command === undefined) return;
  const known = walks.get(exchanges) ?? new Map<string, Walk>();
  walks.set(exchanges, known.set(keyOf(step, env), walk));
}

/** A walk as its exchanges show it. */
export function walkOf(
  step: WalkStep,
  exchanges: readonly Exchange[],
  env: Environment,
  sets: CommandSets,
  binding: Binding,
): Walk {
  const known = walks.get(exchanges)?.get(keyOf(step, env));
  if (known !== undefined) return known;
  const walk = new Walk(step, env, sets, binding);
  for (const exchange of exchanges) if (walk.request !== undefined) walk.take(exchange);
  rememberWalk(walk, step, exchanges, env);
  return walk;
}

/** The entries that a walk selects. */
export function selectedOf(walk: Walk, step: WalkStep, env: Environment): readonly ViewValue[] {
  if (step.where.length === 0) return walk.entries;
  return walk.entries.filter((entry) => fits(entry, step.where, env));
}

/** Whether an entry fits every check; with the empty path a check is about the entry itself. */
export function fits(entry: ViewValue, checks: readonly FieldCheck[], env: Environment): boolean {
  const around = { ...env, view: entry, answer: asLookup(entry) };
  return checks.every(({ path, matcher }) => match(matcher, valueAt(entry, path), around, noNames, path).ok);
}

export function asLookup(value: ViewValue): { readonly [name: string]: unknown } {
  return value !== null && typeof value === 'object' ? (value as { readonly [name: string]: unknown }) : {};
}

/** What `expect` and `save` of a walk can name. */
export function walkValues(walk: Walk, selected: readonly ViewValue[]): ViewMap {
  return {
    count: walk.entries.length,
    entries: walk.entries,
    decoded: walk.decoded,
    selected,
    requests: walk.answers.length,
    octets: walk.octets,
    data: walk.data,
  };
}
