import type { FieldValues } from '../../codec/field-spec';
import { concat } from '../../codec/octets';
import { nicCard } from '../card-nic';
import type { Deviation } from '../endpoint-types';
import { reasons } from '../nc-si-answers';
import type { Change } from './change';
import { answering, respondingTo } from './change';
import { beforeSum, countUp, dataCut, responses } from './nc-si-change';

/** Single NC-SI commands: what they say. */

const VERSION = 'nc-si/getVersionId';
const STATISTICS = 'nc-si/getControllerPacketStatistics';
const ASIC = 'nc-si/getAsicTemperature';
const AMBIENT = 'nc-si/getAmbientTemperature';
const TRANSCEIVER = 'nc-si/getTransceiverTemperature';
const MODULE_DATA = 'nc-si/getModuleManagementData';
const INVENTORY = 'nc-si/getInventoryInformation';
const MAC = 'nc-si/getMcMacAddress';
const CAPABILITIES = 'nc-si/getCapabilities';
const PARAMETERS = 'nc-si/getParameters';
const MEDIA = 'nc-si/getSupportedMedia';
const LINK = 'nc-si/getLinkStatus';
const HOST_MAC = nicCard.ports.map(({ mac }) => mac)[0] ?? '';
const UUID = 'nc-si/getPackageUuid';

interface Item {
  readonly [name: string]: string | number;
  readonly type: number;
  readonly value: string;
}

const items = (change: (list: readonly Item[]) => readonly Item[]): Change =>
  answering(INVENTORY, (fields) => {
    const list = change(fields.items as readonly Item[]);
    return { itemCount: list.length, items: list };
  });

const addresses = (macAddress: string): Change => answering(MAC, { macAddresses: [{ macAddress }] });

/** Something in place of "not available" for a cage that is empty. */
const instead = (command: string, fields: FieldValues): Change =>
  respondingTo([command], (correct, request, sets) => {
    const answer = correct(request, sets);
    const unavailable = answer !== 'silence' && answer.fields.reasonCode === reasons.informationNotAvailable;
    return unavailable ? { fields } : answer;
  });

const absent = (temperature: number): Change => instead(TRANSCEIVER, { highAlarm: 75, highWarning: 70, temperature });

const HEAD = 21;
/** Reserved octets of Get Capabilities. */
const RESERVED = HEAD + 24;

/** The eight counters of 64 bits at the front in 32 each. */
const narrow: Change = beforeSum((octets, { command }) => {
  if (command.name !== STATISTICS) return undefined;
  const [from, to] = [HEAD + 8, HEAD + 72];
  const kept = octets.filter((_, at) => at < from || at >= to || (at - from) % 8 >= 4);
  kept[8] = 172;
  return kept;
});

