import { z } from 'zod';
import type { Parameters, Template } from '../suite/compiled';
import type { Problem } from '../suite/problem';
import type { SourceDocument } from '../suite/source';
import { checkShape } from '../suite/validate';

const text = z.string().min(1);
const celsius = z.number().min(-60).max(200);
const percent = z.number().min(0).max(255);
const pciId = z
  .union([z.int().min(0).max(0xffff), z.string().regex(/^(0x)?[0-9a-fA-F]{4}$/, 'expected four hex digits')])
  .transform((id) => (typeof id === 'number' ? id : Number.parseInt(id.replace(/^0x/, ''), 16)));
const mac = z
  .string()
  .regex(/^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/, 'expected an address such as 02:1a:b4:00:00:01');

const linkSpeeds = {
  10: [0x2, 0],
  100: [0x5, 0],
  1000: [0x7, 0],
  2500: [0xe, 0],
  5000: [0xf, 0x0f],
  10000: [0x8, 0],
  20000: [0x9, 0],
  25000: [0xa, 0],
  40000: [0xb, 0],
  50000: [0xc, 0],
  100000: [0xd, 0],
  200000: [0xf, 0x11],
  400000: [0xf, 0x12],
  800000: [0xf, 0x13],
} as const satisfies { readonly [megabits: number]: readonly [code: number, extended: number] };
type LinkSpeed = keyof typeof linkSpeeds;
const megabits = Object.keys(linkSpeeds).map(Number) as LinkSpeed[];

/** A port of a network card, by the channel of NC-SI that it is. */
const portSchema = z.strictObject({
  channel: z.int().min(0).max(30),
  linkUp: z.boolean().optional().describe('"link detected" of ethtool'),
  linkSpeed: z.literal(megabits).optional().describe('Mb/s, full duplex, as ethtool has it of a link that is up'),
  moduleVendor: text.optional().describe('as ethtool -m has it, like the three below'),
  modulePartNumber: text.optional(),
  moduleSerialNumber: text.optional(),
  moduleTemperature: celsius.optional().describe('degrees C'),
});

/** A drive behind a storage controller. */
const driveSchema = z.strictObject({
  serialNumber: text.describe('as smartctl has it, like the three below; by it the drive is found'),
  model: text.optional(),
  firmwareVersion: text.optional(),
  temperature: celsius.optional().describe('degrees C'),
});

/** What two readings at two times may differ by. */
const tolerances = {
  asicTemperature: celsius,
  moduleTemperature: celsius,
  driveTemperature: celsius,
  temperature: celsius,
  percentageUsed: percent,
  availableSpare: percent,
};

/** `in-band: ID`: what the host reads of the same device, with ethtool, lspci, smartctl and the like. YAML or JSON. */
export const inBandSchema = z.strictObject({
  'in-band': text.describe('which device, or which host read it'),
  values: z.strictObject({
    firmwareVersion: text.optional().describe('active firmware version: ethtool -i, smartctl'),
    manufacturer: text.optional().describe('of the card, as it is printed on it'),
    model: text.optional().describe('of the card as its vital product data has it; of a drive as smartctl has it'),
    partNumber: text.optional().describe('as lspci -vv has it in the vital product data'),
    serialNumber: text.optional().describe('as lspci -vv has it in the vital product data; of a drive smartctl'),
    pciVendorId: pciId.optional().describe('of lspci -vmmnn, like the three below'),
    pciDeviceId: pciId.optional(),
    pciSubsystemVendorId: pciId.optional(),
    pciSubsystemId: pciId.optional(),
    hostMacAddresses: z.array(mac).min(1).optional().describe("the host's own, which the BMC must not get"),
    asicTemperature: celsius.optional().describe('degrees C, read within a minute of the run'),
    temperature: celsius.optional().describe('of an SSD, degrees C, read within a minute of the run'),
    percentageUsed: percent.optional().describe('of an SSD'),
    availableSpare: percent.optional().describe('of an SSD'),
    ports: z.array(portSchema).min(1).optional(),
    drives: z.array(driveSchema).min(1).optional(),
  }),
  tolerance: z
    .strictObject(Object.fromEntries(Object.entries(tolerances).map(([name, schema]) => [name, schema.optional()])))
    .optional()
    .describe('what a value may differ by; else 3 degrees C and 1 percent'),
});
type Values = z.output<typeof inBandSchema>['values'];
type Port = z.output<typeof portSchema>;

