import type { FieldValues } from '../../codec/field-spec';
import { concat, fromHex, toHex } from '../../codec/octets';
import { ssdCard, ssdVpd } from '../card-ssd';
import type { Deviation } from '../endpoint-types';
import { ssdOf } from '../nvme-mi';
import type { Change } from './change';
import { answering, refusal, responding, respondingTo, withOctet } from './change';
import { bodies, checked, front, insteadOf } from './nvme-mi-change';

/** NVMe-MI: data structures, health, configuration, vital product data, Admin commands. */

const INVALID_PARAMETER = 4;
const [firstController, lastController] = ssdCard.controllers;
/** Everything stays as it is. */
const nothing: FieldValues = {};
const STRUCTURE = 'nvme-mi/readDataStructure';
const SUBSYSTEM_HEALTH = 'nvme-mi/subsystemHealthStatusPoll';
const CONTROLLER_HEALTH = 'nvme-mi/controllerHealthStatusPoll';
const GET = 'nvme-mi/configurationGet';
const SET = 'nvme-mi/configurationSet';
const IDENTIFY = 'nvme-mi/identify';

/** Other octets in what it is identified by, by their place. */
const identifying = (change: (octet: number, at: number) => number): Change =>
  answering(IDENTIFY, ({ data }, { fields }) => ({
    data: toHex(fromHex(String(data)).map((octet, index) => change(octet, index + Number(fields.dataOffset)))),
  }));

const structure = { subsystem: 0, port: 1, controllerList: 2, controller: 3, optionalCommands: 4 };

/** Other fields in one data structure. */
function structured(
  type: keyof typeof structure,
  change: (fields: FieldValues, request: FieldValues) => FieldValues,
): Change {
  return answering(STRUCTURE, (fields, request) =>
    request.fields.structure === structure[type] ? change(fields, request.fields) : nothing,
  );
}

const structures: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-structure-length-zero',
    title: 'says that its data structures have no octets',
    change: answering(STRUCTURE, { dataLength: 0 }),
  },
  {
    name: 'nvme-version-zero',
    title: 'has NVMe-MI version 0.0',
    change: structured('subsystem', () => ({ majorVersion: 0, minorVersion: 0 })),
  },
  {
    name: 'nvme-counts-a-port-too-many',
    title: 'counts a port that it does not have',
    change: structured('subsystem', ({ portCount }) => ({ portCount: Number(portCount) + 1 })),
  },
  {
    name: 'nvme-port-type-reserved',
    title: 'has ports of a reserved type',
    change: structured('port', () => ({ portType: 7, reservedPort: '00'.repeat(24) })),
  },
  {
    name: 'nvme-port-unit-with-header',
    title: 'counts the packet header into the transmission unit of its ports',
    change: structured('port', () => ({ largestTransmissionUnit: 60 })),
  },
  {
    name: 'nvme-controllers-descending',
    title: 'lists its controllers in descending order',
    change: structured('controllerList', ({ controllers }) => ({
      controllers: [...(controllers as readonly number[])].reverse(),
    })),
  },
  {
    name: 'nvme-counts-a-controller-too-many',
    title: 'counts more controllers than it lists',
    seenIn: 'libnvme 1140',
    change: structured('controllerList', ({ controllers }) => ({
      controllerCount: (controllers as readonly number[]).length + 1,
    })),
  },
  {
    name: 'nvme-no-controllers',
    title: 'lists no controller',
    pervasive: true,
    change: structured('controllerList', () => ({ dataLength: 2, controllers: [] })),
  },
  {
    name: 'nvme-second-controller-unknown',
    title: 'does not know its second controller',
    change: responding(STRUCTURE, ({ fields }) =>
      fields.structure === structure.controller && fields.controller === lastController
        ? refusal(INVALID_PARAMETER)
        : undefined,
    ),
  },
  {
    name: 'nvme-pci-ids-empty',
    title: 'leaves the PCI ids of its controllers empty',
    change: structured('controller', () => ({ pciVendorId: 0, pciDeviceId: 0 })),
  },
  {
    name: 'nvme-optional-commands-cut',
    title: 'counts more optional commands than it lists',
    change: structured('optionalCommands', () => ({ optionalCommandCount: 9 })),
  },
  {
    name: 'nvme-lists-what-it-lacks',
    title: 'lists Get Features, which it does not have',
    change: structured('optionalCommands', ({ optionalCommandList }) => ({
      optionalCommandList: [...(optionalCommandList as readonly FieldValues[]), { type: 2, opcode: 0x0a }],
    })),
  },
  {
    name: 'nvme-reserved-structure-is-empty',
    title: 'gives data structures of reserved types, empty',
    change: responding(STRUCTURE, ({ fields }) =>
      Number(fields.structure) > structure.optionalCommands + 1
        ? { fields: { completionCode: 0, data: '' } }
        : undefined,
    ),
  },
  {
    name: 'nvme-absent-port-is-first',
    title: 'describes its first port in place of ports that it does not have',
    change: insteadOf(
      STRUCTURE,
      ({ structure: type, port }) => type === structure.port && Number(port) > 2,
      () => ({ port: 0 }),
    ),
  },
  {
    name: 'nvme-absent-controller-is-first',
    title: 'describes its first controller in place of controllers that it does not have',
    change: insteadOf(
      STRUCTURE,
      ({ structure: type, controller }) => type === structure.controller && Number(controller) > lastController,
      () => ({ controller: firstController }),
    ),
  },
  {
    name: 'nvme-absent-controller-identified',
    title: 'identifies its first controller in place of controllers that it does not have',
    change: insteadOf(
      IDENTIFY,
      ({ controller }) => Number(controller) > lastController,
      () => ({ controller: firstController }),
    ),
  },
];

