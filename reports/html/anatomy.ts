import { readSerial } from '../../harness/binding/serial';
import type { SerialFrame } from '../../harness/binding/serial-frame';
import { smbusHeaderLayout } from '../../harness/binding/smbus';
import { crc8, crc16 } from '../../harness/codec/checksum';
import type { CommandSets, DecodedBody } from '../../harness/codec/command';
import { completionCodeName, completionField, decodeMessage, setOf } from '../../harness/codec/command';
import type { Codes, FieldSpec, FieldValue, FieldValues } from '../../harness/codec/field-spec';
import { decode, type Span } from '../../harness/codec/layout';
import { parseHex, toHex } from '../../harness/codec/octets';
import type { Packet } from '../../harness/codec/packet';
import { decodePacket, PACKET_HEADER_SIZE, packetHeaderLayout } from '../../harness/codec/packet';
import type { Binding } from '../../harness/names';
import { messageTypeName } from '../../harness/names';
import { clip } from '../visible';
import type { TransferData } from './data';
import { packetHex } from './data';

/** Whose field it is: of the frame, the packet or the message; `rest` is what no table names. */
export type Layer = 'frame' | 'packet' | 'message' | 'rest';

/** A field, or the bit fields that share octets; `offset` is into the transfer's octets. */
export interface Box {
  readonly layer: Layer;
  readonly offset: number;
  readonly octets: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

const MAX_VALUE = 60;

/**
 * The octets of a transfer as fields of the layout tables, without gap or overlap. Where they hold a packet otherwise than
 * unchanged (escapes), the packet comes apart by itself in `unescaped`.
 */
export interface Anatomy {
  readonly boxes: readonly Box[];
  readonly unescaped?: readonly Box[];
}

export function anatomyOf(transfer: TransferData, binding: Binding, commands: CommandSets): Anatomy {
  const { octets, packets, plane } = transfer;
  const [first] = packets;
  if (first === undefined)
    return { boxes: plane === 'frames' ? strayBoxes(octets, binding) : fill([], octets, 0, 'rest', '') };
  const inner = packetBoxes(packetHex(transfer, first), typeof first === 'string' ? 0 : first[0], commands);
  if (plane !== 'frames') return { boxes: fill(typeof first === 'string' ? [] : inner, octets, 0, 'rest', '') };
  const size = octets.length / 2;
  const frame = binding === 'smbus' ? smbusBoxes(octets) : serialBoxes(octets, size);
  if (typeof first === 'string') {
    const around = frame.filter(({ offset }) => offset < 3 || offset >= size - 3);
    return { boxes: fill(around, octets, 0, 'frame', 'packet, escaped'), unescaped: inner };
  }
  const [start, length] = first;
  const outside = frame.filter((box) => box.offset + box.octets.length / 2 <= start || box.offset >= start + length);
  return { boxes: fill([...outside, ...inner], octets, 0, 'rest', '') };
}

function box(layer: Layer, octets: string, offset: number, length: number, fields: Box['fields']): Box {
  return { layer, offset, octets: octets.slice(offset * 2, (offset + length) * 2), fields };
}

/** Boxes in order, with what lies between them as boxes of their own. */
function fill(boxes: readonly Box[], octets: string, from: number, layer: Layer, name: string): readonly Box[] {
  const out: Box[] = [];
  let at = from;
  const gap = (to: number): void => {
    if (to > at) out.push(box(layer, octets, at, to - at, name === '' ? [] : [{ name, value: '' }]));
  };
  for (const entry of [...boxes].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < at || entry.octets === '') continue;
    gap(entry.offset);
    out.push(entry);
    at = entry.offset + entry.octets.length / 2;
  }
  gap(octets.length / 2);
  return out;
}

function smbusBoxes(octets: string): readonly Box[] {
  const parsed = parseHex(octets) ?? new Uint8Array(0);
  const header = decode(smbusHeaderLayout, parsed);
  const size = parsed.length;
  const right = crc8(parsed, 0, size - 1);
  const value = parsed[size - 1] === right ? 'right' : `wrong, ${toHex(Uint8Array.of(right))} is right`;
  const pec = size > 4 ? [box('frame', octets, size - 1, 1, [{ name: 'pec', value }])] : [];
  return [...spanBoxes('frame', octets, 0, header.spans, header.value, () => undefined, 'hex'), ...pec];
}

