import { concat, fromHex, toHex } from '../../codec/octets';
import type { Deviation } from '../endpoint-types';
import { ofCards } from './cards';
import type { Change } from './change';
import {
  answering,
  cut,
  lengthAnswer,
  longer,
  mistaking,
  octets,
  refusal,
  responding,
  respondingTo,
  takingMessages,
  unknownCode,
  withOctet,
} from './change';

/** PLDM base and FRU data. */

const VERSION = 'pldm/getPldmVersion';
const METADATA = 'pldm/getFruRecordTableMetadata';
const TABLE = 'pldm/getFruRecordTable';
const reservedTids = [0x00, 0xff];
const PLDM = 1;
const INVALID_DATA = 2;
const UNSUPPORTED_COMMAND = 5;
const INVALID_TRANSFER_HANDLE = 0x80;
const INVALID_PLDM_TYPE = 0x83;

const FIRMWARE_UPDATE = 5;
const FIRMWARE_READS = ['pldm/queryDeviceIdentifiers', 'pldm/getFirmwareParameters', 'pldm/getStatus'] as const;
const MONITORING_READS = ['pldm/getStateSensorReadings', 'pldm/eventMessageSupported'] as const;

const octet = (index: number, change: (value: number) => number): Change =>
  octets('pldm', (body) => withOctet(body, index, change));

const portion = (command: string, change: (data: Uint8Array) => Uint8Array): Change =>
  answering(command, (fields) => ({ portion: toHex(change(fromHex(String(fields.portion)))) }));

