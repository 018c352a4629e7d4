import { crc8 } from '../../codec/checksum';
import { concat, putUint } from '../../codec/octets';
import type { Deviation } from '../endpoint-types';
import type { PdrRecord, PlatformRules } from '../platform';
import { correctRules, platformResponders } from '../platform';
import type { NumericSensor, PlatformModel, StateSensor } from '../platform-types';
import { ofCards } from './cards';
import type { Change } from './change';
import { answering, cut, mistaking, refusal, responding, respondingTo } from './change';

/** The repository of platform descriptor records. */

const INFO = 'pldm/getPdrRepositoryInfo';
const GET_PDR = 'pldm/getPdr';
const INVALID_DATA = 2;
const FIRST_PART = 1;
/** Octets before the body of a record, and of a message before the fields of an answer. */
const PDR_HEADER = 10;

/** A device that monitors something else, or lists it otherwise. */
export function monitoring(rules: Partial<PlatformRules>): Change {
  const responders = platformResponders({ ...correctRules, ...rules });
  const commands = [
    INFO,
    GET_PDR,
    'pldm/getSensorReading',
    'pldm/getSensorThresholds',
    'pldm/getStateSensorReadings',
  ] as const;
  return respondingTo(commands, (correct, request, sets) =>
    (responders[request.command.name] ?? correct)(request, sets),
  );
}

const modelled = (change: (model: PlatformModel) => PlatformModel): Change =>
  monitoring({ model: (state) => change(correctRules.model(state)) });

/** Other numeric sensors, or other state sensors. */
export const sensors = (change: (sensor: NumericSensor) => NumericSensor): Change =>
  modelled((model) => ({ ...model, numericSensors: model.numericSensors.map(change) }));

export const stateSensors = (change: (sensor: StateSensor) => StateSensor): Change =>
  modelled((model) => ({ ...model, stateSensors: model.stateSensors.map(change) }));

/** Other octets of the records of one type, counted from the body on. */
export const patched = (type: number, at: number, octets: readonly number[]): Change =>
  monitoring({
    records: (model, state) =>
      correctRules.records(model, state).map((record) => {
        if (record.octets[5] !== type) return record;
        const from = PDR_HEADER + at;
        return { ...record, octets: record.octets.map((octet, index) => octets[index - from] ?? octet) };
      }),
  });

const listed = (change: (records: readonly PdrRecord[]) => readonly PdrRecord[]): Change =>
  monitoring({ records: (model, state) => change(correctRules.records(model, state)) });

/** Requests for a part that is not the first. */
const laterParts = (change: (offset: number) => number): Change =>
  mistaking([GET_PDR], ({ fields }) =>
    fields.operation === FIRST_PART ? undefined : { transferHandle: change(Number(fields.transferHandle)) },
  );

const isKnown = (handle: number): boolean => handle < 0x1000;

