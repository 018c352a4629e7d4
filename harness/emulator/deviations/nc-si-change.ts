import type { FieldValues } from '../../codec/field-spec';
import { concat, putUint } from '../../codec/octets';
import { messageTypes } from '../../names';
import type { Answer, DeviceRequest, DeviceState } from '../endpoint-types';
import type { Change } from './change';
import { sending } from './change';
import { limited, typeKey } from './reach';

/** The words in which faults of NC-SI are written. */

const NC_SI = messageTypes['nc-si'];
/** Octets of the checksum. */
const CHECKSUM = 4;
/** Of the payload in a body: type octet and header stand before it. */
const PAYLOAD = 17;

/** Two's complement of the sum of the 16-bit words after the type octet (DSP0222 8.2.2.3). */
export function checksumOf(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 1; at < octets.length; at += 2) sum += ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  return -sum >>> 0;
}

/** What the checksum covers, with the type octet. */
export const covered = (body: Uint8Array): Uint8Array => body.subarray(0, body.length - CHECKSUM);

export const summed = (octets: Uint8Array, sum = checksumOf(octets)): Uint8Array =>
  concat(octets, putUint(sum >>> 0, CHECKSUM, false));

/** Where the payload ends as its length says; pad follows. */
export const payloadEnd = (body: Uint8Array): number => PAYLOAD + ((((body[7] ?? 0) & 0x0f) << 8) | (body[8] ?? 0));

/** Changes the octets of answers. */
export function responses(change: (body: Uint8Array, request: DeviceRequest) => Uint8Array | undefined): Change {
  return (correct) => {
    const { message } = sending((each, request) =>
      request?.command.set === 'nc-si' ? { ...each, body: change(each.body, request) ?? each.body } : each,
    )(correct);
    return message === undefined ? {} : { message: limited([typeKey(NC_SI)], message) };
  };
}

/** Changes what the checksum covers; the checksum is right again. */
export const beforeSum = (change: (octets: Uint8Array, request: DeviceRequest) => Uint8Array | undefined): Change =>
  responses((body, request) => {
    const changed = change(covered(body), request);
    return changed === undefined ? undefined : summed(changed);
  });

/** The payload of successful answers to these commands, cut to so many octets of data. */
export const dataCut = (commands: readonly string[], size: number): Change =>
  beforeSum((octets, { command }) => {
    if (!commands.includes(command.name) || (octets[PAYLOAD + 1] ?? 0) !== 0) return undefined;
    const cut = octets.slice(0, PAYLOAD + 4 + size);
    cut[7] = ((octets[7] ?? 0) & 0xf0) | ((size + 4) >> 8);
    cut[8] = (size + 4) & 0xff;
    return cut;
  });

/** Takes NC-SI messages as if their headers were others. */
export function takingNcSi(header: (header: FieldValues) => FieldValues | undefined): Change {
  return (correct) => ({
    acceptsMessage: limited([typeKey(NC_SI)], (before, packet, state) =>
      correct.acceptsMessage(before.messageType === NC_SI ? { ...before, ...header(before) } : before, packet, state),
    ),
  });
}

/** Another answer to NC-SI commands that it does not have. */
export function unknownNcSi(answer: (header: FieldValues, state: DeviceState) => Answer | undefined): Change {
  return (correct) => ({
    unknownCommand: limited([typeKey(NC_SI)], (header, state) => {
      const other = header.messageType === NC_SI ? answer(header, state) : undefined;
      return other ?? correct.unknownCommand(header, state);
    }),
  });
}

/** What becomes of NC-SI commands of the wrong length; undefined: they are taken as if they fitted. */
export function wrongLengthOfNcSi(answer: Answer | undefined): Change {
  return (correct) => ({
    wrongLength: limited([typeKey(NC_SI)], (request, problem) =>
      request.command.set === 'nc-si' ? answer : correct.wrongLength(request, problem),
    ),
  });
}

/** How often something was asked of this device. */
export function countUp({ memory }: DeviceState, name: string): number {
  const count = (memory.get(name) ?? 0) + 1;
  memory.set(name, count);
  return count;
}
