import { MILLISECOND } from '../clock';
import { crc32c } from '../codec/checksum';
import type { FieldValues } from '../codec/field-spec';
import { concat, putUint, toHex } from '../codec/octets';
import { success } from './answers';
import {
  compositeTemperature,
  firmwareLog,
  identifyController,
  KELVIN,
  PCIE_PORT,
  SMBUS_PORT,
  smartLog,
  ssdCard,
  ssdVpd,
} from './card-ssd';
import type { Answer, DeviceRequest, DeviceState, Discarded, Outgoing, Responder } from './endpoint-types';
import { carryOut } from './hooks';
import type { Protocol } from './protocol';

/** NVMe-MI responders (NVMe-MI 1.2) of an SSD with a PCIe port, a two-wire port and two controllers. */

const INVALID_COMMAND_OPCODE = 0x03;
const INVALID_PARAMETER = 0x04;
const INVALID_COMMAND_SIZE = 0x05;
const INVALID_COMMAND_INPUT_DATA_SIZE = 0x06;

/** Message types (NMIMT). */
export const CONTROL_PRIMITIVE = 0;
export const COMMAND = 1;
export const ADMIN = 2;

/** Why a message or packet was discarded, as Get State tells it (NVMe-MI 4.2.1.4). */
export type DiscardFlag =
  | 'badIntegrityCheck'
  | 'badHeaderVersion'
  | 'unknownDestination'
  | 'incorrectUnit'
  | 'unexpectedMiddleOrEnd'
  | 'badSequence'
  | 'badTag';

/** What changes while an SSD runs. */
export interface Ssd {
  /** Octets of a transmission unit, by port. */
  units: number[];
  /** Of the two-wire port: 1 is 100 kHz, 2 is 400 kHz. */
  frequency: number;
  paused: boolean;
  readonly discards: Set<DiscardFlag>;
  /** The last response of each command slot, whole. */
  readonly responses: Map<number, Uint8Array>;
  /** Of which start it is the state. */
  readonly started: number;
}

const BASELINE = 64;
const ssds = new WeakMap<DeviceState, Ssd>();

export function ssdOf(state: DeviceState): Ssd {
  const known = ssds.get(state);
  const started = state.bootsUntil;
  if (known?.started === started) return known;
  const volatile = { units: [BASELINE, BASELINE], frequency: 1, paused: false };
  const made: Ssd = { ...volatile, discards: new Set(), responses: new Map(), started };
  ssds.set(state, made);
  return made;
}

/** The parameter that is wrong, by its place in the message (NVMe-MI 4.2, parameter error location). */
const invalid = (parameterOffset: number): Answer => ({
  fields: { completionCode: INVALID_PARAMETER, parameterOffset, parameterBit: 0 },
});

/** Places of parameters, counted from the type octet. */
const place = { controller: 8, port: 10, structure: 11, configuration: 8, configurationPort: 11, value: 12, offset: 8 };
const adminPlace = { controller: 6, offset: 28, cns: 44, logPage: 44 };

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

// ---- Read NVMe-MI Data Structure (5.7) ----

const STRUCTURE_SIZE = 32;
const SUBSYSTEM = 0;
const PORT = 1;
const CONTROLLER_LIST = 2;
const CONTROLLER = 3;
const OPTIONAL_COMMANDS = 4;

const portType = { pcie: 1, twoWire: 2 };

function portInformation(port: number): FieldValues | undefined {
  const largestTransmissionUnit = ssdCard.units[port] ?? 0;
  const common = { dataLength: STRUCTURE_SIZE, largestTransmissionUnit, managementEndpointBufferSize: 0 };
  if (port === PCIE_PORT) {
    const link = { supportedLinkSpeeds: 0x0f, currentLinkSpeed: 4, largestLinkWidth: 4, currentLinkWidth: 4 };
    return {
      ...common,
      portType: portType.pcie,
      largestPayload: 1,
      ...link,
      pciePort: 0,
      reservedPort: '00'.repeat(18),
    };
  }
  if (port !== SMBUS_PORT) return undefined;
  const vpd = { vpdAddress: 0xa6, vpdFrequency: 2, endpointAddress: 0x3a, endpointFrequency: 2, basicManagement: 0 };
  return { ...common, portType: portType.twoWire, ...vpd, reservedPort: '00'.repeat(19) };
}

