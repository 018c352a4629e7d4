import type { Command, CommandSet, CommandSets } from './command-set';
import {
  answerBegins,
  answerCodeOf,
  answerHeader,
  commandByHeader,
  completionCodeName,
  completionField,
  echoed,
  findCommand,
  followsRequest,
  isRequestHeader,
  picked,
  requestHeader,
  tellsRequests,
} from './command-set';
import { cached, headerLayout, headerSize, headOf, NOTHING, requestHeadSize, setOf, shapeOf } from './command-shape';
import type { ByteOrder, FieldSpec, FieldValue, FieldValues } from './field-spec';
import { isScalar, scalarSize } from './field-spec';
import type { Span } from './layout';
import { decode, encode } from './layout';
import type { Scope } from './lookup';
import { concat, toHex } from './octets';
import type { Statuses } from './status';
import { marks, statusesOf } from './status';

export type { Command, CommandSet, CommandSets };
export {
  answerBegins,
  answerCodeOf,
  answerHeader,
  commandByHeader,
  completionCodeName,
  completionField,
  echoed,
  findCommand,
  followsRequest,
  headerLayout,
  headOf,
  isRequestHeader,
  picked,
  requestHeadSize,
  setOf,
};

/** Message bodies of command sets, from the type octet on. */

/** A value that leaves a trailer's field away. */
export const ABSENT = 'absent';

/** Header, payload and trailer; `reshape` changes what is before the trailer, and the length follows. */
function put(set: CommandSet, head: FieldValues, payload: Uint8Array, reshape?: Reshape): Uint8Array {
  const computes = set.length !== undefined && head[set.length] === undefined;
  const headed = (octets: Uint8Array): Uint8Array => {
    const whole = computes ? over(head, { [set.length as string]: octets.length }) : head;
    return concat(encode(headerLayout(set), whole), octets);
  };
  const whole = headed(payload);
  const shaped = reshape?.(whole) ?? whole;
  const size = headerSize(set);
  const front = computes && shaped.length >= size && shaped !== whole ? headed(shaped.subarray(size)) : shaped;
  const { trailer } = shapeOf(set);
  return trailer.length === 0 ? front : putTrailer(front, trailer, set.byteOrder, head);
}

function putTrailer(front: Uint8Array, trailer: readonly FieldSpec[], byteOrder: ByteOrder, head: FieldValues) {
  const fields = trailer.filter((field) => !('name' in field && head[field.name ?? ''] === ABSENT));
  const marked = (name: string): Uint8Array | undefined =>
    Object.hasOwn(marks, name) ? front.subarray(marks[name]) : undefined;
  return concat(front, encode({ fields, byteOrder }, head, { before: front.length - 1, marked }));
}

/** Changes the octets between type octet and trailer. */
type Reshape = (octets: Uint8Array) => Uint8Array;

/** A well-formed request body. `header` overrides single fields of header, beginning and trailer. */
export function encodeRequest(
  set: CommandSet,
  command: Command,
  fields: FieldValues,
  header: FieldValues,
  reshape?: Reshape,
): Uint8Array {
  const head = over(headOfRequests(set, command), picked(fields, set.selects ?? []), header);
  const { requestBegins } = shapeOf(set);
  const outer: Scope = { values: head };
  const own = encode(cached(command.request, set.byteOrder), fields, { outer });
  const payload =
    requestBegins.length === 0 ? own : concat(encode({ fields: requestBegins, byteOrder: set.byteOrder }, head), own);
  return put(set, head, payload, reshape);
}

type Mutable = { [name: string]: FieldValue };

/** A copy with changes, later ones over earlier ones. Spreading takes the engine's slow way wherever they name the same. */
function over(values: FieldValues, ...changes: readonly FieldValues[]): Mutable {
  const copy: Mutable = { ...values };
  for (const change of changes) for (const name of Object.keys(change)) copy[name] = change[name] as FieldValue;
  return copy;
}

const requestHeads = new WeakMap<Command, FieldValues>();

/** What heads every request of a command. */
function headOfRequests(set: CommandSet, command: Command): FieldValues {
  const known = requestHeads.get(command);
  if (known !== undefined) return known;
  const made = {
    messageType: set.messageType,
    integrityCheck: set.integrityCheck ?? 0,
    ...set.identity,
    ...requestHeader(set),
    commandCode: command.code,
    ...command.defaults,
    ...command.header,
  };
  requestHeads.set(command, made);
  return made;
}

/** The answer's side of what encodes it: of a command that no table has, only these are known. */
export type Answering = Pick<Command, 'code' | 'header' | 'response'> & Partial<Pick<Command, 'answerCode'>>;

/**
 * A response body: with completion code 0 all response fields follow, otherwise what the set has for failures (control:
 * nothing, DSP0236 12.3). `fields` also hold what answers begin with. `request`: fields of the request, where the layout
 * follows from them.
 */