interface Health {
  readonly [field: string]: number;
  readonly compositeTemperature: number;
}

const controllers = (change: (list: readonly Health[]) => readonly FieldValues[]): Change =>
  answering(CONTROLLER_HEALTH, ({ entries }) => ({ entries: change(entries as readonly Health[]) }));

const health: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-health-in-six-octets',
    title: 'tells the health of its subsystem in six octets',
    change: bodies((body, { command }) =>
      command.name === SUBSYSTEM_HEALTH ? checked(front(body).subarray(0, -2)) : undefined,
    ),
  },
  {
    name: 'nvme-temperature-reserved',
    title: 'codes its temperature as a value that the standard reserves',
    change: answering(SUBSYSTEM_HEALTH, { compositeTemperature: 0xa0 }),
  },
  {
    name: 'nvme-temperature-unknown',
    title: 'says that its temperature is too old',
    change: answering(SUBSYSTEM_HEALTH, { compositeTemperature: 0x80 }),
  },
  {
    name: 'nvme-temperature-in-kelvin',
    title: 'gives the low octet of its temperature in kelvin',
    change: answering(SUBSYSTEM_HEALTH, ({ compositeTemperature }) => ({
      compositeTemperature: (Number(compositeTemperature) + 273) & 0xff,
    })),
  },
  {
    name: 'nvme-controller-temperature-in-celsius',
    title: 'gives the temperature of its controllers in degrees',
    change: controllers((list) =>
      list.map((entry) => ({ ...entry, compositeTemperature: entry.compositeTemperature - 273 })),
    ),
  },
  {
    name: 'nvme-life-left-for-used',
    title: 'tells how much of its life is left as how much it has used',
    change: answering(SUBSYSTEM_HEALTH, ({ lifeUsed }) => ({ lifeUsed: 100 - Number(lifeUsed) })),
  },
  {
    name: 'nvme-spare-unknown',
    title: 'codes a spare that it does not know as 255 percent',
    change: controllers((list) => list.map((entry) => ({ ...entry, spare: 0xff }))),
  },
  {
    name: 'nvme-health-of-none',
    title: 'tells the health of no controller',
    change: controllers(() => []),
  },
  {
    name: 'nvme-health-of-first-controller',
    title: 'tells the health of its first controller, whichever is asked for',
    change: insteadOf(
      CONTROLLER_HEALTH,
      () => true,
      () => ({ firstController: 0 }),
    ),
  },
  {
    name: 'nvme-health-of-all-controllers',
    title: 'tells the health of all controllers, however few are asked for',
    change: insteadOf(
      CONTROLLER_HEALTH,
      () => true,
      () => ({ firstController: 0, mostEntries: 255 }),
    ),
  },
];

const isConfiguration =
  (id: number) =>
  (fields: FieldValues): boolean =>
    fields.configuration === id;
const frequency = isConfiguration(1);
const healthChange = isConfiguration(2);
const unit = isConfiguration(3);

const configuration: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-unit-zero',
    title: 'has a transmission unit of 0 octets',
    change: answering(GET, (_, { fields }) => (unit(fields) ? { transmissionUnit: 0 } : nothing)),
  },
  {
    name: 'nvme-unit-refused',
    title: 'refuses every transmission unit',
    change: responding(SET, ({ fields }) => (unit(fields) ? refusal(INVALID_PARAMETER) : undefined)),
  },
  {
    name: 'nvme-unit-not-adopted',
    title: 'accepts a transmission unit and keeps the old one',
    change: responding(SET, ({ fields }) => (unit(fields) ? { fields: { completionCode: 0 } } : undefined)),
  },
  {
    name: 'nvme-unit-kept-over-reset',
    title: 'keeps its transmission unit over a reset',
    change: respondingTo(['nvme-mi/reset'], (correct, request, sets) => {
      const { units } = ssdOf(request.state);
      const answer = correct(request, sets);
      ssdOf(request.state).units = units;
      return answer;
    }),
  },
  {
    name: 'nvme-health-change-refused',
    title: 'refuses to read the health status change',
    change: responding(GET, ({ fields }) => (healthChange(fields) ? refusal(INVALID_PARAMETER) : undefined)),
  },
  {
    name: 'nvme-health-change-with-data',
    title: 'sends four octets with the health status change',
    change: bodies((body, { command, fields }) =>
      command.name === GET && healthChange(fields) ? checked(concat(front(body), [0, 0, 0, 0])) : undefined,
    ),
  },
  {
    name: 'nvme-reserved-configuration-given',
    title: 'gives configurations of reserved identifiers',
    change: responding(GET, ({ fields }) =>
      frequency(fields) || healthChange(fields) || unit(fields) ? undefined : { fields: { completionCode: 0 } },
    ),
  },
  {
    name: 'nvme-frequency-zero',
    title: 'has no frequency on its two-wire port',
    change: answering(GET, (_, { fields }) => (frequency(fields) ? { frequency: 0 } : nothing)),
  },
];

