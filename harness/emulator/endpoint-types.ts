import type { SerialOverrides, SerialRules } from '../binding/serial';
import type { SmbusFrame, SmbusOverrides } from '../binding/smbus';
import type { Assemblies, AssemblyRules, DropReason } from '../codec/assembly';
import type { Command, CommandSets } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import type { Binding, DeviceClass, HookName } from '../names';
import type { BridgeState, Bridging } from './bridge-types';
import type { CardState } from './card';
import type { EmulatedClass } from './classes';

/** A request of the device's own that waits for its response (DSP0236 11.5). */
export interface PendingRequest {
  readonly body: Uint8Array;
  readonly messageTag: number;
  readonly destinationEid: number;
  readonly address: number;
  /** When it is sent next, and how often it still may be. */
  readonly at: number;
  readonly triesLeft: number;
  /** Whether it gets an answer. */
  readonly awaited: boolean;
  /** Whether it has been sent at all: until then it waits for the ones before it. */
  readonly asked: boolean;
  /** What it asks. */
  readonly wanted: OwnRequest;
}

/** How the device asks for itself (DSP0236 11.5, 11.8.3; DSP0237, Table 9). */
export interface RequestRules {
  readonly tries: number;
  readonly timeout: number;
  /** Waits for one answer, or for the last time-out, before it asks the same peer something else. */
  readonly oneAtATime: boolean;
  readonly retriesKeepInstanceId: boolean;
  readonly newInstanceIds: boolean;
  readonly checksCommand: boolean;
}

/** By its address, 7 bits on SMBus, and its EID. */
export interface BusOwner {
  readonly address: number;
  readonly eid: number;
}

/** State of the emulated device, one plain object. */
export interface DeviceState {
  readonly class: EmulatedClass;
  readonly binding: Binding;
  /** 7-bit SMBus address. */
  readonly address: number;
  /** When the last octet came: the device's only idea of time. */
  now: number;
  eid: number;
  /** The one that it had from the start; 0: none. */
  readonly initialEid: number;
  /** The flag of bindings with endpoint discovery (DSP0236 12.14). */
  discovered: boolean;
  /** In force (DSP0236 12.21); 0: none. */
  rateLimit: { burst: number; rate: number };
  tid: number;
  /** Whoever set our EID last. */
  busOwner: BusOwner | undefined;
  /** What it knows as a bridge, where it is one. */
  readonly bridge: BridgeState | undefined;
  /** What changes on it as a card, where it is one. */
  readonly card: CardState | undefined;
  readonly assemblies: Assemblies;
  /** Requests of the device's own that are not answered yet. */
  pending: readonly PendingRequest[];
  /** False once a deviation has killed it: no octet is answered any more. */
  alive: boolean;
  /** It starts, and answers nothing until then. */
  bootsUntil: number;
  /** Scratch of deviations that need to remember something. */
  readonly memory: Map<string, number>;
}

/** A decoded request to a responder. */
export interface DeviceRequest {
  /** Of a command that no table has, only `code` and `header` mean something; its name is `unknown`. */
  readonly command: Command;
  readonly fields: FieldValues;
  readonly header: FieldValues;
  readonly body: Uint8Array;
  /** The first packet of the request. */
  readonly packet: Packet;
  readonly sourceAddress: number;
  readonly state: DeviceState;
}

/**
 * What a responder returns: response fields with `completionCode` (none: 0), or nothing to send. `header` overrides
 * single fields of header and trailer.
 */
export type Answer = { readonly fields: FieldValues; readonly header?: FieldValues } | 'silence';

/** A message on its way out. Deviations change any part of it. */
export interface Outgoing {
  readonly body: Uint8Array;
  readonly destinationEid: number;
  readonly sourceEid: number;
  readonly tagOwner: number;
  readonly messageTag: number;
  /** Physical destination. */
  readonly address: number;
  /** From the end of the request to the start of the first packet. */
  readonly delayNs: number;
  /** Payload octets per packet. */
  readonly unit: number;
}

/** Why a packet was not taken: by assembly, or before it came there. */
export type Discarded = DropReason | 'other-destination' | 'unexpected-tag';

/** A request that the device makes of its own; tag, instance id, retries are the engine's. */
export interface OwnRequest {
  /** `getMessageTypeSupport`, `pldm/getTid`. */
  readonly command: string;
  readonly fields: FieldValues;
  readonly destinationEid: number;
  readonly address: number;
  readonly delayNs: number;
  /** Other than the rules of its requests: between two tries, and how many there are. */
  readonly timeout?: number;
  readonly tries?: number;
}