export function encodeResponse(
  set: CommandSet,
  command: Answering,
  fields: FieldValues,
  header: FieldValues,
  request?: FieldValues,
): Uint8Array {
  const { error, failure = NOTHING } = set.answers ?? {};
  const name = completionField(set);
  const code = Number(fields.completionCode ?? fields[name] ?? 0);
  const failed = code !== 0;
  const head = over(headOfAnswers(set, command), header);
  head.commandCode = answerCode(set, command, header, failed);
  if (error !== undefined && failed) head[error.completionCode] = code;
  const values = Object.hasOwn(fields, name) ? fields : { [name]: code, ...fields };
  const outer: Scope = { values, outer: { values: head, outer: requestScope(request) } };
  const begins = answerBegins(set);
  const data = encode(cached(failed ? failure : command.response, set.byteOrder), fields, { outer });
  return put(set, head, concat(encode(cached(begins, set.byteOrder), values), data));
}

const answerHeads = new WeakMap<Answering, FieldValues>();

/** What heads every answer to a command. */
function headOfAnswers(set: CommandSet, command: Answering): FieldValues {
  const known = answerHeads.get(command);
  if (known !== undefined) return known;
  const made = {
    messageType: set.messageType,
    integrityCheck: set.integrityCheck ?? 0,
    ...set.identity,
    ...answerHeader(set),
    ...command.header,
  };
  answerHeads.set(command, made);
  return made;
}

function answerCode(set: CommandSet, command: Answering, header: FieldValues, failed: boolean): FieldValue {
  if (header.commandCode !== undefined) return header.commandCode;
  const { error } = set.answers ?? {};
  return error !== undefined && failed ? error.code : answerCodeOf(set, command.code, command);
}

const NO_REQUEST: Scope = { values: {} };

function requestScope(fields: FieldValues | undefined): Scope {
  if (fields === undefined) return NO_REQUEST;
  const entries = Object.entries(fields).map(([name, value]) => [`request.${name}`, value] as const);
  return { values: Object.fromEntries(entries) };
}

/** A message body decoded as far as it goes. Spans are offsets into the body. */
export interface DecodedBody {
  readonly set: CommandSet;
  readonly command: Command | undefined;
  /** Type octet, header, what a request begins with, and trailer; those beyond the end of a short body are missing. */
  readonly header: FieldValues;
  readonly completionCode: number | undefined;
  /** The command's own fields, after those that an answer begins with. */
  readonly fields: FieldValues;
  /** Octets after what the table describes: of an error response everything after its code. */
  readonly trailing: string;
  /** Where a short or impossible body stops making sense. */
  readonly problem: string | undefined;
  readonly spans: readonly Span[];
  /** How many of the spans are of type octet and header, and how many at the end of the trailer. */
  readonly headerSpans: number;
  readonly trailerSpans: number;
  readonly direction: 'request' | 'response';
  /** Of every checksum in trailer and fields, by `NAMEStatus`. */
  readonly statuses: Statuses;
}

interface Part {
  readonly fields: readonly FieldSpec[];
  readonly outer: Scope;
}

/** Decoding in progress. */
class Reading {
  readonly spans: Span[] = [];
  problem: string | undefined;
  offset = 0;
  readonly body: Uint8Array;

  constructor(body: Uint8Array) {
    this.body = body;
  }

  /** Values of the next part, up to `end`. */
  take({ fields, outer }: Part, order: ByteOrder, end: number, origin = this.offset): FieldValues {
    if (this.problem !== undefined || fields.length === 0) return {};
    const result = decode(cached(fields, order), this.body.subarray(0, end), this.offset, { outer, origin });
    this.spans.push(...result.spans);
    this.offset += result.size;
    if (!result.ok) this.problem = `${result.field}: expected ${result.expected}, ${result.actual}`;
    return result.value;
  }
}

/**
 * Decodes by the body's own header, or as a message of `as` whatever its header says. Direction: `request` or `response`,
 * to a request with the fields `request`. Never throws on received octets.
 */
export function decodeBody(
  set: CommandSet,
  body: Uint8Array,
  direction: 'request' | 'response',
  as?: Command | undefined,
  request?: FieldValues,
): DecodedBody {
  const memory = memories.get(set);
  // A stand-in for an unknown command is another each time, though it has one name.
  if (memory === undefined || request !== undefined || (as !== undefined && as !== set.commands[as.name])) {
    return decodeAnew(set, body, direction, as, request);
  }
  const key = `${direction} ${as?.name ?? ''} ${toHex(body)}`;
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = decodeAnew(set, body, direction, as, request);
  if (memory.size >= MOST_REMEMBERED) memory.clear();
  memory.set(key, made);
  return made;
}

const MOST_REMEMBERED = 16384;
const memories = new WeakMap<CommandSet, Map<string, DecodedBody>>();

/** From now on bodies of these sets are decoded once: for who sees the same messages again and again. */
export function rememberDecoded(sets: CommandSets): void {
  for (const set of Object.values(sets)) memories.set(set, new Map());
}

