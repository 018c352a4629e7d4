import { hbaCard } from './card-hba';
import type { OpticalModule } from './card-nic';
import { nicCard } from './card-nic';
import { ssdCard } from './card-ssd';

/**
 * What a host would read of the emulated cards, under the parameters of `--in-band`. Temperatures are the middle of their
 * range, so that they agree whenever one looks.
 */

const pciIds = ({ vendor, device, subsystemVendor, subsystem }: typeof nicCard.pci | typeof hbaCard.pci) => ({
  inBandPciVendorId: vendor,
  inBandPciDeviceId: device,
  inBandPciSubsystemVendorId: subsystemVendor,
  inBandPciSubsystemId: subsystem,
});

/** 25 Gb/s. */
const SPEED = { code: 0xa, extended: 0 };

/** Of the channels that have a module. */
const ofModules = <T>(value: (module: OpticalModule) => T) =>
  nicCard.ports.flatMap(({ module }, channel) => (module === undefined ? [] : [{ channel, value: value(module) }]));

export const nicInBand = {
  inBandFirmwareVersion: nicCard.firmwareVersion,
  inBandManufacturer: nicCard.manufacturer,
  inBandModel: nicCard.model,
  inBandPartNumber: nicCard.partNumber,
  inBandSerialNumber: nicCard.serialNumber,
  inBandAsicTemperature: 63,
  ...pciIds(nicCard.pci),
  inBandHostMacAddresses: nicCard.ports.map(({ mac }) => mac),
  inBandLinks: nicCard.ports.map((port, channel) => ({ channel, value: port.module === undefined ? 0 : 1 })),
  inBandLinkSpeeds: ofModules(() => SPEED),
  inBandModuleVendors: ofModules(({ vendor }) => vendor),
  inBandModulePartNumbers: ofModules(({ partNumber }) => partNumber),
  inBandModuleSerialNumbers: ofModules(({ serialNumber }) => serialNumber),
  inBandModuleTemperatures: ofModules(() => 42),
};

const ofDrives = <T>(value: (disk: (typeof hbaCard.disks)[number], index: number) => T) =>
  hbaCard.disks.map((disk, index) => ({ serialNumber: disk.serialNumber, value: value(disk, index) }));

export const hbaInBand = {
  inBandFirmwareVersion: hbaCard.firmwareVersion,
  inBandModel: hbaCard.model,
  inBandSerialNumber: hbaCard.serialNumber,
  inBandAsicTemperature: 73,
  ...pciIds(hbaCard.pci),
  inBandDriveSerialNumbers: hbaCard.disks.map(({ serialNumber }) => serialNumber),
  inBandDriveModels: ofDrives(({ model }) => model),
  inBandDriveFirmwareVersions: ofDrives(({ firmwareVersion }) => firmwareVersion),
  // Of two: each drive costs two walks of all records. The last one has spun down.
  inBandDriveTemperatures: ofDrives((_, index) => 33 + index).slice(0, 2),
};

export const ssdInBand = {
  inBandFirmwareVersion: ssdCard.firmwareVersion,
  inBandModel: ssdCard.model,
  inBandSerialNumber: ssdCard.serialNumber,
  inBandPciVendorId: ssdCard.pci.vendor,
  inBandTemperature: 39,
  inBandPercentageUsed: ssdCard.used,
  inBandAvailableSpare: ssdCard.spare,
};
