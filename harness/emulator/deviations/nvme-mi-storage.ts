import type { FieldValues } from '../../codec/field-spec';
import { concat, fromHex, toHex } from '../../codec/octets';
import { PCIE_PORT, ssdCard, ssdVpd } from '../card-ssd';
import type { Deviation } from '../endpoint-types';
import { ssdOf } from '../nvme-mi-state';
import type { Change } from './change';
import { answering, isSuccess, refusal, responding, respondingTo, withOctet } from './change';
import { bodies, checked, front, insteadOf } from './nvme-mi-change';

/** NVMe-MI: configuration, vital product data, Admin commands. */

const INVALID_PARAMETER = 4;
/** Everything stays as it is. */
const nothing: FieldValues = {};
const GET = 'nvme-mi/configurationGet';
const SET = 'nvme-mi/configurationSet';
const IDENTIFY = 'nvme-mi/identify';
const STRUCTURE = 'nvme-mi/readDataStructure';
const PORT_STRUCTURE = 1;

/** Other octets in data of which a request reads a part, by their place in the whole; `when` the request is about them. */
const inData = (
  command: string,
  when: (request: FieldValues) => boolean,
  change: (octet: number, at: number) => number,
) =>
  answering(command, ({ data }, { fields }) =>
    when(fields)
      ? { data: toHex(fromHex(String(data)).map((octet, index) => change(octet, index + Number(fields.dataOffset)))) }
      : nothing,
  );

/** Other octets in what it is identified by. */
const identifying = (change: (octet: number, at: number) => number): Change => inData(IDENTIFY, () => true, change);

/** Other octets in the log of firmware slots. */
const inSlots = (change: (octet: number, at: number) => number): Change =>
  inData('nvme-mi/getLogPage', ({ logPage }) => logPage === 3, change);
const SLOT_1 = 8;
const SLOT_3 = 24;

const isConfiguration =
  (id: number) =>
  (fields: FieldValues): boolean =>
    fields.configuration === id;
const frequency = isConfiguration(1);
const healthChange = isConfiguration(2);
const unit = isConfiguration(3);

/** Refuses a command for the configurations that are meant. */
const refusing = (command: string, isMeant: (fields: FieldValues) => boolean): Change =>
  responding(command, ({ fields }) => (isMeant(fields) ? refusal(INVALID_PARAMETER) : undefined));