function controllerInformation(controller: number): FieldValues {
  const { vendor, device, subsystemVendor, subsystem } = ssdCard.pci;
  return {
    dataLength: STRUCTURE_SIZE,
    port: PCIE_PORT,
    routingIdValid: 1,
    routingId: controller,
    pciVendorId: vendor,
    pciDeviceId: device,
    pciSubsystemVendorId: subsystemVendor,
    pciSubsystemId: subsystem,
    reservedControllerEnd: '00'.repeat(16),
  };
}

const isController = (id: unknown): boolean => (ssdCard.controllers as readonly number[]).includes(Number(id));

const readDataStructure: Responder = ({ fields }) => {
  switch (fields.structure) {
    case SUBSYSTEM: {
      const { major, minor } = ssdCard.version;
      const portCount = ssdCard.units.length - 1;
      const version = { majorVersion: major, minorVersion: minor };
      return success({ dataLength: STRUCTURE_SIZE, portCount, ...version, reservedSubsystem: '00'.repeat(29) });
    }
    case PORT: {
      const port = portInformation(Number(fields.port));
      return port === undefined ? invalid(place.port) : success(port);
    }
    case CONTROLLER_LIST: {
      const controllers = ssdCard.controllers.filter((id) => id >= Number(fields.controller));
      return success({ dataLength: 2 + 2 * controllers.length, controllers });
    }
    case CONTROLLER:
      if (!isController(fields.controller)) return invalid(place.controller);
      return success(controllerInformation(Number(fields.controller)));
    case OPTIONAL_COMMANDS: {
      const optionalCommandList = [
        { type: COMMAND, opcode: 0x07 },
        { type: ADMIN, opcode: 0x02 },
        { type: ADMIN, opcode: 0x06 },
      ];
      return success({ dataLength: 2 + 2 * optionalCommandList.length, optionalCommandList });
    }
    default:
      return invalid(place.structure);
  }
};

// ---- health (5.3, 5.6) ----

/** All bits set: no warning stands. */
const NO_WARNINGS = 0x3f;
/** Controllers are ready (RDY). */
const READY = 1;

const subsystemHealthStatusPoll: Responder = ({ state }) =>
  success({
    driveFunctional: 1,
    resetNotRequired: 1,
    port0LinkActive: 1,
    smartWarnings: NO_WARNINGS,
    compositeTemperature: compositeTemperature(state.now),
    lifeUsed: ssdCard.used,
    compositeStatus: READY,
  });

const controllerHealthStatusPoll: Responder = ({ fields, state }) => {
  const selected = ssdCard.controllers.filter((id) => fields.reportAll === 1 && id >= Number(fields.firstController));
  const entries = selected.slice(0, Number(fields.mostEntries) + 1).map((controller) => ({
    controller,
    controllerStatus: READY,
    compositeTemperature: compositeTemperature(state.now) + KELVIN,
    lifeUsed: ssdCard.used,
    spare: ssdCard.spare,
    criticalWarning: 0,
  }));
  return success({ entries });
};

// ---- configuration (5.1, 5.2) ----

const SMBUS_FREQUENCY = 1;
const HEALTH_STATUS_CHANGE = 2;
const TRANSMISSION_UNIT = 3;
const FASTEST = 2;

