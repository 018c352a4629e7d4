import { crc32 } from '../codec/checksum';
import { concat, putUint } from '../codec/octets';
import { failure, success } from './answers';
import { nicCard } from './card-nic';
import type { Responder, Responders } from './endpoint-types';
import { onlyPart, refusedTransfer } from './pldm';

/** PLDM FRU data (DSP0257): one set with a general record, long enough that its table needs seven packets. */

const GENERAL_RECORD = 1;
const UTF8 = 2;
const RECORD_SET = 1;

const text = (value: string): Uint8Array => Uint8Array.from(value, (letter) => letter.charCodeAt(0));

/** Field types of the general record (DSP0257, Table 5). */
const fields: readonly (readonly [type: number, value: Uint8Array])[] = [
  [0x02, text(nicCard.model)],
  [0x03, text(nicCard.partNumber)],
  [0x04, text(nicCard.serialNumber)],
  [0x05, text(nicCard.manufacturer)],
  [0x07, text(nicCard.manufacturer)],
  [0x08, text(nicCard.name)],
  [0x09, text('EN-NIC-25G-2P-FH')],
  [0x0a, text(nicCard.firmwareVersion)],
  [0x0b, text('ASSET-000000000001')],
  [
    0x0c,
    text(
      'Emulated network interface card. This description makes the table long enough to be cut into several ' +
        'packets of the baseline transmission unit, so that assembly is exercised by an ordinary command.',
    ),
  ],
  [0x0d, text('EC-0007')],
  [0x0f, putUint(nicCard.iana, 4, true)],
];

/** The record of the only set. Its length is a multiple of four, so that the table needs no padding. */
export const fruTable: Uint8Array = concat(
  putUint(RECORD_SET, 2, true),
  [GENERAL_RECORD, fields.length, UTF8],
  ...fields.map(([type, value]) => concat([type, value.length], value)),
);

const getFruRecordTableMetadata: Responder = () =>
  success({
    majorVersion: 1,
    minorVersion: 0,
    // Zero: the table cannot be set (DSP0257 10.1).
    maximumSize: 0,
    tableLength: fruTable.length,
    recordSetCount: 1,
    recordCount: 1,
    checksum: crc32(fruTable),
  });

const getFruRecordTable: Responder = ({ fields: request }) => {
  const refused = refusedTransfer(request.operation);
  return refused === undefined ? onlyPart(fruTable) : failure(refused);
};

export const fruResponders: Responders = {
  'pldm/getFruRecordTableMetadata': getFruRecordTableMetadata,
  'pldm/getFruRecordTable': getFruRecordTable,
};