function decodeAnew(
  set: CommandSet,
  body: Uint8Array,
  direction: 'request' | 'response',
  as: Command | undefined,
  request: FieldValues | undefined,
): DecodedBody {
  const reading = new Reading(body);
  const order = set.byteOrder;
  const shape = shapeOf(set);
  const head = reading.take({ fields: shape.header.fields, outer: { values: {} } }, order, body.length, 0);
  if (reading.problem !== undefined) {
    const { problem, spans } = reading;
    const command = as ?? commandByHeader(set, head, direction);
    const base = { set, command, header: head, completionCode: undefined, fields: {}, trailing: '' };
    const counts = { headerSpans: spans.length, trailerSpans: 0, direction };
    return { ...base, ...counts, problem, spans, statuses: checked(set, command, direction, body, spans) };
  }
  const end = payloadEnd(set, head, reading.offset, body.length);
  const outer: Scope = { values: head, outer: requestScope(request) };
  const asked = direction === 'request' ? reading.take({ fields: shape.requestBegins, outer }, order, end) : {};
  const header = { ...head, ...asked };
  const headerSpans = reading.spans.length;
  const command = as ?? commandByHeader(set, header, direction);
  const begun = direction === 'request' ? {} : reading.take({ fields: answerBegins(set), outer }, order, end);
  const completionCode = direction === 'request' ? undefined : completionOf(set, header, begun);
  const failed = completionCode !== undefined && completionCode !== 0;
  const known = failed
    ? (set.answers?.failure ?? NOTHING)
    : direction === 'request'
      ? command?.request
      : command?.response;
  const own = reading.take({ fields: known ?? NOTHING, outer: { values: begun, outer } }, order, end);
  const { problem } = reading;
  const trailing = problem === undefined ? body.subarray(reading.offset, end) : new Uint8Array(0);
  const before = reading.spans.length;
  const trailer = takeTrailer(reading, shape.trailer, set, end);
  const excess = problem === undefined ? reading.body.subarray(Math.max(trailer.offset, end)) : new Uint8Array(0);
  const { completionCode: _code, ...visible } = begun;
  return {
    set,
    command,
    header: { ...header, ...trailer.values },
    completionCode,
    fields: { ...visible, ...own },
    trailing: toHex(trailing) + toHex(excess),
    problem: problem ?? lengthProblem(set, head, body.length),
    spans: reading.spans,
    headerSpans,
    trailerSpans: reading.spans.length - before,
    direction,
    statuses: checked(set, command, direction, body, reading.spans),
  };
}

function completionOf(set: CommandSet, header: FieldValues, begun: FieldValues): number | undefined {
  const { error } = set.answers ?? {};
  if (error !== undefined) return header.commandCode === error.code ? Number(header[error.completionCode] ?? 0) : 0;
  const value = begun[completionField(set)];
  return value === undefined ? undefined : Number(value);
}

/** Decodes as what the header says that it is; `asks` decides where requests and answers have the same headers. */
export function decodeMessage(set: CommandSet, body: Uint8Array, asks: boolean): DecodedBody {
  const request = decodeBody(set, body, 'request');
  const isRequest = tellsRequests(set) ? isRequestHeader(set, request.header) : asks;
  return isRequest ? request : decodeBody(set, body, 'response');
}

/** Where the trailer begins: by the length field, else as far from the end as its fields are long; IC may say that there is none. */
function payloadEnd(set: CommandSet, head: FieldValues, from: number, size: number): number {
  const trailer = shapeOf(set).trailer;
  if (trailer.length === 0 && set.length === undefined) return size;
  if (set.integrityCheck === 1 && head.integrityCheck === 0) return size;
  if (set.length !== undefined) return Math.min(size, from + Number(head[set.length] ?? 0));
  const end = size - trailer.reduce((sum, field) => sum + (isScalar(field) ? scalarSize[field.type] : 0), 0);
  return end < from ? size : end;
}

function lengthProblem(set: CommandSet, head: FieldValues, size: number): string | undefined {
  if (set.length === undefined) return undefined;
  const wanted = Number(head[set.length] ?? 0);
  const left = size - headerSize(set);
  return wanted > left ? `${set.length}: expected ${wanted} octets, ${left} left` : undefined;
}

/** The trailer stands where the payload ends, however that was read; a short one is told by the status of its checksum. */
function takeTrailer(
  reading: Reading,
  trailer: readonly FieldSpec[],
  set: CommandSet,
  end: number,
): { readonly values: FieldValues; readonly offset: number } {
  if (trailer.length === 0) return { values: {}, offset: end };
  const { body } = reading;
  const result = decode({ fields: trailer, byteOrder: set.byteOrder }, body, end, { origin: 1 });
  reading.spans.push(...result.spans);
  return { values: result.value, offset: end + result.size };
}

function checked(
  set: CommandSet,
  command: Command | undefined,
  direction: 'request' | 'response',
  body: Uint8Array,
  spans: readonly Span[],
): Statuses {
  const own = command === undefined ? NOTHING : direction === 'request' ? command.request : command.response;
  const { trailer } = shapeOf(set);
  return { ...statusesOf(trailer, set.byteOrder, body, spans), ...statusesOf(own, set.byteOrder, body, spans) };
}
