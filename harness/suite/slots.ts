import { serialFrameFields } from '../binding/serial';
import { smbusFrameFields } from '../binding/smbus';
import type { CommandSet, CommandSets } from '../codec/command';
import type { Codes, FieldSpec } from '../codec/field-spec';
import { uintSize } from '../codec/field-spec';
import { packetHeaderLayout } from '../codec/packet';
import type { Binding } from '../names';
import { messageTypes } from '../names';

/** What stands at a place that a case can name: the kind of value decides which literals make sense there. */
export type Slot =
  | { readonly kind: 'number'; readonly codes?: Codes; readonly width?: number }
  | { readonly kind: 'octets'; readonly size?: number }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'duration' }
  | { readonly kind: 'list'; readonly entry: Slot }
  | { readonly kind: 'record'; readonly slots: Slots };

export type Slots = { readonly [name: string]: Slot };

const number: Slot = { kind: 'number' };
const octets: Slot = { kind: 'octets' };
const bits = (width: number): Slot => ({ kind: 'number', width });
const word = (...words: readonly string[]): Slot => ({ kind: 'word', words });

/** The slots of a field table. */
export function slotsOf(fields: readonly FieldSpec[]): Slots {
  const out: { [name: string]: Slot } = {};
  for (const field of fields) {
    if ('bits' in field) {
      for (const { name, width, codes } of field.bits) out[name] = { kind: 'number', width, ...(codes && { codes }) };
    } else if ('list' in field) {
      const entry: Slot =
        typeof field.list === 'string'
          ? bits(8 * uintSize[field.list])
          : { kind: 'record', slots: slotsOf(field.list) };
      out[field.name] = { kind: 'list', entry };
    } else if ('tlv' in field) {
      const slots = { type: bits(8 * uintSize[field.tlv.type]), length: bits(8 * uintSize[field.tlv.length]) };
      out[field.name] = { kind: 'list', entry: { kind: 'record', slots: { ...slots, value: octets } } };
    } else if (field.type === 'bytes') {
      out[field.name] = { kind: 'octets', ...(typeof field.length === 'number' && { size: field.length }) };
    } else {
      out[field.name] = {
        kind: 'number',
        width: 8 * uintSize[field.type],
        ...(field.codes && { codes: field.codes }),
      };
    }
  }
  return out;
}

const headers = new WeakMap<CommandSet, Slots>();

/** Type octet and header of a set's messages. */
function headerSlots(set: CommandSet): Slots {
  const known = headers.get(set);
  if (known !== undefined) return known;
  const made = {
    ...slotsOf(set.header),
    integrityCheck: bits(1),
    messageType: { kind: 'number', width: 7, codes: messageTypes } as const,
  };
  headers.set(set, made);
  return made;
}

/** What `message:` of a step can override. */
export function messageOverrideSlots(set: CommandSet): Slots {
  return { ...headerSlots(set), padTo: number, truncateTo: number, append: octets, body: octets };
}

const packetHeader = slotsOf(packetHeaderLayout.fields);

/** What `packet:` of a step can override; the packets of a list have no `unit` of their own. */
export const packetOverrideSlots: Slots = { ...packetHeader, payloadLength: number, unit: number };
export const partOverrideSlots: Slots = { ...packetHeader, payloadLength: number };

const octetFields = (names: readonly string[]): Slots =>
  Object.fromEntries(names.map((name) => [name, bits(name === 'fcs' ? 16 : 8)]));

const smbusBits = { destinationAddress: bits(7), readWrite: bits(1), sourceAddress: bits(7), sourceFlag: bits(1) };

const frameOverrides: { readonly [B in Binding]: Slots } = {
  smbus: {
    ...octetFields(smbusFrameFields),
    ...smbusBits,
    pecScope: word('all', 'without-address'),
    truncate: number,
    append: octets,
  },
  serial: {
    ...octetFields(serialFrameFields),
    escaping: word('standard', 'none', 'every-octet'),
    prefix: octets,
    truncate: number,
  },
};

const frameViews: { readonly [B in Binding]: Slots } = {
  smbus: {
    ...octetFields(smbusFrameFields),
    ...smbusBits,
    actualCount: number,
    pecStatus: word('good', 'bad', 'absent', 'without-address'),
  },
  serial: {
    ...octetFields(serialFrameFields),
    actualCount: number,
    fcsStatus: word('good', 'includes-flag', 'start-zero', 'complemented', 'least-significant-first', 'bad'),
    fcsEscaped: bits(1),
    escaping: word('standard', 'missing', 'needless'),
  },
};

/** Frame fields that every one of `bindings` has. */
export function frameOverrideSlots(bindings: readonly Binding[]): Slots {
  return common(bindings.map((binding) => frameOverrides[binding]));
}

function common(tables: readonly Slots[]): Slots {
  const [first = {}, ...rest] = tables;
  return Object.fromEntries(
    Object.entries(first).filter(([name]) => rest.every((table) => Object.hasOwn(table, name))),
  );
}

/** Bindings that have a frame field of this name. */
export function bindingsWithFrameField(name: string): readonly Binding[] {
  return (['smbus', 'serial'] as const).filter(
    (binding) => Object.hasOwn(frameOverrides[binding], name) || Object.hasOwn(frameViews[binding], name),
  );
}

const assembly: Slots = Object.fromEntries(
  [
    'packetCount',
    'sequenceGaps',
    'tagChanges',
    'starts',
    'ends',
    'unequalParts',
    'shortestPart',
    'largestPayload',
    'lastLarger',
    'nextSequence',
  ].map((name) => [name, number]),
);

/** The sections of an expectation besides the response's own fields. */
export function viewSections(set: CommandSet | undefined, sets: CommandSets, bindings: readonly Binding[]): Slots {
  const packet = { ...packetHeader, payloadLength: number };
  const frame = common(bindings.map((binding) => frameViews[binding]));
  const header = set === undefined ? anyHeader(sets) : headerSlots(set);
  return {
    message: { kind: 'record', slots: { ...header, length: number, trailing: octets, whole: bits(1), body: octets } },
    packet: { kind: 'record', slots: packet },
    packets: { kind: 'list', entry: { kind: 'record', slots: packet } },
    assembly: { kind: 'record', slots: assembly },
    frame: { kind: 'record', slots: frame },
    frames: { kind: 'list', entry: { kind: 'record', slots: frame } },
    elapsed: { kind: 'duration' },
    answers: number,
    attempts: number,
  };
}

/** What a `listen` can name; on SMBus frames also whom a request was written to. */
export function listenSlots(addresses: boolean): Slots {
  const request: Slots = {
    commandCode: bits(8),
    instanceId: bits(5),
    datagram: bits(1),
    messageTag: bits(3),
    sourceEid: bits(8),
    destinationEid: bits(8),
    ...(addresses && { destinationAddress: bits(7) }),
  };
  const duration: Slot = { kind: 'duration' };
  const series: Slots = {
    commandCode: bits(8),
    tries: number,
    instanceIds: number,
    shortestGap: duration,
    span: duration,
    interleaved: number,
  };
  return {
    strayAnswers: number,
    requests: { kind: 'list', entry: { kind: 'record', slots: request } },
    series: { kind: 'list', entry: { kind: 'record', slots: series } },
    reusedInstanceIds: number,
  };
}

function anyHeader(sets: CommandSets): Slots {
  return Object.assign({}, ...Object.values(sets).map(headerSlots)) as Slots;
}
