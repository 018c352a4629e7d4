import { SECOND } from '../clock';
import type { FieldValues } from '../codec/field-spec';
import { ERROR_INVALID_DATA, failure, success } from './answers';
import { runningVersion } from './card';
import { hbaCard } from './card-hba';
import { nicCard } from './card-nic';
import type { Answer, DeviceRequest, DeviceState, Responder, Responders } from './endpoint-types';
import type { FirmwareComponent, FirmwareModel, FirmwareState } from './firmware-types';
import { auxStates, factoryFlash, firmwareStates, idleFirmware, MAIN_COMPONENT } from './firmware-types';

/** PLDM for firmware update (DSP0267): what a firmware device answers; what it asks itself is in firmware-download.ts. */

const NOT_IN_UPDATE_MODE = 0x80;
const ALREADY_IN_UPDATE_MODE = 0x81;
const INVALID_STATE = 0x84;
const CANCELLED = 2;
/** By the state that the update agent fell silent in. */
const timeoutReasons: { readonly [state: number]: number } = {
  [firmwareStates.learnComponents]: 3,
  [firmwareStates.readyXfer]: 4,
  [firmwareStates.download]: 5,
  [firmwareStates.verify]: 6,
  [firmwareStates.apply]: 7,
};
const ACTIVATED = 1;
/** DSP0267 FD_T1. */
const FD_T1 = 90 * SECOND;
export const BASELINE_TRANSFER = 32;

/** Bit 2: activated by a reset of its medium. */
export const ACTIVATED_BY_RESET = 0x0004;

const ASCII = 1;
const RELEASED = '20260301';
const FIRMWARE = 10;
const END = 4;

const pci = (card: typeof nicCard.pci | typeof hbaCard.pci): FirmwareModel['descriptors'] => [
  { type: 0x0000, size: 2, value: card.vendor },
  { type: 0x0100, size: 2, value: card.device },
  { type: 0x0101, size: 2, value: card.subsystemVendor },
  { type: 0x0102, size: 2, value: card.subsystem },
];

const component = (identifier: number, version: string): FirmwareComponent => ({
  classification: FIRMWARE,
  identifier,
  version,
});

const models: { readonly [name: string]: FirmwareModel } = {
  nic: {
    descriptors: pci(nicCard.pci),
    version: nicCard.firmwareVersion,
    components: [component(1, nicCard.firmwareVersion)],
    downstream: 0,
  },
  hba: {
    descriptors: pci(hbaCard.pci),
    version: hbaCard.firmwareVersion,
    components: [
      component(1, hbaCard.firmwareVersion),
      component(2, hbaCard.bootVersion),
      component(3, hbaCard.batteryVersion),
    ],
    downstream: hbaCard.disks.length,
  },
};
const nothing: FirmwareModel = { descriptors: [], version: '', components: [], downstream: 0 };

const modelOf = (state: DeviceState): FirmwareModel => models[state.class] ?? nothing;

/** The state now: an update whose agent is silent for too long is given up. */
function firmwareOf(state: DeviceState): FirmwareState {
  const firmware = state.card?.firmware ?? idleFirmware;
  const { current, heard, failed } = firmware;
  // What has failed waits for a cancel, whenever that comes.
  if (current === firmwareStates.idle || failed || state.now - heard < FD_T1) return firmware;
  return enter(state, firmwareStates.idle, { reason: timeoutReasons[current] ?? 0 });
}

/** The next state; nothing of its operation has failed yet. */
export function enter(state: DeviceState, next: number, more: Partial<FirmwareState> = {}): FirmwareState {
  const before = state.card?.firmware ?? idleFirmware;
  const entered = { current: next, previous: before.current, reason: 0, heard: state.now, failed: false };
  const firmware = { ...before, ...entered, ...more };
  if (state.card !== undefined) state.card.firmware = firmware;
  return firmware;
}

const queryDeviceIdentifiers: Responder = ({ state }) => {
  const { descriptors } = modelOf(state);
  return success({
    descriptorsLength: descriptors.reduce((sum, { size }) => sum + 4 + size, 0),
    descriptorCount: descriptors.length,
    descriptors: descriptors.map(({ type, value }) => ({ type, value })),
  });
};

