import { serialFrameFields } from '../binding/serial';
import { smbusFrameFields } from '../binding/smbus';
import type { Command, CommandSet, CommandSets } from '../codec/command';
import { answerBegins, completionField } from '../codec/command';
import type { Codes, FieldSpec, ScalarType, ValueSpec } from '../codec/field-spec';
import { scalarSize } from '../codec/field-spec';
import { packetHeaderLayout } from '../codec/packet';
import { isSigned } from '../codec/scalar';
import { statusNames } from '../codec/status';
import type { Binding } from '../names';
import { messageTypes } from '../names';

/** What stands at a place that a case can name: the kind of value decides which literals make sense there. */
export type Slot =
  | {
      readonly kind: 'number';
      readonly codes?: Codes;
      readonly width?: number;
      readonly signed?: true;
      /** Not only whole numbers. */
      readonly real?: true;
    }
  | { readonly kind: 'octets'; readonly size?: number }
  | { readonly kind: 'text' }
  /** Depends on another field, in ways that have nothing in common. */
  | { readonly kind: 'any' }
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
  const add = (name: string, slot: Slot): void => {
    const before = Object.hasOwn(out, name) ? out[name] : undefined;
    out[name] = before === undefined ? slot : either(before, slot);
  };
  for (const field of fields) {
    if ('bits' in field) {
      for (const { name, width, codes } of field.bits) add(name, { kind: 'number', width, ...(codes && { codes }) });
    } else if ('switch' in field) {
      const cases = [...Object.values(field.cases), ...(field.otherwise === undefined ? [] : [field.otherwise])];
      if (field.name !== undefined) add(field.name, cases.map(slotOfValue).reduce(either, { kind: 'any' }));
      else for (const one of cases) for (const [name, slot] of Object.entries(slotsOfCase(one))) add(name, slot);
    } else add(field.name, slotOf(field));
  }
  return out;
}

function slotsOfCase(value: ValueSpec): Slots {
  return Array.isArray(value) ? slotsOf(value as readonly FieldSpec[]) : {};
}

function slotOf(field: Exclude<FieldSpec, { readonly bits: unknown } | { readonly switch: unknown }>): Slot {
  if ('list' in field) {
    const entry = typeof field.list === 'string' ? scalar(field.list) : record(field.list);
    return { kind: 'list', entry };
  }
  if ('tlv' in field) {
    const { type, length, codes, values, otherwise = 'bytes' } = field.tlv;
    const value = [...Object.values(values ?? {}), otherwise].map(slotOfValue).reduce(either);
    return {
      kind: 'list',
      entry: { kind: 'record', slots: { type: scalar(type, codes), length: scalar(length), value } },
    };
  }
  switch (field.type) {
    case 'bytes':
      return { kind: 'octets', ...(typeof field.length === 'number' && { size: field.length }) };
    case 'text':
      return { kind: 'text' };
    case 'bitmap':
      return { kind: 'list', entry: number };
    default:
      return scalar(field.type, field.codes);
  }
}

function scalar(type: ScalarType, codes?: Codes): Slot {
  const base = { kind: 'number', width: 8 * scalarSize[type], ...(codes && { codes }) } as const;
  if (type === 'float32') return { ...base, real: true, signed: true };
  return isSigned(type) ? { ...base, signed: true } : base;
}

function record(fields: readonly FieldSpec[]): Slot {
  return { kind: 'record', slots: slotsOf(fields) };
}

function slotOfValue(value: ValueSpec): Slot {
  if (value === 'bytes') return octets;
  if (typeof value === 'string') return scalar(value);
  return 'text' in value ? { kind: 'text' } : record(value);
}

/** What fits both: where a switch leaves open which of them stands there. */
function either(left: Slot, right: Slot, index = 0): Slot {
  if (left.kind === 'any' && index === 0) return right;
  if (left.kind === 'number' && right.kind === 'number') {
    const width = left.width === undefined || right.width === undefined ? undefined : Math.max(left.width, right.width);
    const codes = left.codes || right.codes ? { ...left.codes, ...right.codes } : undefined;
    return {
      kind: 'number',
      ...(width !== undefined && { width }),
      ...(codes && { codes }),
      ...((left.signed || right.signed) && { signed: true }),
      ...((left.real || right.real) && { real: true }),
    };
  }
  if (left.kind === 'list' && right.kind === 'list') return { kind: 'list', entry: either(left.entry, right.entry, 1) };
  if (left.kind === 'record' && right.kind === 'record') {
    const slots: { [name: string]: Slot } = { ...left.slots };
    for (const [name, slot] of Object.entries(right.slots)) {
      const before = slots[name];
      slots[name] = before === undefined ? slot : either(before, slot, 1);
    }
    return { kind: 'record', slots };
  }
  return JSON.stringify(left) === JSON.stringify(right) ? left : { kind: 'any' };
}