const deviations: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nc-si-version-changes',
    title: 'counts something up in the firmware version of Get Version ID',
    change: answering(VERSION, (_, request) => ({
      firmwareVersion: countUp(request.state, 'nc-si.version').toString(16).padStart(8, '0'),
    })),
  },
  {
    name: 'nc-si-version-binary',
    title: 'codes the version of NC-SI in binary, 01 02 00',
    change: answering(VERSION, { major: 1, minor: 2, update: 0 }),
  },
  {
    name: 'nc-si-version-letters-binary',
    title: 'has numbers for the letters in the version of NC-SI',
    change: answering(VERSION, { alpha1: 1, alpha2: 2 }),
  },
  {
    name: 'nc-si-pci-ids-all-ones',
    title: 'sends FFFF for PCI ids of the subsystem that it does not have',
    change: answering(VERSION, { subsystemId: 0xffff, subsystemVendorId: 0xffff }),
  },
  {
    name: 'nc-si-pci-device-of-another',
    title: 'has another PCI device id by NC-SI than by PLDM',
    change: answering(VERSION, { deviceId: 0x1026 }),
  },
  {
    name: 'nc-si-manufacturer-zero',
    title: 'sends 0 for a manufacturer that it does not name',
    change: answering(VERSION, { manufacturerId: 0 }),
  },
  {
    name: 'nc-si-firmware-name-not-text',
    title: 'sends octets that are no text as the name of its firmware',
    change: answering(VERSION, { firmwareName: '\x01\x02\x7f' }),
  },
  {
    name: 'nc-si-parameters-without-lists',
    title: 'counts MAC addresses in its parameters and does not list them',
    change: answering(PARAMETERS, { macAddresses: [] }),
  },
  {
    name: 'nc-si-link-up-without-speed',
    title: 'says that a link is up and not how fast it is',
    change: answering(LINK, { speedDuplex: 0 }),
  },
  {
    name: 'nc-si-link-reserved-bit-set',
    title: 'sets the reserved bit of its link status',
    change: answering(LINK, { reserved8: 1 }),
  },
  {
    name: 'nc-si-link-negotiated-without-negotiation',
    title: 'says that negotiation is complete and not enabled',
    change: answering(LINK, { autoNegotiationEnabled: 0, autoNegotiationComplete: 1 }),
  },
  {
    name: 'nc-si-link-status-little-endian',
    title: 'sends its link status least significant octet first',
    change: beforeSum((octets, { command }) => {
      if (command.name !== LINK || octets.length < HEAD + 4) return undefined;
      return concat(octets.subarray(0, HEAD), octets.slice(HEAD, HEAD + 4).reverse(), octets.subarray(HEAD + 4));
    }),
  },
  {
    name: 'nc-si-statistics-fall',
    title: 'starts its counters anew every time that they are read',
    change: answering(STATISTICS, (_fields, request) => ({
      bytesReceived: BigInt(Math.floor(1_000_000 / countUp(request.state, 'nc-si.statistics'))),
    })),
  },
  {
    name: 'nc-si-checksum-errors-not-counted',
    title: 'does not count commands with a wrong checksum',
    change: answering('nc-si/getNcSiStatistics', { commandChecksumErrors: 0 }),
  },
  {
    name: 'nc-si-asic-temperature-above-maximum',
    title: 'says that its ASIC is hotter than it may become',
    change: answering(ASIC, { maximumTemperature: 50 }),
  },
  {
    name: 'nc-si-asic-temperature-unknown-as-number',
    title: 'sends 7FFF for a temperature of its ASIC that it does not know',
    seenIn: 'openUBMC',
    change: answering(ASIC, { currentTemperature: 0x7fff }),
  },
  {
    name: 'nc-si-asic-temperature-ten-too-high',
    title: 'tells the temperature of its ASIC ten degrees above that of PLDM',
    change: answering(ASIC, ({ currentTemperature }) => ({ currentTemperature: Number(currentTemperature) + 10 })),
  },
  {
    name: 'nc-si-ambient-temperature-unknown-as-number',
    title: 'sends FF for an ambient temperature that it does not know',
    change: answering(AMBIENT, { temperature1: 0xff }),
  },
  {
    name: 'nc-si-absent-module-7fff',
    title: 'sends 7FFF as the temperature of a module that is not there',
    seenIn: 'openUBMC',
    change: absent(0x7fff),
  },
  {
    name: 'nc-si-absent-module-ff',
    title: 'sends FF as the temperature of a module that is not there',
    change: absent(0xff),
  },
  {
    name: 'nc-si-absent-module-zero',
    title: 'sends 0 as the temperature of a module that is not there',
    change: absent(0),
  },
  {
    name: 'nc-si-module-alarm-below-warning',
    title: 'has the alarm of a module below its warning',
    change: answering(TRANSCEIVER, { highAlarm: 65, highWarning: 70 }),
  },
  {
    name: 'nc-si-module-temperature-ten-too-high',
    title: 'tells the temperature of a module ten degrees too high',
    change: answering(TRANSCEIVER, ({ temperature }) => ({ temperature: Number(temperature) + 10 })),
  },
  {
    name: 'nc-si-module-of-another',
    title: 'sends vendor and part number of a module that it has not',
    change: answering(MODULE_DATA, { vendorName: 'OTHER OPTICS    ', vendorPartNumber: 'SFP28-LR        ' }),
  },
  {
    name: 'nc-si-link-of-another-channel',
    title: 'says that the link is down that is up, and up that is down',
    change: answering(LINK, ({ linkUp }) => ({ linkUp: linkUp === 1 ? 0 : 1, speedDuplex: 0xa })),
  },
  {
    name: 'nc-si-absent-module-data-ones',
    title: 'sends ones as the data of a module that is not there',
    change: instead(MODULE_DATA, { identifier: 0xff, data: 'ff'.repeat(127) }),
  },
  {
    name: 'nc-si-module-checksum-wrong',
    title: 'sends data of a module whose own checksum does not hold',
    change: answering(MODULE_DATA, { baseChecksum: 0 }),
  },
  {
    name: 'nc-si-inventory-padded-with-nul',
    title: 'fills its inventory up with NUL',
    change: items((list) => list.map((item) => ({ ...item, value: item.value.padEnd(32, '\0') }))),
  },
  {
    name: 'nc-si-inventory-without-serial-number',
    title: 'has no serial number in its inventory',
    change: items((list) => list.filter(({ type }) => type !== 4)),
  },
  {
    name: 'nc-si-inventory-version-of-another',
    title: 'has another firmware version in its inventory than by PLDM',
    change: items((list) => list.map((item) => (item.type === 2 ? { ...item, value: '1.0.0' } : item))),
  },
  {
    name: 'nc-si-inventory-serial-number-of-another',
    title: 'has another serial number in its inventory than in its FRU data',
    change: items((list) => list.map((item) => (item.type === 4 ? { ...item, value: 'SN0' } : item))),
  },
  {
    name: 'nc-si-uuid-zero',
    title: 'has a package UUID of zeros',
    change: answering(UUID, { uuid: '00000000-0000-0000-0000-000000000000' }),
  },
  {
    name: 'nc-si-uuid-changes',
    title: 'makes up a package UUID every time',
    change: answering(UUID, ({ uuid }, request) => ({
      uuid: String(uuid).slice(0, -4) + countUp(request.state, 'nc-si.uuid').toString(16).padStart(4, '0'),
    })),
  },
  {
    name: 'nc-si-mc-mac-zero',
    title: 'has zeros for the MAC address of the management controller',
    change: addresses('000000000000'),
  },
  {
    name: 'nc-si-mc-mac-multicast',
    title: 'has a multicast address for the management controller',
    change: addresses('031ab4000010'),
  },
  {
    name: 'nc-si-mc-mac-of-host',
    title: "gives the management controller the host's own MAC address",
    change: addresses(HOST_MAC),
  },
  {
    name: 'nc-si-mc-mac-counted-only',
    title: 'counts addresses for the management controller and does not list them',
    change: answering(MAC, { macAddresses: [] }),
  },
  {
    name: 'nc-si-media-counted-only',
    title: 'counts its media and does not list them',
    change: answering(MEDIA, { media: [] }),
  },
  {
    name: 'nc-si-media-of-no-eid',
    title: 'lists its medium with EID 0',
    change: answering(MEDIA, ({ media }) => ({
      media: (media as readonly FieldValues[]).map((each) => ({ ...each, eid: 0 })),
    })),
  },
  {
    name: 'nc-si-channel-count-too-small',
    title: 'counts a channel less than answer',
    change: answering(CAPABILITIES, ({ channelCount }) => ({ channelCount: Number(channelCount) - 1 })),
  },
  {
    name: 'nc-si-channel-count-differs',
    title: 'counts other channels when its second one is asked',
    change: answering(CAPABILITIES, ({ channelCount }, { header }) => ({
      channelCount: Number(channelCount) + Number(header.channel),
    })),
  },
  {
    name: 'nc-si-channel-count-too-large',
    title: 'counts a channel more than answer',
    change: answering(CAPABILITIES, ({ channelCount }) => ({ channelCount: Number(channelCount) + 1 })),
  },
  {
    name: 'nc-si-parameters-without-notifications',
    title: 'does not tell in its parameters which notifications were asked for',
    change: answering(PARAMETERS, { aenControl: 0 }),
  },
  {
    name: 'nc-si-parameters-reserved-octets-set',
    title: 'leaves what it finds in the reserved octets of its parameters',
    change: answering(PARAMETERS, { reserved: 'dead', reserved2: 1, reserved3: 'dead' }),
  },
  {
    name: 'nc-si-capabilities-in-stale-buffer',
    title: 'leaves what it finds in the header of its capabilities and in what is reserved, and sums up before',
    change: responses((body, { command }) =>
      command.name === CAPABILITIES && body.length > RESERVED
        ? body.map((octet, at) => (at === 3 || at === 12 || at === RESERVED ? 0xde : octet))
        : undefined,
    ),
  },
  {
    name: 'nc-si-capabilities-cut',
    title: 'ends its capabilities before the filter counts',
    change: dataCut([CAPABILITIES], 20),
  },
  {
    name: 'nc-si-statistics-of-32-bits',
    title: 'sends controller packet statistics with counters of 32 bits',
    seenIn: 'the layout of Linux before it was set right',
    change: narrow,
  },
  {
    name: 'nc-si-statistics-cut',
    title: 'ends its statistics after 24 octets',
    change: dataCut([STATISTICS, 'nc-si/getNcSiStatistics', 'nc-si/getPassThroughStatistics'], 24),
  },
  {
    name: 'nc-si-module-serial-number-blank',
    title: 'leaves the serial number of a module blank',
    change: answering(MODULE_DATA, { vendorSerialNumber: ' '.repeat(16) }),
  },
  { name: 'nc-si-module-page-cut', title: 'sends half of half a page', change: dataCut([MODULE_DATA], 68) },
  {
    name: 'nc-si-inventory-length-with-header',
    title: 'counts type and length in the length of an inventory item',
    change: beforeSum((octets, { command }) =>
      command.name === INVENTORY ? octets.map((value, at) => (at === HEAD + 1 ? value + 2 : value)) : undefined,
    ),
  },
];

export const ncSiCommandDeviations: readonly Deviation[] = deviations.map((deviation) => ({
  ...deviation,
  classes: ['nic'],
}));
