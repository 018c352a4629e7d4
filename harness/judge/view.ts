import { ESCAPE, FLAG, readSerial } from '../binding/serial';
import type { SerialDeviation } from '../binding/serial-frame';
import { decodeSmbus, SMBUS_HEADER_SIZE, smbusHeaderLayout } from '../binding/smbus';
import { crc16 } from '../codec/checksum';
import type { Command, CommandSet, CommandSets, DecodedBody } from '../codec/command';
import { completionField, decodeBody, findCommand, followsRequest, setOf } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Span } from '../codec/layout';
import { decode } from '../codec/layout';
import { fromHex } from '../codec/octets';
import type { Packet } from '../codec/packet';
import { decodePacket, packetHeaderLayout } from '../codec/packet';
import type { Binding } from '../names';
import type { Exchange, ReceivedMessage } from '../record/observation';

export type ViewValue =
  | number
  | bigint
  | string
  | undefined
  | readonly ViewValue[]
  | { readonly [name: string]: ViewValue };

export type ViewMap = { readonly [name: string]: ViewValue };

/** Everything about an answer that an expectation can name (docs/language.md), and where its octets lie. */
export interface View {
  readonly values: ViewMap;
  readonly decoded: DecodedBody | undefined;
  readonly command: Command | undefined;
  /** Octets in which a path lies, and its place there. */
  locate(path: string): { readonly octets: string; readonly offset: number; readonly length: number } | undefined;
}

const views = new WeakMap<Exchange, View>();

/** The view of an exchange's response: made once, and of it only what somebody asks for. */
export function viewOf(exchange: Exchange, received: ReceivedMessage, sets: CommandSets, binding: Binding): View {
  const known = views.get(exchange);
  if (known !== undefined) return known;
  const made = makeView(exchange, received, sets, binding);
  views.set(exchange, made);
  return made;
}

function makeView(exchange: Exchange, received: ReceivedMessage, sets: CommandSets, binding: Binding): View {
  const command = exchange.sent.command === undefined ? undefined : findCommand(sets, exchange.sent.command);
  const body = fromHex(received.body);
  const set = command === undefined ? setOf(sets, (body[0] ?? 0xff) & 0x7f, body) : sets[command.set];
  const request = set === undefined ? undefined : asked(exchange, set, command);
  const decoded = set === undefined ? undefined : decodeBody(set, body, 'response', command, request);
  const packets = once(() => received.packets.flatMap((hex) => decodePacket(fromHex(hex)) ?? []));
  const headers = once(() => packets().map(packetView));
  const frames = once(() =>
    received.frames.map((hex, index) => frameView(fromHex(hex), fromHex(received.packets[index] ?? ''), binding)),
  );
  const assembly = once(() => assemblyView(packets()));
  const further = once(() => sortFurther(exchange, set, command, request));
  const values: ViewMap = {
    ...decoded?.statuses,
    ...decoded?.fields,
    completionCode: decoded?.completionCode,
    message: messageView(decoded, received),
    get packet() {
      return headers()[0];
    },
    get packets() {
      return headers();
    },
    get assembly() {
      return assembly();
    },
    get frame() {
      return frames()[0];
    },
    get frames() {
      return frames();
    },
    get interim() {
      return further().interim.map((each) => interimView(each, received.at));
    },
    get others() {
      return further().others.map(({ decoded: other, message }) => ({
        ...message.packets
          .slice(0, 1)
          .flatMap((hex) => decodePacket(fromHex(hex)) ?? [])
          .map(packetView)[0],
        ...messageView(other, message),
      }));
    },
    elapsed: exchange.elapsed,
    answers: Math.max(1, 2 + exchange.also.length - further().interim.length - exchange.attempts),
    attempts: exchange.attempts,
  };
  return {
    values,
    decoded,
    command,
    locate: (path) => locate(spanPath(path, decoded), received, decoded?.spans ?? [], binding),
  };
}

