import { crc8 } from '../codec/checksum';
import type { FieldValues } from '../codec/field-spec';
import { concat, toHex } from '../codec/octets';
import { ERROR_INVALID_DATA, failure, success } from './answers';
import { hbaModel } from './card-hba-sensors';
import { nicModel } from './card-nic-sensors';
import { classDefinitions } from './classes';
import type { Answer, DeviceRequest, DeviceState, Responder, Responders } from './endpoint-types';
import { pollForEvent } from './platform-events';
import { pdrsOf, recordOf, thresholdNames } from './platform-pdr';
import type { NumericSensor, PlatformModel, StateEffecter, StateSensor, Thresholds } from './platform-types';
import { dataSizes } from './platform-types';

/** PLDM for platform monitoring (DSP0248): the repository, readings, thresholds and where events go. */

const INVALID_SENSOR = 0x80;
const INVALID_TRANSFER_HANDLE = 0x80;
const INVALID_OPERATION = 0x81;
const INVALID_RECORD_HANDLE = 0x82;
const INVALID_CHANGE_NUMBER = 0x83;
const INVALID_PROTOCOL = 0x80;
const METHOD_NOT_SUPPORTED = 0x81;
const UNSUPPORTED_FORMAT = 0x81;
const INVALID_EFFECTER = 0x80;
const INVALID_STATE_VALUE = 0x81;
const NO_UPDATE_PENDING = 1;
const REQUEST_SET = 1;

const GET_NEXT_PART = 0;
const GET_FIRST_PART = 1;
const flags = { start: 0, middle: 1, end: 4, startAndEnd: 5 } as const;

const ENABLED = 0;
const UNAVAILABLE = 2;
const NO_EVENTS = 0;
const UNKNOWN = 0;
const NORMAL = 1;
const states: { readonly [N in keyof Thresholds]-?: number } = {
  lowerWarning: 5,
  lowerCritical: 6,
  lowerFatal: 7,
  upperWarning: 8,
  upperCritical: 9,
  upperFatal: 10,
};

/** A time stamp (DSP0240 timestamp104): when the repository was made. */
const MADE = '000000000000000c0b07ea0700';

const models: { readonly [name: string]: PlatformModel } = { nic: nicModel, hba: hbaModel };
const nothing: PlatformModel = { numericSensors: [], stateSensors: [], associations: [], fruRecordSets: [] };

/** Everything in which a terminus can differ without another answer to a single command. */
export interface PlatformRules {
  readonly model: (state: DeviceState) => PlatformModel;
  /** Records with their headers, in the order in which they are given. */
  readonly records: (model: PlatformModel, state: DeviceState) => readonly PdrRecord[];
  /** The handle that follows the record at `index`. */
  readonly next: (records: readonly PdrRecord[], index: number) => number;
  /** What stands after the last part of a record that was given in parts; the part begins at `offset`. */
  readonly crc: (record: Uint8Array, offset: number) => number | undefined;
  /** Octets of a part at most. */
  readonly partSize: (requestCount: number) => number;
}

export interface PdrRecord {
  /** By which it is asked for. */
  readonly handle: number;
  readonly octets: Uint8Array;
}

export const correctRules: PlatformRules = {
  model: ({ class: name }) => models[name] ?? nothing,
  records: (model, state) =>
    pdrsOf(model, state).map((pdr, index) => ({ handle: index + 1, octets: recordOf(pdr, index + 1) })),
  next: (records, index) => records[index + 1]?.handle ?? 0,
  crc: (record) => crc8(record),
  partSize: (requestCount) => requestCount,
};

/** State that follows from a value and its thresholds, the worst first. */
export function stateOf(value: number, thresholds: Thresholds): number {
  for (const name of ['upperFatal', 'upperCritical', 'upperWarning'] as const) {
    const limit = thresholds[name];
    if (limit !== undefined && value >= limit) return states[name];
  }
  for (const name of ['lowerFatal', 'lowerCritical', 'lowerWarning'] as const) {
    const limit = thresholds[name];
    if (limit !== undefined && value <= limit) return states[name];
  }
  return NORMAL;
}

