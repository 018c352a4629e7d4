import type { FieldValues } from '../../codec/field-spec';
import { concat, putUint } from '../../codec/octets';
import { ssdCard } from '../card-ssd';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, refusal, responding } from './change';
import { bodies, checked, front, insteadOf } from './nvme-mi-change';

/** NVMe-MI: data structures and health. */

const INVALID_PARAMETER = 4;
const [firstController, lastController] = ssdCard.controllers;
/** Everything stays as it is. */
const nothing: FieldValues = {};
const STRUCTURE = 'nvme-mi/readDataStructure';
const SUBSYSTEM_HEALTH = 'nvme-mi/subsystemHealthStatusPoll';
const CONTROLLER_HEALTH = 'nvme-mi/controllerHealthStatusPoll';
const IDENTIFY = 'nvme-mi/identify';

/** Status of NVMe in dword 3: Invalid Field in Command. */
const INVALID_FIELD = 2 << 17;

const structure = { subsystem: 0, port: 1, controllerList: 2, controller: 3, optionalCommands: 4 };

/** Octets of the list of controllers in NVMe's own text, and what stands before it in the answer's data: a reserved octet. */
const WHOLE_LIST = 4096;

const padded = (list: Uint8Array): Uint8Array => concat(list, new Uint8Array(1 + WHOLE_LIST - list.length));

const LISTS: readonly number[] = [structure.controllerList, structure.optionalCommands];

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
    name: 'nvme-list-of-4096-octets',
    title: 'sends the whole list of controllers that NVMe has, with zeros where there are none',
    change: bodies((body, { command, fields }) =>
      command.name === STRUCTURE && fields.structure === structure.controllerList && body[4] === 0
        ? checked(concat(body.subarray(0, 5), putUint(WHOLE_LIST, 2, true), padded(front(body).subarray(7))))
        : undefined,
    ),
  },
  {
    name: 'nvme-list-start-ignored',
    title: 'lists all of its controllers, from whichever it is asked to',
    change: insteadOf(
      STRUCTURE,
      ({ structure: type }) => type === structure.controllerList,
      () => ({ controller: 0 }),
    ),
  },
  {
    name: 'nvme-controller-on-absent-port',
    title: 'has controllers on a port that it does not have',
    change: structured('controller', () => ({ port: ssdCard.units.length })),
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
    name: 'nvme-lists-padded',
    title: 'pads its lists with zeros that they do not count',
    change: bodies((body, { command, fields }) =>
      command.name === STRUCTURE && LISTS.includes(Number(fields.structure)) && (body[4] ?? 0) === 0
        ? checked(concat(front(body), [0, 0, 0, 0]))
        : undefined,
    ),
  },
  {
    name: 'nvme-lists-what-it-lacks',
    title: 'lists Get Features, which it does not have',
    change: structured('optionalCommands', ({ dataLength, optionalCommandList }) => ({
      dataLength: Number(dataLength) + 2,
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
    name: 'nvme-absent-controller-refused-in-completion',
    title: 'refuses to identify controllers that it does not have by the status of NVMe alone',
    seenIn: 'nvme-mi-dev',
    change: responding(IDENTIFY, ({ fields }) =>
      Number(fields.controller) > lastController
        ? { fields: { completionCode: 0, dword3: INVALID_FIELD, data: '' } }
        : undefined,
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
    name: 'nvme-temperature-warning-not-inverted',
    title: 'has the warning of the temperature set where it stands, unlike the others',
    seenIn: 'nvme-mi-dev',
    change: answering(SUBSYSTEM_HEALTH, ({ smartWarnings }) => ({ smartWarnings: Number(smartWarnings) ^ 0x02 })),
  },
  {
    name: 'nvme-health-reserved-octets',
    title: 'leaves what it likes in the reserved octets of its health',
    change: answering(SUBSYSTEM_HEALTH, { reservedResponse: 0xcccccc, reservedEnd: 0xcccc }),
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

export const nvmeMiDataDeviations: readonly Deviation[] = [...structures, ...health].map((deviation) => ({
  ...deviation,
  classes: ['ssd'],
}));
