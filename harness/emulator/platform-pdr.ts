import { concat, putUint } from '../codec/octets';
import type { DeviceState } from './endpoint-types';
import type {
  Association,
  DataSize,
  Entity,
  NumericSensor,
  PlatformModel,
  StateEffecter,
  StateSensor,
  Thresholds,
} from './platform-types';
import { dataSizes } from './platform-types';

/** The platform descriptor records of a terminus (DSP0248 28), octet by octet. */

export const pdrTypes = {
  terminusLocator: 1,
  numericSensor: 2,
  stateSensor: 4,
  sensorAuxiliaryNames: 6,
  stateEffecter: 11,
  entityAssociation: 15,
  fruRecordSet: 20,
  compactNumericSensor: 21,
} as const;

export const TERMINUS_HANDLE = 1;
const HEADER_VERSION = 1;
const MCTP_LOCATOR = 1;
const PHYSICAL = 0;

/** A record without its header. */
export interface Pdr {
  readonly type: number;
  readonly data: Uint8Array;
}

const u8 = (value: number): Uint8Array => putUint(value, 1, true);
const u16 = (value: number): Uint8Array => putUint(value, 2, true);
const u32 = (value: number): Uint8Array => putUint(value, 4, true);

function real32(value: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setFloat32(0, value, true);
  return octets;
}

const sizes: { readonly [S in DataSize]: number } = { uint8: 1, sint8: 1, uint16: 2, sint16: 2, uint32: 4, sint32: 4 };

/** A value of a sensor in its unit, as the integer on the wire. */
export function rawValue({ dataSize, resolution }: NumericSensor, value: number): Uint8Array {
  return putUint(Math.round(value / resolution), sizes[dataSize], true);
}

const entity = ({ type, instance, container }: Entity): Uint8Array => concat(u16(type), u16(instance), u16(container));

/** In the order of supportedThresholds, from bit 0 on, and of GetSensorThresholds. */
export const thresholdNames = [
  'upperWarning',
  'upperCritical',
  'upperFatal',
  'lowerWarning',
  'lowerCritical',
  'lowerFatal',
] as const satisfies readonly (keyof Thresholds)[];

function bits(flags: readonly boolean[]): number {
  return flags.reduce((all, flag, bit) => (flag ? all | (1 << bit) : all), 0);
}

function terminusLocator(state: DeviceState): Pdr {
  const data = concat(u16(TERMINUS_HANDLE), [1, state.tid], u16(0), [MCTP_LOCATOR, 1, state.eid]);
  return { type: pdrTypes.terminusLocator, data };
}

function numericSensor(sensor: NumericSensor): Pdr {
  const { thresholds, dataSize } = sensor;
  const format = dataSizes.indexOf(dataSize);
  const raw = (value: number | undefined): Uint8Array => rawValue(sensor, value ?? 0);
  const { upperWarning, upperCritical, upperFatal, lowerWarning, lowerCritical, lowerFatal } = thresholds;
  const supported = sensor.supportsNone ? 0 : bits(thresholdNames.map((name) => thresholds[name] !== undefined));
  // Nominal, normal maximum and minimum; then critical and fatal: the warnings have no bit of their own here.
  const standard = [undefined, undefined, undefined, upperCritical, lowerCritical, upperFatal, lowerFatal];
  const compact = [upperWarning, lowerWarning, upperCritical, lowerCritical, upperFatal, lowerFatal];
  const ranges = sensor.compactRange ? compact : standard;
  const data = concat(
    u16(TERMINUS_HANDLE),
    u16(sensor.id),
    entity(sensor.entity),
    [0, sensor.name === undefined ? 0 : 1],
    // Unit, modifier, rate, OEM unit; auxiliary unit, modifier, rate, relation, OEM unit: none.
    [sensor.unit, 0, 0, 0, 0, 0, 0, 0, 0],
    [1, format],
    real32(sensor.resolution),
    real32(0),
    u16(0),
    [1, 1],
    raw(0),
    [supported, 0],
    real32(0),
    real32(sensor.updateInterval),
    raw(sensor.maximum),
    raw(sensor.minimum),
    [format, bits(ranges.map((value) => value !== undefined))],
    ...[undefined, undefined, undefined, upperWarning, lowerWarning].map(raw),
    ...[upperCritical, lowerCritical, upperFatal, lowerFatal].map(raw),
  );
  return { type: pdrTypes.numericSensor, data };
}