/** Those ports of which this is known. */
function ofPorts<T>(ports: readonly Port[], value: (port: Port) => T | undefined): readonly Template[] | undefined {
  const known = ports.flatMap((port) => {
    const found = value(port);
    return found === undefined ? [] : [{ channel: port.channel, value: found }];
  });
  return known.length === 0 ? undefined : (known as readonly Template[]);
}

function portLists(ports: readonly Port[]): { readonly [name: string]: readonly Template[] | undefined } {
  const speed = ({ linkSpeed }: Port) => {
    const found = linkSpeed === undefined ? undefined : linkSpeeds[linkSpeed];
    return found === undefined ? undefined : { code: found[0], extended: found[1] };
  };
  return {
    links: ofPorts(ports, ({ linkUp }) => (linkUp === undefined ? undefined : Number(linkUp))),
    linkSpeeds: ofPorts(ports, speed),
    moduleVendors: ofPorts(ports, ({ moduleVendor }) => moduleVendor),
    modulePartNumbers: ofPorts(ports, ({ modulePartNumber }) => modulePartNumber),
    moduleSerialNumbers: ofPorts(ports, ({ moduleSerialNumber }) => moduleSerialNumber),
    moduleTemperatures: ofPorts(ports, ({ moduleTemperature }) => moduleTemperature),
  };
}

/** Drives of which a second thing is known besides the serial number. */
function driveLists(drives: NonNullable<Values['drives']>): { readonly [name: string]: readonly Template[] } {
  const pairs = (name: 'model' | 'firmwareVersion' | 'temperature'): readonly Template[] =>
    drives.flatMap(({ serialNumber, [name]: value }) => (value === undefined ? [] : [{ serialNumber, value }]));
  return {
    driveSerialNumbers: drives.map(({ serialNumber }) => serialNumber),
    driveModels: pairs('model'),
    driveFirmwareVersions: pairs('firmwareVersion'),
    driveTemperatures: pairs('temperature'),
  };
}

/** The parameters under which cases find what was given: `inBandFirmwareVersion` and so on. */
export function inBandParameters(values: Values, tolerance: { readonly [name: string]: unknown } = {}): Parameters {
  const { ports = [], drives = [], hostMacAddresses, ...plain } = values;
  const macs = hostMacAddresses?.map((address) => address.toLowerCase().replace(/[:-]/g, ''));
  const all = { ...plain, hostMacAddresses: macs, ...portLists(ports), ...driveLists(drives) };
  const given = Object.entries(all).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  const prefixed = (name: string): string => `inBand${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return Object.fromEntries([
    ...given.map(([name, value]) => [prefixed(name), value] as const),
    ...Object.entries(tolerance).map(([name, value]) => [`${prefixed(name)}Tolerance`, value] as const),
  ]) as Parameters;
}

/** The parameters of a file. */
export function readInBand(document: SourceDocument): {
  readonly values: Parameters;
  readonly problems: readonly Problem[];
} {
  const shape = checkShape(inBandSchema, document.value, document);
  if (!shape.ok) return { values: {}, problems: shape.problems };
  const problems = [...shape.problems];
  const { values, tolerance } = shape.value;
  if (Object.keys(values).length === 0)
    problems.push(document.problem(['values'], 'nothing is there to compare', 'key'));
  return { values: inBandParameters(values, tolerance), problems };
}