const deviations: readonly Deviation[] = [
  {
    name: 'platform-repository-info-short',
    title: 'leaves the last octet of its repository information away',
    seenIn: 'openbmc/pldm',
    change: cut(INFO, (body) => body.length - 1),
  },
  {
    name: 'platform-repository-updating',
    title: 'updates its repository for ever',
    change: answering(INFO, { repositoryState: 1 }),
  },
  {
    name: 'platform-counts-one-record-more',
    title: 'counts a record that it does not have',
    change: answering(INFO, ({ recordCount }) => ({ recordCount: Number(recordCount) + 1 })),
  },
  {
    name: 'platform-size-without-headers',
    title: 'counts the octets of its repository without the headers of the records',
    change: answering(INFO, ({ repositorySize, recordCount }) => ({
      repositorySize: Number(repositorySize) - PDR_HEADER * Number(recordCount),
    })),
  },
  {
    name: 'platform-size-of-all-memory',
    title: 'tells of the memory that its repository may take instead of its size',
    change: answering(INFO, { repositorySize: 65536 }),
  },
  {
    name: 'platform-largest-record-too-small',
    title: 'has a record that is larger than the largest that it tells of',
    change: answering(INFO, ({ largestRecordSize }) => ({ largestRecordSize: Number(largestRecordSize) - 1 })),
  },
  {
    name: 'platform-walk-loops',
    title: 'names its first record after the last',
    seenIn: 'Xilinx/AVED',
    pervasive: true,
    change: monitoring({ next: (records, index) => records[(index + 1) % records.length]?.handle ?? 0 }),
  },
  {
    name: 'platform-next-record-not-found',
    title: 'names a record that it does not have after the last',
    pervasive: true,
    change: monitoring({ next: (records, index) => records[index + 1]?.handle ?? 0x7777 }),
  },
  {
    name: 'platform-record-longer-than-header-says',
    title: 'sends an octet more of its first record than the header counts',
    change: listed((records) =>
      records.map((record, index) => (index === 0 ? { ...record, octets: concat(record.octets, [0]) } : record)),
    ),
  },
  {
    name: 'platform-records-of-version-zero',
    title: 'has records of header version 0',
    change: listed((records) =>
      records.map((record) => ({ ...record, octets: record.octets.map((octet, at) => (at === 4 ? 0 : octet)) })),
    ),
  },
  {
    name: 'platform-gives-another-record-handle',
    title: 'gives record 1 the handle that another record has',
    seenIn: 'Intel N3000',
    change: listed((records) =>
      records.map((record) => ({ ...record, octets: concat(putUint(1, 4, true), record.octets.subarray(4)) })),
    ),
  },
  {
    name: 'platform-parts-without-crc',
    title: 'sends no CRC after the last part of a record',
    seenIn: 'Fungible',
    change: monitoring({ crc: () => undefined }),
  },
  {
    name: 'platform-crc-of-last-part',
    title: 'sends the CRC of the last part only',
    change: monitoring({ crc: (record, offset) => crc8(record, offset) }),
  },
  {
    name: 'platform-parts-overlap',
    title: 'repeats the last octet of a part in the next',
    change: laterParts((offset) => offset - 1),
  },
  {
    name: 'platform-flags-of-base',
    title: 'marks the parts of a record with the transfer flags of PLDM base',
    change: answering(GET_PDR, ({ transferFlag }) => {
      const flag = Number(transferFlag);
      return { transferFlag: flag < 2 ? flag + 1 : flag };
    }),
  },
  {
    name: 'platform-ignores-request-count',
    title: 'sends whole records whatever was asked for',
    change: monitoring({ partSize: () => Number.POSITIVE_INFINITY }),
  },
  {
    name: 'platform-unknown-record-is-first',
    title: 'gives its first record for one that it does not have',
    change: mistaking([GET_PDR], ({ fields }) =>
      isKnown(Number(fields.recordHandle)) ? undefined : { recordHandle: 0 },
    ),
  },
  {
    name: 'platform-unknown-record-is-invalid-data',
    title: 'refuses a record that it does not have with ERROR_INVALID_DATA',
    change: responding(GET_PDR, ({ fields }) =>
      isKnown(Number(fields.recordHandle)) ? undefined : refusal(INVALID_DATA),
    ),
  },
  {
    name: 'fru-set-without-pdr',
    title: 'ties no FRU record to an entity',
    change: modelled((model) => ({ ...model, fruRecordSets: [] })),
  },
  {
    name: 'fru-set-of-unknown-record',
    title: 'ties a FRU record that it does not have to an entity',
    change: modelled((model) => ({
      ...model,
      fruRecordSets: model.fruRecordSets.map((one) => ({ ...one, set: one.set + 500 })),
    })),
  },
];

export const platformDeviations: readonly Deviation[] = ofCards(deviations, [
  'platform-repository-updating',
  'platform-counts-one-record-more',
  'platform-record-longer-than-header-says',
  'platform-gives-another-record-handle',
  'platform-ignores-request-count',
  'platform-unknown-record-is-first',
]);