/** Flag, revision, count, data, FCS, flag (DSP0253 clause 7), as far as a frame without faults has them there. */
function serialBoxes(octets: string, size: number): readonly Box[] {
  if (size < 6) return [];
  const field = (name: string, offset: number, length: number, value = ''): Box =>
    box('frame', octets, offset, length, [{ name, value }]);
  const frame = readSerial(parseHex(octets) ?? new Uint8Array(0));
  const head = octets.startsWith('7e') ? [field('openingFlag', 0, 1)] : [];
  const from = head.length;
  const closed = octets.endsWith('7e') ? [field('closingFlag', size - 1, 1)] : [];
  return [
    ...head,
    field('revision', from, 1, numberAt(octets, from)),
    field('byteCount', from + 1, 1, numberAt(octets, from + 1)),
    field('fcs', size - closed.length - 2, 2, frame === undefined ? '' : fcsText(frame)),
    ...closed,
  ];
}

function numberAt(octets: string, offset: number): string {
  return String(Number.parseInt(octets.slice(offset * 2, offset * 2 + 2), 16));
}

/** Octets that became no packet, as the frame that they were perhaps meant to be. */
function strayBoxes(octets: string, binding: Binding): readonly Box[] {
  const size = octets.length / 2;
  if (binding === 'smbus') return fill(size > 4 ? smbusBoxes(octets) : [], octets, 0, 'rest', '');
  return fill(octets.startsWith('7e') ? serialBoxes(octets, size) : [], octets, 0, 'rest', '');
}

function fcsText({ revision, byteCount, packet, fcsStatus }: SerialFrame): string {
  if (fcsStatus === 'good') return 'right';
  const right = crc16(Uint8Array.from([revision, byteCount, ...packet]));
  return `${fcsStatus.replaceAll('-', ' ')}, ${right.toString(16).padStart(4, '0')} is right`;
}

function packetBoxes(hex: string, base: number, commands: CommandSets): readonly Box[] {
  const octets = parseHex(hex);
  const packet = octets === undefined ? undefined : decodePacket(octets);
  const at = (boxes: readonly Box[]): readonly Box[] =>
    boxes.map((entry) => ({ ...entry, offset: entry.offset + base }));
  if (octets === undefined || packet === undefined) return at(fill([], hex, 0, 'packet', 'cut short'));
  const header = decode(packetHeaderLayout, octets);
  const head = spanBoxes(
    'packet',
    hex,
    0,
    header.spans,
    header.value,
    () => undefined,
    () => '',
  );
  const payload = hex.slice(PACKET_HEADER_SIZE * 2);
  const body =
    packet.som === 1 ? messageBoxes(payload, commands, packet) : fill([], payload, 0, 'message', 'part of the message');
  return at([...head, ...body.map((entry) => ({ ...entry, offset: entry.offset + PACKET_HEADER_SIZE }))]);
}

function messageBoxes(hex: string, commands: CommandSets, { tagOwner, eom }: Packet): readonly Box[] {
  const payload = parseHex(hex) ?? new Uint8Array(0);
  const first = payload[0];
  if (first === undefined) return [];
  const set = setOf(commands, first & 0x7f, payload);
  if (set === undefined) {
    const type = { name: 'messageType', value: messageTypeName(first & 0x7f) };
    return fill([box('message', hex, 0, 1, [type])], hex, 0, 'message', 'message');
  }
  try {
    const body = decodeMessage(set, payload, tagOwner === 1);
    const naming = (path: string): Codes | undefined => codesOf(body, path);
    const { completionCode, spans, headerSpans, trailerSpans } = body;
    // Of a message of several packets the checksum covers more than this one has.
    const statuses: { readonly [name: string]: string } = eom === 1 ? body.statuses : {};
    const judged = (path: string): string => checksumWords[statuses[`${path}Status`] ?? ''] ?? '';
    const values = { ...body.fields, ...(completionCode === undefined ? {} : { completionCode }) };
    // A command may have fields of the same name as header and trailer.
    const end = spans.length - trailerSpans;
    const head = spanBoxes('message', hex, 0, spans.slice(0, headerSpans), body.header, naming, judged);
    const rest = spanBoxes('message', hex, 0, spans.slice(headerSpans, end), values, naming, judged);
    const trailer = spanBoxes('message', hex, 0, spans.slice(end), body.header, naming, judged);
    return fill([...head, ...rest, ...trailer], hex, 0, 'rest', 'beyond the table');
  } catch {
    // The tables come from the record too: one that makes no sense must not cost the report.
    return fill([], hex, 0, 'message', 'message');
  }
}