/** The integer on the wire. */
const raw = ({ resolution }: NumericSensor, value: number | undefined): number =>
  value === undefined ? 0 : Math.round(value / resolution);

function reading(sensor: NumericSensor, state: DeviceState): Answer {
  const value = sensor.read(state);
  const present = value === undefined ? UNKNOWN : stateOf(value, sensor.thresholds);
  return success({
    sensorDataSize: dataSizes.indexOf(sensor.dataSize),
    operationalState: value === undefined ? UNAVAILABLE : ENABLED,
    eventEnable: NO_EVENTS,
    presentState: present,
    previousState: present,
    eventState: present,
    reading: raw(sensor, value),
  });
}

function thresholds(sensor: NumericSensor): Answer {
  return success({
    sensorDataSize: dataSizes.indexOf(sensor.dataSize),
    ...Object.fromEntries(thresholdNames.map((name) => [name, raw(sensor, sensor.thresholds[name])])),
  });
}

function stateReadings({ parts }: StateSensor, state: DeviceState): Answer {
  const fields = parts.map(({ read }) => {
    const value = read(state);
    const present = value ?? UNKNOWN;
    const operationalState = value === undefined ? UNAVAILABLE : ENABLED;
    return { operationalState, presentState: present, previousState: present, eventState: present };
  });
  return success({ fieldCount: fields.length, fields });
}

/** One part of a record; the transfer handle of a later one is its offset (DSP0248 GetPDR). */
function part({ fields }: DeviceRequest, records: readonly PdrRecord[], rules: PlatformRules): Answer {
  const handle = Number(fields.recordHandle);
  const index = handle === 0 ? 0 : records.findIndex((record) => record.handle === handle);
  const record = records[index]?.octets;
  if (record === undefined) return failure(INVALID_RECORD_HANDLE);
  const first = fields.operation === GET_FIRST_PART;
  if (!first && fields.operation !== GET_NEXT_PART) return failure(INVALID_OPERATION);
  const offset = first ? 0 : Number(fields.transferHandle);
  if (first !== (offset === 0) || offset >= record.length) return failure(INVALID_TRANSFER_HANDLE);
  if (fields.recordChangeNumber !== 0) return failure(INVALID_CHANGE_NUMBER);
  const size = Math.min(rules.partSize(Number(fields.requestCount)), record.length - offset);
  if (size === 0) return failure(ERROR_INVALID_DATA);
  const end = offset + size;
  const last = end === record.length;
  const crc = last && !first ? rules.crc(record, offset) : undefined;
  return success({
    nextRecordHandle: rules.next(records, index),
    nextTransferHandle: last ? 0 : end,
    transferFlag: first ? (last ? flags.startAndEnd : flags.start) : last ? flags.end : flags.middle,
    responseCount: size,
    recordData: toHex(record.subarray(offset, end)),
    ...(crc === undefined ? {} : { crc }),
  });
}

function repositoryInfo(records: readonly PdrRecord[]): Answer {
  return success({
    repositoryState: 0,
    updateTime: MADE,
    oemUpdateTime: '00'.repeat(13),
    recordCount: records.length,
    repositorySize: concat(...records.map(({ octets }) => octets)).length,
    largestRecordSize: Math.max(0, ...records.map(({ octets }) => octets.length)),
    transferTimeout: 0,
  });
}

const MCTP = 0;
const enables = { disabled: 0, asynchronous: 1, polling: 2 } as const;

const setEventReceiver: Responder = ({ fields, state, sourceAddress }) => {
  const { card } = state;
  const enable = Number(fields.enable);
  if (fields.protocolType !== MCTP) return failure(INVALID_PROTOCOL);
  if (enable > 3) return failure(ERROR_INVALID_DATA);
  if (enable > enables.polling) return failure(METHOD_NOT_SUPPORTED);
  const receiver = { eid: Number(fields.receiverAddress), address: sourceAddress };
  if (card !== undefined) card.events = { enable, receiver, queue: [], lastId: 0 };
  return success();
};