const data = (change: (octets: Uint8Array, offset: number) => Uint8Array): Change =>
  answering('nvme-mi/vpdRead', ({ data: octets }, { fields }) => ({
    data: toHex(change(fromHex(String(octets)), Number(fields.offset))),
  }));

/** One octet of the vital product data, wherever it is read. */
const vpdOctet = (place: number, change: (octet: number) => number): Change =>
  data((octets, offset) => withOctet(octets, place - offset, change));

/** Last octet of the serial number, as the emulated card's data lie. */
const SERIAL_NUMBER_END = 74;

const vpd: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-vpd-refused',
    title: 'refuses to have its vital product data read',
    change: responding('nvme-mi/vpdRead', () => refusal(INVALID_PARAMETER)),
  },
  {
    name: 'nvme-vpd-length-ignored',
    title: 'gives eight octets of its vital product data, however many are asked for',
    change: data((octets) => octets.subarray(0, 8)),
  },
  {
    name: 'nvme-vpd-offset-ignored',
    title: 'gives its vital product data from the beginning, wherever it is asked for',
    change: data((octets) => ssdVpd.subarray(0, octets.length)),
  },
  {
    name: 'nvme-vpd-blank',
    title: 'has blank vital product data',
    change: data((octets) => octets.map(() => 0xff)),
  },
  {
    name: 'nvme-vpd-serial-number-differs',
    title: 'has another serial number in its vital product data than in Identify',
    change: vpdOctet(SERIAL_NUMBER_END, (octet) => octet ^ 1),
  },
  {
    name: 'nvme-vpd-header-checksum',
    title: 'has vital product data with a wrong checksum of the header',
    change: vpdOctet(7, (octet) => octet ^ 1),
  },
  {
    name: 'nvme-vpd-product-checksum',
    title: 'has vital product data with a wrong checksum of the product information',
    change: vpdOctet(20, (octet) => octet ^ 1),
  },
  {
    name: 'nvme-vpd-record-checksum',
    title: 'has vital product data with a wrong checksum of the first record',
    change: vpdOctet(90, (octet) => octet ^ 1),
  },
];

const admin: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-identify-refused',
    title: 'refuses Identify',
    change: responding(IDENTIFY, () => refusal(INVALID_PARAMETER)),
  },
  {
    name: 'nvme-identify-length-ignored',
    title: 'gives 512 octets of Identify, however many are asked for',
    change: insteadOf(
      IDENTIFY,
      () => true,
      () => ({ dataLength: 512 }),
    ),
  },
  {
    name: 'nvme-identify-offset-ignored',
    title: 'gives Identify from the beginning, wherever it is asked for',
    change: insteadOf(
      IDENTIFY,
      ({ dataOffset }) => Number(dataOffset) % 4 === 0,
      () => ({ dataOffset: 0 }),
    ),
  },
  {
    name: 'nvme-unaligned-offset-accepted',
    title: 'takes an offset that is no multiple of four',
    change: insteadOf(
      IDENTIFY,
      ({ dataOffset }) => Number(dataOffset) % 4 !== 0,
      ({ dataOffset }) => ({ dataOffset: Number(dataOffset) & ~3 }),
    ),
  },
  {
    name: 'nvme-serial-number-blank',
    title: 'has a serial number of spaces',
    change: identifying((octet, at) => (at >= 4 && at < 24 ? 0x20 : octet)),
  },
  {
    name: 'nvme-identity-of-another',
    title: 'identifies itself as another model of another vendor',
    // Vendor, model and firmware, in the order of Identify Controller.
    change: identifying((octet, at) => (at < 2 || (at >= 24 && at < 72) ? 0x41 : octet)),
  },
  {
    name: 'nvme-firmware-slot-differs',
    title: 'has another firmware in its active slot than it says',
    change: answering('nvme-mi/getLogPage', ({ data: octets }, { fields }) =>
      fields.logPage === 3 ? { data: toHex(withOctet(fromHex(String(octets)), 8, () => 0x39)) } : nothing,
    ),
  },
  {
    name: 'nvme-smart-log-empty',
    title: 'gives a SMART log of zeros',
    change: answering('nvme-mi/getLogPage', ({ data: octets }, { fields }) =>
      fields.logPage === 2 ? { data: toHex(fromHex(String(octets)).map(() => 0)) } : nothing,
    ),
  },
];

export const nvmeMiDataDeviations: readonly Deviation[] = [
  ...structures,
  ...health,
  ...configuration,
  ...vpd,
  ...admin,
].map((deviation) => ({ ...deviation, classes: ['ssd'] }));