const headers = new WeakMap<CommandSet, Slots>();

/** Type octet, header, what requests begin with, and trailer of a set's messages. */
function headerSlots(set: CommandSet): Slots {
  const known = headers.get(set);
  if (known !== undefined) return known;
  const made = {
    ...slotsOf([...set.header, ...(set.requests?.begins ?? []), ...(set.trailer ?? [])]),
    integrityCheck: bits(1),
    messageType: { kind: 'number', width: 7, codes: messageTypes } as const,
  };
  headers.set(set, made);
  return made;
}

/** The request fields of a command, and the header fields that a request may choose. */
export function requestSlots(set: CommandSet, command: Command): Slots {
  const header = headerSlots(set);
  const chosen = (set.selects ?? []).flatMap((name) => (header[name] === undefined ? [] : [[name, header[name]]]));
  return { ...Object.fromEntries(chosen), ...slotsOf(command.request) };
}

const status = word('good', 'bad', 'none', 'missing');

/** Whether the checksums of these fields are right. */
export function statusSlots(fields: readonly FieldSpec[]): Slots {
  return Object.fromEntries(statusNames(fields).map((name) => [name, status]));
}

/** The fields of an answer to a command. */
export function responseSlots(set: CommandSet, command: Command): Slots {
  const begins = Object.entries(slotsOf(answerBegins(set))).map(([name, slot]): [string, Slot] => {
    const own = command.codes?.[name];
    return [name, own === undefined || slot.kind !== 'number' ? slot : { ...slot, codes: { ...slot.codes, ...own } }];
  });
  const codes = { ...set.completionCodes, ...command.completionCodes };
  const completion: Slot = { kind: 'number', width: completionWidth(set), codes };
  return {
    ...slotsOf(set.answers?.failure ?? []),
    ...Object.fromEntries(begins),
    ...slotsOf(command.response),
    ...statusSlots(command.response),
    [completionField(set)]: completion,
    completionCode: completion,
  };
}

function completionWidth(set: CommandSet): number {
  const slot = { ...headerSlots(set), ...slotsOf(answerBegins(set)) }[completionField(set)];
  return slot?.kind === 'number' ? (slot.width ?? 8) : 8;
}

/** What `message:` of a step can override. */
export function messageOverrideSlots(set: CommandSet): Slots {
  return { ...headerSlots(set), padTo: number, truncateTo: number, append: octets, body: octets, payload: octets };
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
  const checks = Object.assign({}, ...(set === undefined ? Object.values(sets) : [set]).map(trailerStatuses)) as Slots;
  const message: Slots = { ...header, ...checks, length: number, trailing: octets, whole: bits(1), body: octets };
  const first: Slot = { kind: 'record', slots: packet };
  return {
    message: { kind: 'record', slots: message },
    packet: first,
    packets: { kind: 'list', entry: first },
    assembly: { kind: 'record', slots: assembly },
    frame: { kind: 'record', slots: frame },
    frames: { kind: 'list', entry: { kind: 'record', slots: frame } },
    others: { kind: 'list', entry: { kind: 'record', slots: { ...packet, ...message } } },
    ...(set?.answers?.interim && { interim: interimList(set, message) }),
    elapsed: { kind: 'duration' },
    answers: number,
    attempts: number,
  };
}

/** Answers that asked for time before the final one. */
function interimList(set: CommandSet, message: Slots): Slot {
  const own = slotsOf([...answerBegins(set), ...(set.answers?.failure ?? [])]);
  return { kind: 'list', entry: { kind: 'record', slots: { ...message, ...own, overdue: { kind: 'duration' } } } };
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

function trailerStatuses(set: CommandSet): Slots {
  return statusSlots(set.trailer ?? []);
}

function anyHeader(sets: CommandSets): Slots {
  return Object.assign({}, ...Object.values(sets).map(headerSlots)) as Slots;
}
