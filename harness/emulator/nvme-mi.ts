import { MILLISECOND } from '../clock';
import { crc32c } from '../codec/checksum';
import type { FieldValues } from '../codec/field-spec';
import { concat, putUint } from '../codec/octets';
import { success } from './answers';
import type { DeviceRequest, DeviceState, Discarded, Outgoing, Responder } from './endpoint-types';
import { commandResponders } from './nvme-mi-commands';
import type { DiscardFlag } from './nvme-mi-state';
import { BASELINE, CONTROL_PRIMITIVE, invalid, ssdOf } from './nvme-mi-state';
import type { Protocol } from './protocol';

/** NVMe-MI (1.2) as a protocol: control primitives, which messages are taken, and what leaves for each. */

const INVALID_COMMAND_OPCODE = 0x03;
const INVALID_COMMAND_SIZE = 0x05;
const INVALID_COMMAND_INPUT_DATA_SIZE = 0x06;

// ---- control primitives (4.2.1) ----

const pause: Responder = ({ fields, state }) => {
  ssdOf(state).paused = true;
  return success({ primitiveTag: Number(fields.primitiveTag), result: 1 });
};

const resume: Responder = ({ fields, state }) => {
  ssdOf(state).paused = false;
  return success({ primitiveTag: Number(fields.primitiveTag), result: 0 });
};

/** Every command is done before the next message comes, so there is never anything to abort. */
const abort: Responder = ({ fields, header, state }) => {
  ssdOf(state).responses.delete(Number(header.csi));
  return success({ primitiveTag: Number(fields.primitiveTag), abortStatus: 0 });
};

const getState: Responder = ({ fields, state }) => {
  const { discards, paused } = ssdOf(state);
  const flags = Object.fromEntries([...discards].map((flag) => [flag, 1]));
  if (fields.clearErrors === 1) discards.clear();
  return success({ primitiveTag: Number(fields.primitiveTag), paused: paused ? 1 : 0, slotState: 0, ...flags });
};

/** What is repeated follows this answer as a message of its own. */
const replay: Responder = ({ fields, header, state }) => {
  const ssd = ssdOf(state);
  ssd.paused = false;
  const last = ssd.responses.get(Number(header.csi));
  const packets = Math.ceil((last?.length ?? 0) / BASELINE);
  if (last !== undefined && Number(fields.replayOffset) >= packets) return invalid(6);
  return success({ primitiveTag: Number(fields.primitiveTag), responseReplayed: last === undefined ? 0 : 1 });
};

// ---- what leaves, and what does not come in ----

const MORE_PROCESSING_REQUIRED = 0x01;
/** When the device says that Identify in whole takes longer, how long it says (in units of 100 ms), and when it is done. */
const asksForTimeAfter = 60 * MILLISECOND;
const ASKS_FOR = 2;
const isDoneAfter = 180 * MILLISECOND;
const SLOW_SIZE = 1024;

/** The answer that asks for time, with the header of the final one (NVMe-MI 4.2.2). */
export function moreProcessing(answer: Uint8Array, units: number): Uint8Array {
  const front = concat(answer.subarray(0, HEADER_SIZE), [MORE_PROCESSING_REQUIRED, 0], putUint(units, 2, true));
  return concat(front, putUint(crc32c(front), MIC_SIZE, true));
}

const HEADER_SIZE = 4;
const MIC_SIZE = 4;

/** A slow command asks for time first; Replay is followed by what it repeats (NVMe-MI 4.2.1.5, 4.2.2). */
function answers(message: Outgoing, { command, header, state }: DeviceRequest): readonly Outgoing[] {
  const { responses } = ssdOf(state);
  const slot = Number(header.csi);
  if (header.nmimt === CONTROL_PRIMITIVE) {
    const last = command.name === 'nvme-mi/replay' ? responses.get(slot) : undefined;
    return last === undefined ? [message] : [message, { ...message, body: last, delayNs: 2 * message.delayNs }];
  }
  responses.set(slot, message.body);
  if (command.name !== 'nvme-mi/identify' || message.body.length < SLOW_SIZE) return [message];
  return [
    { ...message, body: moreProcessing(message.body, ASKS_FOR), delayNs: asksForTimeAfter },
    { ...message, delayNs: isDoneAfter },
  ];
}

const GOOD = 'good';

function accepts(header: FieldValues, state: DeviceState): boolean {
  if (header.micStatus !== GOOD) ssdOf(state).discards.add('badIntegrityCheck');
  return header.micStatus === GOOD && header.ror === 0;
}

const discardFlags: { readonly [reason in Discarded]?: DiscardFlag } = {
  'header-version': 'badHeaderVersion',
  oversize: 'incorrectUnit',
  'unexpected-middle': 'unexpectedMiddleOrEnd',
  'unexpected-end': 'unexpectedMiddleOrEnd',
  'out-of-sequence': 'badSequence',
  'other-destination': 'unknownDestination',
  'unexpected-tag': 'badTag',
};

/** Short of opcode and dwords, or with data that the command does not take (NVMe-MI 4.2). */
const wrongLength: Protocol['wrongLength'] = ({ header }, problem) => {
  if (header.nmimt === CONTROL_PRIMITIVE) return INVALID_COMMAND_SIZE;
  return problem === 'short' ? INVALID_COMMAND_SIZE : INVALID_COMMAND_INPUT_DATA_SIZE;
};

export const nvmeMi: Protocol = {
  set: 'nvme-mi',
  integrityCheck: 1,
  responders: {
    'nvme-mi/pause': pause,
    'nvme-mi/resume': resume,
    'nvme-mi/abort': abort,
    'nvme-mi/getState': getState,
    'nvme-mi/replay': replay,
    ...commandResponders,
  },
  accepts: (header, _packet, state) => accepts(header, state),
  wrongLength,
  unknownCommand: () => INVALID_COMMAND_OPCODE,
  answers,
  discards: (reason, state) => {
    const flag = discardFlags[reason];
    if (flag !== undefined) ssdOf(state).discards.add(flag);
  },
};