function messageView(decoded: DecodedBody | undefined, received: ReceivedMessage): ViewMap {
  return {
    ...decoded?.header,
    ...decoded?.statuses,
    length: received.body.length / 2,
    trailing: decoded?.trailing ?? '',
    whole: decoded?.problem === undefined ? 1 : 0,
    body: received.body,
  };
}

interface Further {
  readonly message: ReceivedMessage;
  readonly decoded: DecodedBody | undefined;
}

/** Answers besides the response: those that asked for time, and the others. */
function sortFurther(
  { also }: Exchange,
  set: CommandSet | undefined,
  command: Command | undefined,
  request: FieldValues | undefined,
): { readonly interim: readonly Further[]; readonly others: readonly Further[] } {
  const all = also.map((message) => {
    const decoded =
      set === undefined ? undefined : decodeBody(set, fromHex(message.body), 'response', command, request);
    return { message, decoded };
  });
  const code = set?.answers?.interim?.code;
  const asks = ({ decoded }: Further): boolean => code !== undefined && decoded?.completionCode === code;
  return { interim: all.filter(asks), others: all.filter((each) => !asks(each)) };
}

/** `overdue`: by how much the final answer came later than the device had said. */
function interimView({ message, decoded }: Further, finalAt: number): ViewMap {
  const rule = decoded?.set.answers?.interim;
  const promised = message.at + Number(decoded?.fields[rule?.wait ?? ''] ?? 0) * (rule?.unit ?? 0);
  return {
    ...messageView(decoded, message),
    ...decoded?.fields,
    overdue: Math.max(0, finalAt - promised),
  };
}

/** Where the octets of a path lie: the completion code may have a name of its own, and a status is one of its checksum. */
function spanPath(path: string, decoded: DecodedBody | undefined): string {
  if (decoded === undefined) return path;
  if (path === 'completionCode') return completionField(decoded.set);
  const name = path.startsWith('message.') ? path.slice('message.'.length) : path;
  return Object.hasOwn(decoded.statuses, name) ? path.slice(0, -'Status'.length) : path;
}

