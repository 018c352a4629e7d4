import type { Command } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import type { HookName } from '../names';
import type { Answer, DeviceRequest, DeviceState, Discarded, Outgoing, OwnRequest, Responders } from './endpoint-types';

/** What the device does with the messages of one command set; the rest follows from the set's table. */
export interface Protocol {
  /** Id of the command set. */
  readonly set: string;
  /** IC of its messages; none: 0. */
  readonly integrityCheck?: number;
  readonly responders: Responders;
  /** Whether a message is taken at all: else it is dropped without a word. `header` has trailer and checksum statuses too. */
  readonly accepts?: (header: FieldValues, packet: Packet, state: DeviceState) => boolean;
  /** Whether it has this one of its commands now. */
  readonly supports?: (command: Command, state: DeviceState) => boolean;
  /** The answer to a body that is too short or too long; undefined: goes on as if it fitted. */
  readonly wrongLength?: (request: DeviceRequest, problem: 'short' | 'long') => Answer | number | undefined;
  readonly unknownCommand?: (header: FieldValues, state: DeviceState) => Answer | number;
  /** All that leaves for one answer: something before or after it as well. None: the answer alone. */
  readonly answers?: (message: Outgoing, request: DeviceRequest) => readonly Outgoing[];
  /** Told of packets that the device did not take. */
  readonly discards?: (reason: Discarded, state: DeviceState) => void;
  /** What the device sends of its own after it has handled a request. */
  readonly ownRequests?: (request: DeviceRequest, state: DeviceState) => readonly OwnRequest[];
  /** What it asks next, now that this request of its own was answered with this body. */
  readonly answered?: (wanted: OwnRequest, body: Uint8Array, state: DeviceState) => readonly OwnRequest[];
  /** What it sends of its own because of what was done to it from outside. */
  readonly announcements?: (name: HookName, state: DeviceState) => readonly OwnRequest[];
}
