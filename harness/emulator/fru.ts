import { crc32 } from '../codec/checksum';
import { concat, putUint, toHex } from '../codec/octets';
import { failure, success } from './answers';
import type { CardState } from './card';
import { runningVersion } from './card';
import { hbaCard } from './card-hba';
import { hbaModel } from './card-hba-sensors';
import { nicCard } from './card-nic';
import type { DeviceState, Responder, Responders } from './endpoint-types';
import { MAIN_COMPONENT } from './firmware-types';

/** PLDM FRU data (DSP0257) of the emulated cards. */

const GENERAL_RECORD = 1;
const UTF8 = 2;
const INVALID_TRANSFER_HANDLE = 0x80;
const INVALID_TRANSFER_OPERATION_FLAG = 0x81;
const GET_NEXT_PART = 0;
const GET_FIRST_PART = 1;

/** Field types of the general record (DSP0257, Table 5). */
export const fruFields = {
  model: 0x02,
  partNumber: 0x03,
  serialNumber: 0x04,
  manufacturer: 0x05,
  vendor: 0x07,
  name: 0x08,
  sku: 0x09,
  version: 0x0a,
  assetTag: 0x0b,
  description: 0x0c,
  engineeringChange: 0x0d,
  iana: 0x0f,
} as const;

/** A general record of text fields; `iana` is the vendor's number. */
export interface FruRecord {
  readonly set: number;
  readonly fields: { readonly [F in Exclude<keyof typeof fruFields, 'iana'>]?: string };
  readonly iana?: number;
}

const text = (value: string): Uint8Array => Uint8Array.from(value, (letter) => letter.charCodeAt(0));

function encodeRecord({ set, fields, iana }: FruRecord): Uint8Array {
  const all = Object.entries(fields).map(([name, value]): readonly [number, Uint8Array] => [
    fruFields[name as keyof typeof fruFields],
    text(value),
  ]);
  if (iana !== undefined) all.push([fruFields.iana, putUint(iana, 4, true)]);
  return concat(
    putUint(set, 2, true),
    [GENERAL_RECORD, all.length, UTF8],
    ...all.map(([type, value]) => concat([type, value.length], value)),
  );
}

/** What a card tells of its parts, and how many octets it sends at once. */
export interface FruModel {
  readonly records: readonly FruRecord[];
  readonly partSize: number;
}

const nicFru: FruModel = {
  records: [
    {
      set: 1,
      fields: {
        model: nicCard.model,
        partNumber: nicCard.partNumber,
        serialNumber: nicCard.serialNumber,
        manufacturer: nicCard.manufacturer,
        vendor: nicCard.manufacturer,
        name: nicCard.name,
        sku: 'EN-NIC-25G-2P-FH',
        version: nicCard.firmwareVersion,
        assetTag: 'ASSET-000000000001',
        description:
          'Emulated network interface card. This description makes the table long enough to be cut into several ' +
          'packets of the baseline transmission unit, so that assembly is exercised by an ordinary command.',
        engineeringChange: 'EC-0007',
      },
      iana: nicCard.iana,
    },
  ],
  // The whole table at once: seven packets.
  partSize: Number.POSITIVE_INFINITY,
};

const hbaFru: FruModel = {
  records: [
    {
      set: 1,
      fields: {
        model: hbaCard.model,
        partNumber: hbaCard.partNumber,
        serialNumber: hbaCard.serialNumber,
        manufacturer: hbaCard.manufacturer,
        name: hbaCard.name,
        version: hbaCard.firmwareVersion,
      },
      iana: hbaCard.iana,
    },
    ...hbaCard.disks.map((disk, index) => ({
      set: hbaModel.fruRecordSets[index + 1]?.set ?? 0,
      fields: {
        model: disk.model,
        partNumber: disk.partNumber,
        serialNumber: disk.serialNumber,
        manufacturer: disk.manufacturer,
        version: disk.firmwareVersion,
      },
    })),
  ],
  partSize: 256,
};

/** The card's own record tells the firmware that runs. */
function updated({ records, partSize }: FruModel, card: CardState): FruModel {
  const [own, ...others] = records;
  if (own === undefined) return { records, partSize };
  const version = runningVersion(card, own.fields.version ?? '');
  return { records: [{ ...own, fields: { ...own.fields, version } }, ...others], partSize };
}

const nothing: FruModel = { records: [], partSize: Number.POSITIVE_INFINITY };

/** Everything in which a FRU table can differ. */
export interface FruRules {
  readonly model: (state: DeviceState) => FruModel;
  readonly table: (records: readonly FruRecord[]) => Uint8Array;
}

export const correctFru: FruRules = {
  model: (state) => {
    const made = state.class === 'nic' ? nicFru : state.class === 'hba' ? hbaFru : nothing;
    return state.card?.flash.active[MAIN_COMPONENT] === undefined ? made : updated(made, state.card);
  },
  table: (records) => concat(...records.map(encodeRecord)),
};

/** Zeros up to a multiple of four, over which the checksum goes too (DSP0257 10.2). */
function padded(table: Uint8Array): Uint8Array {
  return concat(table, new Uint8Array((4 - (table.length % 4)) % 4));
}

const START = 1;
const END = 4;

export function fruResponders(rules: FruRules): Responders {
  const tableOf = (state: DeviceState): Uint8Array => padded(rules.table(rules.model(state).records));
  const getFruRecordTableMetadata: Responder = ({ state }) => {
    const { records } = rules.model(state);
    return success({
      majorVersion: 1,
      minorVersion: 0,
      // Zero: the table cannot be set (DSP0257 10.1).
      maximumSize: 0,
      tableLength: rules.table(records).length,
      recordSetCount: new Set(records.map(({ set }) => set)).size,
      recordCount: records.length,
      checksum: crc32(tableOf(state)),
    });
  };
  /** The transfer handle of a later part is its offset. */
  const getFruRecordTable: Responder = ({ fields, state }) => {
    const table = tableOf(state);
    const whole = concat(table, putUint(crc32(table), 4, true));
    const first = fields.operation === GET_FIRST_PART;
    if (!first && fields.operation !== GET_NEXT_PART) return failure(INVALID_TRANSFER_OPERATION_FLAG);
    const offset = first ? 0 : Number(fields.transferHandle);
    const { partSize } = rules.model(state);
    if (first !== (offset === 0) || offset % partSize !== 0 || offset >= whole.length) {
      return failure(INVALID_TRANSFER_HANDLE);
    }
    const end = Math.min(whole.length, offset + partSize);
    const last = end === whole.length;
    const middle = 2;
    return success({
      nextTransferHandle: last ? 0 : end,
      transferFlag: first || last ? (first ? START : 0) + (last ? END : 0) : middle,
      portion: toHex(whole.subarray(offset, end)),
    });
  };
  return {
    'pldm/getFruRecordTableMetadata': getFruRecordTableMetadata,
    'pldm/getFruRecordTable': getFruRecordTable,
  };
}