/** The fields of the request, where the layout of its answer follows from them. */
function asked(exchange: Exchange, set: CommandSet, command: Command | undefined): FieldValues | undefined {
  if (command === undefined || !followsRequest(command)) return undefined;
  return decodeBody(set, fromHex(exchange.sent.body), 'request', command).fields;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function packetView(packet: Packet): ViewMap {
  const { payload, ...header } = packet;
  return { ...header, payloadLength: payload.length };
}

/** Facts about a message of several packets (DSP0236 8.2, 8.4.2); all counts are 0 for a well-formed one but the first three. */
function assemblyView(packets: readonly Packet[]): ViewMap {
  const lengths = packets.map((packet) => packet.payload.length);
  const parts = lengths.slice(0, -1);
  const first = packets[0];
  const pairs = packets.slice(1).map((packet, index) => [packets[index], packet] as const);
  return {
    packetCount: packets.length,
    starts: packets.filter((packet) => packet.som === 1).length,
    ends: packets.filter((packet) => packet.eom === 1).length,
    sequenceGaps: pairs.filter(([before, after]) => ((before?.packetSequence ?? 0) + 1) % 4 !== after.packetSequence)
      .length,
    tagChanges: packets.filter(
      (packet) => packet.messageTag !== first?.messageTag || packet.tagOwner !== first.tagOwner,
    ).length,
    unequalParts: parts.filter((length) => length !== parts[0]).length,
    shortestPart: parts.length === 0 ? undefined : Math.min(...parts),
    largestPayload: Math.max(0, ...lengths),
    nextSequence: ((packets.at(-1)?.packetSequence ?? 0) + 1) % 4,
    lastLarger: parts.length > 0 && (lengths.at(-1) ?? 0) > (parts[0] ?? 0) ? 1 : 0,
  };
}

/** What was taken as the packet tells how the frame was understood. */
function frameView(octets: Uint8Array, taken: Uint8Array, binding: Binding): ViewMap | undefined {
  if (binding === 'smbus') {
    const withoutPec = octets.length === SMBUS_HEADER_SIZE + taken.length;
    const frame = decodeSmbus(octets, withoutPec ? 'no PEC' : 'wrong count');
    if (frame === undefined) return undefined;
    const { packet, ...fields } = frame;
    return { ...fields, length: octets.length, payloadLength: packet.length };
  }
  const frame = readSerial(octets);
  if (frame === undefined) return undefined;
  const { revision, byteCount, packet, fcs, fcsStatus, fcsEscaped, deviations } = frame;
  return {
    openingFlag: octets[0],
    revision,
    byteCount,
    actualCount: packet.length,
    fcs,
    fcsStatus,
    fcsExpected: crc16(Uint8Array.from([revision, byteCount, ...packet])),
    fcsEscaped: fcsEscaped ? 1 : 0,
    escaping: escapingOf(deviations),
    escapes: packet.filter((octet) => octet === FLAG || octet === ESCAPE).length,
    closingFlag: octets.at(-1),
    deviations,
    length: octets.length,
  };
}

function escapingOf(deviations: readonly SerialDeviation[]): string {
  if (deviations.includes('flag-in-data') || deviations.includes('escape-in-data')) return 'missing';
  return deviations.includes('needless-escape') ? 'needless' : 'standard';
}

function locate(
  path: string,
  received: ReceivedMessage,
  body: readonly Span[],
  binding: Binding,
): ReturnType<View['locate']> {
  const [head = '', ...rest] = path.split('.');
  const within = (octets: string | undefined, spans: readonly Span[], name: string): ReturnType<View['locate']> => {
    if (octets === undefined) return undefined;
    const hits = spans.filter((span) => span.path === name || span.path.startsWith(`${name}.`));
    const first = hits[0];
    if (first === undefined) return { octets, offset: 0, length: 0 };
    const end = Math.max(...hits.map((span) => span.offset + span.length));
    return { octets, offset: first.offset, length: end - first.offset };
  };
  if (head === 'packet' || head === 'packets' || head === 'assembly') {
    const octets = received.packets[0];
    const spans = octets === undefined ? [] : decode(packetHeaderLayout, fromHex(octets)).spans;
    return within(octets, spans, rest[0] ?? '');
  }
  if (head === 'frame' || head === 'frames') return locateFrame(received.frames[0], rest[0] ?? '', binding, within);
  if (head === 'message') {
    if (rest[0] === 'trailing' && body.length > 0) {
      const end = Math.max(...body.map((span) => span.offset + span.length));
      return { octets: received.body, offset: end, length: received.body.length / 2 - end };
    }
    return within(received.body, body, rest.join('.'));
  }
  return within(received.body, body, path);
}

type Within = (octets: string | undefined, spans: readonly Span[], name: string) => ReturnType<View['locate']>;

function locateFrame(
  octets: string | undefined,
  name: string,
  binding: Binding,
  within: Within,
): ReturnType<View['locate']> {
  if (octets === undefined) return undefined;
  const size = octets.length / 2;
  if (binding === 'smbus') {
    if (name.startsWith('pec')) return { octets, offset: size - 1, length: 1 };
    const field = name === 'actualCount' ? 'byteCount' : name;
    return within(octets, decode(smbusHeaderLayout, fromHex(octets)).spans, field);
  }
  const places: { readonly [field: string]: readonly [number, number] } = {
    openingFlag: [0, 1],
    revision: [1, 1],
    byteCount: [2, 1],
    actualCount: [2, 1],
    fcs: [size - 3, 2],
    fcsStatus: [size - 3, 2],
    fcsEscaped: [size - 3, 2],
    closingFlag: [size - 1, 1],
  };
  const [offset, length] = places[name] ?? [0, 0];
  return { octets, offset, length };
}

/** The value at a dotted path; undefined where there is none. */
export function valueAt(values: ViewValue, path: string): ViewValue {
  if (path === '') return values;
  return path.split('.').reduce<ViewValue>((value, name) => {
    if (value === undefined || typeof value !== 'object') return undefined;
    if (Array.isArray(value)) return (value as readonly ViewValue[])[Number(name)];
    return Object.hasOwn(value, name) ? (value as ViewMap)[name] : undefined;
  }, values);
}