function compactNumericSensor({ id, entity: of, name = '', unit, thresholds }: NumericSensor): Pdr {
  const { upperWarning, lowerWarning, upperCritical, lowerCritical, upperFatal, lowerFatal } = thresholds;
  const ranges = [upperWarning, lowerWarning, upperCritical, lowerCritical, upperFatal, lowerFatal];
  const text = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
  const data = concat(
    u16(TERMINUS_HANDLE),
    u16(id),
    entity(of),
    [text.length, unit, 0, 0, bits(ranges.map((value) => value !== undefined))],
    ...ranges.map((value) => u32(value ?? 0)),
    text,
  );
  return { type: pdrTypes.compactNumericSensor, data };
}

function stateSensor({ id, entity: of, name, parts }: StateSensor): Pdr {
  const possible = parts.map(({ stateSet, states }) => {
    const size = Math.floor(Math.max(...states) / 8) + 1;
    const octets = new Uint8Array(size);
    for (const state of states) octets[state >> 3] = (octets[state >> 3] ?? 0) | (1 << (state & 7));
    return concat(u16(stateSet), u8(size), octets);
  });
  const head = [u16(TERMINUS_HANDLE), u16(id), entity(of), [0, name === undefined ? 0 : 1, parts.length]];
  return { type: pdrTypes.stateSensor, data: concat(...head, ...possible) };
}

function stateEffecter({ id, entity: of, stateSet }: StateEffecter): Pdr {
  const UNASSERTED_AND_ASSERTED = 0b110;
  const possible = concat(u16(stateSet), [1, UNASSERTED_AND_ASSERTED]);
  const head = [u16(TERMINUS_HANDLE), u16(id), entity(of), u16(0), [0, 0, 1]];
  return { type: pdrTypes.stateEffecter, data: concat(...head, possible) };
}

/** One name in English, in UTF-16 with the most significant octet first. */
function auxiliaryNames(id: number, name: string): Pdr {
  const tag = Uint8Array.of(0x65, 0x6e, 0);
  const text = concat(...Array.from(name, (letter) => putUint(letter.charCodeAt(0), 2, false)), [0, 0]);
  const data = concat(u16(TERMINUS_HANDLE), u16(id), [1, 1], tag, text);
  return { type: pdrTypes.sensorAuxiliaryNames, data };
}

function entityAssociation({ containerId, container, contained }: Association): Pdr {
  const data = concat(u16(containerId), [PHYSICAL], entity(container), [contained.length], ...contained.map(entity));
  return { type: pdrTypes.entityAssociation, data };
}

function fruRecordSet({ set, entity: of }: PlatformModel['fruRecordSets'][number]): Pdr {
  return { type: pdrTypes.fruRecordSet, data: concat(u16(TERMINUS_HANDLE), u16(set), entity(of)) };
}

/** The records of a model in the order of their handles. */
export function pdrsOf(model: PlatformModel, state: DeviceState): readonly Pdr[] {
  const named = [...model.numericSensors.filter(({ compact }) => compact !== true), ...model.stateSensors];
  return [
    terminusLocator(state),
    ...model.associations.map(entityAssociation),
    ...model.fruRecordSets.map(fruRecordSet),
    ...model.numericSensors.map((sensor) =>
      sensor.compact === true ? compactNumericSensor(sensor) : numericSensor(sensor),
    ),
    ...model.stateSensors.map(stateSensor),
    ...(model.stateEffecters ?? []).map(stateEffecter),
    ...named.flatMap(({ id, name }) => (name === undefined ? [] : [auxiliaryNames(id, name)])),
  ];
}

/** A record with its header. */
export function recordOf({ type, data }: Pdr, handle: number): Uint8Array {
  return concat(u32(handle), [HEADER_VERSION, type], u16(0), u16(data.length), data);
}
