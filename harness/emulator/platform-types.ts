import type { DeviceState } from './endpoint-types';

/** What a terminus monitors (DSP0248), from which its PDRs and its readings follow. */

/** Entity identification (DSP0248, Table 2). */
export interface Entity {
  readonly type: number;
  readonly instance: number;
  readonly container: number;
}

/** Entity types and state sets (DSP0249) that the emulated cards have. */
export const entityTypes = {
  driveBay: 47,
  addInCard: 68,
  driveBackplane: 73,
  disk: 107,
  battery: 121,
  superCapacitor: 122,
  peripheralController: 138,
  networkController: 144,
  ioController: 145,
  connector: 185,
  plug: 189,
} as const;

export const stateSets = { health: 1, predictive: 3, fault: 10, presence: 13, identify: 17, link: 33 } as const;

/** Of a sensor's integers, by the number of their format (DSP0248 sensorDataSize). */
export const dataSizes = ['uint8', 'sint8', 'uint16', 'sint16', 'uint32', 'sint32'] as const;
export type DataSize = (typeof dataSizes)[number];

/** In the sensor's unit; those that are missing are not supported. */
export interface Thresholds {
  readonly upperWarning?: number;
  readonly upperCritical?: number;
  readonly upperFatal?: number;
  readonly lowerWarning?: number;
  readonly lowerCritical?: number;
  readonly lowerFatal?: number;
}

export interface NumericSensor {
  readonly id: number;
  readonly entity: Entity;
  /** Of its auxiliary names PDR. */
  readonly name?: string;
  /** DSP0248 sensorUnits: 2 degrees C, 7 watts. */
  readonly unit: number;
  readonly dataSize: DataSize;
  readonly resolution: number;
  readonly thresholds: Thresholds;
  readonly maximum: number;
  readonly minimum: number;
  /** Seconds. */
  readonly updateInterval: number;
  /** Described by the compact PDR, which has no scale. */
  readonly compact?: boolean;
  /** Faults of its numeric PDR: the range has the bits of the compact one; it supports no threshold. */
  readonly compactRange?: boolean;
  readonly supportsNone?: boolean;
  /** In its unit; undefined: unavailable. */
  readonly read: (state: DeviceState) => number | undefined;
}

export interface StateSensor {
  readonly id: number;
  readonly entity: Entity;
  readonly name?: string;
  /** One for each part of a composite sensor. */
  readonly parts: readonly {
    readonly stateSet: number;
    readonly states: readonly number[];
    /** Undefined: unavailable. */
    readonly read: (state: DeviceState) => number | undefined;
  }[];
}

/** An effecter with one part, whose states are 1 and 2. */
export interface StateEffecter {
  readonly id: number;
  readonly entity: Entity;
  readonly stateSet: number;
  readonly read: (state: DeviceState) => number;
  readonly set: (state: DeviceState, value: number) => void;
}

export interface Association {
  readonly containerId: number;
  readonly container: Entity;
  readonly contained: readonly Entity[];
}

export interface PlatformModel {
  readonly numericSensors: readonly NumericSensor[];
  readonly stateSensors: readonly StateSensor[];
  readonly stateEffecters?: readonly StateEffecter[];
  readonly associations: readonly Association[];
  /** FRU record sets and whose they are. */
  readonly fruRecordSets: readonly { readonly set: number; readonly entity: Entity }[];
}
