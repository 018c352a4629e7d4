import { crc32c } from '../../codec/checksum';
import type { FieldValues } from '../../codec/field-spec';
import { concat, putUint } from '../../codec/octets';
import { messageTypes } from '../../names';
import type { DeviceRequest, Outgoing } from '../endpoint-types';
import { CONTROL_PRIMITIVE } from '../nvme-mi-state';
import type { Change } from './change';
import { respondingTo } from './change';
import { limited, typeKey } from './reach';

/** The words for faults of NVMe-MI and SPDM messages. */

const MIC_SIZE = 4;
const STATUS = 4;

/** The message without its integrity check. */
export const front = (body: Uint8Array): Uint8Array => body.subarray(0, body.length - MIC_SIZE);

export const checked = (octets: Uint8Array): Uint8Array => concat(octets, putUint(crc32c(octets), MIC_SIZE, true));

/** All that leaves for one answer to a message of the set; undefined: what the correct device sends. */
export function leaving(
  set: 'nvme-mi' | 'spdm',
  change: (messages: readonly Outgoing[], request: DeviceRequest) => readonly Outgoing[] | undefined,
): Change {
  return (correct) => ({
    message: limited([typeKey(messageTypes[set])], (message, request, state) => {
      const messages = correct.message(message, request, state);
      return (request?.command.set === set ? change(messages, request) : undefined) ?? messages;
    }),
  });
}

/** Every NVMe-MI answer, as it would be on the wire; undefined: unchanged. */
export function bodies(change: (body: Uint8Array, request: DeviceRequest) => Uint8Array | undefined): Change {
  return leaving('nvme-mi', (messages, request) =>
    messages.map((message) => ({ ...message, body: change(message.body, request) ?? message.body })),
  );
}

/** Answers that refuse: their status is neither success nor a plea for time. */
export const refuses = (body: Uint8Array): boolean => (body[STATUS] ?? 0) > 1;

/** Answers to control primitives, by the message type (NMIMT) in their header. */
export const isPrimitive = (body: Uint8Array): boolean => (((body[1] ?? 0) >> 3) & 0x0f) === CONTROL_PRIMITIVE;

/** Requests that a rule of acceptance would drop are taken as if their header were another. */
export function takingNvme(header: (header: FieldValues) => FieldValues | undefined): Change {
  return (correct) => ({
    acceptsMessage: limited([typeKey(messageTypes['nvme-mi'])], (before, packet, state) =>
      correct.acceptsMessage(
        before.messageType === messageTypes['nvme-mi'] ? { ...before, ...header(before) } : before,
        packet,
        state,
      ),
    ),
  });
}

/** Another answer than success where the request says so. */
export function insteadOf(
  command: string,
  when: (fields: FieldValues) => boolean,
  fields: (fields: FieldValues) => FieldValues,
): Change {
  return respondingTo([command], (correct, request, sets) =>
    correct(
      when(request.fields) ? { ...request, fields: { ...request.fields, ...fields(request.fields) } } : request,
      sets,
    ),
  );
}