const getFirmwareParameters: Responder = ({ state }) => {
  const { version, components } = modelOf(state);
  const { active, pending } = state.card?.flash ?? factoryFlash;
  return success({
    capabilities: 0,
    componentCount: components.length,
    activeVersionType: ASCII,
    activeVersion: runningVersion(state.card, version),
    pendingVersionType: ASCII,
    pendingVersion: pending[MAIN_COMPONENT] ?? '',
    components: components.map((each) => ({
      classification: each.classification,
      identifier: each.identifier,
      activeStamp: 1,
      activeVersionType: ASCII,
      activeDate: RELEASED,
      pendingVersionType: ASCII,
      activationMethods: ACTIVATED_BY_RESET,
      activeVersion: active[each.identifier] ?? each.version,
      pendingVersion: pending[each.identifier] ?? '',
    })),
  });
};

const queryDownstreamDevices: Responder = ({ state }) => {
  const { downstream } = modelOf(state);
  const updateSupported = downstream > 0 ? 1 : 0;
  return success({ updateSupported, deviceCount: downstream, maximumDeviceCount: downstream });
};

const GET_FIRST_PART = 1;
const START_AND_END = 5;
const INVALID_TRANSFER_HANDLE = 0x90;
const INVALID_OPERATION = 0x91;
const SCSI_VENDOR = { type: 0x0006, size: 8 };
const SCSI_PRODUCT = { type: 0x0108, size: 16 };

/** A list of the drives in one part: there is no second one. */
function listed(fields: (disks: typeof hbaCard.disks) => FieldValues): Responder {
  return ({ fields: { operation } }) => {
    if (operation === GET_FIRST_PART)
      return success({ nextTransferHandle: 0, transferFlag: START_AND_END, ...fields(hbaCard.disks) });
    return failure(operation === 0 ? INVALID_TRANSFER_HANDLE : INVALID_OPERATION);
  };
}

const asciiHex = (text: string, size: number): string => Buffer.from(text.padEnd(size), 'latin1').toString('hex');

const queryDownstreamIdentifiers = listed((disks) => ({
  devicesLength: disks.length * (3 + 4 + SCSI_VENDOR.size + 4 + SCSI_PRODUCT.size),
  deviceCount: disks.length,
  devices: disks.map(({ manufacturer, model }, index) => ({
    index,
    descriptorCount: 2,
    descriptors: [
      { type: SCSI_VENDOR.type, value: asciiHex(manufacturer, SCSI_VENDOR.size) },
      { type: SCSI_PRODUCT.type, value: asciiHex(model, SCSI_PRODUCT.size) },
    ],
  })),
}));

const getDownstreamFirmwareParameters = listed((disks) => ({
  capabilities: 0,
  deviceCount: disks.length,
  devices: disks.map(({ firmwareVersion }, index) => ({
    index,
    activeStamp: 1,
    activeVersionType: ASCII,
    activeDate: RELEASED,
    pendingVersionType: ASCII,
    activationMethods: ACTIVATED_BY_RESET,
    activeVersion: firmwareVersion,
    pendingVersion: '',
  })),
}));

const getStatus: Responder = ({ state }) => {
  const { current, previous, reason, failed } = firmwareOf(state);
  const busy = current >= firmwareStates.download;
  const GENERIC_ERROR = 0x0a;
  return success({
    currentState: current,
    previousState: previous,
    auxState: failed ? auxStates.failed : busy ? auxStates.inProgress : auxStates.none,
    auxStateStatus: failed ? GENERIC_ERROR : 0,
    // 101: not supported.
    progressPercent: 101,
    reasonCode: reason,
  });
};

const requestUpdate: Responder = ({ fields, state, packet, sourceAddress }) => {
  if (firmwareOf(state).current !== firmwareStates.idle) return failure(ALREADY_IN_UPDATE_MODE);
  const transfer = Number(fields.maximumTransferSize);
  if (transfer < BASELINE_TRANSFER || fields.maximumOutstanding === 0) return failure(ERROR_INVALID_DATA);
  const agent = { eid: packet.sourceEid, address: sourceAddress };
  enter(state, firmwareStates.learnComponents, { agent, transfer, image: undefined, applied: {} });
  return success({ metaDataLength: 0, willSendGetPackageData: 0 });
};