/**
 * Everything in which a device can differ from the standard, in the order of the way through it: receive rules first,
 * then what it does, then how it sends. Hooks may change `state`; all else is passed in and returned.
 */
export interface Behaviour {
  /** SMBus: whether the device acknowledges the write at all. */
  readonly acknowledges: (octets: Uint8Array, state: DeviceState) => boolean;
  /** SMBus: whether a frame is taken as an MCTP packet. */
  readonly acceptsSmbus: (frame: SmbusFrame, octets: Uint8Array, state: DeviceState) => boolean;
  /** Serial: what reaches the framer of the octets of one transmission. */
  readonly serialOctets: (octets: Uint8Array, state: DeviceState) => Uint8Array;
  readonly serialRules: SerialRules;
  /** Packet-level acceptance besides assembly: destination EID, TO of tags that it never gave out. */
  readonly acceptsPacket: (packet: Packet, state: DeviceState) => boolean;
  readonly assembly: AssemblyRules;
  /** Told of packets that the device did not take. */
  readonly discards: (reason: Discarded, state: DeviceState) => void;
  /** A bridge: packets for others. */
  readonly bridging: Bridging<DeviceState>;
  /** The message type that the first octet of a body stands for (DSP0236 8.2: the low seven bits). */
  readonly messageType: (octet: number) => number;
  /** Flags (DSP0236 11.7, Table 11): request bit, datagram bit, IC, tag owner; and that control is one packet. */
  readonly acceptsMessage: (header: FieldValues, packet: Packet, state: DeviceState) => boolean;
  /** Whether a responder exists for a command of the tables. */
  readonly supports: (command: Command, state: DeviceState) => boolean;
  /** Completion code for a body that is too short or too long; undefined: goes on as if it fitted. */
  readonly wrongLength: (request: DeviceRequest, problem: 'short' | 'long') => Answer | number | undefined;
  readonly respond: (request: DeviceRequest, commands: CommandSets) => Answer;
  /** An answer for a command that no responder has. */
  readonly unknownCommand: (header: FieldValues, state: DeviceState) => Answer | number;
  /** The answer to a message of a type without command tables (vendor-defined), or of no type that it knows. */
  readonly respondRaw: (body: Uint8Array, packet: Packet, state: DeviceState) => Uint8Array | 'silence';
  readonly requestRules: RequestRules;
  /** SMBus: how often a frame that was not acknowledged is sent again (DSP0237, Table 8, PN1). */
  readonly packetRetries: number;
  /** SMBus: told when a frame is given up. */
  readonly gaveUp: (state: DeviceState) => void;
  /** What the device asks of its own after it has handled a request. */
  readonly ownRequests: (request: DeviceRequest, state: DeviceState) => readonly OwnRequest[];
  /** What it asks next, now that this request of its own was answered with this body. */
  readonly answered: (wanted: OwnRequest, body: Uint8Array, state: DeviceState) => readonly OwnRequest[];
  /** What somebody did to it from outside: power, reset, cables. */
  readonly hook: (name: HookName, state: DeviceState) => void;
  /** What it sends of its own about that. */
  readonly announcements: (name: HookName, state: DeviceState) => readonly OwnRequest[];
  /** Every message that leaves. `request` is missing for requests of its own and for raw answers. */
  readonly message: (message: Outgoing, request: DeviceRequest | undefined, state: DeviceState) => readonly Outgoing[];
  /** The packets of one message: to leave out, repeat or reorder some. */
  readonly packets: (packets: readonly Packet[], state: DeviceState) => readonly Packet[];
  readonly packet: (packet: Packet, index: number, state: DeviceState) => Packet;
  readonly smbusFrame: (packet: Uint8Array, state: DeviceState) => SmbusOverrides & { readonly destination?: number };
  readonly serialFrame: (packet: Uint8Array, state: DeviceState) => SerialOverrides;
}

/** A named single fault: a small change of the behaviour. */
export interface Deviation {
  readonly name: string;
  /** What the device does, as a sentence about it. */
  readonly title: string;
  /** Where it was seen, when it was. */
  readonly seenIn?: string;
  /** Reddens at least the cases that list it, for it touches everything. */
  readonly pervasive?: boolean;
  readonly classes?: readonly DeviceClass[];
  readonly bindings?: readonly Binding[];
  readonly change: (correct: Behaviour) => Partial<Behaviour>;
}

/** A command's correct answer. */
export type Responder = (request: DeviceRequest, commands: CommandSets) => Answer;

/** Responders by command name. */
export type Responders = { readonly [command: string]: Responder };
