import { z } from 'zod';
import { parseDuration } from '../clock';
import { BASELINE_TRANSMISSION_UNIT } from '../names';
import type { Parameters, Template } from '../suite/compiled';

/** Parameters (IXIT): addresses, limits and time-outs that a device file may set. */

interface Parameter {
  readonly schema: z.ZodType;
  readonly value?: Template;
}

export const durationSchema = z
  .string()
  .regex(/^\s*\d+(\.\d+)?\s*(us|ms|s|m)\s*$/, 'expected a duration such as 100ms or 2s');

const octetsSchema = z.string().regex(/^([0-9a-fA-F]{2} ?)+$/, 'expected octets as hex in quotes');

const address = z.int().min(0x08).max(0x77);
const eid = z.int().min(8).max(254);

const number = (schema: z.ZodType, title: string, value?: Template): Parameter => ({
  schema: schema.describe(title),
  ...(value === undefined ? {} : { value }),
});

const duration = (title: string, text: string): Parameter => ({
  schema: durationSchema.describe(title),
  value: parseDuration(text) ?? null,
});

/** What the host reads of the device (`--in-band`, profile/in-band.ts). */
const text = z.string().min(1);
const ofChannels = (value: z.ZodType): z.ZodType => z.array(z.strictObject({ channel: z.int().min(0), value })).min(1);
const ofDrives = (value: z.ZodType): z.ZodType => z.array(z.strictObject({ serialNumber: text, value })).min(1);
const inBand: { readonly [name: string]: Parameter } = {
  inBandFirmwareVersion: number(text, 'firmware version that the host reads (--in-band, as all of these)'),
  inBandManufacturer: number(text, 'manufacturer of the card'),
  inBandModel: number(text, 'model of card or drive'),
  inBandPartNumber: number(text, 'part number'),
  inBandSerialNumber: number(text, 'serial number'),
  inBandPciVendorId: number(z.int(), 'PCI vendor id'),
  inBandPciDeviceId: number(z.int(), 'PCI device id'),
  inBandPciSubsystemVendorId: number(z.int(), 'PCI subsystem vendor id'),
  inBandPciSubsystemId: number(z.int(), 'PCI subsystem id'),
  inBandHostMacAddresses: number(z.array(text).min(1), "the host's own MAC addresses, in hex"),
  inBandAsicTemperature: number(z.number(), 'temperature of the ASIC, degrees C'),
  inBandTemperature: number(z.number(), 'temperature of an SSD, degrees C'),
  inBandPercentageUsed: number(z.number(), 'of the life of an SSD'),
  inBandAvailableSpare: number(z.number(), 'spare of an SSD, percent'),
  inBandLinks: number(ofChannels(z.int()), 'by channel: 1 where the link is up'),
  inBandLinkSpeeds: number(
    ofChannels(z.strictObject({ code: z.int(), extended: z.int() })),
    'by channel: speed and duplex as NC-SI codes them',
  ),
  inBandModuleVendors: number(ofChannels(text), 'by channel: vendor of the module'),
  inBandModulePartNumbers: number(ofChannels(text), 'by channel: part number of the module'),
  inBandModuleSerialNumbers: number(ofChannels(text), 'by channel: serial number of the module'),
  inBandModuleTemperatures: number(ofChannels(z.number()), 'by channel: temperature of the module, degrees C'),
  inBandDriveSerialNumbers: number(z.array(text).min(1), 'of the drives behind the controller'),
  inBandDriveModels: number(ofDrives(text), 'models of these drives'),
  inBandDriveFirmwareVersions: number(ofDrives(text), 'firmware of these drives'),
  inBandDriveTemperatures: number(ofDrives(z.number()), 'temperatures of these drives, degrees C'),
  inBandAsicTemperatureTolerance: number(z.number().min(0), 'degrees C', 3),
  inBandModuleTemperatureTolerance: number(z.number().min(0), 'degrees C', 3),
  inBandDriveTemperatureTolerance: number(z.number().min(0), 'degrees C', 3),
  inBandTemperatureTolerance: number(z.number().min(0), 'degrees C', 3),
  inBandPercentageUsedTolerance: number(z.number().min(0), 'percent', 1),
  inBandAvailableSpareTolerance: number(z.number().min(0), 'percent', 1),
};