const deviations: readonly Deviation[] = [
  {
    name: 'pldm-response-with-request-bit',
    title: 'leaves the request bit set in its PLDM responses',
    change: octet(1, (value) => value | 0x80),
  },
  {
    name: 'pldm-response-with-datagram-bit',
    title: 'sets the datagram bit in its PLDM responses',
    change: octet(1, (value) => value | 0x40),
  },
  {
    name: 'pldm-response-with-reserved-bit',
    title: 'sets the reserved bit in its PLDM responses',
    change: octet(1, (value) => value | 0x20),
  },
  {
    name: 'pldm-header-version-one',
    title: 'sends PLDM header version 1',
    change: octet(2, (value) => value | 0x40),
  },
  {
    name: 'pldm-instance-id-zero',
    title: 'answers PLDM with instance id 0',
    change: octet(1, (value) => value & 0xe0),
  },
  {
    name: 'pldm-errors-with-datagram-bit',
    title: 'sets the datagram bit where it refuses PLDM',
    change: octets('pldm', (body, code) => (code === 0 ? undefined : withOctet(body, 1, (value) => value | 0x40))),
  },
  {
    name: 'fru-answers-with-instance-id-zero',
    title: 'answers for FRU data with instance id 0',
    change: octets('pldm', (body, _code, { command }) =>
      command.name === METADATA ? withOctet(body, 1, (value) => value & 0xe0) : undefined,
    ),
  },
  {
    name: 'pldm-type-not-echoed',
    title: 'sends PLDM type 63 in its responses',
    change: octet(2, (value) => value | 0x3f),
  },
  {
    name: 'pldm-refuses-repeated-requests',
    title: 'refuses GetTID where it comes with the instance id of the one before',
    change: respondingTo(['pldm/getTid'], (correct, request, sets) => {
      const { memory } = request.state;
      const id = Number(request.header.instanceId);
      const again = memory.get('pldm.instance') === id;
      memory.set('pldm.instance', id);
      return again ? refusal(1) : correct(request, sets);
    }),
  },
  {
    name: 'pldm-with-integrity-check',
    title: 'marks its PLDM messages as having an integrity check',
    change: octet(0, (value) => value | 0x80),
  },
  {
    name: 'tid-off-by-one',
    title: 'reports the TID after the one that it was given',
    change: answering('pldm/getTid', ({ tid }) => ({ tid: (Number(tid) + 1) % 256 })),
  },
  {
    name: 'pldm-octet-behind-tid',
    title: 'sends an octet behind its TID',
    change: longer(['pldm/getTid']),
  },
  {
    name: 'pldm-octets-behind-refusals',
    title: 'sends what is left in its buffer behind the code of a refusal',
    seenIn: 'applications of libpldm',
    change: octets('pldm', (body, code) => (code === 0 ? undefined : concat(body, [0, 0, 0]))),
  },
  {
    name: 'pldm-octets-behind-firmware-answers',
    title: 'sends what is left in its buffer behind its answers about firmware',
    change: longer(FIRMWARE_READS, 2),
  },
  {
    name: 'pldm-octet-behind-sensor-answers',
    title: 'sends an octet behind its answers about state sensors and events',
    change: longer(MONITORING_READS),
  },
  {
    name: 'firmware-octets-behind-refusals',
    title: 'sends all of its buffer behind the code with which it refuses commands of firmware update',
    seenIn: 'libpldm',
    change: octets('pldm', (body, code) =>
      code !== 0 && ((body[2] ?? 0) & 0x3f) === FIRMWARE_UPDATE ? concat(body, new Uint8Array(400)) : undefined,
    ),
  },
  {
    name: 'tid-of-any-value',
    title: 'takes TIDs 0x00 and 0xFF',
    seenIn: 'AVED',
    change: responding('pldm/setTid', ({ fields }) =>
      reservedTids.includes(Number(fields.tid)) ? { fields: {} } : undefined,
    ),
  },
  {
    name: 'tid-not-kept',
    title: 'accepts a TID and forgets it',
    change: responding('pldm/setTid', () => ({ fields: {} })),
  },
  {
    name: 'pldm-types-without-base',
    title: 'does not list PLDM type 0',
    change: answering('pldm/getPldmTypes', ({ types }) => ({
      types: (types as readonly number[]).filter((type) => type !== 0),
    })),
  },
  {
    name: 'pldm-types-in-one-octet',
    title: 'sends the first octet of its PLDM types only',
    change: cut('pldm/getPldmTypes', () => 6),
  },
  {
    name: 'pldm-version-of-base-only',
    title: 'knows the version of PLDM type 0 only',
    change: responding(VERSION, ({ fields }) => (fields.pldmType === 0 ? undefined : refusal(INVALID_PLDM_TYPE))),
  },
  {
    name: 'pldm-version-of-any-type',
    title: 'knows a version of PLDM types that it does not have',
    change: mistaking([VERSION], ({ fields }) =>
      [0, 2, 4, 5].includes(Number(fields.pldmType)) ? undefined : { pldmType: 0 },
    ),
  },
  {
    name: 'pldm-versions-big-endian',
    title: 'sends the most significant octet of a PLDM version first',
    change: portion(VERSION, (data) => Uint8Array.of(...[...data.subarray(0, 4)].reverse(), ...data.subarray(4))),
  },
  {
    name: 'pldm-version-crc-wrong',
    title: 'sends a wrong CRC after its PLDM versions',
    change: portion(VERSION, (data) => withOctet(data, data.length - 1, (value) => value ^ 0xff)),
  },
  {
    name: 'pldm-unknown-type-is-unknown-command',
    title: 'refuses PLDM types that it does not have as unknown commands',
    seenIn: 'Fungible',
    change: unknownCode(() => UNSUPPORTED_COMMAND, 'pldm'),
  },
  {
    name: 'pldm-ignores-unknown-commands',
    title: 'does not answer PLDM commands that it does not know',
    change: unknownCode(() => 'silence', 'pldm'),
  },
  {
    name: 'pldm-unknown-commands-are-invalid-data',
    title: 'refuses PLDM commands that it does not know with ERROR_INVALID_DATA',
    change: (correct) => ({
      unknownCommand: (header, state) => {
        const code = correct.unknownCommand(header, state);
        return header.messageType === PLDM && code === UNSUPPORTED_COMMAND ? INVALID_DATA : code;
      },
    }),
  },
  {
    name: 'pldm-has-a-command-of-its-own',
    title: 'says SUCCESS to PLDM base command 0x5F, which no standard has',
    change: unknownCode((code) => (code === 0x5f ? 0 : undefined), 'pldm'),
  },
  {
    name: 'pldm-reserved-bit-echoed',
    title: 'sends the reserved bit of PLDM back as it came',
    change: octets('pldm', (body, _code, { header }) =>
      header.reserved === 1 ? withOctet(body, 1, (value) => value | 0x20) : undefined,
    ),
  },
  {
    name: 'pldm-version-of-any-transfer',
    title: 'gives its PLDM version whatever part is asked for',
    seenIn: 'pldmd',
    change: mistaking([VERSION], ({ fields }) => (Number(fields.operation) > 1 ? { operation: 1 } : undefined)),
  },
  {
    name: 'pldm-ignores-short-requests',
    title: 'does not answer PLDM requests that are too short',
    change: lengthAnswer('pldm', 'short', 'silence'),
  },
  {
    name: 'pldm-accepts-short-requests',
    title: 'reads on beyond the end of PLDM requests that are too short',
    change: (correct) => ({
      ...lengthAnswer('pldm', 'short', undefined)(correct),
      ...mistaking([VERSION], ({ fields }) => ({ operation: 1, pldmType: 0, ...fields }))(correct),
    }),
  },
  {
    name: 'pldm-accepts-long-requests',
    title: 'ignores what is too much of a PLDM request',
    seenIn: 'Xilinx/AVED, Fungible',
    change: lengthAnswer('pldm', 'long', undefined),
  },
  {
    name: 'pldm-ignores-long-requests',
    title: 'does not answer PLDM requests that are too long',
    pervasive: true,
    change: lengthAnswer('pldm', 'long', 'silence'),
  },
  {
    name: 'pldm-answers-responses',
    title: 'takes a PLDM message with the request bit clear for a request',
    seenIn: 'Fungible',
    change: takingMessages(({ messageType, request }) =>
      messageType === PLDM && request === 0 ? { request: 1 } : undefined,
    ),
  },
  {
    name: 'fru-metadata-without-checksum',
    title: 'leaves the checksum out of the metadata of its FRU table',
    change: cut(METADATA, (body) => body.length - 4),
  },
  {
    name: 'fru-table-empty',
    title: 'describes an empty FRU table',
    change: answering(METADATA, { tableLength: 0, recordSetCount: 0, recordCount: 0 }),
  },
  {
    name: 'fru-fewer-records-than-sets',
    title: 'counts more FRU record sets than records',
    change: answering(METADATA, ({ recordCount }) => ({ recordSetCount: Number(recordCount) + 1 })),
  },
  {
    name: 'fru-table-refused',
    title: 'refuses the first part of its FRU table',
    seenIn: 'openbmc/pldm 1602b3624',
    change: responding(TABLE, () => refusal(INVALID_TRANSFER_HANDLE)),
  },
  {
    name: 'fru-start-without-next-part',
    title: 'announces a next part of its FRU table and does not name it',
    change: answering(TABLE, { transferFlag: 1, nextTransferHandle: 0 }),
  },
];

export const pldmDeviations: readonly Deviation[] = ofCards(deviations, [
  'pldm-response-with-request-bit',
  'pldm-instance-id-zero',
  'tid-off-by-one',
  'tid-of-any-value',
  'pldm-octet-behind-tid',
  'pldm-types-without-base',
  'pldm-version-of-base-only',
  'pldm-version-crc-wrong',
  'pldm-unknown-type-is-unknown-command',
  'pldm-ignores-unknown-commands',
  'pldm-has-a-command-of-its-own',
  'pldm-reserved-bit-echoed',
  'pldm-version-of-any-transfer',
  'pldm-accepts-short-requests',
  'pldm-accepts-long-requests',
  'pldm-version-of-any-type',
  'pldm-answers-responses',
  'fru-table-empty',
  'fru-table-refused',
]);
