import { SECOND } from '../clock';
import type { FieldValues } from '../codec/field-spec';
import { toHex } from '../codec/octets';
import { success } from './answers';
import { runningVersion } from './card';
import { ambientTemperature, asicTemperature, moduleTemperature, nicCard } from './card-nic';
import type { DeviceRequest, Responder, Responders } from './endpoint-types';
import { channelOf, ncSiFailure, reasons } from './nc-si-answers';
import { isLinkUp, ncSiOf } from './nc-si-state';

/** Responders that only read: versions, capabilities, status, statistics, temperatures, modules, inventory. */

/** DSP0222 1.2.0, in digits. */
const VERSION = { major: 0xf1, minor: 0xf2, update: 0xf0, alpha1: 0 };

const SPEED_25G = 0x0a;
const MEGABIT = 1_000_000;
const SMBUS_BINDING = 0x01;
const SERIAL_BINDING = 0x05;
const HALF_PAGE = 128;

/** Major, minor and update in an octet each, and a build of 0. */
function versionOctets(version: string): string {
  const numbers = version.split('.').map((part) => Number.parseInt(part, 10) & 0xff);
  return toHex(Uint8Array.from([0, 1, 2, 3], (index) => numbers[index] ?? 0));
}

const getVersionId: Responder = ({ state }) =>
  success({
    ...VERSION,
    firmwareName: nicCard.firmwareName.padEnd(12, '\0'),
    firmwareVersion: versionOctets(runningVersion(state.card, nicCard.firmwareVersion)),
    deviceId: nicCard.pci.device,
    vendorId: nicCard.pci.vendor,
    subsystemId: nicCard.pci.subsystem,
    subsystemVendorId: nicCard.pci.subsystemVendor,
    manufacturerId: nicCard.iana,
  });

const UNICAST_FILTERS = 2;
const VLAN_FILTERS = 8;
/** What stands for filters that nobody has set. */
const UNUSED = ['000000000000', '000000000000'];

const getCapabilities: Responder = ({ state }) =>
  success({
    hostDriverStatus: 1,
    broadcastCapabilities: 0x0f,
    multicastCapabilities: 0x07,
    bufferingCapability: 0,
    aenCapabilities: 0x07,
    vlanFilterCount: VLAN_FILTERS,
    mixedFilterCount: 0,
    multicastFilterCount: 2,
    unicastFilterCount: UNICAST_FILTERS,
    vlanModes: 0x07,
    channelCount: ncSiOf(state).channels.length,
  });

const getParameters: Responder = (request) => {
  const channel = channelOf(request);
  const { macs, vlans } = channel;
  return success({
    macAddressCount: UNICAST_FILTERS,
    macAddressFlags: (1 << macs.length) - 1,
    vlanTagCount: vlans.length,
    vlanTagFlags: (1 << vlans.length) - 1,
    linkSettings: channel.linkSettings,
    broadcastSettings: channel.broadcast.packets,
    broadcastFilterEnabled: Number(channel.broadcast.enabled),
    channelEnabled: Number(channel.enabled),
    channelNetworkTxEnabled: Number(channel.transmits),
    multicastFilterEnabled: Number(channel.multicast),
    vlanMode: channel.vlanMode,
    flowControl: channel.flowControl,
    aenControl: channel.aens,
    macAddresses: [...macs, ...UNUSED].slice(0, UNICAST_FILTERS).map((macAddress) => ({ macAddress })),
    vlanTags: vlans,
  });
};

/** The link status word: that of Get Link Status and of its event. */
export function linkStatusOf(isUp: boolean): FieldValues {
  const up = Number(isUp);
  return {
    linkUp: up,
    speedDuplex: up * SPEED_25G,
    autoNegotiationEnabled: 1,
    autoNegotiationComplete: up,
    txFlowControl: up,
    rxFlowControl: up,
  };
}

const getLinkStatus: Responder = ({ header, state }) =>
  success({ ...linkStatusOf(isLinkUp(state, Number(header.channel))), hostDriverOperational: 1 });

/** Octets that went over a port since power-on, a tenth of what it could carry. */
function traffic(request: DeviceRequest): bigint {
  const { state, header } = request;
  const port = Number(header.channel);
  if (!isLinkUp(state, port)) return 0n;
  const octetsPerSecond = ((nicCard.ports[port]?.gigabits ?? 0) * 1000 * MEGABIT) / 80;
  return BigInt(Math.floor((state.now / SECOND) * octetsPerSecond));
}

/** Octets of a packet on average, and how packets are cast. */
const PACKET = 500n;

