import { concat, putUint } from '../codec/octets';
import { type Control, control } from './relay-control';
import {
  address,
  bits,
  flag,
  name,
  named,
  OctetReader,
  octetString,
  oneOf,
  optionalOctet,
  type Part,
  type PartValue,
  rest,
  struct,
  text,
  time,
  u8,
  u16,
  u32,
} from './relay-octets';
import { hold, tx } from './relay-tx';

/**
 * The relay protocol, both directions (docs/relay-protocol.md). Pure: octets to messages and back. Bodies are read as far
 * as they are known; what a later version adds behind is ignored.
 */

export const PROTOCOL_VERSION = 1;
/** Octets that follow a length: 64 KiB and 64. */
export const MAX_BODY = 65_600;
/** "MCRL" */
const MAGIC = 0x4d43524c;

/** DSP0239's transport binding identifiers. */
export const bindingCodes = {
  unknown: 0,
  smbus: 1,
  'pcie-vdm': 2,
  usb: 3,
  kcs: 4,
  serial: 5,
  i3c: 6,
  mmbi: 7,
} as const;

export const capabilities = [
  'can-inject',
  'acknowledges',
  'can-reset',
  'can-power',
  'restores-on-loss',
  'captures',
  'holds-tags',
  'binds-types',
  'configures',
  'has-counters',
  'lends-tags',
  'holds-sending',
] as const;
export type Capability = (typeof capabilities)[number];

const magic: Part<void> = {
  write: () => putUint(MAGIC, 4, false),
  read(reader) {
    if (u32.read(reader) !== MAGIC) reader.fail('it does not begin with MCRL');
  },
};

/** The magic number in front; it has no value of its own. */
function greeting<T>(part: Part<T>): Part<T> {
  return {
    write: (value) => concat(magic.write(), part.write(value)),
    read(reader) {
      magic.read(reader);
      return part.read(reader);
    },
  };
}

const relayHello = greeting(
  struct({
    lowestVersion: u8,
    highestVersion: u8,
    binding: oneOf(bindingCodes),
    planes: bits(1, ['messages', 'packets', 'frames']),
    capabilities: bits(4, capabilities),
    unit: u32,
    messageLimit: u32,
    receiveLimit: u32,
    mtu: u32,
    now: time,
    resolution: u32,
    clockId: u8,
    eid: u8,
    ownAddress: address,
    address,
    ownEids: octetString,
    host: name,
    program: name,
    description: text,
    attributes: named(u8, text),
  }),
);
export type RelayHello = PartValue<typeof relayHello>;

const txDone = struct({
  id: u32,
  status: oneOf({ sent: 0, nak: 1, 'arbitration-lost': 2, refused: 3, discarded: 4 }),
  tag: optionalOctet,
  errno: u16,
  began: time,
  ended: time,
  text,
});
export type TxDone = PartValue<typeof txDone>;

const rxHead = struct({
  plane: oneOf({ messages: 0, packets: 1, frames: 2 }),
  flags: bits(1, ['own', 'truncated']),
  eid: u8,
  tag: optionalOctet,
  at: time,
  address,
  octets: rest,
});
export type Rx = PartValue<typeof rxHead>;

const failure = struct({
  code: oneOf({ protocol: 1, version: 2, message: 3, open: 4, device: 5, lost: 6, 'not-restored': 7 }, u16),
  fatal: flag,
  about: u32,
  errno: u16,
  text,
});
export type RelayFailure = PartValue<typeof failure>;

const relayGoodbye = struct({
  reason: oneOf({ asked: 0, 'end-of-input': 1, silence: 2, signal: 3, error: 4 }),
  restored: u16,
  failed: u16,
  text,
});
export type RelayGoodbye = PartValue<typeof relayGoodbye>;

const controlDone = struct({
  id: u32,
  status: oneOf({ ok: 0, refused: 1, unsupported: 2 }),
  value: u8,
  errno: u16,
  at: time,
  text,
});
export type ControlDone = PartValue<typeof controlDone>;

const counters = struct({ id: u32, at: time, counters: named(u16, time) });
export type Counters = PartValue<typeof counters>;

const pong = struct({ id: u32, hostTime: time, received: time, sent: time });
export type Pong = PartValue<typeof pong>;

/** Everything that a relay says, by name: code and body. */
const fromRelay = {
  hello: [0x01, relayHello],
  'tx-done': [0x03, txDone],
  rx: [0x04, rxHead],
  counters: [0x06, counters],
  'control-done': [0x08, controlDone],
  pong: [0x0a, pong],
  error: [0x0b, failure],
  goodbye: [0x0c, relayGoodbye],
} as const;

/** Everything that a host says. */
const fromHost = {
  hello: [0x01, greeting(struct({ version: u8, keepalive: u32, program: name }))],
  tx: [0x02, tx],
  'read-counters': [0x05, struct({ id: u32 })],
  control: [0x07, control],
  ping: [0x09, struct({ id: u32, hostTime: time })],
  goodbye: [0x0c, struct({})],
  hold: [0x0d, hold],
} as const;

type Table = { readonly [name: string]: readonly [number, Part<unknown>] };
type MessageOf<T extends Table> = {
  [K in keyof T & string]: { readonly type: K; readonly body: PartValue<T[K][1]> };
}[keyof T & string];

export type RelayMessage = MessageOf<typeof fromRelay>;
export type HostMessage = MessageOf<typeof fromHost>;
export type { Control };

export type Decoded<M> =
  | { readonly ok: true; readonly message: M }
  /** `optional`: the sender marks it as something that may be overlooked. */
  | { readonly ok: false; readonly code: number; readonly optional: boolean; readonly reason: string };

/** With its length in front. */
function encode(table: Table, type: string, body: unknown): Uint8Array {
  const [code, part] = table[type] as readonly [number, Part<unknown>];
  const octets = part.write(body);
  return concat(putUint(octets.length + 1, 4, false), [code], octets);
}

function decode<M>(table: Table, octets: Uint8Array): Decoded<M> {
  const code = octets[0] ?? 0;
  const found = Object.entries(table).find(([, [each]]) => each === code);
  if (found === undefined) return { ok: false, code, optional: code >= 0x80, reason: 'its type is unknown' };
  const [type, [, part]] = found;
  const reader = new OctetReader(octets, 1);
  const body: unknown = part.read(reader);
  if (reader.problem !== undefined) return { ok: false, code, optional: false, reason: `${type}: ${reader.problem}` };
  return { ok: true, message: { type, body } as M };
}

export function encodeHost(message: HostMessage): Uint8Array {
  return encode(fromHost, message.type, message.body);
}

export function encodeRelay(message: RelayMessage): Uint8Array {
  return encode(fromRelay, message.type, message.body);
}

/** What a relay said: type octet and body, without the length. */
export function decodeRelay(octets: Uint8Array): Decoded<RelayMessage> {
  return decode(fromRelay, octets);
}

export function decodeHost(octets: Uint8Array): Decoded<HostMessage> {
  return decode(fromHost, octets);
}
