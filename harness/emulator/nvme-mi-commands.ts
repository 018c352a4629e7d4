import { MILLISECOND } from '../clock';
import type { FieldValues } from '../codec/field-spec';
import { toHex } from '../codec/octets';
import { success } from './answers';
import {
  compositeTemperature,
  FIRMWARE_SLOTS,
  identifyController,
  KELVIN,
  PCIE_PORT,
  SMBUS_PORT,
  smartLog,
  ssdCard,
  ssdVpd,
} from './card-ssd';
import type { Answer, DeviceRequest, Responder, Responders } from './endpoint-types';
import { carryOut } from './hooks';
import { ADMIN, BASELINE, COMMAND, invalid, ssdOf } from './nvme-mi-state';

/** NVMe-MI commands and Admin commands of an SSD with a PCIe port, a two-wire port and two controllers. */

/** Places of parameters, counted from the type octet. */
const place = { controller: 8, port: 10, structure: 11, configuration: 8, configurationPort: 11, value: 12, offset: 8 };
const adminPlace = { controller: 6, offset: 28, cns: 44, logPage: 44 };

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
        { type: ADMIN, opcode: 0x10 },
        { type: ADMIN, opcode: 0x11 },
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
    ? partOf(ssdOf(state).slots.subarray(0, count), request)
    : invalid(adminPlace.logPage);
};

/** Status of NVMe in dword 3: type 1 (command specific), Invalid Firmware Slot and Invalid Firmware Image (NVMe 1.4, 5.12). */
const statusOf = (code: number): number => (1 << 25) | (code << 17);
const INVALID_SLOT = statusOf(6);
const INVALID_IMAGE = statusOf(7);

const firmwareImageDownload: Responder = ({ fields, state }) => {
  if (!isController(fields.controller)) return invalid(adminPlace.controller);
  const octets = String(fields.data).length / 2;
  if (octets !== 4 * (Number(fields.dwordCount) + 1)) return invalid(adminPlace.offset + 4);
  ssdOf(state).downloaded = Math.max(ssdOf(state).downloaded, 4 * Number(fields.dwordOffset) + octets);
  return success();
};

/** It knows no image but its own, which nobody sends: each is refused, and forgotten. */
const firmwareCommit: Responder = ({ fields, state }) => {
  if (!isController(fields.controller)) return invalid(adminPlace.controller);
  ssdOf(state).downloaded = 0;
  return success({ dword3: Number(fields.slot) > FIRMWARE_SLOTS ? INVALID_SLOT : INVALID_IMAGE });
};

const RESET_TIME = 100 * MILLISECOND;

/** A reset has no answer: everything is as at power-on afterwards (NVMe-MI 5.8). */
const reset: Responder = ({ state }) => {
  carryOut('reset', state);
  state.bootsUntil = state.now + RESET_TIME;
  return 'silence';
};

export const commandResponders: Responders = {
  'nvme-mi/readDataStructure': readDataStructure,
  'nvme-mi/subsystemHealthStatusPoll': subsystemHealthStatusPoll,
  'nvme-mi/controllerHealthStatusPoll': controllerHealthStatusPoll,
  'nvme-mi/configurationSet': configurationSet,
  'nvme-mi/configurationGet': configurationGet,
  'nvme-mi/vpdRead': vpdRead,
  'nvme-mi/reset': reset,
  'nvme-mi/getLogPage': getLogPage,
  'nvme-mi/identify': identify,
  'nvme-mi/firmwareImageDownload': firmwareImageDownload,
  'nvme-mi/firmwareCommit': firmwareCommit,
};