const getEventReceiver: Responder = ({ state }) => {
  const eid = state.card?.events.receiver?.eid ?? 0;
  return success({ protocolType: MCTP, receiverAddress: eid });
};

/** Sensor events and changes of the repository. */
const eventClasses = [0, 4];

const eventMessageSupported: Responder = ({ fields, state }) =>
  fields.formatVersion === 1
    ? success({
        synchrony: state.card?.events.enable ?? 0,
        asynchronousSupported: 1,
        pollingSupported: 1,
        disabledSupported: 1,
        classCount: eventClasses.length,
        eventClasses,
      })
    : failure(UNSUPPORTED_FORMAT);

/** Sets the one part of an effecter, or leaves it as it is (DSP0248 SetStateEffecterStates). */
function setEffecter({ set }: StateEffecter, { fields, state }: DeviceRequest): Answer {
  const wanted = Array.isArray(fields.fields) ? (fields.fields as readonly FieldValues[]) : [];
  const [only] = wanted;
  if (only === undefined || wanted.length !== 1) return failure(ERROR_INVALID_DATA);
  const value = Number(only.effecterState);
  if (only.setRequest !== REQUEST_SET) return success();
  if (value !== 1 && value !== 2) return failure(INVALID_STATE_VALUE);
  set(state, value);
  return success();
}

function effecterStates({ read }: StateEffecter, { state }: DeviceRequest): Answer {
  const value = read(state);
  const field = { operationalState: NO_UPDATE_PENDING, pendingState: value, presentState: value };
  return success({ fieldCount: 1, fields: [field] });
}

/** The responders of a terminus of these rules. */
export function platformResponders(rules: PlatformRules): Responders {
  const recordsOf = cachedRecords(rules);
  const numeric = (answer: (sensor: NumericSensor, state: DeviceState) => Answer): Responder => {
    return ({ fields, state }) => {
      const sensor = rules.model(state).numericSensors.find(({ id }) => id === fields.sensorId);
      return sensor === undefined ? failure(INVALID_SENSOR) : answer(sensor, state);
    };
  };
  const effecter = (answer: (known: StateEffecter, request: DeviceRequest) => Answer): Responder => {
    return (request) => {
      const known = rules.model(request.state).stateEffecters?.find(({ id }) => id === request.fields.effecterId);
      return known === undefined ? failure(INVALID_EFFECTER) : answer(known, request);
    };
  };
  return {
    'pldm/setStateEffecterStates': effecter(setEffecter),
    'pldm/getStateEffecterStates': effecter(effecterStates),
    'pldm/getTerminusUid': ({ state }) => success({ uid: classDefinitions[state.class].uuid }),
    'pldm/setEventReceiver': setEventReceiver,
    'pldm/getEventReceiver': getEventReceiver,
    'pldm/pollForPlatformEventMessage': pollForEvent,
    'pldm/eventMessageSupported': eventMessageSupported,
    'pldm/getSensorReading': numeric(reading),
    'pldm/getSensorThresholds': numeric(thresholds),
    'pldm/getStateSensorReadings': ({ fields, state }) => {
      const sensor = rules.model(state).stateSensors.find(({ id }) => id === fields.sensorId);
      return sensor === undefined ? failure(INVALID_SENSOR) : stateReadings(sensor, state);
    },
    'pldm/getPdrRepositoryInfo': ({ state }) => repositoryInfo(recordsOf(state)),
    'pldm/getPdr': (request) => part(request, recordsOf(request.state), rules),
  };
}

/** Records depend on EID and TID only, and are asked for one by one. */
function cachedRecords(rules: PlatformRules): (state: DeviceState) => readonly PdrRecord[] {
  const known = new WeakMap<DeviceState, { readonly key: number; readonly records: readonly PdrRecord[] }>();
  return (state) => {
    const key = state.eid * 256 + state.tid;
    const before = known.get(state);
    if (before?.key === key) return before.records;
    const records = rules.records(rules.model(state), state);
    known.set(state, { key, records });
    return records;
  };
}