/** As an update of its own, of one of the devices behind it (DSP0267 RequestDownstreamDeviceUpdate). */
const requestDownstreamDeviceUpdate: Responder = (request, commands) => requestUpdate(request, commands);

/** Refused outside these states. */
function inState(allowed: readonly number[], respond: Responder): Responder {
  return (request, commands) => {
    const { current } = firmwareOf(request.state);
    if (current === firmwareStates.idle) return failure(NOT_IN_UPDATE_MODE);
    return allowed.includes(current) ? respond(request, commands) : failure(INVALID_STATE);
  };
}

function componentOf({ fields, state }: DeviceRequest): FirmwareComponent | undefined {
  return modelOf(state).components.find(
    ({ classification, identifier }) => classification === fields.classification && identifier === fields.identifier,
  );
}

const NOT_SUPPORTED = 6;
const NO_MATCH = 9;

const passComponentTable: Responder = (request) => {
  const known = componentOf(request) !== undefined;
  // The bit of the end stands in `end` and in `start and end`.
  if ((Number(request.fields.transferFlag) & END) !== 0) enter(request.state, firmwareStates.readyXfer);
  return success({ componentResponse: known ? 0 : 1, componentResponseCode: known ? 0 : NOT_SUPPORTED });
};

const updateComponent: Responder = (request): Answer => {
  const { fields, state } = request;
  if (componentOf(request) === undefined || fields.imageSize === 0) {
    return success({ compatibility: 1, compatibilityCode: NO_MATCH });
  }
  const { identifier, version = '', imageSize } = fields;
  const image = {
    identifier: Number(identifier),
    version: String(version),
    size: Number(imageSize),
    octets: new Uint8Array(0),
  };
  enter(state, firmwareStates.download, { image });
  return success({ compatibility: 0, compatibilityCode: 0, updateOptionsEnabled: 0, timeBeforeRequest: 0 });
};

const cancelUpdateComponent: Responder = ({ state }) => {
  enter(state, firmwareStates.readyXfer, { image: undefined });
  return success();
};

const cancelUpdate: Responder = ({ state }) => {
  enter(state, firmwareStates.idle, { reason: CANCELLED, image: undefined, applied: {} });
  return success({ nonFunctioning: 0, nonFunctioningBitmap: 0n });
};

const INCOMPLETE_UPDATE = 0x85;

/** What was applied is what the card starts with next. */
const activateFirmware: Responder = ({ state }) => {
  const { applied } = firmwareOf(state);
  if (Object.keys(applied).length === 0) return failure(INCOMPLETE_UPDATE);
  if (state.card !== undefined) {
    const { active, pending } = state.card.flash;
    state.card.flash = { active, pending: { ...pending, ...applied } };
  }
  enter(state, firmwareStates.idle, { reason: ACTIVATED, image: undefined, applied: {} });
  return success({ estimatedTime: 0 });
};

const { learnComponents, readyXfer, download, verify, apply } = firmwareStates;

export const firmwareResponders: Responders = {
  'pldm/queryDeviceIdentifiers': queryDeviceIdentifiers,
  'pldm/getFirmwareParameters': getFirmwareParameters,
  'pldm/queryDownstreamDevices': queryDownstreamDevices,
  'pldm/queryDownstreamIdentifiers': queryDownstreamIdentifiers,
  'pldm/getDownstreamFirmwareParameters': getDownstreamFirmwareParameters,
  'pldm/requestUpdate': requestUpdate,
  'pldm/requestDownstreamDeviceUpdate': requestDownstreamDeviceUpdate,
  'pldm/passComponentTable': inState([learnComponents], passComponentTable),
  'pldm/updateComponent': inState([readyXfer], updateComponent),
  'pldm/activateFirmware': inState([readyXfer], activateFirmware),
  'pldm/getStatus': getStatus,
  'pldm/cancelUpdateComponent': inState([download, verify, apply], cancelUpdateComponent),
  'pldm/cancelUpdate': inState([learnComponents, readyXfer, download, verify, apply], cancelUpdate),
};