const configurationSet: Responder = ({ fields, state }) => {
  const ssd = ssdOf(state);
  const port = Number(fields.port);
  switch (fields.configuration) {
    case SMBUS_FREQUENCY: {
      const frequency = Number(fields.frequency);
      if (port !== SMBUS_PORT) return invalid(place.configurationPort);
      if (frequency === 0 || frequency > FASTEST) return invalid(place.configuration + 1);
      ssd.frequency = frequency;
      return success();
    }
    case HEALTH_STATUS_CHANGE:
      return success();
    case TRANSMISSION_UNIT: {
      const unit = Number(fields.value);
      const most = ssdCard.units[port];
      if (most === undefined) return invalid(place.configurationPort);
      if (unit < BASELINE || unit > most) return invalid(place.value);
      ssd.units[port] = unit;
      return success();
    }
    default:
      return invalid(place.configuration);
  }
};

const configurationGet: Responder = ({ fields, state }) => {
  const ssd = ssdOf(state);
  const port = Number(fields.port);
  switch (fields.configuration) {
    case SMBUS_FREQUENCY:
      return port === SMBUS_PORT ? success({ frequency: ssd.frequency }) : invalid(place.configurationPort);
    case HEALTH_STATUS_CHANGE:
      return success();
    case TRANSMISSION_UNIT: {
      const transmissionUnit = ssd.units[port];
      return transmissionUnit === undefined ? invalid(place.configurationPort) : success({ transmissionUnit });
    }
    default:
      return invalid(place.configuration);
  }
};

// ---- vital product data (5.10) and Admin commands (6) ----

const vpdRead: Responder = ({ fields }) => {
  const offset = Number(fields.offset);
  const end = offset + Number(fields.dataLength);
  return end > ssdVpd.length ? invalid(place.offset) : success({ data: toHex(ssdVpd.subarray(offset, end)) });
};

const ALIGNMENT = 4;
const LARGEST_DATA = 4096;

/** The part that the request names (DLEN, DOFST). */
function partOf(whole: Uint8Array, { fields }: DeviceRequest): Answer {
  const offset = fields.offsetValid === 1 ? Number(fields.dataOffset) : 0;
  const length = fields.lengthValid === 1 ? Number(fields.dataLength) : whole.length;
  if (offset % ALIGNMENT !== 0 || offset > whole.length) return invalid(adminPlace.offset);
  if (length > LARGEST_DATA) return invalid(adminPlace.offset + 4);
  return success({ data: toHex(whole.subarray(offset, offset + length)) });
}

const CNS_CONTROLLER = 1;

const identify: Responder = (request) => {
  const { fields } = request;
  if (!isController(fields.controller)) return invalid(adminPlace.controller);
  if (fields.cns !== CNS_CONTROLLER) return invalid(adminPlace.cns);
  return partOf(identifyController(Number(fields.controller)), request);
};

const SMART_LOG = 2;
const FIRMWARE_LOG = 3;

const getLogPage: Responder = (request) => {
  const { fields, state } = request;
  if (!isController(fields.controller)) return invalid(adminPlace.controller);
  const count = 4 * (Number(fields.dwordCountLow) + 1);
  if (fields.logPage === SMART_LOG) return partOf(smartLog(state.now).subarray(0, count), request);
  return fields.logPage === FIRMWARE_LOG
    ? partOf(firmwareLog.subarray(0, count), request)
    : invalid(adminPlace.logPage);
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

const RESET_TIME = 100 * MILLISECOND;

/** A reset has no answer: everything is as at power-on afterwards (NVMe-MI 5.8). */
const reset: Responder = ({ state }) => {
  carryOut('reset', state);
  state.bootsUntil = state.now + RESET_TIME;
  return 'silence';
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
    'nvme-mi/readDataStructure': readDataStructure,
    'nvme-mi/subsystemHealthStatusPoll': subsystemHealthStatusPoll,
    'nvme-mi/controllerHealthStatusPoll': controllerHealthStatusPoll,
    'nvme-mi/configurationSet': configurationSet,
    'nvme-mi/configurationGet': configurationGet,
    'nvme-mi/vpdRead': vpdRead,
    'nvme-mi/reset': reset,
    'nvme-mi/getLogPage': getLogPage,
    'nvme-mi/identify': identify,
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