function codesOf(body: DecodedBody, path: string): Codes | undefined {
  const { set, command, completionCode, direction } = body;
  if (path === 'completionCode' || path === completionField(set)) {
    if (completionCode === undefined) return undefined;
    return { [completionCodeName(set, command, completionCode)]: completionCode };
  }
  if (path === 'messageType') return { [set.id]: set.messageType };
  if (path === 'commandCode') return command === undefined ? undefined : { [command.name]: command.code };
  const specs = command === undefined ? set.header : command[direction];
  return codesIn(specs, path.split('.')) ?? codesIn(set.header, path.split('.'));
}

function codesIn(specs: readonly FieldSpec[], path: readonly string[]): Codes | undefined {
  const [name, ...rest] = path;
  for (const spec of specs) {
    if ('bits' in spec) {
      const bit = spec.bits.find((candidate) => candidate.name === name);
      if (bit !== undefined) return bit.codes;
    } else if (spec.name === name) {
      if ('list' in spec && typeof spec.list !== 'string')
        return codesIn(spec.list, /^\d+$/.test(rest[0] ?? '') ? rest.slice(1) : rest);
      return 'codes' in spec ? spec.codes : undefined;
    }
  }
  return undefined;
}

const checksumWords: { readonly [status: string]: string } = { good: 'right', bad: 'wrong', none: 'none' };

/** Spans that share octets are one box with several fields. Spans that begin inside another are left out. */
function spanBoxes(
  layer: Layer,
  octets: string,
  base: number,
  spans: readonly Span[],
  values: FieldValues,
  naming: (path: string) => Codes | undefined,
  judged: 'hex' | ((path: string) => string),
): readonly Box[] {
  const boxes: { offset: number; length: number; fields: { name: string; value: string }[] }[] = [];
  for (const { path, offset, length } of spans) {
    const own = octets.slice((base + offset) * 2, (base + offset + length) * 2);
    const status = judged === 'hex' ? '' : judged(path);
    const value = status === '' ? valueText(valueAt(values, path), naming(path), judged === 'hex', own) : status;
    const last = boxes.at(-1);
    if (last !== undefined && last.offset === offset && last.length === length) last.fields.push({ name: path, value });
    else if (length > 0) boxes.push({ offset, length, fields: [{ name: path, value }] });
  }
  return boxes.map(({ offset, length, fields }) => box(layer, octets, base + offset, length, fields));
}

function valueAt(values: FieldValues, path: string): FieldValue | undefined {
  return path.split('.').reduce<FieldValue | undefined>((value, name) => {
    if (value === undefined || typeof value !== 'object') return undefined;
    if (Array.isArray(value)) return (value as readonly FieldValue[])[Number(name)];
    return Object.hasOwn(value, name) ? (value as FieldValues)[name] : undefined;
  }, values);
}

function valueText(value: FieldValue | undefined, codes: Codes | undefined, inHex: boolean, own: string): string {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const name = Object.entries(codes ?? {}).find(([, code]) => code === Number(value))?.[0];
    if (name !== undefined) return name;
    return inHex && value > 9 ? `0x${value.toString(16)}` : String(value);
  }
  // Octets stand above their names; text is worth reading, also where the table has octets.
  if (typeof value === 'string') return clip(value === own ? printed(value) : `“${value}”`, MAX_VALUE);
  const plain = Array.isArray(value) && value.every((entry) => typeof entry !== 'object');
  return plain ? clip(value.map(String).join(', '), MAX_VALUE) : '';
}

function printed(hex: string): string {
  const octets = parseHex(hex) ?? new Uint8Array(0);
  if (octets.length < 3 || octets.some((octet) => octet < 0x20 || octet > 0x7e)) return '';
  return `“${String.fromCharCode(...octets)}”`;
}

/** Octets that no transfer holds, as one box. */
export function looseBox(octets: string): Box {
  return { layer: 'rest', offset: 0, octets: toHex(parseHex(octets) ?? new Uint8Array(0)), fields: [] };
}