const configuration: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-configures-absent-ports',
    title: 'has a transmission unit on ports that it does not have',
    change: insteadOf(
      GET,
      (fields) => unit(fields) && Number(fields.port) > 2,
      () => ({ port: 0 }),
    ),
  },
  {
    name: 'nvme-pcie-port-without-mctp',
    title: 'carries no MCTP on its PCIe port, which has no transmission unit',
    change: respondingTo([STRUCTURE, GET, SET], (correct, request, sets) => {
      const { command, fields } = request;
      if (Number(fields.port) !== PCIE_PORT) return correct(request, sets);
      if (command.name !== STRUCTURE) return unit(fields) ? refusal(INVALID_PARAMETER) : correct(request, sets);
      const answer = correct(request, sets);
      if (fields.structure !== PORT_STRUCTURE || !isSuccess(answer)) return answer;
      return { fields: { ...answer.fields, largestTransmissionUnit: 0 } };
    }),
  },
  {
    name: 'nvme-frequency-above-its-own',
    title: 'has a frequency above the one that its port can',
    change: answering(GET, (_, { fields }) => (frequency(fields) ? { frequency: 3 } : nothing)),
  },
  {
    name: 'nvme-frequency-refused',
    title: 'refuses every frequency',
    change: refusing(SET, frequency),
  },
  {
    name: 'nvme-unit-zero',
    title: 'has a transmission unit of 0 octets',
    change: answering(GET, (_, { fields }) => (unit(fields) ? { transmissionUnit: 0 } : nothing)),
  },
  {
    name: 'nvme-unit-unreadable',
    title: 'does not let its transmission units be read',
    change: refusing(GET, unit),
  },
  {
    name: 'nvme-unit-refused',
    title: 'refuses every transmission unit',
    change: refusing(SET, unit),
  },
  {
    name: 'nvme-unit-not-adopted',
    title: 'accepts a transmission unit and keeps the old one',
    change: responding(SET, ({ fields }) => (unit(fields) ? { fields: { completionCode: 0 } } : undefined)),
  },
  {
    name: 'nvme-unit-counts-header',
    title: 'adds the packet header to a transmission unit that it is given',
    change: respondingTo([SET], (correct, request, sets) => {
      const answer = correct(request, sets);
      const { units } = ssdOf(request.state);
      const port = Number(request.fields.port);
      if (unit(request.fields) && isSuccess(answer)) units[port] = (units[port] ?? 0) + 4;
      return answer;
    }),
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
    change: refusing(GET, healthChange),
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
    name: 'nvme-vpd-beyond-its-end',
    title: 'gives what it has of vital product data that are asked for beyond their end',
    change: responding('nvme-mi/vpdRead', ({ fields }) => {
      const offset = Number(fields.offset);
      const end = offset + Number(fields.dataLength);
      return end > ssdVpd.length
        ? { fields: { completionCode: 0, data: toHex(ssdVpd.subarray(offset, end)) } }
        : undefined;
    }),
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
    name: 'nvme-vpd-without-areas',
    title: 'has vital product data without product information and records',
    // Product and records begin at 8 and 88 octets; the checksum makes up for both.
    change: data((octets, offset) => {
      const [product, records] = [ssdVpd[4] ?? 0, ssdVpd[5] ?? 0];
      const header = [...ssdVpd.subarray(0, 4), 0, 0, 0, ((ssdVpd[7] ?? 0) + product + records) & 0xff];
      return octets.map((octet, at) => header[at + offset] ?? octet);
    }),
  },
  {
    name: 'nvme-vpd-product-of-another-format',
    title: 'has product information of another format',
    change: data((octets, offset) => {
      const end = 8 + 8 * (ssdVpd[9] ?? 0) - 1;
      const other = withOctet(octets, 8 - offset, (octet) => octet + 1);
      return withOctet(other, end - offset, (octet) => octet - 1);
    }),
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
    name: 'nvme-identifies-first-controller',
    title: 'identifies its first controller, whichever of its own is asked',
    change: insteadOf(
      IDENTIFY,
      ({ controller }) => (ssdCard.controllers as readonly number[]).includes(Number(controller)),
      () => ({ controller: ssdCard.controllers[0] }),
    ),
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
    name: 'nvme-identity-empty',
    title: 'identifies itself by zeros',
    change: identifying(() => 0),
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
    change: inSlots((octet, at) => (at === SLOT_1 ? 0x39 : octet)),
  },
  {
    name: 'nvme-active-slot-of-another-firmware',
    title: 'says that a slot is active in which another firmware is',
    change: inSlots((octet, at) => (at === 0 ? 2 : octet)),
  },
  {
    name: 'nvme-slot-of-no-text',
    title: 'has octets that are no text in a slot without firmware',
    change: inSlots((octet, at) => (at >= SLOT_3 && at < SLOT_3 + 8 ? 0xff : octet)),
  },
  {
    name: 'nvme-next-slot-empty',
    title: 'says that the next reset activates a slot in which there is no firmware',
    change: inSlots((octet, at) => (at === 0 ? octet | (3 << 4) : octet)),
  },
  {
    name: 'nvme-smart-log-empty',
    title: 'gives a SMART log of zeros',
    change: answering('nvme-mi/getLogPage', ({ data: octets }, { fields }) =>
      fields.logPage === 2 ? { data: toHex(fromHex(String(octets)).map(() => 0)) } : nothing,
    ),
  },
];

const DOWNLOAD = 'nvme-mi/firmwareImageDownload';
const COMMIT = 'nvme-mi/firmwareCommit';

const firmware: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-download-refused',
    title: 'takes no firmware though it says so',
    change: responding(DOWNLOAD, () => refusal(INVALID_PARAMETER)),
  },
  {
    name: 'nvme-commits-anything',
    title: 'commits what is no firmware image',
    change: answering(COMMIT, { dword3: 0 }),
  },
  {
    name: 'nvme-refused-image-in-slot',
    title: 'lists an image in its slots that it has refused',
    change: respondingTo([COMMIT], (correct, request, sets) => {
      const answer = correct(request, sets);
      const ssd = ssdOf(request.state);
      ssd.slots = ssd.slots.map((octet, at) => (at === SLOT_3 ? 0x5a : octet));
      return answer;
    }),
  },
];

export const nvmeMiStorageDeviations: readonly Deviation[] = [...configuration, ...vpd, ...admin, ...firmware].map(
  (deviation) => ({
    ...deviation,
    classes: ['ssd'],
  }),
);