const getControllerPacketStatistics: Responder = (request) => {
  const received = traffic(request);
  const packets = received / PACKET;
  const small = (share: bigint): number => Number((packets / share) & 0xffffffffn);
  return success({
    bytesReceived: received,
    bytesTransmitted: received / 2n,
    unicastPacketsReceived: packets - packets / 50n,
    multicastPacketsReceived: packets / 100n,
    broadcastPacketsReceived: packets / 100n,
    unicastPacketsTransmitted: packets / 2n,
    received256to511: small(2n),
    received512to1023: small(2n),
    transmitted256to511: small(2n),
    validBytesReceived: received,
  });
};

const getNcSiStatistics: Responder = ({ state }) => {
  const { counts } = ncSiOf(state);
  return success({
    ...counts,
    receivedPackets: counts.commandsReceived + counts.controlPacketsDropped,
    transmittedPackets: counts.commandsReceived + counts.aensSent,
  });
};

const getPassThroughStatistics: Responder = () => success();

const getPackageStatus: Responder = ({ state }) =>
  success({ hardwareArbitration: Number(ncSiOf(state).hardwareArbitration) });

const getAsicTemperature: Responder = ({ state }) =>
  success({
    maximumTemperature: nicCard.asicLimits.fatal,
    currentTemperature: Math.round(asicTemperature(state.now)),
  });

const getAmbientTemperature: Responder = ({ state }) =>
  success({ temperature1: ambientTemperature(state.now), sensorCount: 1 });

const getTransceiverTemperature: Responder = ({ header, state }) => {
  const module = state.card?.ports[Number(header.channel)]?.module;
  if (module === undefined) return ncSiFailure(reasons.informationNotAvailable);
  const { highAlarm, highWarning } = module;
  return success({ highAlarm, highWarning, temperature: moduleTemperature(state.now) });
};

/** SFF-8024 and SFF-8472: an SFP28 with LC connector for 25GBASE-SR. */
const SFP = { identifier: 0x03, extendedIdentifier: 0x04, connector: 0x07, extendedCompliance: 0x02, wavelength: 850 };

/** What is filled up with spaces in the data of modules (SFF-8472). */
const spaced = (value: string, size: number): string => value.padEnd(size);

const getModuleManagementData: Responder = ({ fields, header, state }) => {
  const module = state.card?.ports[Number(header.channel)]?.module;
  if (module === undefined) return ncSiFailure(reasons.informationNotAvailable);
  const { bank, page } = fields;
  if (bank !== 0 || page !== 0) return ncSiFailure(reasons.parameterInvalid);
  const place = { maximumBank: 0, maximumPage: 0, bank, page };
  if (fields.upperHalf === 1) return success({ ...place, data: '00'.repeat(HALF_PAGE) });
  return success({
    ...place,
    ...SFP,
    vendorName: spaced(module.vendor, 16),
    vendorOui: '001ab4',
    vendorPartNumber: spaced(module.partNumber, 16),
    vendorRevision: spaced(module.revision, 4),
    vendorSerialNumber: spaced(module.serialNumber, 16),
    dateCode: spaced('260101', 8),
    vendorSpecific: '00'.repeat(32),
  });
};

const getInventoryInformation: Responder = ({ state }) => {
  const { manufacturer, model, firmwareVersion, partNumber, serialNumber } = nicCard;
  const items = [manufacturer, model, runningVersion(state.card, firmwareVersion), partNumber, serialNumber].map(
    (value, type) => ({
      type,
      value,
    }),
  );
  return success({ itemCount: items.length, items });
};

const getPackageUuid: Responder = () => success({ uuid: nicCard.uuid });

const getSupportedMedia: Responder = ({ state }) => {
  const physicalTransportBindingId = state.binding === 'smbus' ? SMBUS_BINDING : SERIAL_BINDING;
  const address = state.binding === 'smbus' ? (state.address << 1).toString(16).padStart(2, '0') : '';
  const medium = { eid: state.eid, physicalTransportBindingId, status: 1, addressSize: address.length / 2, address };
  return success({ mediaCount: 1, media: [medium] });
};

const getMcMacAddress: Responder = ({ header }) => {
  const mac = nicCard.controllerMacs[Number(header.channel)];
  const macs = mac === undefined ? [] : [mac];
  return success({ addressCount: macs.length, macAddresses: macs.map((macAddress) => ({ macAddress })) });
};

export const packageReaders: Responders = {
  getPackageStatus,
  getAsicTemperature,
  getAmbientTemperature,
  getInventoryInformation,
  getPackageUuid,
  getSupportedMedia,
};

export const channelReaders: Responders = {
  getVersionId,
  getCapabilities,
  getParameters,
  getLinkStatus,
  getControllerPacketStatistics,
  getNcSiStatistics,
  getPassThroughStatistics,
  getTransceiverTemperature,
  getModuleManagementData,
  getMcMacAddress,
};
