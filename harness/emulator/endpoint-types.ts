import type { SerialOverrides, SerialRules } from '../binding/serial';
import type { SmbusFrame, SmbusOverrides } from '../binding/smbus';
import type { Assemblies, AssemblyRules } from '../codec/assembly';
import type { Command, CommandSets } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import type { Binding, DeviceClass } from '../names';

/** State of the emulated device, one plain object. */
export interface DeviceState {
  readonly class: DeviceClass;
  readonly binding: Binding;
  /** 7-bit SMBus address. */
  readonly address: number;
  eid: number;
  tid: number;
  /** Address and EID of whoever set our EID last. */
  busOwner: { address: number; eid: number } | undefined;
  readonly assemblies: Assemblies;
  /** False once a deviation has killed it: no octet is answered any more. */
  alive: boolean;
  /** Scratch of deviations that need to remember something. */
  readonly memory: Map<string, number>;
}

/** A decoded request to a responder. */
export interface DeviceRequest {
  readonly command: Command;
  readonly fields: FieldValues;
  readonly header: FieldValues;
  readonly body: Uint8Array;
  readonly packet: Packet;
  readonly sourceAddress: number;
  readonly state: DeviceState;
}

/** What a responder returns: response fields with `completionCode`, or nothing to send. */
export type Answer = { readonly fields: FieldValues } | 'silence';

/** A message on its way out. Deviations change any part of it. */
export interface Outgoing {
  readonly body: Uint8Array;
  readonly destinationEid: number;
  readonly sourceEid: number;
  readonly tagOwner: number;
  readonly messageTag: number;
  /** Physical destination. */
  readonly address: number;
  readonly delayNs: number;
  readonly unit: number;
}

/** Everything in which a device can differ from the standard: receive rules first, then what it does, then how it sends. */
export interface Behaviour {
  /** SMBus: whether a frame is taken as an MCTP packet. */
  readonly acceptsSmbus: (frame: SmbusFrame, octets: Uint8Array, state: DeviceState) => boolean;
  readonly serialRules: SerialRules;
  readonly assembly: AssemblyRules;
  /** Packet-level acceptance besides assembly: destination EID, TO of tags that it never gave out. */
  readonly acceptsPacket: (packet: Packet, state: DeviceState) => boolean;
  /** Control and PLDM flags (DSP0236 11.7): request bit, datagram bit, IC, tag owner. */
  readonly acceptsMessage: (header: FieldValues, packet: Packet, state: DeviceState) => boolean;
  readonly respond: (request: DeviceRequest, commands: CommandSets) => Answer;
  /** An answer for a command that no responder has. */
  readonly unknownCommand: (header: FieldValues, state: DeviceState) => number | 'silence';
  /** Completion code for a body that is too short or too long; undefined: goes on as if it fitted. */
  readonly wrongLength: (request: DeviceRequest, problem: 'short' | 'long') => number | 'silence' | undefined;
  readonly message: (message: Outgoing, request: DeviceRequest | undefined, state: DeviceState) => readonly Outgoing[];
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
