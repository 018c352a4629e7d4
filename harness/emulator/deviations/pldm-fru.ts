import { concat, fromHex, toHex } from '../../codec/octets';
import type { Deviation } from '../endpoint-types';
import type { FruModel, FruRecord, FruRules } from '../fru';
import { correctFru, fruResponders } from '../fru';
import { ofCards } from './cards';
import type { Change } from './change';
import { answering, isSuccess, respondingTo, withOctet } from './change';

/** What a FRU table holds, and how it is given. */

const METADATA = 'pldm/getFruRecordTableMetadata';
const TABLE = 'pldm/getFruRecordTable';
const MIDDLE = 2;
const GET_FIRST_PART = 1;

/** A device whose whole FRU data is another. */
function having(rules: Partial<FruRules>): Change {
  const responders = fruResponders({ ...correctFru, ...rules });
  return respondingTo([METADATA, TABLE], (correct, request, sets) =>
    (responders[request.command.name] ?? correct)(request, sets),
  );
}

const records = (change: (record: FruRecord) => FruRecord): Change =>
  having({
    model: (state): FruModel => {
      const model = correctFru.model(state);
      return { ...model, records: model.records.map(change) };
    },
  });

const table = (change: (octets: Uint8Array) => Uint8Array): Change =>
  having({ table: (all) => change(correctFru.table(all)) });

const texts = (change: (text: string) => string): Change =>
  records(({ fields, ...record }) => ({
    ...record,
    fields: Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, change(text)])),
  }));

/** The octet of the first record that holds its type, and the one that counts its fields. */
const RECORD_TYPE = 2;
const FIELD_COUNT = 3;

const deviations: readonly Deviation[] = [
  {
    name: 'fru-record-of-unknown-type',
    title: 'begins its FRU table with a record of a type that is not defined',
    change: table((octets) => withOctet(octets, RECORD_TYPE, () => 0x55)),
  },
  {
    name: 'fru-parts-loop',
    title: 'goes back to a part of its FRU table that it has already given',
    change: respondingTo([TABLE], (correct, request, sets) => {
      const first = correct({ ...request, fields: { transferHandle: 0, operation: GET_FIRST_PART } }, sets);
      if (!isSuccess(first)) return first;
      return { fields: { ...first.fields, nextTransferHandle: 1, transferFlag: MIDDLE } };
    }),
  },
  {
    name: 'fru-flags-of-monitoring',
    title: 'marks the parts of its FRU table with the transfer flags of platform monitoring',
    classes: ['hba'],
    change: answering(TABLE, ({ transferFlag }) => ({
      transferFlag: transferFlag === 1 ? 0 : transferFlag === MIDDLE ? 1 : Number(transferFlag),
    })),
  },
  {
    name: 'fru-more-records-than-counted',
    title: 'counts a FRU record that it does not have',
    change: answering(METADATA, ({ recordCount }) => ({ recordCount: Number(recordCount) + 1 })),
  },
  {
    name: 'fru-table-longer-than-said',
    title: 'says that its FRU table is shorter than it is',
    change: answering(METADATA, ({ tableLength }) => ({ tableLength: Number(tableLength) - 16 })),
  },
  {
    name: 'fru-table-checksum-wrong',
    title: 'sends a wrong checksum behind its FRU table',
    change: answering(TABLE, ({ portion = '', nextTransferHandle }) => {
      const octets = fromHex(String(portion));
      const last = nextTransferHandle === 0 ? octets.length - 1 : -1;
      return { portion: toHex(withOctet(octets, last, (octet) => octet ^ 0xff)) };
    }),
  },
  {
    name: 'fru-metadata-checksum-wrong',
    title: 'says in its metadata another checksum than it sends behind its FRU table',
    change: answering(METADATA, ({ checksum }) => ({ checksum: (Number(checksum) ^ 1) >>> 0 })),
  },
  {
    name: 'fru-serial-number-missing',
    title: 'has no serial number in its FRU data',
    change: records(({ fields: { serialNumber: _, ...fields }, ...record }) => ({ ...record, fields })),
  },
  {
    name: 'fru-text-padded',
    title: 'pads the texts of its FRU data with spaces',
    change: texts((text) => `${text}   `),
  },
  {
    name: 'fru-version-of-another',
    title: 'has a version in its FRU data that its firmware does not have',
    change: records((record) => ({ ...record, fields: { ...record.fields, version: '0.0.1' } })),
  },
  {
    name: 'fru-drives-of-another-model',
    title: 'has another model and firmware of its drives in its FRU data than they have',
    classes: ['hba'],
    change: records((record) =>
      record.set === 1 ? record : { ...record, fields: { ...record.fields, model: 'EX-HDD-8T', version: '0.0.1' } },
    ),
  },
  {
    name: 'fru-texts-swapped',
    title: 'swaps the octets of each word in the texts of its FRU data, as ATA does',
    classes: ['nic', 'hba'],
    change: texts((text) => text.replace(/(.)(.)/g, '$2$1')),
  },
  {
    name: 'fru-field-count-wrong',
    title: 'counts more fields than a FRU record has',
    change: table((octets) => withOctet(octets, FIELD_COUNT, () => 0xff)),
  },
  {
    name: 'fru-vendor-in-two-octets',
    title: 'gives its vendor number in two octets',
    change: table((octets) => {
      // The vendor's number is the last field of the first record: type, length, four octets.
      const at = octets.findIndex((octet, index) => octet === 0x0f && octets[index + 1] === 4);
      return concat(octets.subarray(0, at + 1), [2], octets.subarray(at + 2, at + 4), octets.subarray(at + 6));
    }),
  },
];

export const fruDeviations: readonly Deviation[] = ofCards(deviations, []);