const table: { readonly [name: string]: Parameter } = {
  address: number(address, '7-bit SMBus address of the device', 0x1d),
  ownAddress: number(address, '7-bit SMBus address of this machine', 0x10),
  ownEid: number(eid, 'EID of this machine', 8),
  assignedEid: number(eid, 'EID that a device without one gets', 9),
  spareEid: number(eid, 'EID that cases may give to the device and take back', 10),
  freeAddress: number(
    address,
    '7-bit SMBus address at which nothing answers: the only one besides the device that frames may be written to',
  ),
  responseTime: duration('longest time to an answer (MT1)', '100ms'),
  responseTimeout: duration('time after which an answer no longer counts (MT2)', '300ms'),
  silenceWindow: duration('how long silence is waited for', '600ms'),
  instanceIdExpiry: duration('time after which an instance id may be used again (MT4)', '6s'),
  readyTime: duration('longest time until the device answers after a reset or power-on', '60s'),
  requestRetries: number(z.int().min(0).max(10), 'attempts after the first (MN1)', 2),
  explorations: number(z.int().min(1).max(100_000), 'packet sequences that an explore step tries', 40),
  firmwarePackage: number(
    z.string().min(1),
    'file with a PLDM firmware package of the vendor, which cases that may update the firmware send to the device',
  ),
  firmwareTransferSize: number(z.int().min(32).max(65536), 'octets of an image that a device may ask for at once', 64),
  soakPolls: number(z.int().min(1).max(10_000), 'polls of the soak, one a second; without it there is none'),
  transmissionUnit: number(
    z.int().min(BASELINE_TRANSMISSION_UNIT).max(65535),
    'largest packet payload that the device takes',
    BASELINE_TRANSMISSION_UNIT,
  ),
  vendorPciRequest: number(
    octetsSchema,
    'a vendor-defined message (PCI) that the device answers, from its type octet on',
  ),
  vendorIanaRequest: number(
    octetsSchema,
    'a vendor-defined message (IANA) that the device answers, from its type octet on',
  ),
  vendorPciId: number(octetsSchema, 'PCI vendor id of that message'),
  vendorIanaId: number(octetsSchema, 'IANA enterprise number of that message'),
  poolEid: number(eid, 'first EID of the pool that cases allocate to a bridge', 0x60),
  downstreamEid: number(eid, 'EID of a conforming endpoint with a UUID, behind a bridge whose pool begins at poolEid'),
  downstreamTerminusEid: number(eid, 'EID of a conforming endpoint behind it that speaks PLDM types 0 and 4'),
  enumerationTime: duration('time in which a bridge assigns EIDs behind it', '2s'),
  ...inBand,
  owner: number(z.enum(['self', 'other']), 'who is bus owner while the run goes on', 'self'),
  hops: number(z.int().min(0).max(16), 'MCTP bridges between this machine and the device', 0),
};

/** Known at run time only: the EID that the device has now. */
const runtimeParameters = ['eid'] as const;

export const parameterNames: readonly string[] = [...Object.keys(table), ...runtimeParameters];

/** Whether a profile or device file may set it. */
export function isSettable(name: string): boolean {
  return Object.hasOwn(table, name);
}

export function isRuntimeParameter(name: string): boolean {
  return (runtimeParameters as readonly string[]).includes(name);
}

/** Parameters of suites that are not ours: limits of sensors and the like. */
const scalarSchema = z.union([z.number(), z.boolean(), z.string()]);
const freeSchema = z.union([scalarSchema, z.array(scalarSchema).min(1), z.record(z.string(), scalarSchema)]);

/** `parameters:` of profiles and devices. */
export const parametersSchema = z
  .object(Object.fromEntries(Object.entries(table).map(([name, parameter]) => [name, parameter.schema.optional()])))
  .catchall(freeSchema)
  .meta({ id: 'parameters', description: 'addresses, limits and time-outs (IXIT)' });

/** Durations become nanoseconds. */
export function compileParameters(source: object): Parameters {
  return Object.fromEntries(Object.entries(source).map(([name, value]) => [name, withDurations(value as Template)]));
}

function withDurations(value: Template): Template {
  if (typeof value === 'string') return parseDuration(value) ?? value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry: Template) => withDurations(entry));
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withDurations(entry)]));
}

export const defaultParameters: Parameters = Object.fromEntries(
  Object.entries(table).flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]])),
);
