import { SECOND } from '../clock';
import { ERROR_INVALID_DATA, failure, success } from './answers';
import { hbaCard } from './card-hba';
import { nicCard } from './card-nic';
import type { Answer, DeviceRequest, DeviceState, OwnRequest, Responder, Responders } from './endpoint-types';
import type { FirmwareComponent, FirmwareModel, FirmwareState } from './firmware-types';
import { firmwareStates, idleFirmware } from './firmware-types';

/** PLDM for firmware update (DSP0267): a firmware device up to the download, which it cannot finish without an image. */

const NOT_IN_UPDATE_MODE = 0x80;
const ALREADY_IN_UPDATE_MODE = 0x81;
const INVALID_STATE = 0x84;
const CANCELLED = 2;
/** By the state that the update agent fell silent in. */
const timeoutReasons: { readonly [state: number]: number } = {
  [firmwareStates.learnComponents]: 3,
  [firmwareStates.readyXfer]: 4,
  [firmwareStates.download]: 5,
};
/** DSP0267 FD_T1 and FD_T2. */
const FD_T1 = 90 * SECOND;
const FD_T2 = 2 * SECOND;
const BASELINE_TRANSFER = 32;

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
  const { current, heard } = firmware;
  if (current === firmwareStates.idle || state.now - heard < FD_T1) return firmware;
  return enter(state, firmwareStates.idle, timeoutReasons[current]);
}

function enter(state: DeviceState, next: number, reason = 0): FirmwareState {
  const before = state.card?.firmware ?? idleFirmware;
  const firmware = { ...before, current: next, previous: before.current, reason, heard: state.now };
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
  return success({
    capabilities: 0,
    componentCount: components.length,
    activeVersionType: ASCII,
    activeVersion: version,
    pendingVersionType: ASCII,
    components: components.map((each) => ({
      classification: each.classification,
      identifier: each.identifier,
      activeStamp: 1,
      activeVersionType: ASCII,
      activeDate: RELEASED,
      pendingVersionType: ASCII,
      // Bit 2: activated by a reset of its medium.
      activationMethods: 0x0004,
      activeVersion: each.version,
    })),
  });
};

const queryDownstreamDevices: Responder = ({ state }) => {
  const { downstream } = modelOf(state);
  return success({ updateSupported: 0, deviceCount: downstream, maximumDeviceCount: downstream });
};

const getStatus: Responder = ({ state }) => {
  const { current, previous, reason } = firmwareOf(state);
  const busy = current === firmwareStates.download;
  return success({
    currentState: current,
    previousState: previous,
    auxState: busy ? 0 : 3,
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
  if (state.card !== undefined) state.card.firmware = { ...firmwareOf(state), agent, transfer };
  enter(state, firmwareStates.learnComponents);
  return success({ metaDataLength: 0, willSendGetPackageData: 0 });
};

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
  enter(state, firmwareStates.download);
  return success({ compatibility: 0, compatibilityCode: 0, updateOptionsEnabled: 0, timeBeforeRequest: 0 });
};

const cancelUpdateComponent: Responder = ({ state }) => {
  enter(state, firmwareStates.readyXfer);
  return success();
};

const cancelUpdate: Responder = ({ state }) => {
  enter(state, firmwareStates.idle, CANCELLED);
  return success({ nonFunctioning: 0, nonFunctioningBitmap: 0n });
};

const INCOMPLETE_UPDATE = 0x85;
const { learnComponents, readyXfer, download } = firmwareStates;

export const firmwareResponders: Responders = {
  'pldm/queryDeviceIdentifiers': queryDeviceIdentifiers,
  'pldm/getFirmwareParameters': getFirmwareParameters,
  'pldm/queryDownstreamDevices': queryDownstreamDevices,
  'pldm/requestUpdate': requestUpdate,
  'pldm/passComponentTable': inState([learnComponents], passComponentTable),
  'pldm/updateComponent': inState([readyXfer], updateComponent),
  // Nothing was applied, for no image ever comes.
  'pldm/activateFirmware': inState([readyXfer], () => failure(INCOMPLETE_UPDATE)),
  'pldm/getStatus': getStatus,
  'pldm/cancelUpdateComponent': inState([download], cancelUpdateComponent),
  'pldm/cancelUpdate': inState([learnComponents, readyXfer, download], cancelUpdate),
};

/** The first request for data, once the device is in download (DSP0267 RequestFirmwareData). */
export function firmwareRequests({ command, fields }: DeviceRequest, state: DeviceState): readonly OwnRequest[] {
  const { current, agent, transfer } = state.card?.firmware ?? idleFirmware;
  if (command.name !== 'pldm/updateComponent' || current !== download || agent === undefined) return [];
  return [
    {
      command: 'pldm/requestFirmwareData',
      fields: { offset: 0, length: Math.min(transfer, Math.max(BASELINE_TRANSFER, Number(fields.imageSize))) },
      destinationEid: agent.eid,
      address: agent.address,
      delayNs: FD_T2 / 100,
    },
  ];
}
