import { crc32 } from '../codec/checksum';
import { parseHex, putUint, toHex } from '../codec/octets';
import { BROADCAST_EID } from '../names';
import { ERROR_INVALID_DATA, failure, success } from './answers';
import { classDefinitions } from './classes';
import type { DeviceState, Responder, Responders } from './endpoint-types';

/** PLDM base responders (DSP0240 9.1 to 9.5). */

const INVALID_TRANSFER_HANDLE = 0x80;
const INVALID_TRANSFER_OPERATION_FLAG = 0x81;
const INVALID_PLDM_TYPE = 0x83;
const INVALID_PLDM_VERSION = 0x84;
const GET_NEXT_PART = 0;
const GET_FIRST_PART = 1;
const START_AND_END = 5;

/** Version as on the wire (alpha, update, minor, major) and command codes of each PLDM type. */
const pldmTypes: {
  readonly [type: number]: { readonly version: string; readonly commands: readonly number[] };
} = {
  0: { version: '00f0f1f1', commands: [0x01, 0x02, 0x03, 0x04, 0x05] },
  2: { version: '00f2f2f1', commands: [0x03, 0x04, 0x05, 0x0b, 0x0c, 0x11, 0x12, 0x21, 0x50, 0x51] },
  4: { version: '00f0f0f1', commands: [0x01, 0x02] },
  5: { version: '00f0f1f1', commands: [0x01, 0x02, 0x03, 0x10, 0x13, 0x14, 0x1a, 0x1b, 0x1c, 0x1d] },
};

/** Commands of a storage controller alone: state effecters, and the devices behind it. */
const ofControllers: { readonly [type: number]: readonly number[] } = { 2: [0x39, 0x3a], 5: [0x04, 0x05, 0x20] };

/** Of those, the ones that the device speaks. */
const typeOf = (state: DeviceState, type: number) => {
  const known = classDefinitions[state.class].pldmTypes.includes(type) ? pldmTypes[type] : undefined;
  const more = state.class === 'hba' ? (ofControllers[type] ?? []) : [];
  return known && { ...known, commands: [...known.commands, ...more] };
};

/** A whole table in one part: the data, then its CRC-32 (DSP0240 9.3). */
function onlyPart(data: Uint8Array) {
  const portion = toHex(data) + toHex(putUint(crc32(data), 4, true));
  return success({ nextTransferHandle: 0, transferFlag: START_AND_END, portion });
}

/** There is no second part, so no transfer handle is ever valid. */
function refusedTransfer(operation: unknown): number | undefined {
  if (operation === GET_FIRST_PART) return undefined;
  return operation === GET_NEXT_PART ? INVALID_TRANSFER_HANDLE : INVALID_TRANSFER_OPERATION_FLAG;
}

const setTid: Responder = ({ fields, state }) => {
  const tid = Number(fields.tid);
  if (tid === 0 || tid === BROADCAST_EID) return failure(ERROR_INVALID_DATA);
  state.tid = tid;
  return success();
};

const getTid: Responder = ({ state }) => success({ tid: state.tid });

const getPldmVersion: Responder = ({ fields, state }) => {
  const refused = refusedTransfer(fields.operation);
  if (refused !== undefined) return failure(refused);
  const type = typeOf(state, Number(fields.pldmType));
  return type === undefined ? failure(INVALID_PLDM_TYPE) : onlyPart(parseHex(type.version) ?? new Uint8Array(0));
};

const getPldmTypes: Responder = ({ state }) => success({ types: classDefinitions[state.class].pldmTypes });

const getPldmCommands: Responder = ({ fields, state }) => {
  const type = typeOf(state, Number(fields.pldmType));
  if (type === undefined) return failure(INVALID_PLDM_TYPE);
  if (fields.version !== type.version) return failure(INVALID_PLDM_VERSION);
  return success({ commands: type.commands });
};

export const pldmResponders: Responders = {
  'pldm/setTid': setTid,
  'pldm/getTid': getTid,
  'pldm/getPldmVersion': getPldmVersion,
  'pldm/getPldmTypes': getPldmTypes,
  'pldm/getPldmCommands': getPldmCommands,
};
